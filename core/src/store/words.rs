//! Owns `_index.pending`: words that the records they name were changed since the index was stored. Whoever changes
//! what the index repeats leaves a word before the record's rename; readers look the named records up; whoever stores
//! the index takes the words.
//!
//! Must stay true: a word is left before the change that it is about, and its writer holds the file shared until that
//! change is done, or is dead. Whoever takes the words renames the file first (`_index.folding`), so that later words
//! go to a new one, and then has it alone: each change that the words are about is over. A file that cannot be
//! understood, an empty one too, may have held any word: then all records are asked.

use super::Store;
use super::spool::Noted;
use crate::error::{Error, Result};
use crate::file;
use crate::id::SessionId;
use crate::lock;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;

/// Most bytes of words that are read: some forty thousand.
const WORDS_BYTES: usize = 1024 * 1024;

/// Records that were changed since the index was stored.
#[derive(Debug, Default)]
pub(super) struct Words {
    pub ids: Vec<SessionId>,
    /// Others may have changed, too.
    pub is_damaged: bool,
    /// Whether there is a file of words at all.
    pub is_any: bool,
}

impl Words {
    fn read(path: &Path) -> Result<Self> {
        let bytes = match file::read_at_most(path, WORDS_BYTES) {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return Ok(Words::default()),
            Err(Error::Corrupt { .. }) => return Ok(Words { is_damaged: true, is_any: true, ..Words::default() }),
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
        Ok(Words { ids, is_damaged, is_any: true })
    }

    fn and(mut self, other: Words) -> Self {
        self.ids.extend(other.ids);
        self.ids.sort();
        self.ids.dedup();
        self.is_damaged |= other.is_damaged;
        self.is_any |= other.is_any;
        self
    }
}

/// A word that was left. It is not taken while this is held.
#[derive(Debug)]
pub(super) struct Word {
    _file: File,
}

impl Store {
    /// The words that nobody has stored yet. To be asked for before the index is read.
    pub(super) fn words(&self) -> Result<Words> {
        let newest = Words::read(&self.home.index_pending())?;
        Ok(newest.and(Words::read(&self.home.index_folding())?))
    }

    /// Leaves word that a record is about to change. Where that cannot be done the index goes: without one the records
    /// are asked.
    pub(super) fn leave_word(&self, id: &SessionId, noted: Noted) -> Result<Option<Word>> {
        match self.try_word(id, noted) {
            Ok(word) => Ok(Some(word)),
            Err(error) => file::remove(&self.home.index()).map_err(|_| error).map(|()| None),
        }
    }

    fn try_word(&self, id: &SessionId, noted: Noted) -> Result<Word> {
        let path = self.home.index_pending();
        let mut file = lock::open_shared(&path, OpenOptions::new().append(true), self.wait)?;
        let failed = |error| Error::io(&path, "write", error);
        let is_new = file.metadata().map_err(failed)?.len() == 0;
        file.write_all(format!("{id}\n").as_bytes()).map_err(failed)?;
        if noted == Noted::Synced {
            file.sync_data().map_err(failed)?;
            if is_new {
                file::sync_dir(&self.home.sessions())?;
            }
        }
        Ok(Word { _file: file })
    }

    /// Takes words to be stored, under the lock of the index: first those that a killed program had taken. `None` if
    /// there are none.
    pub(super) fn take_words(&self) -> Result<Option<Words>> {
        let (pending, folding) = (self.home.index_pending(), self.home.index_folding());
        if !super::is_present(&folding) {
            match std::fs::rename(&pending, &folding) {
                Ok(()) => {}
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(Error::io(&pending, "set aside", error)),
            }
        }
        let held = lock::try_existing_within(&folding, self.wait)?;
        let words = Words::read(&folding);
        drop(held);
        words.map(Some)
    }

    /// The words that were taken are stored.
    pub(super) fn drop_words(&self) -> Result<()> {
        file::remove(&self.home.index_folding())
    }
}
