//! Owns how an ended session continues when its conversation does. Pure; `store/going_on.rs` follows the links between
//! sessions. Must stay true: a session that a person completed changes only by the link to its successor; a session
//! with a successor is never reopened.

use crate::ending;
use crate::record::{Session, Status};

/// The session in which a conversation continues.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// The same session: it is active, and belongs to this conversation or to none.
    In,
    /// The same session, reopened: it was parked, or a hook had completed it.
    Reopened,
    /// A successor that takes over the intent and the open work: a person completed the session, or it belongs to
    /// another conversation, or it is archived.
    Succeeded,
    /// A separate session with a link to this one: another conversation continues this one.
    Apart,
}

/// Decides how the conversation continues a session that has no successor.
pub fn way(session: &Session, conversation: &str, is_archived: bool) -> Way {
    let is_others = session.claude_session_id.as_deref().is_some_and(|own| own != conversation);
    match session.status {
        _ if is_archived => Way::Succeeded,
        Status::Active if is_others => Way::Apart,
        Status::Active => Way::In,
        _ if is_others => Way::Succeeded,
        Status::Parked => Way::Reopened,
        Status::Completed if ending::is_ours(session) => Way::Reopened,
        Status::Completed => Way::Succeeded,
    }
}

/// Whether the session may be reopened: it has no successor, and no person completed it.
pub fn may_reopen(session: &Session) -> bool {
    session.resumed_as.is_none() && (session.status == Status::Parked || ending::is_ours(session))
}
