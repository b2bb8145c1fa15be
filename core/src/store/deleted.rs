//! Owns what `quarantine/` has of deleted sessions, and moving it back. Must stay true: the path to which a file returns
//! is made from ids, never taken from a note; nothing is replaced; the record comes first, because it is the session.

use super::delete::BY;
use super::quarantine::Note;
use super::select::{Selector, ambiguous};
use super::{NoteSync, Store, missing};
use crate::clock::Instant;
use crate::error::{Error, Result};
use crate::file;
use crate::id::{SessionId, Uuid};
use crate::lock;
use crate::paths::Home;
use crate::record::{Session, Status};
use crate::session;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A session in quarantine.
#[derive(Clone, Debug)]
pub struct Deleted {
    /// Its record.
    pub session: Session,
    /// The path of the record.
    pub path: PathBuf,
    /// When it was deleted, RFC 3339.
    pub deleted_at: String,
}

/// A file in quarantine, and its note.
#[derive(Debug)]
pub(super) struct Aside {
    pub note: Note,
    pub path: PathBuf,
    pub note_path: PathBuf,
}

impl Aside {
    /// Whether it is the session's record.
    pub fn is_record(&self, id: &SessionId) -> bool {
        [format!("sessions/{id}.json"), format!("sessions/archive/{id}.json")].iter().any(|from| self.is_from(from))
    }

    fn is_from(&self, path: &str) -> bool {
        self.note.from == Path::new(path)
    }

    /// Whether a session was deleted with it. The others are damaged.
    fn is_deleted(&self) -> bool {
        self.note.moved_by == BY && self.note.session_id.is_some()
    }
}

impl Store {
    /// All deleted sessions, oldest deletion first.
    pub fn all_deleted(&self) -> Result<Vec<Deleted>> {
        let mut all = self.all_aside()?;
        all.retain(|aside| aside.note.session_id.as_ref().is_some_and(|id| aside.is_record(id)));
        let mut deleted = Vec::new();
        for Aside { note, path, .. } in all {
            let session = read_own(&path)?.and_then(|bytes| Session::read(&bytes).ok());
            deleted.extend(session.map(|session| Deleted { session, path, deleted_at: note.moved_at }));
        }
        Ok(deleted)
    }

    /// Moves a deleted session back, with the summary of its usage. If its conversation continues in another session, an
    /// active one is parked. Returns it.
    pub fn restore(&self, id: &SessionId, now: Instant) -> Result<Session> {
        let (aside, unused): (Vec<_>, Vec<_>) =
            self.aside(id)?.into_iter().partition(|aside| !super::is_absent(&aside.path));
        let session = match aside.iter().rev().find(|aside| aside.is_record(id) && aside.is_deleted()) {
            Some(record) => self.put_session_back(id, record)?,
            // An earlier run was interrupted after it had moved the record.
            None if unused.iter().any(Aside::is_deleted) => self.session(id)?,
            None => return Err(missing(id)),
        };
        // A deletion that was killed leaves a note without a file, too.
        let records = aside.iter().filter(|aside| aside.is_record(id) && super::is_absent(&aside.path));
        unused.iter().chain(records).try_for_each(|aside| file::remove(&aside.note_path))?;
        self.restore_usage(&aside, &session)?;
        self.sync_quarantine()?;
        let session = self.park_second(id, session, now)?;
        self.follow(&session, now);
        Ok(session)
    }

    fn put_session_back(&self, id: &SessionId, record: &Aside) -> Result<Session> {
        let is_archived = !record.is_from(&format!("sessions/{id}.json"));
        let to = if is_archived { self.home.archived(id) } else { self.home.session(id) };
        self.until_confirmed(|| {
            let lock = lock::acquire(&Home::lock_of(&self.home.session(id)), self.wait)?;
            if super::exists(&self.home.session(id))? || super::exists(&self.home.archived(id))? {
                return Err(Error::Refused(format!("{id} was not restored: there is a session with this id")));
            }
            let put = || lock.confirm().and_then(|()| file::move_new(&record.path, &to));
            self.publish(id, NoteSync::Synced, put)?;
            self.session(id)
        })
    }

    fn restore_usage(&self, aside: &[Aside], session: &Session) -> Result<()> {
        let uuid = session.claude_session_id.as_deref().and_then(|uuid| Uuid::parse(uuid).ok());
        let Some(uuid) = uuid else { return Ok(()) };
        let is_its = |aside: &&Aside| aside.is_from(&format!("usage/{uuid}.json")) && aside.is_deleted();
        // A summary that was written since is newer, so it stays.
        for usage in aside.iter().filter(is_its) {
            if file::move_new(&usage.path, &self.home.usage(&uuid))? {
                file::remove(&usage.note_path)?;
            }
        }
        Ok(())
    }

    /// Parks the session if it is active and its conversation has another active one.
    fn park_second(&self, id: &SessionId, session: Session, now: Instant) -> Result<Session> {
        let uuid = session.claude_session_id.as_deref().and_then(|uuid| Uuid::parse(uuid).ok());
        let Some(uuid) = uuid.filter(|_| session.status == Status::Active) else { return Ok(session) };
        match self.conversation(&uuid)?.filter(|other| other != id) {
            Some(other) if self.session(&other).is_ok_and(|other| other.status == Status::Active) => {
                let reason = format!("restored; its conversation continues in {other}");
                self.update(id, now, |record| session::park(record, &reason, &[], now))
            }
            _ => Ok(session),
        }
    }

    /// The one deleted session that the selector names. A damaged record in quarantine counts, too: it may be forgotten.
    pub fn find_deleted(&self, selector: &Selector) -> Result<Option<SessionId>> {
        let ids = match selector {
            Selector::Id(id) => return Ok((!self.aside(id)?.is_empty()).then(|| id.clone())),
            Selector::Conversation(uuid) => {
                let is_its = |deleted: &Deleted| deleted.session.claude_session_id.as_deref() == Some(uuid.as_str());
                let all = self.all_deleted()?.into_iter().rev().find(is_its);
                all.and_then(|deleted| SessionId::parse(&deleted.session.session_id).ok()).into_iter().collect()
            }
            Selector::Part(part) => {
                let ids = self.all_aside()?.into_iter().filter_map(|aside| aside.note.session_id);
                ids.filter(|id| id.as_str().starts_with(part) || id.as_str().ends_with(part)).collect::<BTreeSet<_>>()
            }
        };
        match (ids.len(), selector) {
            (2.., Selector::Part(part)) => Err(ambiguous(part, &ids.into_iter().collect::<Vec<_>>())),
            _ => Ok(ids.into_iter().next()),
        }
    }

    /// The record of a deleted session, and its path.
    pub(super) fn deleted_record(&self, id: &SessionId) -> Result<Option<(Session, PathBuf)>> {
        let deleted = self.all_deleted()?.into_iter().rev().find(|deleted| deleted.session.session_id == id.as_str());
        Ok(deleted.map(|deleted| (deleted.session, deleted.path)))
    }

    /// The error about a session that was deleted; `None` if it was not.
    pub fn deleted_error(&self, id: &SessionId) -> Option<Error> {
        let is_deleted = matches!(self.deleted_record(id), Ok(Some(_)));
        is_deleted.then(|| Error::Missing(format!("{id} was deleted; cs-session restore {id} brings it back")))
    }

    /// What quarantine has of a session, deleted or damaged; also notes whose file was never moved there. Oldest first.
    pub(super) fn aside(&self, id: &SessionId) -> Result<Vec<Aside>> {
        let mut all = self.all_aside()?;
        all.retain(|aside| aside.note.session_id.as_ref() == Some(id) || aside.is_record(id));
        Ok(all)
    }

    /// Whether quarantine has a record with this id, under the name that the first one gets.
    pub(super) fn is_set_aside(&self, id: &SessionId) -> bool {
        let dir = self.home.quarantine();
        ["sessions", "sessions-archive"].iter().any(|from| super::is_present(&dir.join(format!("{from}-{id}.json"))))
    }

    fn all_aside(&self) -> Result<Vec<Aside>> {
        let dir = self.home.quarantine();
        let mut all = Vec::new();
        for stem in file::stems(&dir, ".note")? {
            let (path, note_path) = (dir.join(&stem), dir.join(format!("{stem}.note")));
            let note = read_own(&note_path)?.and_then(|bytes| serde_json::from_slice(&bytes).ok());
            all.extend(note.map(|note| Aside { note, path, note_path }));
        }
        all.sort_by(|a, b| (&a.note.moved_at, &a.path).cmp(&(&b.note.moved_at, &b.path)));
        Ok(all)
    }
}

/// The bytes of a file in quarantine; none if it is gone, or is not a file that we would write.
fn read_own(path: &Path) -> Result<Option<Vec<u8>>> {
    match file::read(path) {
        Err(Error::Corrupt { .. }) => Ok(None),
        other => other,
    }
}
