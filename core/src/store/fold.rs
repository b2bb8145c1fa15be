//! Owns how what hooks saw reaches a record: at once, or through notes that are folded into it. Must stay true: a note is
//! removed only after the record that contains it was written; a killed program's notes are folded by the next one.

use super::presence::is_present;
use super::{NoteSync, Store};
use crate::change::Change;
use crate::clock::Instant;
use crate::error::{Error, Result};
use crate::id::SessionId;
use crate::lock::Lock;
use crate::record::Session;

impl Store {
    /// Folds the notes of hooks about a session into its record.
    pub fn fold(&self, id: &SessionId, now: Instant) -> Result<Session> {
        self.update(id, now, |_| Ok(()))
    }

    /// Folds notes into the record that a killed program had set aside.
    pub(super) fn fold_left(&self, lock: &Lock, id: &SessionId, now: Instant) -> Result<()> {
        if !is_present(&self.home.folding(id)) {
            return Ok(());
        }
        let before = self.writable(id)?;
        let left = self.left_notes(id, &before)?;
        if !left.is_empty() {
            self.write(lock, id, &before, &left.apply(&before), now)?;
            self.drop_notes(id)?;
        }
        Ok(())
    }

    /// Applies a change that a hook saw. A change that starts or ends the session is written at once; any other is
    /// noted, and so is one that cannot be written in time.
    pub fn record_change(&self, id: &SessionId, change: Change, now: Instant, sync: NoteSync) -> Result<()> {
        let change = change.bounded();
        if !change.must_be_stored() {
            return self.note(id, change, now, sync);
        }
        match self.update(id, now, |record| change.apply(record, now)) {
            Err(Error::Busy(_) | Error::Io { .. }) => self
                .publish(id, NoteSync::Synced, || self.note(id, change, now, NoteSync::Synced).map(|()| true))
                .map(drop),
            other => other.map(drop),
        }
    }
}
