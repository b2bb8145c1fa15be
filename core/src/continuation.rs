//! Owns how an ended session continues when its conversation does. Pure; `store/continuation.rs` follows the links
//! between sessions. Must stay true: a session that a person completed changes only by the link to its successor; a
//! session with a successor is never reopened.

use crate::ending;
use crate::record::{Session, Status};

/// The session in which a conversation continues.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Continuation {
    /// The same session: it is active, and belongs to this conversation or to none.
    Same,
    /// The same session, reopened: it was parked, or a hook had completed it.
    Reopened,
    /// A successor that takes over the intent and the open work: a person completed the session, or it belongs to
    /// another conversation, or it is archived.
    Successor,
    /// A separate session with a link to this one: another conversation continues this one.
    Separate,
}

/// Decides how the conversation continues a session that has no successor.
pub fn decide(session: &Session, conversation: &str, is_archived: bool) -> Continuation {
    let is_others = session.claude_session_id.as_deref().is_some_and(|own| own != conversation);
    match session.status {
        _ if is_archived => Continuation::Successor,
        Status::Active if is_others => Continuation::Separate,
        Status::Active => Continuation::Same,
        _ if is_others => Continuation::Successor,
        Status::Parked => Continuation::Reopened,
        Status::Completed if ending::is_ours(session) => Continuation::Reopened,
        Status::Completed => Continuation::Successor,
    }
}

/// Whether the session may be reopened: it has no successor, and no person completed it.
pub fn may_reopen(session: &Session) -> bool {
    session.resumed_as.is_none() && (session.status == Status::Parked || ending::is_ours(session))
}
