//! Owns deleting sessions. Must stay true: the record moves to `quarantine/` in one rename, under the locks of its
//! conversation and its own; what else belongs to it follows afterwards, and deleting it again does what a killed
//! program left undone; a conversation that continues begins a new session. A session is removed for good only from
//! there, its record last, so that an interrupted removal can be repeated.

use super::close::{is_alive, uuid_of};
use super::{Author, NoteSync, Store};
use crate::clock::Instant;
use crate::error::{Error, Result};
use crate::file;
use crate::id::{Names, SessionId, Slug, Uuid};
use crate::live::Live;
use crate::lock::{self, Lock};
use crate::paths::Home;
use crate::project;
use crate::record::Session;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What happens to a session whose conversation may still be open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Openness {
    /// It is not deleted.
    Respected,
    /// It is deleted; the conversation begins a new session.
    Overridden,
}

/// The name of the program in the notes.
pub(super) const BY: &str = "cs-session delete";

impl Store {
    /// Moves a session to `quarantine/`, with the summary of its usage; [`Store::restore`] moves it back. Its context
    /// and figures, which are caches, are removed. Returns the new path of its record.
    pub fn delete(&self, id: &SessionId, openness: Openness, now: Instant) -> Result<PathBuf> {
        let here = self.session(id).and_then(|session| {
            let uuids = self.conversations_of(id, &session)?;
            self.holding(&uuids, || self.delete_held(id, &uuids, openness, now))
        });
        match here {
            // It was deleted before, or another program was faster.
            Err(Error::Missing(text)) => {
                let (record, path) = self.deleted_record(id)?.ok_or(Error::Missing(text))?;
                let uuids = self.conversations_of(id, &record)?;
                self.holding(&uuids, || self.clear_up(id, &record, &uuids, now)).map(|()| path)
            }
            other => other,
        }
    }

    /// Does work with the locks of these conversations.
    fn holding<T>(&self, uuids: &BTreeSet<Uuid>, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let mut locks = Vec::new();
        for uuid in uuids {
            locks.push((uuid, self.lock_live(uuid)?));
        }
        let done = work();
        locks.into_iter().try_for_each(|(uuid, lock)| self.release(Some(lock), uuid))?;
        done
    }

    /// Deletes a session and removes it for good, also one that was deleted before.
    pub fn delete_for_good(&self, id: &SessionId, openness: Openness, now: Instant) -> Result<()> {
        match self.delete(id, openness, now) {
            // The record is damaged, or an earlier removal was interrupted.
            Err(Error::Missing(_)) if !self.aside(id)?.is_empty() => {}
            other => drop(other?),
        }
        self.forget(id)
    }

    /// Removes a deleted session: all that `quarantine/` has of it, and notes about it.
    fn forget(&self, id: &SessionId) -> Result<()> {
        let (records, others): (Vec<_>, Vec<_>) = self.aside(id)?.into_iter().partition(|aside| aside.is_record(id));
        for aside in others.iter().chain(&records) {
            file::remove(&aside.path)?;
            file::remove(&aside.note_path)?;
        }
        self.sync_quarantine()?;
        if super::exists(&self.home.session(id))? {
            return Ok(());
        }
        [self.home.spool(id), self.home.folding(id)].iter().try_for_each(|path| file::remove(path))
    }

    /// What was removed from `quarantine/` stays removed after a power failure.
    pub(super) fn sync_quarantine(&self) -> Result<()> {
        let dir = self.home.quarantine();
        if super::is_absent(&dir) { Ok(()) } else { file::sync_dir(&dir) }
    }

    /// The conversations that have the session: its own, and running ones.
    fn conversations_of(&self, id: &SessionId, session: &Session) -> Result<BTreeSet<Uuid>> {
        let lives = self.all_live()?;
        let running = lives.iter().filter(|live| live.session().as_ref() == Some(id)).filter_map(uuid_of);
        Ok(running.chain(uuid_in(session)).collect())
    }

    /// Refuses if the session's conversation runs or may run, as [`Store::delete`] would.
    pub fn may_delete(&self, id: &SessionId) -> Result<()> {
        let session = self.session(id)?;
        self.conversations_of(id, &session)?.iter().try_for_each(|uuid| self.must_be_over(id, uuid))
    }

    /// Needs the locks of the conversations.
    fn delete_held(&self, id: &SessionId, uuids: &BTreeSet<Uuid>, openness: Openness, now: Instant) -> Result<PathBuf> {
        if openness == Openness::Respected {
            uuids.iter().try_for_each(|uuid| self.must_be_over(id, uuid))?;
        }
        let (session, to) = self.until_confirmed(|| self.put_session_away(id, now))?;
        self.clear_up(id, &session, uuids, now)?;
        Ok(to)
    }

    /// Refuses if the session's conversation runs, or if that is unknown.
    fn must_be_over(&self, id: &SessionId, uuid: &Uuid) -> Result<()> {
        let live = self.live(uuid)?.filter(|live| live.session().as_ref() == Some(id));
        let runs = match live.as_ref().map(is_alive) {
            None | Some(Some(false)) => return Ok(()),
            Some(Some(true)) => "runs",
            Some(None) => "may still run",
        };
        let fix = "end it first, or use cs-session delete --force";
        Err(Error::Refused(format!("{id} was not deleted: its conversation {runs}; {fix}")))
    }

    /// Moves the record, with all notes about it, from `sessions/` or the archive.
    fn put_session_away(&self, id: &SessionId, now: Instant) -> Result<(Session, PathBuf)> {
        let lock = lock::acquire(&Home::lock_of(&self.home.session(id)), self.wait)?;
        let found = match !super::exists(&self.home.session(id))? && super::exists(&self.home.archived(id))? {
            true => self.located(id),
            // The author of the record stays the same.
            false => {
                let machine = Store { author: Author::Machine, ..self.clone() };
                machine.update_locked(&lock, id, now, &mut |_| Ok(())).map(|record| (record, self.home.session(id)))
            }
        };
        let (session, from) = match found {
            // Another program was faster.
            Err(error @ Error::Missing(_)) => return lock.remove().and(Err(error)),
            other => other?,
        };
        let to = self.move_aside(&lock, id, &from, now)?;
        lock.remove()?;
        Ok((session, to))
    }

    fn move_aside(&self, lock: &Lock, id: &SessionId, from: &Path, now: Instant) -> Result<PathBuf> {
        let (to, note) = self.reserve(id, from, now)?;
        let put = || lock.confirm().and_then(|()| file::move_new(from, &to));
        match self.publish(id, NoteSync::Later, put) {
            Ok(true) => Ok(to),
            other => {
                file::remove(&note)?;
                other.and(Err(Error::Refused(format!("{} is taken", to.display()))))
            }
        }
    }

    /// A free name in quarantine for a file of the session.
    fn reserve(&self, id: &SessionId, from: &Path, now: Instant) -> Result<(PathBuf, PathBuf)> {
        let mut note = self.note_of(from, "deleted", BY, now);
        note.session_id = Some(id.clone());
        self.free_name(from, note)
    }

    /// Moves or removes what else belongs to a deleted session.
    fn clear_up(&self, id: &SessionId, session: &Session, uuids: &BTreeSet<Uuid>, now: Instant) -> Result<()> {
        if let Ok(slug) = Slug::parse(&session.project_slug)
            && !super::is_absent(&self.home.project(&slug))
        {
            // The index, whose lock comes before that of a project, is read first; that is seldom needed.
            let mut others = None;
            loop {
                let mut is_known = true;
                self.update_project(&slug, |state| {
                    is_known = others.is_some() || !project::repeats(state, session);
                    if let Some(others) = others.as_ref().filter(|_| project::repeats(state, session)) {
                        let others: &Vec<SessionId> = others;
                        let records = others.iter().filter_map(|other| self.session(other).ok());
                        project::withdraw(state, session, records.filter(|other| other.project_slug == slug.as_str()));
                    }
                    Ok(())
                })?;
                if is_known {
                    break;
                }
                others = Some(self.others_of_project(id, &slug)?);
            }
        }
        for uuid in uuids {
            self.leave_session(id, uuid, now)?;
        }
        if let Some(uuid) = uuid_in(session).filter(|uuid| !self.has_other_session(id, session, uuid)) {
            let usage = self.home.usage(&uuid);
            if super::exists(&usage)? {
                let (to, _) = self.reserve(id, &usage, now)?;
                file::move_new(&usage, &to)?;
            }
            file::remove(&self.home.reading(&uuid))?;
        }
        self.fold_pending(now);
        Ok(())
    }

    /// The other sessions that may be of the project: those of the index, and all archived ones.
    fn others_of_project(&self, id: &SessionId, slug: &Slug) -> Result<Vec<SessionId>> {
        let index = self.index()?;
        let current = index.standings(slug.as_str()).into_iter().filter_map(|one| SessionId::parse(&one.id).ok());
        Ok(current.chain(self.ids(&self.home.archive())?).filter(|other| other != id).collect())
    }

    /// Makes a conversation forget the session. One that has ended still recognizes its late events.
    fn leave_session(&self, id: &SessionId, uuid: &Uuid, now: Instant) -> Result<()> {
        let is_its = |live: &Live| live.session().as_ref() == Some(id);
        match self.live(uuid)?.filter(is_its) {
            Some(live) if is_alive(&live) == Some(false) => self.drop_live(uuid)?,
            Some(live) => self.write_live(uuid, &Live { session_id: None, awaiting: false, ..live })?,
            None => {}
        }
        let Some(ended) = self.ended(uuid)?.filter(is_its) else { return Ok(()) };
        let bare = Live {
            agent: ended.agent,
            cwd: ended.cwd,
            prompt_id: ended.prompt_id,
            prompt_mark: ended.prompt_mark,
            ended_at: ended.ended_at,
            ..Live::new(uuid.as_str(), now)
        };
        file::replace(&self.home.ended(uuid), &bare.to_bytes(), file::Durability::Disposable)
    }

    /// Whether the conversation has another session, whose usage is in the same summary.
    fn has_other_session(&self, id: &SessionId, session: &Session, uuid: &Uuid) -> bool {
        let names = Names::of(uuid);
        let dirs = [self.home.sessions(), self.home.archive()];
        let listed = dirs.iter().flat_map(|dir| self.ids(dir).unwrap_or_default());
        let named = listed.filter(|other| names.fit(other.as_str()));
        let linked = [&session.resumed_from, &session.resumed_as].into_iter().flatten();
        let linked = linked.filter_map(|other| SessionId::parse(other).ok());
        let shares = self.sharers(uuid);
        let mut others = named.chain(linked).chain(shares).filter(|other| other != id);
        others.any(|other| match self.session(&other) {
            Ok(other) => uuid_in(&other).as_ref() == Some(uuid),
            Err(error) => !matches!(error, Error::Missing(_)),
        })
    }
}

/// The conversation of a record.
fn uuid_in(session: &Session) -> Option<Uuid> {
    Uuid::parse(session.claude_session_id.as_deref()?).ok()
}
