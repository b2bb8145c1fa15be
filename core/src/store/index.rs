//! Owns `_index.json` on disk: reading it with corrections, and storing it. Must stay true: the index is the content of
//! its file, corrected by the entries written since (see `pending`), and completed from the directory; if the file
//! cannot be used, all records are read. Hooks write entries and do not store the index; readers correct it in memory;
//! commands of people and `cs-cleanup` store it, under its lock.

use super::Store;
use super::pending::Pending;
use super::spool::NoteSync;
use super::sweep::{Run, SweepAction};
use crate::clock::Instant;
use crate::error::{Error, Result};
use crate::file::{self, Durability};
use crate::id::SessionId;
use crate::index::{self, Entries, IndexEntry, Standing};
use crate::lock;
use crate::paths::Home;
use crate::record::Session;
use crate::validate::INDEX_BYTES;
use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// A large index is stored when there are this many entries: storing it costs more than looking up a few records.
const MANY_PENDING: usize = 16;
/// An index up to this size is stored for each entry.
const SMALL_BYTES: u64 = 1024 * 1024;
/// Up to this many changes are made to the text one by one; more are made at once.
const FEW_CHANGES: usize = 64;

/// The text of an index: from its file, or built from the records if the file cannot be used.
#[derive(Debug)]
pub struct IndexText<'s> {
    text: String,
    damaged: Vec<(PathBuf, Error)>,
    store: &'s Store,
    rebuilt: OnceCell<String>,
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
}

impl IndexText<'_> {
    /// Records that could not be parsed, among those that had to be read.
    pub fn damaged(&self) -> &[(PathBuf, Error)] {
        &self.damaged
    }

    /// The standings of a project's sessions, in any order.
    pub fn standings(&self, slug: &str) -> Vec<Standing<'_>> {
        index::standings(&self.text, slug).unwrap_or_else(|| {
            let entries = self.entries(index::of_project(slug)).into_iter();
            let standing = |(id, entry): (SessionId, IndexEntry<'_>)| Standing {
                id: id.to_string().into(),
                status: entry.status,
                ended_at: entry.ended_at.map(|instant| instant.into_owned().into()),
            };
            entries.map(standing).collect()
        })
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
        index::parse_where(&self.text, &wanted).unwrap_or_else(|| {
            let text =
                self.rebuilt.get_or_init(|| self.store.rebuilt().map(|rebuilt| rebuilt.text).unwrap_or_default());
            index::parse_where(text, &wanted).unwrap_or_default()
        })
    }
}

impl Store {
    /// The corrected index. Writes nothing.
    pub fn index(&self) -> Result<IndexText<'_>> {
        // Read before the index: an entry that is stored meanwhile is in one of the two.
        let pending = self.pending()?;
        let Rebuilt { text, damaged } = self.corrected(&pending)?;
        Ok(IndexText { text, damaged, store: self, rebuilt: OnceCell::new() })
    }

    /// The index file corrected by the pending entries and the directory, or the index of all records.
    fn corrected(&self, pending: &Pending) -> Result<Rebuilt> {
        match self.whole_index()? {
            Some(text) if !pending.is_damaged && !self.is_stale()? => {
                let mut rebuilt = Rebuilt { text: canonical(text), damaged: Vec::new() };
                self.refresh_entries(&mut rebuilt, &pending.ids)?;
                self.complete(&mut rebuilt)?;
                Ok(rebuilt)
            }
            _ => self.rebuilt(),
        }
    }

    /// Ids whose line in the index passes the filter, and those that changed since; `None` if the file cannot be used.
    /// For hooks: it reads neither directories nor records.
    pub fn ids_where(&self, wanted: impl Fn(&str) -> bool) -> Result<Option<Vec<SessionId>>> {
        let pending = self.pending()?;
        let text = file::read_at_most(&self.home.index(), INDEX_BYTES).ok().flatten();
        let text = text.and_then(|bytes| String::from_utf8(bytes).ok()).filter(|text| index::is_canonical(text));
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
        let bytes = file::read_at_most(&self.home.index(), INDEX_BYTES).ok()??;
        let text = String::from_utf8(bytes).ok()?;
        let entries = index::parse_where(&text, |line| index::id_in(line) == Some(id.as_str()))?;
        let entry = entries.into_iter().find(|(known, _)| known == id)?.1;
        Some(Remembered { project_slug: entry.project_slug.into_owned(), intent: entry.intent.into_owned() })
    }

    /// An index built from the records, all of which are read.
    pub fn rebuilt(&self) -> Result<Rebuilt> {
        let mut sessions = Vec::new();
        let mut damaged = Vec::new();
        for id in self.ids(&self.home.sessions())? {
            match self.present(&id) {
                Ok(Some(session)) => sessions.push((id, session)),
                Ok(None) => {}
                Err(error) => damaged.push((self.home.session(&id), error)),
            }
        }
        let entries: Entries = sessions.iter().map(|(id, session)| (id.clone(), IndexEntry::of(session))).collect();
        Ok(Rebuilt { text: index::render(&entries), damaged })
    }

    /// Rebuilds the file from the records and returns the records that could not be parsed.
    pub fn rebuild_index(&self) -> Result<Rebuilt> {
        let lock = lock::acquire(&Home::lock_of(&self.home.index()), self.wait)?;
        self.take_pending()?;
        let rebuilt = self.whole_rebuilt()?;
        self.store_text(&lock, &rebuilt.text)?;
        Ok(rebuilt)
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
        if trouble.is_some() || pending.is_any {
            self.store_text(&lock, &rebuilt.text)?;
        }
        drop(lock);
        self.refresh_projects(&pending.ids, now);
        Ok(trouble.map(|trouble| SweepAction::at("rebuilt", &path, trouble, run)))
    }

    /// The fault of the index file, apart from pending entries.
    pub(super) fn index_trouble(&self, pending: &Pending, truth: &Rebuilt) -> Result<Option<String>> {
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

    /// Stores the index if that is due. An error is ignored: the index is a cache.
    pub(super) fn fold_pending(&self, now: Instant) {
        if self.is_due().unwrap_or(false)
            && let Ok(ids) = self.store_pending()
        {
            self.refresh_projects(&ids, now);
        }
    }

    /// Whether the file cannot be used, or enough entries are pending.
    fn is_due(&self) -> Result<bool> {
        let pending = self.pending()?;
        let size = std::fs::symlink_metadata(self.home.index()).map(|meta| meta.len());
        let is_small = size.is_ok_and(|size| size <= SMALL_BYTES);
        if pending.is_damaged || pending.ids.len() >= MANY_PENDING || (is_small && pending.is_any) || self.is_stale()? {
            return Ok(true);
        }
        let text = self.whole_index()?.filter(|text| index::has_layout(text));
        let count = text.as_deref().and_then(index::count);
        Ok(count.is_none_or(|count| count.abs_diff(self.count_records().unwrap_or(count)) > pending.ids.len()))
    }

    fn store_pending(&self) -> Result<Vec<SessionId>> {
        // A cache is not worth a long wait: the entries stay for the next program.
        let lock = lock::acquire(&Home::lock_of(&self.home.index()), lock::HOOK_WAIT)?;
        let mut ids = Vec::new();
        // Twice, if a killed program left entries that it had taken.
        for _ in 0..2 {
            let pending = self.take_pending()?;
            let is_last = pending.as_ref().is_none_or(|_| super::is_absent(&self.home.index_pending()));
            let pending = pending.unwrap_or_default();
            let text = self.whole(self.corrected(&pending)?)?.text;
            self.store_text(&lock, &text)?;
            ids.extend(pending.ids);
            if is_last {
                break;
            }
        }
        Ok(ids)
    }

    /// Stores the index, then removes the entries that it now contains.
    fn store_text(&self, lock: &lock::Lock, text: &str) -> Result<()> {
        let staged = file::stage(&self.home.index(), text.as_bytes(), Durability::Synced)?;
        lock.confirm()?;
        staged.replace()?;
        file::remove(&self.home.index_stale())?;
        self.drop_pending()
    }

    /// The file's text if it is a complete index.
    pub(super) fn whole_index(&self) -> Result<Option<String>> {
        let bytes = match file::read_at_most(&self.home.index(), INDEX_BYTES) {
            Ok(bytes) => bytes,
            Err(Error::Corrupt { .. }) => None,
            Err(error) => return Err(error),
        };
        let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok()).filter(|text| !index::is_endless(text));
        Ok(text.filter(|text| index::is_canonical(text) || index::parse(text).is_some()))
    }

    /// Updates the entries of some records from the records.
    fn refresh_entries(&self, rebuilt: &mut Rebuilt, ids: &[SessionId]) -> Result<()> {
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
    fn complete(&self, rebuilt: &mut Rebuilt) -> Result<()> {
        if index::count(&rebuilt.text) == Some(self.count_records()?) {
            return Ok(());
        }
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
    fn count_records(&self) -> Result<usize> {
        file::count(&self.home.sessions(), |name| {
            name.strip_suffix(".json").is_some_and(|stem| SessionId::parse(stem).is_ok())
        })
    }

    /// The record outside the archive, with its notes, if there is one.
    fn present(&self, id: &SessionId) -> Result<Option<Session>> {
        match self.with_notes(id, || self.readable(id)) {
            Err(Error::Missing(_)) => Ok(None),
            other => other.map(Some),
        }
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

    /// Whether an older version of this program left a mark that the index missed something.
    fn is_stale(&self) -> Result<bool> {
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
