//! Owns the environment of a client in a seat: that of whoever starts it, without what makes a client believe that it is
//! a child of another one, and without what names another terminal. Variables that are not UTF-8 are left out.

use super::Agents;
use agents::traps::is_trap;
use seats::{Caller, Parent};
use std::collections::BTreeMap;

/// What a terminal says about itself. tmux says it anew for the pane.
pub const OF_TERMINAL: [&str; 5] = ["TERM", "TMUX", "TMUX_PANE", "TERM_PROGRAM", "TERM_PROGRAM_VERSION"];
/// Beginnings of the names of variables that name another terminal, or the state of a shell.
const OF_OTHERS: [&str; 17] = [
    "ZELLIJ",
    "KITTY_",
    "WEZTERM_",
    "ITERM_",
    "GHOSTTY_",
    "ALACRITTY_",
    "VSCODE_",
    "GNOME_TERMINAL_",
    "KONSOLE_",
    "WINDOWID",
    "TERM_SESSION_ID",
    "SSH_TTY",
    "STY",
    "LINES",
    "COLUMNS",
    "OLDPWD",
    "SHLVL",
];
/// The variable with the parent: its seat's id, or `claude:` and its conversation.
const PARENT: &str = "CS_PARENT";

/// The environment for a seat in this directory.
pub fn of_seat(agents: &Agents, agent_id: &str, parent: Option<&Parent>, directory: &str) -> BTreeMap<String, String> {
    let of_person = agents.caller == Caller::Person;
    let inherited = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(name, _)| !is_foreign(name) && !is_trap(name, of_person));
    let mut all: BTreeMap<String, String> = inherited.collect();
    all.insert("PWD".into(), directory.to_string());
    all.insert(seats::VARIABLE.into(), agent_id.to_string());
    if let Some(parent) = parent.and_then(Parent::word) {
        all.insert(PARENT.into(), parent);
    }
    all
}

fn is_foreign(name: &str) -> bool {
    let is_own = [seats::VARIABLE, PARENT, "PWD", "_"].contains(&name);
    is_own || OF_TERMINAL.contains(&name) || OF_OTHERS.iter().any(|other| name.starts_with(other))
}
