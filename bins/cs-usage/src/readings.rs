//! Owns taking in what logs tell about the limits of accounts, for `limits/`. Nothing is said about it: what cannot be
//! written is taken in the next time.

use agents::Agent;
use agents::logs::{Log, Roots};
use cs_core::clock::{self, Instant, TimeDelta};
use cs_core::paths::Home;
use limits::account;
use limits::file::{self, KEPT_DAYS};
use limits::key::Key;
use limits::reading::Reading;
use std::collections::BTreeMap;
use usage::facts::Facts;

/// Appends what is newer than the last line of each limit. Returns the names of the files, if nothing is left to take in.
pub fn take_in(home: &Home, roots: &Roots, logs: &[(Log, Facts)], now: Instant) -> Option<Vec<String>> {
    let mut names = Some(Vec::new());
    for (key, mut readings) in told(roots, logs) {
        let is_ripe = readings.iter().all(|reading| clock::is_credible(reading.at, now));
        readings.retain(|reading| clock::is_credible(reading.at, now) && now - reading.at < TimeDelta::days(KEPT_DAYS));
        readings.sort_by_key(|reading| reading.at);
        let is_taken = is_ripe && file::record_late(home, &key, &readings).is_ok();
        names = names.filter(|_| is_taken);
        let name = Home::limit_name(&key.stem());
        names.iter_mut().filter(|_| home.limits_dir().join(&name).exists()).for_each(|names| names.push(name.clone()));
    }
    names
}

/// All that logs tell, by limits.
fn told(roots: &Roots, logs: &[(Log, Facts)]) -> BTreeMap<Key, Vec<Reading>> {
    let mut all: BTreeMap<Key, Vec<Reading>> = BTreeMap::new();
    for (log, facts) in logs.iter().filter(|(_, facts)| !facts.limits.is_empty()) {
        let account = account_of(roots, log.agent, log);
        for told in &facts.limits {
            let key = Key::new(log.agent, account.as_deref(), facts.name(told.window));
            key.into_iter().for_each(|key| all.entry(key).or_default().push(told.reading));
        }
    }
    all
}

/// The account of the folder that has the log; the one of this environment if a link leads out of all folders.
fn account_of(roots: &Roots, agent: Agent, log: &Log) -> Option<String> {
    let folder = roots.of(agent).into_iter().find(|folder| log.path.starts_with(folder));
    folder.or_else(|| agent.home()).and_then(|folder| account::of_folder(agent, &folder))
}
