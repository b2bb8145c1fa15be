//! Owns logging a fact that is no call of a tool, such as a message, for a program that has something else to do. Must
//! stay true: the program goes on whatever happens here.

use crate::entry::{Entry, Kind, Leased, Sent};
use crate::log::Log;
use crate::settings::Settings;
use cs_core::clock::Instant;
use cs_core::hook_log;
use cs_core::lock::HOOK_WAIT;
use cs_core::store::Store;

/// Who does it: the seat, and the conversation.
#[derive(Clone, Copy, Debug, Default)]
pub struct By<'a> {
    /// The seat's id.
    pub seat: Option<&'a str>,
    /// The conversation.
    pub conversation: Option<&'a str>,
}

/// Logs that a message was sent, if anything is logged.
pub fn note_message(store: &Store, program: &str, by: By, message: Sent, now: Instant) {
    note(store, program, by, Entry { message: Some(message), ..Entry::new(Kind::Message, now) }, now);
}

/// Logs what happened to a lease of a project, if anything is logged.
pub fn note_lease(store: &Store, program: &str, by: By, project: &str, lease: Leased, now: Instant) {
    let entry = Entry { project: Some(project.to_string()), lease: Some(lease), ..Entry::new(Kind::Lease, now) };
    note(store, program, by, entry, now);
}

fn note(store: &Store, program: &str, by: By, entry: Entry, now: Instant) {
    let (settings, _) = Settings::read(&store.config(), &store.home.config());
    if !settings.enabled {
        return;
    }
    let (agent_seat, claude_session_id) = (by.seat.map(str::to_string), by.conversation.map(str::to_string));
    let entry = Entry { agent_seat, claude_session_id, ..entry };
    // Nobody waits longer for this than a client does for its hooks: then the line waits.
    if let Err(error) = Log::of(&store.home, HOOK_WAIT).append(entry, now) {
        hook_log::log(&store.home, program, &format!("not in the log of tools: {error}"));
    }
}
