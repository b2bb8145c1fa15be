//! Owns which columns the CSV files of each mode have. Pure.

use crate::request::Mode;
use crate::{evidence, tokens};

/// The columns of the modes that show what was said.
const OF_TALK: [&str; 21] = [
    "conversation",
    "agent",
    "known_from",
    "client",
    "project",
    "branch",
    "title",
    "started_at",
    "last_at",
    "entry",
    "thread",
    "turn",
    "at",
    "tool",
    "ended",
    "text",
    "input",
    "status",
    "files",
    "sha",
    "how",
];

/// The columns of a CSV file. The first says what a row is, the last has the head in the row `head`.
pub fn columns(mode: Mode) -> Vec<&'static str> {
    let of_mode: Vec<&str> = match mode {
        Mode::Prompts | Mode::Actions | Mode::Full => OF_TALK.to_vec(),
        Mode::Tokens => tokens::COLUMNS.to_vec(),
        Mode::Evidence => evidence::COLUMNS.to_vec(),
    };
    // Every report may say which commits belong to no conversation.
    let more = ["sha", "at", "text", "session_id"].into_iter().filter(|name| !of_mode.contains(name));
    ["row"].into_iter().chain(of_mode.iter().copied()).chain(more).chain(["head"]).collect()
}
