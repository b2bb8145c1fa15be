//! Owns reading and writing records: the only way to change a session on disk. Must stay true: a change happens under
//! the record's lock, in one rename; a closure that fails or changes nothing writes nothing; readers never write. The
//! index, project files and contexts that follow a change are in `stored.rs`, `project.rs` and `context.rs`, new records in
//! `store/create.rs`, notes in `store/spool.rs` and `store/fold.rs`.

mod archive;
mod asking;
mod audit;
mod begin;
mod bytes;
mod check;
mod close;
mod context;
mod continuation;
mod contradict;
mod create;
mod delete;
mod deleted;
mod doubt;
mod file_kind;
mod fold;
mod index;
mod kept;
mod live;
mod moved;
mod names;
mod newest;
mod next;
mod opening;
mod own;
mod pending;
mod presence;
mod project;
mod quarantine;
mod records;
mod remove;
mod repo;
mod resume;
mod seated;
mod seats;
mod select;
mod slots;
mod spool;
mod stale;
mod statusline;
mod stored;
mod sweep;
mod usage;
mod watch;

pub use begin::{Beginning, Origin, branch, project_root};
pub use bytes::parse;
pub use check::{Finding, Problem};
pub(crate) use close::runner_now;
pub use close::{is_alive, runner};
pub use context::Context;
pub use delete::Openness;
pub use deleted::Deleted;
pub use index::{IndexText, Rebuilt, Remembered};
pub use moved::Moved;
pub use next::Next;
pub use opening::Opening;
pub use records::{Line, Records};
pub use remove::Removed;
pub use repo::{of_repo, repo_of};
pub use resume::Heir;
pub use seated::{Phase, Seated, is_client, session_of};
pub use seats::SEAT_VERSION;
pub use select::Selector;
pub use spool::NoteSync;
pub use sweep::{Run, SweepAction};

use bytes::{Held, encode, stage};
use presence::{exists, is_absent, is_present};

use crate::clock::Instant;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::file;
use crate::id::SessionId;
use crate::index::IndexEntry;
use crate::lean::Lean;
use crate::lock::{self, Lock};
use crate::paths::Home;
use crate::record::{SCHEMA_VERSION, Session};
use crate::witness::Witness;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The data directory, and how long its user is willing to wait.
#[derive(Clone, Debug)]
pub struct Store {
    /// The data directory.
    pub home: Home,
    /// How long to wait for a lock.
    pub wait: Duration,
    caches: Caches,
    /// Reports running clients.
    pub(crate) witness: Witness,
    /// The author of the changes of this store.
    pub author: Author,
}

/// The author of a change. An agent that calls the programs of people counts as a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Author {
    /// Every record that is changed counts as written by a person.
    Person,
    /// Hooks and timers write what they see, and do not change the author of a record.
    Machine,
}

/// Which program updates the caches of the records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Caches {
    /// The program that changes a record updates them at once: people wait for it.
    Kept,
    /// This program updates them later, for many records at once.
    Deferred,
    /// Another program updates them later, because an agent waits for this one.
    LeftToOthers,
}

impl Store {
    /// A store for the commands that people run, which wait for locks.
    pub fn for_people(home: Home, witness: Witness) -> Self {
        Store { home, wait: lock::PERSON_WAIT, caches: Caches::Kept, witness, author: Author::Person }
    }

    /// A store for hooks, which hardly wait, and whose cost does not depend on the number of sessions.
    pub fn for_hooks(home: Home, witness: Witness) -> Self {
        Store { home, wait: lock::HOOK_WAIT, caches: Caches::LeftToOthers, witness, author: Author::Machine }
    }

    /// The same store, for many changes: they are only noted for the index and the projects. Whoever made them calls
    /// [`Store::fold_pending`] of the store itself then.
    pub fn deferred(&self) -> Self {
        let caches = if self.may_take_time() { Caches::Deferred } else { self.caches };
        Store { caches, ..self.clone() }
    }

    /// Whether reads may take time; hooks read only what they need.
    pub(crate) fn may_take_time(&self) -> bool {
        self.caches != Caches::LeftToOthers
    }

    /// The session with this id, archived ones included.
    pub fn session(&self, id: &SessionId) -> Result<Session> {
        self.located(id).map(|(session, _)| session)
    }

    /// The session with this id, perhaps without its older events, if it is not archived. For hooks, which look at no
    /// event, however many there are.
    pub fn recent(&self, id: &SessionId) -> Result<Session> {
        let mut is_lean = false;
        let recent = self.with_notes(id, || {
            let held = bytes::read_lean(&self.home.session(id))?.ok_or_else(|| missing(id))?;
            is_lean = held.lean.is_some();
            Ok(held.session)
        });
        match recent {
            Err(Error::Missing(_)) => self.session(id),
            Ok(_) if is_lean && self.noted_events(id)? => self.session(id),
            other => other,
        }
    }

    /// The session with this id, and where its record is.
    pub fn located(&self, id: &SessionId) -> Result<(Session, PathBuf)> {
        match self.with_notes(id, || self.readable(id)) {
            Err(Error::Missing(_)) => {
                let path = self.home.archived(id);
                let bytes = file::read(&path)?.ok_or_else(|| missing(id))?;
                Ok((parse(&path, &bytes)?, path))
            }
            other => other.map(|session| (session, self.home.session(id))),
        }
    }

    /// The record outside the archive as it is on disk.
    fn readable(&self, id: &SessionId) -> Result<Session> {
        let path = self.home.session(id);
        let bytes = file::read(&path)?.ok_or_else(|| missing(id))?;
        parse(&path, &bytes)
    }

    /// Ids of all records, or of all archived ones, sorted. Files with other names are not records.
    pub fn ids(&self, dir: &Path) -> Result<Vec<SessionId>> {
        let mut ids: Vec<SessionId> =
            file::stems(dir, ".json")?.iter().filter_map(|stem| SessionId::parse(stem).ok()).collect();
        ids.sort();
        Ok(ids)
    }

    /// Changes a record under its lock, including all notes of hooks about it, and returns it. An archived record is
    /// refused.
    pub fn update(
        &self,
        id: &SessionId,
        now: Instant,
        mut change: impl FnMut(&mut Session) -> Result<()>,
    ) -> Result<Session> {
        self.until_confirmed(|| {
            let lock = self.lock(id)?;
            self.update_locked(&lock, id, now, &mut change)
        })
    }

    /// The same for a change that removes no event and looks at most at the newest one. The returned session may lack its
    /// older events.
    pub fn extend(
        &self,
        id: &SessionId,
        now: Instant,
        mut change: impl FnMut(&mut Session) -> Result<()>,
    ) -> Result<Session> {
        self.until_confirmed(|| {
            let lock = self.lock(id)?;
            self.fold_left(&lock, id, now)?;
            let held = bytes::read_lean(&self.home.session(id))?.ok_or_else(|| self.absent(id))?;
            self.change_held(&lock, id, held, now, &mut change)
        })
    }

    /// [`Store::update`] by the holder of the record's lock.
    fn update_locked(
        &self,
        lock: &Lock,
        id: &SessionId,
        now: Instant,
        change: &mut impl FnMut(&mut Session) -> Result<()>,
    ) -> Result<Session> {
        self.fold_left(lock, id, now)?;
        let held = Held { session: self.writable(id)?, lean: None };
        self.change_held(lock, id, held, now, change)
    }

    fn change_held(
        &self,
        lock: &Lock,
        id: &SessionId,
        held: Held,
        now: Instant,
        change: &mut impl FnMut(&mut Session) -> Result<()>,
    ) -> Result<Session> {
        let Held { session: mut before, mut lean } = held;
        self.is_writable(id, &before)?;
        // Tried before the notes are set aside: a refused change leaves the disk unchanged.
        if self.has_notes(id) {
            change(&mut self.with_notes(id, || Ok(before.clone()))?)?;
        }
        let notes = self.take_notes(id)?;
        if lean.is_some() && notes.need_events() {
            (before, lean) = (self.writable(id)?, None);
        }
        let mut after = notes.apply_to(&before, lean.as_ref());
        change(&mut after)?;
        if self.author == Author::Person {
            after.written_by = None;
        }
        if after != before {
            self.write(lock, id, &before, &after, lean.as_ref(), now)?;
        }
        if !notes.is_empty() {
            self.drop_notes(id)?;
        }
        Ok(after)
    }

    /// Retries, for as long as it may wait for a lock, an attempt that found its lock file removed at the last moment:
    /// nothing was written then. An attempt that waited for the lock in vain has no time left.
    fn until_confirmed<T>(&self, mut attempt: impl FnMut() -> Result<T>) -> Result<T> {
        let deadline = std::time::Instant::now() + self.wait;
        loop {
            match attempt() {
                Err(Error::Busy(_)) if std::time::Instant::now() < deadline => {}
                other => return other,
            }
        }
    }

    /// The record, if it may be written.
    fn writable(&self, id: &SessionId) -> Result<Session> {
        let path = self.home.session(id);
        let bytes = file::read(&path)?.ok_or_else(|| self.absent(id))?;
        let session = parse(&path, &bytes)?;
        self.is_writable(id, &session)?;
        Ok(session)
    }

    /// Refuses a record of a newer version.
    fn is_writable(&self, id: &SessionId, session: &Session) -> Result<()> {
        match session.schema_version > SCHEMA_VERSION {
            true => Err(Error::Newer { path: self.home.session(id), version: session.schema_version }),
            false => Ok(()),
        }
    }

    /// Why a record that is not in `sessions/` cannot be changed.
    fn absent(&self, id: &SessionId) -> Error {
        match file::read(&self.home.archived(id)) {
            Ok(Some(_)) => Error::Refused(format!("{id} is archived; archived sessions are not changed")),
            _ => missing(id),
        }
    }

    fn write(
        &self,
        lock: &Lock,
        id: &SessionId,
        before: &Session,
        after: &Session,
        lean: Option<&Lean>,
        now: Instant,
    ) -> Result<()> {
        let staged = stage(&self.home.session(id), after, lean)?;
        let rename = || {
            staged.sync()?;
            lock.confirm()?;
            staged.replace().map(|()| true)
        };
        let is_repeated = IndexEntry::of(after).differs(&IndexEntry::of(before))
            || after.commits != before.commits
            || after.open_questions != before.open_questions;
        if is_repeated {
            self.publish(id, NoteSync::Synced, rename)?;
            self.follow(after, now);
        } else {
            rename()?;
            self.fold_pending(now);
        }
        Ok(())
    }

    /// Updates the caches that repeat facts of a changed record. Hooks leave that to other programs, except for the
    /// context of the next conversation.
    fn follow(&self, session: &Session, now: Instant) {
        match self.caches {
            Caches::Kept => drop(self.fold_pending(now)),
            Caches::Deferred => {}
            Caches::LeftToOthers => self.refresh_context(session, now),
        }
    }

    /// Removes the record if it fits, checked under its lock; returns whether it did.
    pub fn forget_when(&self, id: &SessionId, now: Instant, fits: impl FnOnce(&Session) -> bool) -> Result<bool> {
        let lock = self.lock(id)?;
        let session = self.with_notes(id, || self.readable(id))?;
        if !fits(&session) {
            return Ok(false);
        }
        let path = self.home.session(id);
        self.publish(id, NoteSync::Later, || lock.confirm().and_then(|()| file::remove(&path)).map(|()| true))?;
        file::remove(&self.home.spool(id))?;
        file::remove(&self.home.folding(id))?;
        self.follow(&session, now);
        lock.remove().map(|()| true)
    }

    /// Takes the lock of a record. No lock file is created if the record is missing.
    pub fn lock(&self, id: &SessionId) -> Result<Lock> {
        let path = self.home.session(id);
        if is_absent(&path) {
            return Err(self.absent(id));
        }
        lock::acquire(&Home::lock_of(&path), self.wait)
    }

    /// The configuration; defaults if there is no file, and for what cannot be parsed.
    pub fn config(&self) -> Config {
        let path = self.home.config();
        match file::read(&path) {
            Ok(Some(bytes)) => Config::read(&path, &bytes),
            Ok(None) => Config::default(),
            Err(error) => Config::unreadable(error),
        }
    }
}

fn missing(id: &SessionId) -> Error {
    Error::Missing(format!("no session {id}; cs-session list shows all"))
}
