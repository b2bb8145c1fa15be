//! Owns storing `_index.json`, under its lock: the entries written since are put into it, in place where that can be done
//! (see `slots`), else with a new file. Must stay true: the entries are removed last, after the index and the counts that
//! follow from it; if a program was killed before, or a project was locked, the next one does it again and counts all.
//! Hooks write entries and do not store the index; commands of people and `cs-cleanup` do.

use super::index::FEW_CHANGES;
use super::pending::Pending;
use super::slots::{Replaced, Slots};
use super::spool::NoteSync;
use super::sweep::{Run, SweepAction};
use super::{Caches, Rebuilt, Store};
use crate::clock::Instant;
use crate::error::{Error, Result};
use crate::file::{self, Durability};
use crate::id::SessionId;
use crate::index::{self, Entries, IndexEntry};
use crate::lock::{self, Lock};
use crate::paths::Home;
use crate::record::{Session, Status};
use crate::validate::INDEX_BYTES;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// An index that no reader would accept is not written. The last one that was small enough stays in use, the entries
/// written since stay pending, and the counts, which follow from its file, stay as they are.
const FULL: &str = "the index is full: lists read each session that changed since from its record, and projects are no \
                    longer counted; complete and archive old sessions with cs-session complete and cs-cleanup archive";

/// What storing a session's entry changed.
#[derive(Debug)]
pub(super) struct Stored {
    pub id: SessionId,
    /// The project and status that the index had, and whether that is known.
    pub before: Before,
    /// The record, if it is there.
    pub after: Option<Session>,
}

/// What the index said about a session before it was stored.
#[derive(Debug, PartialEq)]
pub(super) enum Before {
    Unknown,
    Nothing,
    Entry(String, Status),
}

impl Store {
    /// Rebuilds the file from the records and returns the records that could not be parsed.
    pub fn rebuild_index(&self, now: Instant) -> Result<Rebuilt> {
        let lock = lock::acquire(&Home::lock_of(&self.home.index()), self.wait)?;
        let pending = self.take_pending()?.unwrap_or_default();
        let rebuilt = self.whole_rebuilt()?;
        self.put_index(&lock, &rebuilt.text)?;
        self.count_anew(&pending, now)?;
        Ok(rebuilt)
    }

    /// Counts all sessions, after those that were pending have been stored, and ends these.
    fn count_anew(&self, pending: &Pending, now: Instant) -> Result<()> {
        let stored: Result<Vec<Stored>> = pending.ids.iter().map(|id| self.unknown(id)).collect();
        let is_busy = self.refresh_projects(&stored?, now);
        self.count_projects(now);
        file::remove(&self.home.index_stale())?;
        if is_busy { Ok(()) } else { self.drop_pending() }
    }

    /// Compares the index with the records and repairs it; `None` if they agreed. Pending entries are stored without
    /// being reported: hooks leave them on purpose.
    pub fn repair_index(&self, run: Run, now: Instant) -> Result<Option<SweepAction>> {
        let path = self.home.index();
        if run == Run::Dry {
            let trouble = self.index_trouble(&self.pending()?, &self.rebuilt()?)?;
            return Ok(trouble.map(|trouble| SweepAction::at("rebuilt", &path, trouble, run)));
        }
        let lock = match super::is_present(&self.home.sessions()) {
            true => lock::acquire(&Home::lock_of(&path), self.wait)?,
            // There is nothing to index, and no directory is created for it.
            false => return Ok(None),
        };
        let pending = self.take_pending()?.unwrap_or_default();
        let rebuilt = self.whole_rebuilt()?;
        let trouble = self.index_trouble(&pending, &rebuilt)?;
        let is_worn = || self.whole_index().is_ok_and(|text| text.is_some_and(|text| index::is_worn(&text)));
        if trouble.is_some() || pending.is_any || is_worn() {
            self.put_index(&lock, &rebuilt.text)?;
        }
        self.count_anew(&pending, now)?;
        drop(lock);
        Ok(trouble.map(|trouble| SweepAction::at("rebuilt", &path, trouble, run)))
    }

    /// The fault of the index file, apart from pending entries.
    pub(super) fn index_trouble(&self, pending: &Pending, truth: &Rebuilt) -> Result<Option<String>> {
        if truth.text.len() > INDEX_BYTES {
            return Ok(Some(FULL.into()));
        }
        if self.is_stale()? {
            return Ok(Some("it missed a change".into()));
        }
        let Some(text) = self.whole_index()? else {
            let is_needed = index::count(&truth.text).is_some_and(|count| count > 0);
            return Ok(match super::is_absent(&self.home.index()) {
                // If only hooks have written, there are pending entries and no index yet.
                true => (is_needed && !pending.is_any).then(|| "it is missing".into()),
                false => Some("it is incomplete".into()),
            });
        };
        if pending.is_damaged {
            return Ok(Some("a change to it was not finished".into()));
        }
        let Some(seen) = index::parse(&text) else { return Ok(Some("it is damaged".into())) };
        let newer = self.pending()?;
        let stem = |(path, _): &(PathBuf, Error)| SessionId::parse(path.file_stem()?.to_str()?).ok();
        let damaged: Vec<SessionId> = truth.damaged.iter().filter_map(stem).collect();
        let others = differing(seen, &truth.text, pending.ids.iter().chain(&newer.ids).chain(&damaged));
        let first: Vec<&str> = others.iter().take(3).map(SessionId::as_str).collect();
        let more = if others.len() > first.len() { " and others" } else { "" };
        Ok((!first.is_empty()).then(|| format!("it differs from the records of {}{more}", first.join(", "))))
    }

    /// Runs `write`, which gives a record its new bytes (or returns `false` if it does not), after writing an entry for
    /// the index.
    pub(super) fn publish(&self, id: &SessionId, sync: NoteSync, write: impl FnOnce() -> Result<bool>) -> Result<bool> {
        let entry = self.note_pending(id, sync)?;
        let written = write();
        drop(entry);
        written
    }

    /// Stores the entries written since, if there are some or the file is missing. Returns the sessions that were stored.
    /// An error is ignored: the index is a cache.
    pub fn fold_pending(&self, now: Instant) -> BTreeSet<SessionId> {
        if self.caches != Caches::Kept {
            return BTreeSet::new();
        }
        let is_missing = || super::is_present(&self.home.sessions()) && !super::is_present(&self.home.index());
        let is_due =
            self.pending().is_ok_and(|pending| pending.is_any) || is_missing() || self.is_stale().unwrap_or(false);
        if is_due { self.store_pending(now).unwrap_or_default() } else { BTreeSet::new() }
    }

    fn store_pending(&self, now: Instant) -> Result<BTreeSet<SessionId>> {
        // A cache is not worth a long wait: the entries stay for the next program.
        let lock = lock::acquire(&Home::lock_of(&self.home.index()), lock::HOOK_WAIT)?;
        let mut ids = BTreeSet::new();
        // Twice, if a killed program left entries that it had taken.
        for _ in 0..2 {
            let is_left = super::is_present(&self.home.index_folding());
            let pending = self.take_pending()?;
            let is_last = pending.as_ref().is_none_or(|_| super::is_absent(&self.home.index_pending()));
            let pending = pending.unwrap_or_default();
            let (mut stored, is_kept) = match self.store_in_place(&lock, &pending)? {
                Some(stored) => (stored, true),
                None => self.store_whole(&lock, &pending)?,
            };
            if is_left {
                stored.iter_mut().for_each(|stored| stored.before = Before::Unknown);
            }
            let is_busy = self.refresh_projects(&stored, now);
            if !is_kept {
                self.count_projects(now);
            }
            file::remove(&self.home.index_stale())?;
            ids.extend(pending.ids);
            if is_busy {
                // The next program tries it again.
                break;
            }
            self.drop_pending()?;
            if is_last {
                break;
            }
        }
        Ok(ids)
    }

    /// `None` if the file must be written as a whole.
    fn store_in_place(&self, lock: &Lock, pending: &Pending) -> Result<Option<Vec<Stored>>> {
        if pending.is_damaged || pending.ids.len() > FEW_CHANGES || self.is_stale()? {
            return Ok(None);
        }
        let path = self.home.index();
        file::own_dir(&path)?;
        let stored: Result<Vec<Stored>> = pending.ids.iter().map(|id| self.unknown(id)).collect();
        let mut stored = stored?;
        let Some(mut slots) = Slots::open(&path)? else { return Ok(None) };
        lock.confirm()?;
        for one in &mut stored {
            one.before = match slots.change(&one.id, one.after.as_ref().map(IndexEntry::of).as_ref())? {
                Some(Replaced::Line(line)) => match index::entry_on(&line) {
                    Some((_, entry)) => Before::Entry(entry.project_slug.into_owned(), entry.status),
                    None => Before::Unknown,
                },
                Some(Replaced::Nothing) => Before::Nothing,
                None => return Ok(None),
            };
        }
        // Of a small index it costs little to see whether a session is missing.
        let is_whole = slots.count()?.map_or(Ok(true), |count| self.count_records().map(|records| records == count))?;
        slots.finish()?;
        // Another program may have replaced the file that was changed (see `Lock::confirm`).
        lock.confirm()?;
        Ok(is_whole.then_some(stored))
    }

    /// A session as it is now: its record with its notes, unless it is missing or damaged.
    fn unknown(&self, id: &SessionId) -> Result<Stored> {
        let after = match self.present(id) {
            Err(error @ Error::Io { .. }) => return Err(error),
            other => other.ok().flatten(),
        };
        Ok(Stored { id: id.clone(), before: Before::Unknown, after })
    }

    /// Stores the index as a new file, with nothing that is blank. Also returns whether the old one was of use: if not,
    /// other sessions than these may have changed.
    fn store_whole(&self, lock: &Lock, pending: &Pending) -> Result<(Vec<Stored>, bool)> {
        let Rebuilt { text, is_kept, .. } =
            self.whole(self.corrected(self.whole_index()?, pending, || self.count_records())?)?;
        let (text, is_kept) = match index::parse(&text) {
            Some(entries) => (index::render(&entries.into_iter().collect::<Entries>()), is_kept),
            None => (self.whole_rebuilt()?.text, false),
        };
        self.put_index(lock, &text)?;
        let stored: Result<Vec<Stored>> = pending.ids.iter().map(|id| self.unknown(id)).collect();
        Ok((stored?, is_kept))
    }

    pub(super) fn put_index(&self, lock: &Lock, text: &str) -> Result<()> {
        // All our lines are long enough for the limit of entries.
        if text.len() > INDEX_BYTES {
            return Err(Error::Refused(FULL.into()));
        }
        let staged = file::stage(&self.home.index(), text.as_bytes(), Durability::Synced)?;
        lock.confirm()?;
        staged.replace()
    }

    /// An index built from all records. A record that cannot be parsed is left out; one that cannot be read right now
    /// is an error, because it must not be left out for good.
    fn whole_rebuilt(&self) -> Result<Rebuilt> {
        self.whole(self.rebuilt()?)
    }

    fn whole(&self, mut rebuilt: Rebuilt) -> Result<Rebuilt> {
        match rebuilt.damaged.iter().position(|(_, error)| matches!(error, Error::Io { .. })) {
            Some(unread) => Err(rebuilt.damaged.swap_remove(unread).1),
            None => Ok(rebuilt),
        }
    }
}

/// Sessions whose entries differ between two indexes, except some.
fn differing<'a>(
    seen: Vec<(SessionId, IndexEntry<'_>)>,
    truth: &str,
    except: impl Iterator<Item = &'a SessionId>,
) -> BTreeSet<SessionId> {
    let seen: Entries = seen.into_iter().collect();
    let truth: Entries = index::parse(truth).unwrap_or_default().into_iter().collect();
    let except: BTreeSet<&SessionId> = except.collect();
    let differs = |id: &&SessionId| match (seen.get(*id), truth.get(*id)) {
        (Some(a), Some(b)) => a.differs(b),
        (a, b) => a.is_some() != b.is_some(),
    };
    let all = seen.keys().chain(truth.keys()).filter(|id| !except.contains(id));
    all.filter(differs).cloned().collect()
}
