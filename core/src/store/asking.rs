//! Owns marking a session as needing the user, or not any more, in its record and its running conversation.

use super::Store;
use crate::clock::Instant;
use crate::error::Result;
use crate::id::{SessionId, Uuid};
use crate::live::Live;
use crate::record::Session;
use crate::session;

impl Store {
    /// Marks a session as needing the user.
    pub fn request_action(&self, id: &SessionId, reason: &str, now: Instant) -> Result<Session> {
        let record = self.update(id, now, |record| session::request_action(record, reason, now))?;
        self.change_own_live(id, &record, |live| live.requested = record.awaiting_action.clone())?;
        Ok(record)
    }

    /// Marks a session as no longer needing the user. `check` may refuse it, under the record's lock.
    pub fn clear_action(
        &self,
        id: &SessionId,
        check: impl Fn(&Session) -> Result<()>,
        now: Instant,
    ) -> Result<Session> {
        let record = self.update(id, now, |record| {
            check(record)?;
            session::clear_action(record, now);
            Ok(())
        })?;
        self.change_own_live(id, &record, |live| live.requested = None)?;
        Ok(record)
    }

    /// Changes the file of the session's running conversation, if it has one.
    fn change_own_live(&self, id: &SessionId, record: &Session, change: impl FnOnce(&mut Live)) -> Result<()> {
        let uuid = record.claude_session_id.as_deref().and_then(|uuid| Uuid::parse(uuid).ok());
        let Some(uuid) = uuid.filter(|uuid| self.home.live(uuid).exists()) else { return Ok(()) };
        let _lock = self.lock_live(&uuid)?;
        if let Some(mut live) = self.live(&uuid)?
            && live.session_id.as_deref() == Some(id.as_str())
        {
            change(&mut live);
            self.write_live(&uuid, &live)?;
        }
        Ok(())
    }
}
