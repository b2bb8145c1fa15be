//! Owns `_index.pending`: the ids of records that may have changed since the index was stored. A writer that changes
//! what the index repeats appends the record's id before it renames the record; readers look these records up; the
//! program that stores the index takes the entries.
//!
//! Must stay true: an entry is written before its change, and its writer holds a shared lock on the file until the
//! change is done or the writer is dead. To take the entries, a program renames the file to `_index.folding`, so that
//! later entries go to a new file, and then locks it exclusively: by then every change listed in it is over. A file
//! that cannot be parsed, or is empty, may have listed any record: then all records are read.

use super::Store;
use super::spool::NoteSync;
use crate::error::{Error, Result};
use crate::file;
use crate::id::SessionId;
use crate::lock;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::time::Duration;

/// Maximum number of bytes that are read: about forty thousand entries.
const PENDING_BYTES: usize = 1024 * 1024;

/// How long an empty file may be one to which the program that created it has not written yet. After a power failure, it
/// is older.
const FRESH: Duration = Duration::from_secs(2);
/// A line that is no id: others may have been lost.
const UNKNOWN: &str = "?\n";

/// Records that may have changed since the index was stored.
#[derive(Debug, Default)]
pub(super) struct Pending {
    pub ids: Vec<SessionId>,
    /// Whether other records may have changed, too.
    pub is_damaged: bool,
    /// Whether a pending file exists at all.
    pub is_any: bool,
}

impl Pending {
    fn read(path: &Path) -> Result<Self> {
        let bytes = match file::read_at_most(path, PENDING_BYTES) {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return Ok(Pending::default()),
            Err(Error::Corrupt { .. }) => return Ok(Pending { is_damaged: true, is_any: true, ..Pending::default() }),
            Err(error) => return Err(error),
        };
        let text = String::from_utf8_lossy(&bytes);
        let (mut ids, mut is_damaged) = (Vec::new(), bytes.is_empty());
        for line in text.lines() {
            match SessionId::parse(line) {
                Ok(id) => ids.push(id),
                Err(_) => is_damaged = true,
            }
        }
        ids.sort();
        ids.dedup();
        Ok(Pending { ids, is_damaged, is_any: true })
    }

    pub fn and(mut self, other: Pending) -> Self {
        self.ids.extend(other.ids);
        self.ids.sort();
        self.ids.dedup();
        self.is_damaged |= other.is_damaged;
        self.is_any |= other.is_any;
        self
    }
}

/// An entry that was written. Other programs cannot take it while this is held.
#[derive(Debug)]
pub(super) struct PendingEntry {
    _file: File,
}

impl Store {
    /// The entries that are not stored yet. Must be called before reading the index, so that no change is missed.
    pub(super) fn pending(&self) -> Result<Pending> {
        let newest = Pending::read(&self.home.index_pending())?;
        Ok(newest.and(Pending::read(&self.home.index_folding())?))
    }

    /// Notes that a record is about to change. If that fails, the index is removed: without one, all records are read.
    pub(super) fn note_pending(&self, id: &SessionId, sync: NoteSync) -> Result<Option<PendingEntry>> {
        match self.try_note_pending(id, sync) {
            Ok(entry) => Ok(Some(entry)),
            Err(error) => file::remove(&self.home.index()).map_err(|_| error).map(|()| None),
        }
    }

    fn try_note_pending(&self, id: &SessionId, sync: NoteSync) -> Result<PendingEntry> {
        let path = self.home.index_pending();
        let mut file = lock::open_shared(&path, OpenOptions::new().append(true), self.wait)?;
        let failed = |error| Error::io(&path, "write", error);
        let meta = file.metadata().map_err(failed)?;
        let is_new = meta.len() == 0;
        let is_fresh = || meta.modified().is_ok_and(|at| at.elapsed().is_ok_and(|age| age < FRESH));
        // What an empty one may have listed stays unknown.
        let mark = if is_new && !is_fresh() { UNKNOWN } else { "" };
        file.write_all(format!("{mark}{id}\n").as_bytes()).map_err(failed)?;
        if sync == NoteSync::Synced {
            file.sync_data().map_err(failed)?;
            if is_new {
                file::sync_dir(&self.home.sessions())?;
            }
        }
        Ok(PendingEntry { _file: file })
    }

    /// Takes the entries in order to store them, under the lock of the index: first those that a killed program had
    /// taken. `None` if there are none.
    pub(super) fn take_pending(&self) -> Result<Option<Pending>> {
        let (pending, folding) = (self.home.index_pending(), self.home.index_folding());
        if !super::is_present(&folding) {
            match std::fs::rename(&pending, &folding) {
                Ok(()) => {}
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(Error::io(&pending, "set aside", error)),
            }
        }
        let held = lock::try_existing_within(&folding, self.wait)?;
        let taken = Pending::read(&folding);
        drop(held);
        taken.map(Some)
    }

    /// Removes the entries that were taken, once the index that contains them is stored.
    pub(super) fn drop_pending(&self) -> Result<()> {
        file::remove(&self.home.index_folding())
    }
}
