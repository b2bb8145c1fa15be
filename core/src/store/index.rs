//! Owns reading `_index.json`: the index is the content of its file, corrected by the entries written since (see
//! `pending`), and completed from the directory; a line that was torn is looked up in its record; if the file cannot be
//! used, all records are read. Must stay true: readers write nothing, and correct the index in memory. The file may be
//! changed while it is read (see `slots`): then its time of change differs, and it is read again, at last under its lock.

use super::Store;
use super::pending::Pending;
use crate::clock::{self, Instant};
use crate::error::{Error, Result};
use crate::file;
use crate::id::SessionId;
use crate::index::{self, Entries, IndexEntry, Standing};
use crate::lock;
use crate::parallel;
use crate::paths::Home;
use crate::project::Counts;
use crate::record::Session;
use crate::validate::INDEX_BYTES;
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// Up to this many changes are made to the text one by one; more are made at once.
pub(super) const FEW_CHANGES: usize = 64;
/// How often the file is read while it is being changed; then once more under its lock.
const READS: usize = 4;
/// Of an index of more bytes, to list its records takes longer than to start a thread.
const MANY_BYTES: u64 = 1024 * 1024;

/// The text of an index: from its file, or built from the records if the file cannot be used.
#[derive(Debug)]
pub struct IndexText<'s> {
    text: String,
    damaged: Vec<(PathBuf, Error)>,
    store: &'s Store,
    repaired: OnceCell<Rebuilt>,
}

/// The facts that the index has about a session whose record is damaged.
#[derive(Debug)]
pub struct Remembered {
    /// As in the index.
    pub project_slug: String,
    /// As in the index.
    pub intent: String,
}

/// An index built from the records, and the records that could not be parsed.
#[derive(Debug, Default)]
pub struct Rebuilt {
    /// The index file's contents.
    pub text: String,
    /// Records that cannot be parsed, and why.
    pub damaged: Vec<(PathBuf, Error)>,
    /// Whether the file was of use: only pending entries differ from it.
    pub(super) is_kept: bool,
}

impl IndexText<'_> {
    /// Records that could not be parsed or read, among those that had to be read until now.
    pub fn damaged(&self) -> impl Iterator<Item = &(PathBuf, Error)> {
        let is_new = |(path, _): &&(PathBuf, Error)| self.damaged.iter().all(|(known, _)| known != path);
        let later = self.repaired.get().map_or(&[][..], |repaired| &repaired.damaged);
        self.damaged.iter().chain(later.iter().filter(is_new))
    }

    /// The standings of a project's sessions, in any order.
    pub fn standings(&self, slug: &str) -> Vec<Standing<'_>> {
        self.standings_where(|known| known == slug).into_values().next().unwrap_or_default()
    }

    /// The same of all projects.
    pub(super) fn standings_of_all(&self) -> BTreeMap<String, Vec<Standing<'_>>> {
        self.standings_where(|_| true)
    }

    fn standings_where(&self, wanted: impl Fn(&str) -> bool) -> BTreeMap<String, Vec<Standing<'_>>> {
        let mut all: BTreeMap<String, Vec<Standing>> = BTreeMap::new();
        let mut add = |slug: &str, one| match all.get_mut(slug) {
            Some(list) => list.push(one),
            None => drop(all.insert(slug.to_string(), vec![one])),
        };
        if let Some(read) = index::standings(&self.text, &wanted) {
            read.into_iter().for_each(|(slug, one)| add(slug, one));
            return all;
        }
        for (id, entry) in self.entries(|_| true) {
            if wanted(&entry.project_slug) {
                let ended_at = entry.ended_at.map(|instant| instant.into_owned().into());
                add(&entry.project_slug, Standing { id: id.to_string().into(), status: entry.status, ended_at });
            }
        }
        all
    }

    /// The numbers of the sessions of each project.
    pub fn counts(&self) -> BTreeMap<String, Counts> {
        let mut counts: BTreeMap<String, Counts> = BTreeMap::new();
        let mut add = |slug: &str, status| match counts.get_mut(slug) {
            Some(known) => known.add(status),
            None => counts.entry(slug.to_string()).or_default().add(status),
        };
        match index::statuses(&self.text) {
            Some(all) => all.into_iter().for_each(|(slug, status)| add(slug, status)),
            None => self.entries(|_| true).iter().for_each(|(_, entry)| add(&entry.project_slug, entry.status)),
        }
        counts
    }

    /// Ids whose line passes the filter, or might if written differently; oldest first.
    pub fn ids(&self, wanted: impl Fn(&str) -> bool) -> Vec<SessionId> {
        let ids = if index::has_layout(&self.text) { index::ids_where(&self.text, &wanted) } else { None };
        let mut ids = ids.unwrap_or_else(|| self.entries(&wanted).into_iter().map(|(id, _)| id).collect());
        ids.sort();
        ids
    }

    /// Entries whose line passes the filter, oldest id first.
    pub fn entries(&self, wanted: impl Fn(&str) -> bool) -> Vec<(SessionId, IndexEntry<'_>)> {
        index::parse_where(&self.text, &wanted)
            .unwrap_or_else(|| index::parse_where(self.repaired(), &wanted).unwrap_or_default())
    }

    /// The entries that started last, at most `most`, among those whose line passes the filter; in any order.
    pub fn latest(&self, most: usize, now: Instant, wanted: impl Fn(&str) -> bool) -> Vec<(SessionId, IndexEntry<'_>)> {
        let some = |most| index::latest(&self.text, most, &clock::horizon(now), &wanted);
        Some(most).filter(|most| *most < usize::MAX).and_then(some).unwrap_or_else(|| self.entries(&wanted))
    }

    /// The text with the torn lines as their records say, else that of all records; if these cannot be read, without them.
    fn repaired(&self) -> &str {
        let repaired = self.repaired.get_or_init(|| {
            let mut repaired = Rebuilt { text: self.text.clone(), ..Rebuilt::default() };
            let torn = index::torn(&self.text).filter(|torn| torn.len() <= FEW_CHANGES).unwrap_or_default();
            match self.store.refresh_entries(&mut repaired, &torn) {
                Ok(()) if !torn.is_empty() && index::parse(&repaired.text).is_some() => repaired,
                _ => self.store.rebuilt().unwrap_or_else(|error| Rebuilt {
                    text: index::readable(&self.text),
                    damaged: vec![(self.store.home.index(), error)],
                    is_kept: false,
                }),
            }
        });
        &repaired.text
    }
}

impl Store {
    /// The corrected index. Writes nothing.
    pub fn index(&self) -> Result<IndexText<'_>> {
        // Read before the index: an entry that is stored meanwhile is in one of the two.
        let mut pending = self.pending()?;
        let is_large = std::fs::symlink_metadata(self.home.index()).is_ok_and(|meta| meta.len() > MANY_BYTES);
        let (text, records) = parallel::both(is_large, || self.whole_index(), || self.count_records());
        // And after it: the line that was just being written is that of one of these.
        pending = pending.and(self.pending()?);
        let Rebuilt { text, damaged, .. } = self.corrected(text?, &pending, || records)?;
        Ok(IndexText { text, damaged, store: self, repaired: OnceCell::new() })
    }

    /// The index as it is in its file; that of all records if it cannot be used.
    pub(super) fn stored_index(&self) -> Result<IndexText<'_>> {
        let (text, damaged) = match self.whole_index()? {
            Some(text) => (canonical(text), Vec::new()),
            None => self.rebuilt().map(|rebuilt| (rebuilt.text, rebuilt.damaged))?,
        };
        Ok(IndexText { text, damaged, store: self, repaired: OnceCell::new() })
    }

    /// The text of the index file corrected by the pending entries and the directory, which has so many records, or the
    /// index of all records.
    pub(super) fn corrected(
        &self,
        text: Option<String>,
        pending: &Pending,
        records: impl FnOnce() -> Result<usize>,
    ) -> Result<Rebuilt> {
        match text {
            Some(text) if !pending.is_damaged && !self.is_stale()? => {
                let is_kept = index::has_layout(&text);
                let mut rebuilt = Rebuilt { text: canonical(text), damaged: Vec::new(), is_kept };
                self.refresh_entries(&mut rebuilt, &pending.ids)?;
                self.complete(&mut rebuilt, records()?)?;
                Ok(rebuilt)
            }
            _ => self.rebuilt(),
        }
    }

    /// Ids whose line in the index passes the filter, and those that changed since; `None` if the file cannot be used.
    /// For hooks: it reads neither directories nor records.
    pub fn ids_where(&self, wanted: impl Fn(&str) -> bool) -> Result<Option<Vec<SessionId>>> {
        let pending = self.pending()?;
        let text = self.index_bytes().ok().flatten();
        let text = text.and_then(|bytes| String::from_utf8(bytes).ok()).filter(|text| index::is_canonical(text));
        let pending = pending.and(self.pending()?);
        let known = text.and_then(|text| index::ids_where(&text, wanted));
        let is_fit = !pending.is_damaged && !self.is_stale()?;
        Ok(known.filter(|_| is_fit).map(|mut ids| {
            ids.extend(pending.ids);
            ids.sort();
            ids.dedup();
            ids
        }))
    }

    /// The facts in the index file about one session, correct or not. For hooks, when no other source is left.
    pub fn remembered(&self, id: &SessionId) -> Option<Remembered> {
        let bytes = self.index_bytes().ok()??;
        let text = String::from_utf8(bytes).ok()?;
        let entries = index::parse_where(&text, |line| index::id_in(line) == Some(id.as_str()))?;
        let entry = entries.into_iter().find(|(known, _)| known == id)?.1;
        Some(Remembered { project_slug: entry.project_slug.into_owned(), intent: entry.intent.into_owned() })
    }

    /// An index built from the records, all of which are read.
    pub fn rebuilt(&self) -> Result<Rebuilt> {
        let (records, ids) = (self.records()?, self.ids(&self.home.sessions())?);
        let (mut entries, mut damaged) = (Entries::new(), Vec::new());
        let read = |id: &SessionId| {
            let record = records.present(id);
            (id.clone(), record.map(|record| record.map(|record| IndexEntry::of(&record).into_owned())))
        };
        parallel::in_order(&ids, read, |(id, entry)| {
            match entry {
                Ok(entry) => entries.extend(entry.map(|entry| (id, entry))),
                Err(error) => damaged.push((self.home.session(&id), error)),
            }
            Ok::<(), Error>(())
        })?;
        Ok(Rebuilt { text: index::render(&entries), damaged, is_kept: false })
    }

    /// The bytes of the index file as it was at one time: if it is changed while it is read, it is read again.
    pub fn index_bytes(&self) -> Result<Option<Vec<u8>>> {
        let path = self.home.index();
        for _ in 0..READS {
            if let Some(bytes) = file::read_unchanged(&path, INDEX_BYTES)? {
                return Ok(bytes);
            }
        }
        let _lock = lock::try_existing_within(&Home::lock_of(&path), lock::HOOK_WAIT)?;
        file::read_unchanged(&path, INDEX_BYTES).map(Option::flatten)
    }

    /// The file's text if it is a complete index.
    pub(super) fn whole_index(&self) -> Result<Option<String>> {
        let bytes = match self.index_bytes() {
            Ok(bytes) => bytes,
            Err(Error::Corrupt { .. } | Error::Busy(_)) => None,
            Err(error) => return Err(error),
        };
        let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok()).filter(|text| !index::is_endless(text));
        Ok(text.filter(|text| index::is_canonical(text) || index::parse(text).is_some()))
    }

    /// Updates the entries of some records from the records.
    pub(super) fn refresh_entries(&self, rebuilt: &mut Rebuilt, ids: &[SessionId]) -> Result<()> {
        let mut found = Vec::new();
        for id in ids {
            match self.present(id) {
                Ok(session) => found.push((id, session)),
                Err(error @ Error::Io { .. }) => return Err(error),
                Err(error) => {
                    rebuilt.damaged.push((self.home.session(id), error));
                    found.push((id, None));
                }
            }
        }
        rebuilt.text = replaced(std::mem::take(&mut rebuilt.text), &found);
        Ok(())
    }

    /// Adds records that are missing in the index, and removes entries whose record is gone.
    fn complete(&self, rebuilt: &mut Rebuilt, records: usize) -> Result<()> {
        if index::count(&rebuilt.text) == Some(records) {
            return Ok(());
        }
        rebuilt.is_kept = false;
        let named: BTreeSet<SessionId> = self.ids(&self.home.sessions())?.into_iter().collect();
        let known: BTreeSet<SessionId> = match index::parse(&rebuilt.text) {
            Some(entries) => entries.into_iter().map(|(id, _)| id).collect(),
            None => return self.rebuilt().map(|all| *rebuilt = all),
        };
        let told: Vec<PathBuf> = rebuilt.damaged.iter().map(|(path, _)| path.clone()).collect();
        let differs: Vec<SessionId> = named.symmetric_difference(&known).cloned().collect();
        let differs: Vec<SessionId> = differs.into_iter().filter(|id| !told.contains(&self.home.session(id))).collect();
        self.refresh_entries(rebuilt, &differs)
    }

    /// The number of record files.
    pub(super) fn count_records(&self) -> Result<usize> {
        file::count(&self.home.sessions(), |name| name.strip_suffix(".json").is_some_and(SessionId::is_one))
    }

    /// The record outside the archive, with its notes, if there is one.
    pub(super) fn present(&self, id: &SessionId) -> Result<Option<Session>> {
        match self.with_notes(id, || self.readable(id)) {
            Err(Error::Missing(_)) => Ok(None),
            other => other.map(Some),
        }
    }

    /// Whether an older version of this program left a mark that the index missed something.
    pub(super) fn is_stale(&self) -> Result<bool> {
        let path = self.home.index_stale();
        path.try_exists().map_err(|error| Error::io(&path, "inspect", error))
    }
}

/// The text in our own layout, in which a change is a splice. Text that cannot be parsed is returned as it is.
fn canonical(text: String) -> String {
    if index::has_layout(&text) {
        return text;
    }
    match index::parse(&text) {
        Some(entries) => index::render(&entries.into_iter().collect::<Entries>()),
        None => text,
    }
}

/// The text with new entries for some records; `None` removes one.
fn replaced(mut text: String, found: &[(&SessionId, Option<Session>)]) -> String {
    if found.len() <= FEW_CHANGES {
        for (id, session) in found {
            index::splice(&mut text, id, session.as_ref().map(IndexEntry::of).as_ref());
        }
        return text;
    }
    let Some(entries) = index::parse(&text) else { return text };
    let mut entries: Entries = entries.into_iter().collect();
    for (id, session) in found {
        match session {
            Some(session) => entries.insert((*id).clone(), IndexEntry::of(session)),
            None => entries.remove(*id),
        };
    }
    index::render(&entries)
}

#[cfg(test)]
mod tests;
