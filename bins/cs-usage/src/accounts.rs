//! Owns which folders have the logs of an account, and which summaries are its own. Must stay true: what cannot be said
//! to be an account's is not counted for it.

use agents::Agent;
use agents::logs::{Log, Roots};
use cli::{Outcome, found};
use cs_core::config::Config;
use limits::account;
use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use usage::facts::Facts;
use usage::summary::Counted;

/// What the default folders of all agents are called.
const DEFAULT: &str = "default";

/// The folders of an account: of its name in `config.json`, or of its hash; those of all accounts without one.
pub fn roots(account: Option<&str>, config: &Config) -> Outcome<Roots> {
    let all = Roots::from_env();
    let Some(wanted) = account else { return Ok(all) };
    let named = account::named(config);
    let of_names = named.iter().flat_map(|(_, folder)| agents_in(folder).map(|agent| (agent, folder.clone())));
    let mut known = BTreeSet::from([DEFAULT.to_string()]);
    let mut folders: Vec<(Agent, PathBuf)> = Vec::new();
    for (agent, folder) in all.folders.iter().cloned().chain(of_names) {
        let id = account::of_folder(agent, &folder);
        let name = account::name(agent, id.as_deref(), config);
        let is_it = wanted == name || wanted == id.as_deref().unwrap_or(DEFAULT);
        if is_it && !folders.contains(&(agent, folder.clone())) {
            folders.push((agent, folder));
        }
        known.extend([name].into_iter().filter(|name| !name.is_empty()));
    }
    if folders.is_empty() {
        let known = known.into_iter().chain(named.into_iter().map(|(name, _)| name)).collect();
        let text = format!("no account {wanted:?} has logs; accounts in config.json gives folders names");
        return Err(found::unknown_name(text, wanted, &known));
    }
    Ok(Roots::at(folders))
}

/// The agents that have logs in a folder.
fn agents_in(folder: &Path) -> impl Iterator<Item = Agent> {
    let has_logs = |agent: &Agent| agent.log_folders().iter().any(|name| folder.join(name).is_dir());
    Agent::ALL.into_iter().filter(has_logs)
}

/// The summaries of conversations with logs in these folders: a summary does not say which folder its log was in.
pub fn summaries(all: Vec<Counted>, logs: &[(Log, Facts)]) -> Vec<Counted> {
    let known: HashSet<(Agent, &str)> =
        logs.iter().flat_map(|(log, facts)| facts.sessions().into_iter().map(|id| (log.agent, id))).collect();
    all.into_iter().filter(|summary| known.contains(&(summary.agent(), summary.session()))).collect()
}
