//! Owns resuming an ended session in another record: its successor, or the session of the conversation that resumes it.
//! Must stay true: a session gets only one successor, also if two programs resume it or one of them is killed.

use super::Store;
use crate::clock::Instant;
use crate::error::{Error, Result};
use crate::id::{SessionId, Slug, Uuid};
use crate::index;
use crate::record::{Session, Status};
use crate::session::{self, Start};
use std::cell::Cell;

/// What is known of the session that continues another one.
#[derive(Clone, Debug, Default)]
pub struct Heir<'a> {
    /// Its intent, if not that of the old session.
    pub intent: Option<&'a str>,
    /// The branch of the folder in which it begins, if the old session has none.
    pub branch: Option<String>,
    /// Its conversation, if one resumes it.
    pub conversation: Option<&'a Uuid>,
}

impl Store {
    /// Continues an ended session in a new record, and returns that.
    /// `check` may refuse that, and sees the old session as it is then.
    pub fn resume(
        &self,
        old_id: &SessionId,
        check: impl Fn(&Session) -> Result<()>,
        heir: &Heir,
        now: Instant,
    ) -> Result<Session> {
        let is_made = Cell::new(false);
        let make = |old: &Session| self.create_successor(old, heir, &is_made, now);
        let undo = |new: &Session| self.undo_successor(new, is_made.get(), now);
        self.hand_over(old_id, check, make, undo, now)
    }

    /// Continues an ended session in another active one, and returns that.
    pub fn resume_in(
        &self,
        old_id: &SessionId,
        own: &SessionId,
        intent: Option<&str>,
        now: Instant,
    ) -> Result<Session> {
        self.hand_over(old_id, |_| Ok(()), |old| self.take_over(old, own, intent, now), |_| Ok(()), now)
    }

    /// Lets `make` copy the old session's context into another one, and closes the old one. The old session stays locked
    /// all the time, so that it gets only one successor; it is written last, so that a run that is killed before loses
    /// nothing and the next one continues. An archived session is not changed.
    fn hand_over(
        &self,
        old_id: &SessionId,
        check: impl Fn(&Session) -> Result<()>,
        make: impl Fn(&Session) -> Result<Session>,
        undo: impl FnOnce(&Session) -> Result<()>,
        now: Instant,
    ) -> Result<Session> {
        let old = self.session(old_id)?;
        check(&old)?;
        session::may_resume(&old)?;
        if self.home.archived(old_id).exists() {
            return make(&old);
        }
        let mut heir: Option<Session> = None;
        let closed = self.update(old_id, now, |old| {
            check(old)?;
            session::may_resume(old)?;
            let new = heir.take().map_or_else(|| make(old), Ok)?;
            let closed = session::resumed_as(old, &new.session_id, now);
            heir = Some(new);
            closed
        });
        let Some(new) = heir else { return closed };
        if let Err(error) = closed {
            // The old session may have been written although that was not confirmed: then it names this successor.
            let old = self.session(old_id);
            if old.is_ok_and(|old| old.resumed_as.as_deref() != Some(new.session_id.as_str())) {
                undo(&new)?;
            }
            return Err(error);
        }
        Ok(new)
    }

    fn take_over(&self, old: &Session, own: &SessionId, intent: Option<&str>, now: Instant) -> Result<Session> {
        self.update(own, now, |record| session::take_over(record, old, intent, now))
    }

    /// Removes the successor, if this run created it and nobody has changed it since.
    fn undo_successor(&self, new: &Session, is_made: bool, now: Instant) -> Result<()> {
        let fits = |record: &Session| is_made && record == new;
        self.forget_when(&SessionId::parse(&new.session_id)?, now, fits).map(drop)
    }

    fn create_successor(&self, old: &Session, heir: &Heir, is_made: &Cell<bool>, now: Instant) -> Result<Session> {
        if let Some(unfinished) = self.find_unfinished(old)? {
            return self.take_over(old, &unfinished, heir.intent, now);
        }
        let config = self.config();
        let start = Start {
            intent: heir.intent.unwrap_or(&old.intent).to_string(),
            git_branch: Some(old.git_branch.clone()).filter(|branch| !branch.is_empty()).or(heir.branch.clone()),
            worktree_root: old.worktree_root.as_deref().map(|root| config.now_at(&old.project_slug, root)),
            claude_session_id: heir.conversation.map(Uuid::to_string),
            agent: old.agent.clone(),
            ..Start::default()
        };
        let fill = |record: &mut Session| session::take_over(record, old, heir.intent, now);
        is_made.set(true);
        self.create(&Slug::parse(&old.project_slug)?, start, fill, now)
    }

    /// Finds the successor of a run that was killed before it could close the old session.
    fn find_unfinished(&self, old: &Session) -> Result<Option<SessionId>> {
        let index = self.index()?;
        let entries = index.entries(index::of_project(&old.project_slug));
        // The search does not use times, because the clock may have been set back.
        for (id, _) in entries.iter().filter(|(_, entry)| entry.status == Status::Active) {
            let record = Error::lasting(self.session(id))?;
            if record.is_some_and(|record| record.resumed_from.as_deref() == Some(&old.session_id)) {
                return Ok(Some(id.clone()));
            }
        }
        Ok(None)
    }
}
