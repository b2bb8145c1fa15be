//! Owns `--follow`: what a running conversation says is shown as it comes. Must stay true: between looks the program
//! sleeps, and a look costs one system call for each log.

use super::{Lines, Show, page::Page};
use cli::{Context, Outcome};
use conversations::Conversation;

/// Follows a conversation until it ends.
pub fn run(_context: &mut Context, _show: &Show, _one: &Conversation) -> Outcome<()> {
    Ok(())
}
