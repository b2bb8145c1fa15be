//! Owns `_index.json` on disk: keeping it in step with the records, and rebuilding it.
//! Must stay true: whoever changes an indexed field holds the index lock from before the record's
//! rename until after the index's, and names the record in `_index.pending` meanwhile. So a killed
//! program leaves a name behind, and the next one looks that record up again. Who cannot get the
//! lock in time writes the record anyway and leaves `_index.stale`: then the index is rebuilt.

use super::Store;
use super::sweep::{Done, Run};
use crate::error::{Error, Result};
use crate::file::{self, Durability};
use crate::id::SessionId;
use crate::index::{self, Entries, Entry, Standing};
use crate::lock;
use crate::paths::Home;
use crate::record::Session;
use crate::validate::INDEX_BYTES;
use std::cell::OnceCell;
use std::fs::OpenOptions;
use std::path::PathBuf;

const UNFINISHED: &str = "a change of it was not finished";

/// The text of an index: from its file, or made from the records where that cannot be used.
#[derive(Debug)]
pub struct IndexText<'s> {
    text: String,
    damaged: Vec<(PathBuf, Error)>,
    store: &'s Store,
    rebuilt: OnceCell<String>,
}

/// An index made from the records, and the files that could not be understood.
#[derive(Debug)]
pub struct Rebuilt {
    pub text: String,
    pub damaged: Vec<(PathBuf, Error)>,
}

impl IndexText<'_> {
    /// Records that could not be understood, if the index had to be made from the records. They are
    /// in no index; who reads a whole index does not learn of them (`cs-cleanup check` does).
    pub fn damaged(&self) -> &[(PathBuf, Error)] {
        &self.damaged
    }

    /// How the sessions of a project stand, in any order.
    pub fn standings(&self, slug: &str) -> Vec<Standing<'_>> {
        index::standings(&self.text, slug).unwrap_or_else(|| {
            let entries = self.entries(index::of_project(slug)).into_iter();
            let standing = |(id, entry): (SessionId, Entry<'_>)| Standing {
                id: id.to_string().into(),
                status: entry.status,
                ended_at: entry.ended_at.map(|instant| instant.into_owned().into()),
            };
            entries.map(standing).collect()
        })
    }

    /// Ids whose line passes the filter, or might in another spelling; oldest first.
    pub fn ids(&self, wanted: impl Fn(&str) -> bool) -> Vec<SessionId> {
        let ids = if index::has_layout(&self.text) { index::ids_where(&self.text, &wanted) } else { None };
        let mut ids = ids.unwrap_or_else(|| self.entries(&wanted).into_iter().map(|(id, _)| id).collect());
        ids.sort();
        ids
    }

    /// Entries whose line passes the filter, oldest id first.
    pub fn entries(&self, wanted: impl Fn(&str) -> bool) -> Vec<(SessionId, Entry<'_>)> {
        index::parse_where(&self.text, &wanted).unwrap_or_else(|| {
            let text =
                self.rebuilt.get_or_init(|| self.store.rebuilt().map(|rebuilt| rebuilt.text).unwrap_or_default());
            index::parse_where(text, &wanted).unwrap_or_default()
        })
    }
}

impl Store {
    /// The index as it should be: from its file, corrected by a change under way, or made from the
    /// records where the file is missing, torn or out of date. Writes nothing.
    pub fn index(&self) -> Result<IndexText<'_>> {
        let Rebuilt { text, damaged } = match self.whole_index()? {
            Some(text) if !self.is_stale()? => match self.pending()? {
                Some(id) => Rebuilt { text: self.look_up_again(text, &id)?, damaged: Vec::new() },
                None => Rebuilt { text, damaged: Vec::new() },
            },
            _ => self.rebuilt()?,
        };
        Ok(IndexText { text, damaged, store: self, rebuilt: OnceCell::new() })
    }

    /// Ids whose line in the index passes the filter; all ids where the index cannot be used.
    pub fn ids_where(&self, wanted: impl Fn(&str) -> bool) -> Result<Vec<SessionId>> {
        let text = file::read_at_most(&self.home.index(), INDEX_BYTES)?.and_then(|bytes| String::from_utf8(bytes).ok());
        let is_stale = self.is_stale()?;
        let known = text.filter(|text| index::is_canonical(text) && !is_stale);
        match known.and_then(|text| index::ids_where(&text, wanted)) {
            Some(ids) => Ok(ids),
            None => self.ids(&self.home.sessions()),
        }
    }

    /// An index made from the records; they are all read.
    pub fn rebuilt(&self) -> Result<Rebuilt> {
        let mut sessions = Vec::new();
        let mut damaged = Vec::new();
        for id in self.ids(&self.home.sessions())? {
            let path = self.home.session(&id);
            match file::read(&path).and_then(|bytes| bytes.map(|bytes| super::parse(&path, &bytes)).transpose()) {
                Ok(Some(session)) => sessions.push((id, session)),
                Ok(None) => {}
                Err(error) => damaged.push((path, error)),
            }
        }
        let entries: Entries = sessions.iter().map(|(id, session)| (id.clone(), Entry::of(session))).collect();
        Ok(Rebuilt { text: index::render(&entries), damaged })
    }

    /// Rebuilds the file from the records and says which records could not be understood.
    pub fn rebuild_index(&self) -> Result<Rebuilt> {
        let _lock = lock::acquire(&Home::lock_of(&self.home.index()), self.wait)?;
        let rebuilt = self.remade_index()?;
        file::remove(&self.home.index_pending())?;
        Ok(rebuilt)
    }

    /// Makes the index whole where an accident left it otherwise, which the next writer would do too;
    /// `None` if it is whole.
    pub fn mend_index(&self, run: Run) -> Result<Option<Done>> {
        if self.index_trouble()?.is_none() {
            return Ok(None);
        }
        // A change under way looks like an accident until it lets go of the lock.
        let path = Home::lock_of(&self.home.index());
        let lock = match run {
            Run::Real => Some(lock::acquire(&path, self.wait)?),
            Run::Dry if super::is_absent(&path) => None,
            Run::Dry => match lock::try_existing(&path)? {
                None => return Ok(None),
                lock => lock,
            },
        };
        let Some(trouble) = self.index_trouble()? else { return Ok(None) };
        if run == Run::Real {
            match trouble {
                UNFINISHED => self.mended_index().map(drop)?,
                _ => self.remade_index().map(drop)?,
            }
            file::remove(&self.home.index_pending())?;
        }
        drop(lock);
        Ok(Some(Done::at("rebuilt", &self.home.index(), trouble, run)))
    }

    /// What is wrong with the index, as far as that shows without looking at the records.
    fn index_trouble(&self) -> Result<Option<&'static str>> {
        if self.home.index_stale().exists() {
            return Ok(Some("it missed a change"));
        }
        let trouble = match self.whole_index()? {
            None if !super::is_absent(&self.home.index()) => Some("it is torn"),
            None => (!self.ids(&self.home.sessions())?.is_empty()).then_some("it is missing"),
            Some(text) if index::parse(&text).is_none() => Some("it is damaged"),
            Some(_) => self.home.index_pending().exists().then_some(UNFINISHED),
        };
        Ok(trouble)
    }

    /// Runs `write`, which gives a record its new bytes (or does not, and says `false`), and brings
    /// the index in step. A failing index is no failure: it is a cache.
    pub(super) fn publish(
        &self,
        id: &SessionId,
        entry: Option<&Entry>,
        write: impl FnOnce() -> Result<bool>,
    ) -> Result<bool> {
        let lock = match lock::acquire(&Home::lock_of(&self.home.index()), self.wait) {
            Err(Error::Busy(_)) => {
                // Before, for who is killed in between; after, for who rebuilds in between.
                self.mark_stale()?;
                let written = write()?;
                self.mark_stale()?;
                return Ok(written);
            }
            other => other?,
        };
        let before = self.mended_index();
        // Whose name stands in the other file then is looked up no more once ours stands there.
        if before.is_err() {
            self.mark_stale()?;
        }
        file::replace(&self.home.index_pending(), id.as_str().as_bytes(), Durability::Cached)?;
        match write() {
            Ok(true) => {}
            other => {
                file::remove(&self.home.index_pending())?;
                return other;
            }
        }
        let stored = before.and_then(|mut text| {
            index::splice(&mut text, id, entry);
            let staged = file::stage(&self.home.index(), text.as_bytes(), Durability::Disposable)?;
            lock.confirm()?;
            staged.replace()
        });
        // Where the word that it is stale cannot be left, the record's name stays: that is as good.
        let _ = match stored {
            Ok(()) => file::remove(&self.home.index_pending()),
            Err(_) => self.mark_stale(),
        };
        Ok(true)
    }

    /// The canonical text to splice into, all earlier accidents mended, on disk too: whoever goes on
    /// from here may be killed, and then only its own accident can be seen. Under the index lock.
    fn mended_index(&self) -> Result<String> {
        if self.is_stale()? {
            return Ok(self.remade_index()?.text);
        }
        let text = match self.whole_index()? {
            Some(text) if index::has_layout(&text) => text,
            Some(text) => index::parse(&text)
                .map(|entries| {
                    let entries: Entries = entries.into_iter().collect();
                    index::render(&entries)
                })
                .unwrap_or_default(),
            None => self.whole_rebuilt()?.text,
        };
        let Some(id) = self.pending()? else { return Ok(text) };
        let text = self.look_up_again(text, &id)?;
        file::replace(&self.home.index(), text.as_bytes(), Durability::Disposable)?;
        Ok(text)
    }

    /// Makes the file again from the records. Under the index lock. Without a file everyone looks
    /// at the records, so the word that it is stale may go once the file is gone, not before.
    fn remade_index(&self) -> Result<Rebuilt> {
        file::remove(&self.home.index())?;
        file::remove(&self.home.index_stale())?;
        let rebuilt = self.whole_rebuilt()?;
        file::replace(&self.home.index(), rebuilt.text.as_bytes(), Durability::Disposable)?;
        Ok(rebuilt)
    }

    /// The file's text if it is a whole index.
    fn whole_index(&self) -> Result<Option<String>> {
        let bytes = match file::read_at_most(&self.home.index(), INDEX_BYTES) {
            Ok(bytes) => bytes,
            Err(Error::Corrupt { .. }) => None,
            Err(error) => return Err(error),
        };
        let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok()).filter(|text| !index::is_endless(text));
        Ok(text.filter(|text| index::is_canonical(text) || index::parse(text).is_some()))
    }

    fn pending(&self) -> Result<Option<SessionId>> {
        let bytes = file::read(&self.home.index_pending())?;
        Ok(bytes.and_then(|bytes| String::from_utf8(bytes).ok()).and_then(|text| SessionId::parse(text.trim()).ok()))
    }

    /// The text with the entry of one record as that record says now.
    fn look_up_again(&self, text: impl Into<String>, id: &SessionId) -> Result<String> {
        let (text, path) = (text.into(), self.home.session(id));
        let session: Option<Session> = match file::read(&path)? {
            Some(bytes) => super::parse(&path, &bytes).ok(),
            None => None,
        };
        let mut canonical = match index::parse(&text) {
            Some(entries) if !index::has_layout(&text) => index::render(&entries.into_iter().collect::<Entries>()),
            _ => text,
        };
        index::splice(&mut canonical, id, session.as_ref().map(Entry::of).as_ref());
        Ok(canonical)
    }

    /// An index made from all records. One that cannot be read for now is no reason to leave it out
    /// for good; one that cannot be understood is.
    fn whole_rebuilt(&self) -> Result<Rebuilt> {
        let mut rebuilt = self.rebuilt()?;
        match rebuilt.damaged.iter().position(|(_, error)| matches!(error, Error::Io { .. })) {
            Some(unread) => Err(rebuilt.damaged.swap_remove(unread).1),
            None => Ok(rebuilt),
        }
    }

    fn is_stale(&self) -> Result<bool> {
        let path = self.home.index_stale();
        path.try_exists().map_err(|error| Error::io(&path, "inspect", error))
    }

    /// Leaves word that the index missed a change.
    fn mark_stale(&self) -> Result<()> {
        file::open_own(&self.home.index_stale(), OpenOptions::new().append(true)).map(drop)
    }
}
