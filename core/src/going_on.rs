//! Owns how a session goes on when its conversation does, whoever ended it. Pure; `store/going_on.rs` follows the links
//! between sessions. Must stay true: a session that a person completed is not changed but for the link to its
//! successor; one that has gone on elsewhere is nobody's to reopen.

use crate::ending;
use crate::record::{Session, Status};

/// How a conversation goes on with a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// In it: it is active, and the conversation's or nobody's.
    In,
    /// In it, once it is active again: it was parked, or a hook had completed it.
    Reopened,
    /// In a successor that takes over its intent and what is open: a person completed it, or it is another
    /// conversation's, or in the archive.
    Succeeded,
    /// In a session of its own that names it: another conversation goes on with it.
    Apart,
}

/// How the conversation goes on with a session that has no successor.
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

/// Whether the session may be active again: nothing has gone on in its place, and nobody has completed it by hand.
pub fn may_reopen(session: &Session) -> bool {
    session.resumed_as.is_none() && (session.status == Status::Parked || ending::is_ours(session))
}
