//! Owns reading and writing records: the only way to change a session on disk.
//! Must stay true: a change happens under the record's lock, in one rename; a closure that fails
//! or changes nothing writes nothing; readers never write. The index, project files and contexts
//! that follow a change are in `store/index.rs` and `store/project.rs`.

mod archive;
mod check;
mod close;
mod contradict;
mod index;
mod live;
mod project;
mod quarantine;
mod select;
mod stale;
mod statusline;
mod sweep;
mod usage;

pub use check::{Finding, Kind};
pub use index::{IndexText, Rebuilt};
pub use project::Context;
pub use select::Selector;
pub use sweep::{Done, Run};

use crate::clock::Instant;
use crate::config::{Config, Hooks};
use crate::error::{Error, Result};
use crate::file::{self, Durability};
use crate::id::{SessionId, Slug, Uuid};
use crate::index::Entry;
use crate::lock::{self, Lock};
use crate::patch::Patch;
use crate::paths::Home;
use crate::record::{SCHEMA_VERSION, Session};
use crate::session::{self, Start};
use crate::validate;
use crate::weight;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The data directory and how patient its user is.
#[derive(Clone, Debug)]
pub struct Store {
    pub home: Home,
    /// How long to wait for a lock.
    pub wait: Duration,
    /// Whether changes that are not part of a session's life cycle are synced to disk too.
    pub durability: Durability,
}

impl Store {
    /// A store as people use it: patient, and everything acknowledged is on disk.
    pub fn for_people(home: Home) -> Self {
        Store { home, wait: lock::PERSON_WAIT, durability: Durability::Synced }
    }

    /// A store as hooks use it: in a hurry, and only a session's life cycle is synced.
    pub fn for_hooks(home: Home) -> Self {
        Store { home, wait: lock::HOOK_WAIT, durability: Durability::Cached }
    }

    /// The record with this id, archived ones included.
    pub fn session(&self, id: &SessionId) -> Result<Session> {
        let (path, bytes) = self.bytes_of(id)?;
        parse(&path, &bytes)
    }

    /// The path and the bytes of a record, archived ones included.
    pub fn bytes_of(&self, id: &SessionId) -> Result<(PathBuf, Vec<u8>)> {
        for path in [self.home.session(id), self.home.archived(id)] {
            if let Some(bytes) = file::read(&path)? {
                return Ok((path, bytes));
            }
        }
        Err(missing(id))
    }

    /// Ids of all records, or of all archived ones, sorted. Files with other names are not records.
    pub fn ids(&self, dir: &Path) -> Result<Vec<SessionId>> {
        let mut ids: Vec<SessionId> =
            file::stems(dir, ".json")?.iter().filter_map(|stem| SessionId::parse(stem).ok()).collect();
        ids.sort();
        Ok(ids)
    }

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
            // Taken, too: it may have been put away within its first minute.
            if is_present(&self.home.archived(&id)) {
                continue;
            }
            let mut session = session::create(&id, slug, start.clone(), now)?;
            fill(&mut session)?;
            let staged = stage(&self.home.session(&id), &session, Durability::Synced)?;
            if self.publish(&id, Some(&Entry::of(&session)), || staged.create())? {
                self.refresh_project(&session, now);
                return Ok(session);
            }
        }
        Err(Error::Refused("no free session id in this minute; try again in a minute".into()))
    }

    /// Changes a record under its lock and returns it. The archive is not changed.
    pub fn update(
        &self,
        id: &SessionId,
        now: Instant,
        mut change: impl FnMut(&mut Session) -> Result<()>,
    ) -> Result<Session> {
        self.until_confirmed(|| {
            let lock = self.lock(id)?;
            let before = self.writable(id)?;
            let mut after = before.clone();
            change(&mut after)?;
            if after != before {
                self.write(&lock, id, &before, &after, now)?;
            }
            Ok(after)
        })
    }

    /// Tries again, as long as one waits for a lock, what found its lock's file removed at the last
    /// moment: then nothing was written. Whoever waited in vain for the lock has no time left.
    fn until_confirmed<T>(&self, mut attempt: impl FnMut() -> Result<T>) -> Result<T> {
        let deadline = std::time::Instant::now() + self.wait;
        loop {
            match attempt() {
                Err(Error::Busy(_)) if std::time::Instant::now() < deadline => {}
                other => return other,
            }
        }
    }

    /// Changes fields of a record that nothing else repeats: neither the index nor the project.
    /// All that a heartbeat needs, and little enough for the program that runs at every turn.
    pub fn touch(&self, id: &SessionId, mut change: impl FnMut(&mut Patch)) -> Result<()> {
        self.until_confirmed(|| self.try_touch(id, &mut change))
    }

    fn try_touch(&self, id: &SessionId, change: &mut impl FnMut(&mut Patch)) -> Result<()> {
        let lock = self.lock(id)?;
        let path = self.home.session(id);
        let bytes = file::read(&path)?.ok_or_else(|| self.absent(id))?;
        let mut patch = Patch::of(&bytes).map_err(|reason| Error::corrupt(&path, reason))?;
        if patch.text("session_id").as_deref() != Some(id.as_str()) {
            return Err(Error::corrupt(&path, "it holds another session"));
        }
        if let Some(version) = patch.newer_version().map_err(|reason| Error::corrupt(&path, reason))? {
            return Err(Error::Newer { path, version });
        }
        change(&mut patch);
        let changed = patch.to_bytes();
        // The same bytes again would only cost the disk; a full file stays as it is.
        if changed == bytes || changed.len() > validate::FILE_BYTES || weight::is_too_heavy(&changed) {
            return Ok(());
        }
        let staged = file::stage(&path, &changed, self.durability)?;
        lock.confirm()?;
        staged.replace()
    }

    /// The record, if it may be written.
    fn writable(&self, id: &SessionId) -> Result<Session> {
        let path = self.home.session(id);
        let bytes = file::read(&path)?.ok_or_else(|| self.absent(id))?;
        let session = parse(&path, &bytes)?;
        if session.schema_version > SCHEMA_VERSION {
            return Err(Error::Newer { path, version: session.schema_version });
        }
        Ok(session)
    }

    /// Why a record cannot be changed that is not among the others.
    fn absent(&self, id: &SessionId) -> Error {
        match file::read(&self.home.archived(id)) {
            Ok(Some(_)) => Error::Refused(format!("{id} is archived; archived sessions are not changed")),
            _ => missing(id),
        }
    }

    fn write(&self, lock: &Lock, id: &SessionId, before: &Session, after: &Session, now: Instant) -> Result<()> {
        let path = self.home.session(id);
        let entry = Entry::of(after);
        if !entry.differs(&Entry::of(before)) {
            let staged = stage(&path, after, self.durability)?;
            lock.confirm()?;
            staged.replace()?;
            if after.commits != before.commits || after.open_questions != before.open_questions {
                self.refresh_project(after, now);
            }
            return Ok(());
        }
        let staged = stage(&path, after, Durability::Synced)?;
        let rename = || lock.confirm().and_then(|()| staged.replace()).map(|()| true);
        self.publish(id, Some(&entry), rename)?;
        self.refresh_project(after, now);
        Ok(())
    }

    /// Removes the record of a session in which nothing happened.
    pub fn forget(&self, id: &SessionId, now: Instant) -> Result<()> {
        self.forget_when(id, now, |_| true).map(drop)
    }

    /// Removes the record if, under its lock, it is as it must be; whether it was.
    pub fn forget_when(&self, id: &SessionId, now: Instant, fits: impl FnOnce(&Session) -> bool) -> Result<bool> {
        let lock = self.lock(id)?;
        let path = self.home.session(id);
        let bytes = file::read(&path)?.ok_or_else(|| missing(id))?;
        let session = parse(&path, &bytes)?;
        if !fits(&session) {
            return Ok(false);
        }
        self.publish(id, None, || lock.confirm().and_then(|()| file::remove(&path)).map(|()| true))?;
        self.refresh_project(&session, now);
        lock.remove().map(|()| true)
    }

    /// Takes the lock of a record. No lock file is made for one that is not there.
    pub fn lock(&self, id: &SessionId) -> Result<Lock> {
        let path = self.home.session(id);
        if is_absent(&path) {
            return Err(self.absent(id));
        }
        lock::acquire(&Home::lock_of(&path), self.wait)
    }

    /// The settings as hooks use them. Where the file cannot be understood nothing is stored of
    /// what people say: they may have asked for that.
    pub fn config_for_hooks(&self) -> Config {
        self.config().unwrap_or_else(|_| Config {
            hooks: Some(Hooks { capture_prompts: false, ..Hooks::default() }),
            ..Config::default()
        })
    }

    /// The data directory's settings; the defaults if there is no file.
    pub fn config(&self) -> Result<Config> {
        let path = self.home.config();
        match file::read(&path)? {
            Some(bytes) => serde_json::from_slice(&bytes).map_err(|error| Error::corrupt(&path, error.to_string())),
            None => Ok(Config::default()),
        }
    }
}

/// Whether something has this name.
fn is_present(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok()
}

/// Whether nothing has this name. Neither may be known: then what is done next will say why.
fn is_absent(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound)
}

fn missing(id: &SessionId) -> Error {
    Error::Missing(format!("no session {id}; cs-session list shows all"))
}

/// Understands a record's bytes; it must be the record of its own file name.
pub fn parse(path: &Path, bytes: &[u8]) -> Result<Session> {
    if bytes.is_empty() {
        return Err(Error::corrupt(path, "it is empty"));
    }
    let session = Session::read(bytes).map_err(|error| Error::corrupt(path, error.to_string()))?;
    if path.file_stem().and_then(|stem| stem.to_str()) != Some(&session.session_id) {
        return Err(Error::corrupt(path, format!("it holds the session {:?}", session.session_id)));
    }
    Ok(session)
}

fn stage(path: &Path, session: &Session, durability: Durability) -> Result<file::Staged> {
    let bytes = session.to_bytes();
    if bytes.len() > validate::FILE_BYTES {
        return Err(Error::Refused(format!(
            "{} is full: it would have {} bytes, at most {} are read",
            session.session_id,
            bytes.len(),
            validate::FILE_BYTES
        )));
    }
    if weight::is_too_heavy(&bytes) {
        return Err(Error::Refused(format!(
            "{} is full: it holds too many events, tasks or files",
            session.session_id
        )));
    }
    file::stage(path, &bytes, durability)
}
