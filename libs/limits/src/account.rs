//! Owns which account a reading belongs to: the one of the client's folder. Its name is that of `accounts` in
//! `config.json` (name → folder), else a short hash of the folder.

use agents::Agent;
use cs_core::config::Config;
use std::path::Path;

/// The account of a client's folder, as it is written in names of files; `None` for the agent's default folder.
pub fn of_folder(agent: Agent, folder: &Path) -> Option<String> {
    let _ = (agent, folder);
    None
}

/// The account in whose environment this program runs.
pub fn of_env(agent: Agent) -> Option<String> {
    of_folder(agent, &agent.home()?)
}

/// What people call an account: its name in the configuration, else its hash; empty for the default one without a name.
pub fn name(account: Option<&str>, config: &Config) -> String {
    let _ = config;
    account.unwrap_or_default().to_string()
}
