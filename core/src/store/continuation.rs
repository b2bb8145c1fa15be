//! Owns following the links from sessions to their successors (`resumed_as`). Must stay true: it stops at links that
//! lead nowhere or in a circle; nothing is written here.

use super::Store;
use crate::continuation::{self, Continuation};
use crate::error::{Error, Result};
use crate::id::{SessionId, Uuid};
use crate::record::Session;

/// Maximum number of links that are followed.
const LINKS: usize = 100;

impl Store {
    /// The last successor of this session, and how a conversation continues with it.
    pub fn heir(&self, session: Session, uuid: &Uuid) -> Result<(Session, Continuation)> {
        let heir = self.follow_links(session, |_| true)?;
        let is_archived = SessionId::parse(&heir.session_id).is_ok_and(|id| self.is_archived(&id));
        let continuation = continuation::decide(&heir, uuid.as_str(), is_archived);
        Ok((heir, continuation))
    }

    /// The last successor among the sessions of a conversation.
    pub(super) fn newest_of(&self, id: SessionId, uuid: &Uuid) -> Result<SessionId> {
        let Some(session) = Error::lasting(self.session(&id))? else { return Ok(id) };
        let is_its = |next: &Session| next.claude_session_id.as_deref() == Some(uuid.as_str());
        let newest = self.follow_links(session, is_its)?;
        Ok(SessionId::parse(&newest.session_id).unwrap_or(id))
    }

    fn follow_links(&self, mut session: Session, wanted: impl Fn(&Session) -> bool) -> Result<Session> {
        let first = session.session_id.clone();
        for _ in 0..LINKS {
            let next = session.resumed_as.as_deref().and_then(|id| SessionId::parse(id).ok());
            let next = next.filter(|id| id.as_str() != first).map(|id| Error::lasting(self.session(&id)));
            match next.transpose()?.flatten().filter(|next| wanted(next)) {
                Some(next) => session = next,
                None => break,
            }
        }
        Ok(session)
    }
}
