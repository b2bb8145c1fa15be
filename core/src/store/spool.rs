//! Owns `spool/<id>.jsonl`: the notes of hooks about a session that are not in its record yet. Readers combine record
//! and notes. Hooks only append, so they need no lock of the record and damage nothing in a power failure; the next
//! program that changes the record folds the notes in.
//!
//! Must stay true: a note is in the spool or in the record, and counts once. To fold, a program renames the spool to
//! `.folding`, so that new notes go to a new file; takes the exclusive flock on it, which it gets once the last writer,
//! with its shared one, is done; writes the record, which then names the notes it contains (`folded`); and removes the
//! file. A reader reads the spool, then `.folding`, then the record, so it misses no note.

use super::Store;
use super::sweep::{LEFT_OVER, Run, SweepAction, is_left_over};
use crate::change::{Change, Note, read_notes};
use crate::clock::{self, Instant};
use crate::error::{Error, Result};
use crate::file;
use crate::id::{SessionId, Uuid, fnv1a};
use crate::lean::Lean;
use crate::lock;
use crate::record::Session;
use crate::validate::FILE_BYTES;
use memchr::memmem;
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// Maximum number of bytes of a spool: more than years of turns, so a larger one is a defect.
const SPOOL_BYTES: usize = 8 * 1024 * 1024;
/// How many bytes of a spool are read: more than are written, because several programs that append at the same time may
/// each find room for one more note.
const READ_BYTES: usize = 2 * SPOOL_BYTES;

/// Notes are folded from this size on, so that readers have little to do.
const MANY_BYTES: u64 = 64 * 1024;
/// How long a record may lag behind its notes; other programs read it, too.
const LONG: Duration = Duration::from_secs(15 * 60);

/// When a note must be on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoteSync {
    /// When the call returns; no agent waits for it.
    Synced,
    /// Some seconds later, when the system writes it: an agent waits.
    Later,
}

/// Notes about one session, oldest first.
#[derive(Debug, Default)]
pub(super) struct Notes {
    notes: Vec<Note>,
    /// The token that the record contains once the notes are folded in.
    token: Option<String>,
}

impl Notes {
    pub fn is_empty(&self) -> bool {
        self.token.is_none()
    }

    /// Applies the notes to a session. If that would make the record too large to read, notes that enlarge it are left
    /// out.
    pub fn apply(&self, session: &Session) -> Session {
        self.apply_to(session, None)
    }

    /// The same for a session without its older events, which [`Notes::need_events`] must allow.
    pub fn apply_to(&self, session: &Session, lean: Option<&Lean>) -> Session {
        if self.is_empty() {
            return session.clone();
        }
        let full = self.applied(session, |_| true);
        match super::encode(&full, lean) {
            Ok(_) => full,
            Err(_) => self.applied(session, Change::must_be_stored),
        }
    }

    /// Whether one of the notes looks at older events of its session.
    pub fn need_events(&self) -> bool {
        self.notes.iter().any(|note| note.change.needs_events())
    }

    fn applied(&self, session: &Session, wanted: impl Fn(&Change) -> bool) -> Session {
        let mut session = session.clone();
        for note in self.notes.iter().filter(|note| wanted(&note.change)) {
            // A note that no longer fits is skipped; the others are kept.
            let _ = note.apply(&mut session);
        }
        if self.token.is_some() {
            session.folded.clone_from(&self.token);
        }
        session
    }
}

impl Store {
    /// Notes a change of a session, without a lock that anyone holds for long.
    pub(super) fn note(&self, id: &SessionId, change: Change, now: Instant, sync: NoteSync) -> Result<()> {
        let note = Note { at: clock::stamp(now), nonce: nonce(), change };
        append(&self.home.spool(id), &note.to_bytes(), sync, self.wait)
    }

    /// Notes a change for the session of a conversation that is not known yet: finding it takes longer than the end of
    /// a turn may, and creating it needs code that the program for the end of a turn does not have. The next hook that
    /// has the time moves the notes to the session.
    pub fn note_unplaced(&self, uuid: &Uuid, change: Change, now: Instant) -> Result<()> {
        let note = Note { at: clock::stamp(now), nonce: nonce(), change: change.bounded() };
        append(&self.home.unassigned(uuid), &note.to_bytes(), NoteSync::Later, self.wait)
    }

    /// Moves notes that name only their conversation to its session. They prove that something happened in it: if there
    /// is no session, one is created with `makes`; otherwise the notes are dropped.
    pub fn assign_notes(&self, uuid: &Uuid, makes: bool, program: &str, now: Instant) -> Result<()> {
        let unassigned = self.home.unassigned(uuid);
        let taken = unassigned.with_extension("folding");
        if super::is_absent(&taken) {
            match std::fs::rename(&unassigned, &taken) {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
                other => other.map_err(|error| Error::io(&unassigned, "set aside", error))?,
            }
        }
        drop(lock::try_existing_within(&taken, self.wait)?);
        let id = match self.conversation(uuid)? {
            None if makes => self.unprompted(uuid, program, now)?,
            known => known,
        };
        if let (Some(id), Some(bytes)) = (id, file::read_at_most(&taken, READ_BYTES)?) {
            append(&self.home.spool(&id), &bytes, NoteSync::Later, self.wait)?;
        }
        file::remove(&taken)
    }

    /// Creates the session of a running conversation whose prompts are not reported.
    fn unprompted(&self, uuid: &Uuid, program: &str, now: Instant) -> Result<Option<SessionId>> {
        let _lock = self.lock_live(uuid)?;
        let live = self.live(uuid)?.filter(|live| live.session_id.is_none());
        live.map(|mut live| self.begin_unprompted(uuid, &mut live, program, now)).transpose()
    }

    /// Conversations with notes that belong to no session yet.
    pub fn unassigned(&self) -> Result<Vec<Uuid>> {
        Ok(self.spools()?.iter().filter_map(|stem| Uuid::parse(stem).ok()).collect())
    }

    /// The session with the notes of hooks about it. `record` is read after the notes.
    pub(super) fn with_notes(&self, id: &SessionId, record: impl FnOnce() -> Result<Session>) -> Result<Session> {
        let newest = self.notes_in(&self.home.spool(id))?;
        let folding = self.notes_in(&self.home.folding(id))?;
        let record = record()?;
        let is_new = |notes: &Notes| notes.token.is_some() && notes.token != record.folded;
        match (is_new(&folding), is_new(&newest) && newest.token != folding.token) {
            (false, false) => Ok(record),
            (true, false) => Ok(folding.apply(&record)),
            (false, true) => Ok(newest.apply(&record)),
            (true, true) => Ok(newest.apply(&folding.apply(&record))),
        }
    }

    /// Whether notes about the session look at its older events.
    pub(super) fn noted_events(&self, id: &SessionId) -> Result<bool> {
        let need = |path: &Path| self.notes_in(path).map(|notes| notes.need_events());
        Ok(need(&self.home.spool(id))? || need(&self.home.folding(id))?)
    }

    fn notes_in(&self, path: &Path) -> Result<Notes> {
        let bytes = match file::read_at_most(path, READ_BYTES) {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return Ok(Notes::default()),
            // A file that is not ours (a link, a pipe) holds no notes.
            Err(Error::Corrupt { .. }) => return Ok(Notes::default()),
            Err(error) => return Err(error),
        };
        let first = bytes.split(|byte| *byte == b'\n').find(|line| !line.is_empty());
        let token = first.map(|line| format!("{:016x}", fnv1a(line)));
        let (notes, _) = read_notes(&bytes);
        Ok(Notes { notes, token })
    }

    /// Some fields of a record that is in `sessions/`, at the cost of a search: those that only the beginning or the end of
    /// a conversation changes. `None` if a note does so, or if the record cannot be read like this.
    pub fn glance<T: DeserializeOwned>(&self, id: &SessionId) -> Option<T> {
        let read = || file::read_at_most(&self.home.session(id), FILE_BYTES).ok()?;
        serde_json::from_slice(&Some(()).filter(|()| self.is_settled(id)).and_then(|()| read())?).ok()
    }

    /// Whether no note begins or ends a conversation. A text that only looks like such a note does no harm.
    pub(super) fn is_settled(&self, id: &SessionId) -> bool {
        let has = |notes: &[u8], name: &str| memmem::find(notes, format!("\"{name}\"").as_bytes()).is_some();
        [self.home.spool(id), self.home.folding(id)].iter().all(|path| match file::read_at_most(path, SPOOL_BYTES) {
            Ok(notes) => notes.is_none_or(|notes| !Change::OF_LIFE.iter().any(|name| has(&notes, name))),
            Err(_) => false,
        })
    }

    /// Notes left by a program that was killed while folding, if the record lacks them. Under the record's lock.
    pub(super) fn left_notes(&self, id: &SessionId, record: &Session) -> Result<Notes> {
        let folding = self.home.folding(id);
        let left = self.settled_notes(&folding)?;
        if left.token.is_some() && left.token == record.folded {
            file::remove(&folding)?;
            return Ok(Notes::default());
        }
        Ok(left)
    }

    /// Takes the notes in order to fold them. Needs the record's lock; no notes of a killed program may be left.
    pub(super) fn take_notes(&self, id: &SessionId) -> Result<Notes> {
        let (spool, folding) = (self.home.spool(id), self.home.folding(id));
        match std::fs::rename(&spool, &folding) {
            Ok(()) => self.settled_notes(&folding),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Notes::default()),
            Err(error) => Err(Error::io(&spool, "set aside", error)),
        }
    }

    /// The notes in a file that no program writes to any more.
    fn settled_notes(&self, folding: &Path) -> Result<Notes> {
        // A program that still writes to it holds it shared; a later one sees that the file was renamed.
        match lock::try_existing_within(folding, self.wait)? {
            Some(held) => {
                let notes = self.notes_in(folding);
                drop(held);
                notes
            }
            None => Ok(Notes::default()),
        }
    }

    /// Removes the folded notes, once they are in the record.
    pub(super) fn drop_notes(&self, id: &SessionId) -> Result<()> {
        file::remove(&self.home.folding(id))
    }

    /// Folds the notes if there are many, or if the record was not written for long. For hooks that nobody waits for;
    /// if the record is busy, the next one does it.
    pub fn fold_when_due(&self, id: &SessionId, now: Instant) -> Result<()> {
        let meta = |path: &Path| std::fs::symlink_metadata(path).ok();
        let many = meta(&self.home.spool(id)).is_some_and(|meta| meta.len() > MANY_BYTES);
        let modified = meta(&self.home.session(id)).and_then(|meta| meta.modified().ok());
        let age = modified.and_then(|at| SystemTime::now().duration_since(at).ok());
        if !many && age.is_none_or(|age| age < LONG) {
            return Ok(());
        }
        match self.fold(id, now) {
            Err(Error::Busy(_)) => Ok(()),
            other => other.map(drop),
        }
    }

    /// Whether there are notes about a session, or half folded ones.
    pub fn has_notes(&self, id: &SessionId) -> bool {
        super::is_present(&self.home.spool(id)) || super::is_present(&self.home.folding(id))
    }

    /// Folds notes; removes them if they have no record and nobody has added to them within the hour.
    pub fn sweep_notes(
        &self,
        id: &SessionId,
        run: Run,
        now: Instant,
        system_now: SystemTime,
    ) -> Result<Option<SweepAction>> {
        let path = self.home.spool(id);
        if !super::is_absent(&self.home.session(id)) {
            return match run {
                Run::Dry => Ok(None),
                // Damaged, or written by a newer program: `check` reports the record, and the notes stay.
                Run::Real => match self.fold(id, now) {
                    Ok(_) | Err(Error::Corrupt { .. } | Error::Newer { .. } | Error::Missing(_)) => Ok(None),
                    Err(error) => Err(error),
                },
            };
        }
        let files = [self.home.folding(id), path.clone()];
        if files.iter().any(|file| super::is_present(file) && !is_left_over(file, LEFT_OVER, system_now)) {
            return Ok(None);
        }
        if run == Run::Real {
            files.iter().try_for_each(|file| file::remove(file))?;
        }
        Ok(Some(SweepAction::at("removed", &path, "notes about a missing session", run)))
    }

    /// Sessions with notes.
    pub fn ids_with_notes(&self) -> Result<Vec<SessionId>> {
        Ok(self.spools()?.iter().filter_map(|stem| SessionId::parse(stem).ok()).collect())
    }

    /// The names of all note files, including those that are half folded.
    pub(super) fn spools(&self) -> Result<BTreeSet<String>> {
        let dir = self.home.spool_dir();
        Ok(file::stems(&dir, ".jsonl")?.into_iter().chain(file::stems(&dir, ".folding")?).collect())
    }

    /// Moves the notes about one session to its successor.
    pub(super) fn hand_over_notes(&self, from: &SessionId, to: &SessionId) -> Result<()> {
        for (from, to) in
            [(self.home.folding(from), self.home.folding(to)), (self.home.spool(from), self.home.spool(to))]
        {
            if super::is_present(&from) {
                file::move_new(&from, &to)?;
            }
        }
        Ok(())
    }
}

/// Appends in one system call, to the file that has this path at that time.
fn append(path: &Path, line: &[u8], sync: NoteSync, wait: Duration) -> Result<()> {
    let mut file = lock::open_shared(path, OpenOptions::new().append(true), wait)?;
    let failed = |error| Error::io(path, "note in", error);
    let before = file.metadata().map_err(failed)?.len();
    if before + line.len() as u64 > SPOOL_BYTES as u64 {
        return Err(Error::Refused(format!("{} is full: run cs-cleanup all", path.display())));
    }
    file.write_all(line).map_err(failed)?;
    if sync == NoteSync::Synced {
        file.sync_data().map_err(failed)?;
        // The program that created the file may not have synced its directory entry.
        file::sync_dir(path.parent().unwrap_or(path))?;
    }
    Ok(())
}

/// Returns a token that no other note has, whatever the clock says. Its length is the same for every process.
fn nonce() -> String {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    format!("{:08x}-{:x}", std::process::id(), since.as_nanos())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::paths::Home;
    use crate::witness::Witness;

    #[test]
    fn the_largest_spool_that_is_written_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::for_hooks(Home::at(dir.path()), Witness::NONE);
        let id = SessionId::parse("sess_20261121T0337_ca5d").unwrap();
        let (path, line) = (store.home.spool(&id), format!("{}\n", "x".repeat(1023)));
        file::make_dir(path.parent().unwrap()).unwrap();
        std::fs::write(&path, line.repeat(SPOOL_BYTES / line.len() - 1)).unwrap();
        // Two programs at the same time each see room for one line.
        append(&path, line.as_bytes(), NoteSync::Later, store.wait).unwrap();
        assert!(matches!(append(&path, line.as_bytes(), NoteSync::Later, store.wait), Err(Error::Refused(_))));
        OpenOptions::new().append(true).open(&path).unwrap().write_all(line.as_bytes()).unwrap();
        assert!(!store.notes_in(&path).unwrap().is_empty());
    }
}
