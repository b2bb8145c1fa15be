//! Owns making a record with a new id. Must stay true: no existing file is ever replaced, and a conversation that two
//! hooks see at once gets one session.

use super::bytes::stage;
use super::presence::is_present;
use super::{Author, NoteSync, Store};
use crate::clock::Instant;
use crate::ending::BY_HOOK;
use crate::error::{Error, Result};
use crate::id::{SessionId, Slug, Uuid};
use crate::record::{Session, Status};
use crate::session::{self, Start};

impl Store {
    /// Writes a new record and returns it. Its id is new: no existing file is ever replaced.
    pub fn create(
        &self,
        slug: &Slug,
        start: Start,
        fill: impl Fn(&mut Session) -> Result<()>,
        now: Instant,
    ) -> Result<Session> {
        let uuid = start.claude_session_id.as_deref().map(Uuid::parse).transpose()?;
        for attempt in 0..=u8::MAX {
            let id = match &uuid {
                Some(uuid) if attempt < crate::id::CONVERSATION_ATTEMPTS => {
                    SessionId::of_conversation(now, uuid, attempt)
                }
                _ => SessionId::random(now),
            };
            // Taken as well: a session may have been archived or deleted within its first minute.
            if is_present(&self.home.archived(&id)) || self.is_set_aside(&id) {
                continue;
            }
            let mut session = session::create(&id, slug, start.clone(), now)?;
            fill(&mut session)?;
            session.written_by = (self.author == Author::Machine).then(|| BY_HOOK.to_string());
            let staged = stage(&self.home.session(&id), &session, None)?;
            staged.sync()?;
            // The new file is listed in the directory, whatever happens to the entry.
            if self.publish(&id, NoteSync::Later, || staged.create())? {
                self.follow(&session, now);
                return Ok(session);
            }
            // Two hooks of one conversation may both find that it has no session yet.
            let known = Error::lasting(self.session(&id))?.filter(|known| known.status == Status::Active);
            if let Some(known) =
                known.filter(|known| uuid.is_some() && known.claude_session_id == start.claude_session_id)
            {
                return Ok(known);
            }
        }
        Err(Error::Refused("no free session id in this minute; try again in a minute".into()))
    }
}
