//! Owns reading many records, for programs that need most of them. Must stay true: each is what [`Store::session`]
//! returns, at a time after the reader was made; the folders are looked at once, not for each record.

use super::Store;
use super::bytes::parse;
use crate::compact;
use crate::error::Result;
use crate::file::{self, OwnDir};
use crate::id::SessionId;
use crate::record::Session;
use crate::search::{self, Sought};
use serde::de::DeserializeOwned;
use std::collections::HashSet;

/// A reader of records. Threads may share it.
#[derive(Debug)]
pub struct Records<'s> {
    store: &'s Store,
    dir: OwnDir,
    /// The ids of sessions with notes; `None` if they cannot be listed: then each session is looked at.
    noted: Option<HashSet<String>>,
}

/// A record that is to be printed.
#[derive(Debug)]
pub enum Line {
    /// As it is printed.
    Whole(Vec<u8>),
    /// As it was read.
    Read(Box<Session>),
}

impl Store {
    /// A reader of many records.
    pub fn records(&self) -> Result<Records<'_>> {
        // A file that is renamed while the folder is listed may be missing in the list, but not in both: when it is
        // removed after the second name, the record contains what it said.
        let twice = || Ok(self.spools()?.into_iter().chain(self.spools()?).collect());
        let noted: Result<HashSet<String>> = twice();
        let noted = noted.ok();
        Ok(Records { store: self, dir: OwnDir::checked(self.home.sessions())?, noted })
    }

    /// One session, as [`Records::line`] returns it.
    pub fn line(&self, id: &SessionId) -> Result<Line> {
        let bytes = if self.has_notes(id) { None } else { file::read(&self.home.session(id))? };
        self.line_of(id, bytes)
    }

    fn line_of(&self, id: &SessionId, bytes: Option<Vec<u8>>) -> Result<Line> {
        if let Some(line) = bytes.as_deref().and_then(|bytes| compact::of(bytes, id.as_str())) {
            return Ok(Line::Whole(line));
        }
        let session = match bytes {
            Some(bytes) => parse(&self.home.session(id), &bytes),
            None => self.session(id),
        };
        session.map(|session| Line::Read(Box::new(session)))
    }
}

impl Records<'_> {
    /// The session with this id, archived ones included.
    pub fn session(&self, id: &SessionId) -> Result<Session> {
        match self.bytes(id)? {
            Some(bytes) => parse(&self.store.home.session(id), &bytes),
            None => self.store.session(id),
        }
    }

    /// The session with this id, as one line of JSON if that can be had [from its bytes](compact).
    pub fn line(&self, id: &SessionId) -> Result<Line> {
        self.store.line_of(id, self.bytes(id)?)
    }

    /// Some fields of a record outside the archive, at the cost of a search; `None` if it has notes, contains another
    /// session, or has to be read as a whole: its first field is its id wherever we wrote it.
    pub fn fields<T: DeserializeOwned>(&self, id: &SessionId) -> Option<T> {
        let text = String::from_utf8(self.bytes(id).ok()??).ok()?;
        let is_its = text.starts_with(&format!("{{\n  \"session_id\": \"{id}\",\n"));
        is_its.then(|| serde_json::from_str(&text).ok()).flatten()
    }

    /// The session with this id outside the archive, if there is one.
    pub(super) fn present(&self, id: &SessionId) -> Result<Option<Session>> {
        match self.bytes(id)? {
            Some(bytes) => parse(&self.store.home.session(id), &bytes).map(Some),
            None => self.store.present(id),
        }
    }

    /// The session with this id if it [says](search::says) the text, and it can be read.
    pub fn saying(&self, id: &SessionId, text: &Sought) -> Option<Session> {
        let session = match self.bytes(id).ok()? {
            Some(bytes) if !text.may_be_in(&bytes) => return None,
            Some(bytes) => parse(&self.store.home.session(id), &bytes).ok()?,
            None => self.store.session(id).ok()?,
        };
        search::says(&session, text.folded()).then_some(session)
    }

    /// The bytes of a record without notes; `None` if it has notes or is elsewhere.
    fn bytes(&self, id: &SessionId) -> Result<Option<Vec<u8>>> {
        match self.noted.as_ref().is_none_or(|noted| noted.contains(id.as_str())) {
            true => Ok(None),
            false => self.dir.read(&format!("{id}.json")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{NoteSync, Store};
    use super::*;
    use crate::change::Change;
    use crate::clock;
    use crate::error::Error;
    use crate::id::Slug;
    use crate::paths::Home;
    use crate::session::Start;
    use crate::witness::Witness;

    #[test]
    fn notes_that_cannot_be_listed_hide_no_session() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::for_people(Home::at(dir.path()), Witness::NONE);
        let start = Start { intent: "kept".into(), ..Start::default() };
        let record = store.create(&Slug::parse("api").unwrap(), start, |_| Ok(()), clock::now()).unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        let _ = std::fs::remove_dir(store.home.spool_dir());
        std::os::unix::fs::symlink(elsewhere.path(), store.home.spool_dir()).unwrap();
        let id = SessionId::parse(&record.session_id).unwrap();
        assert_eq!(store.records().unwrap().session(&id).unwrap().intent, "kept");
        assert_eq!(store.rebuilt().unwrap().damaged.len(), 0);
    }

    #[test]
    fn many_records_are_what_each_alone_is() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::for_people(Home::at(dir.path()), Witness::NONE);
        let now = clock::parse("2026-11-21T03:00:00Z").unwrap();
        let create = |intent: &str| {
            let start = Start { intent: intent.into(), ..Start::default() };
            let record = store.create(&Slug::parse("api").unwrap(), start, |_| Ok(()), now).unwrap();
            SessionId::parse(&record.session_id).unwrap()
        };
        let [plain, noted, folding, archived, gone, damaged] =
            ["plain", "noted", "folding", "archived", "gone", "damaged"].map(create);
        for id in [&noted, &folding] {
            let change = Change::Happened { message: format!("compacted {id}") };
            store.note(id, change, now, NoteSync::Later).unwrap();
        }
        std::fs::rename(store.home.spool(&folding), store.home.folding(&folding)).unwrap();
        std::fs::create_dir(store.home.archive()).unwrap();
        std::fs::rename(store.home.session(&archived), store.home.archived(&archived)).unwrap();
        let records = store.records().unwrap();
        std::fs::remove_file(store.home.session(&gone)).unwrap();
        std::fs::write(store.home.session(&damaged), "{").unwrap();
        for id in [&plain, &noted, &folding, &archived] {
            let record = records.session(id).unwrap();
            assert_eq!(record, store.session(id).unwrap());
            for line in [records.line(id), store.line(id)] {
                let line = match line.unwrap() {
                    Line::Whole(line) => line,
                    Line::Read(record) => serde_json::to_vec(&record).unwrap(),
                };
                assert_eq!(line, serde_json::to_vec(&record).unwrap());
            }
            let fields = records.fields::<serde_json::Value>(id);
            let whole = || serde_json::to_value(&record).unwrap();
            assert!(fields.as_ref().map_or(id != &plain, |fields| *fields == whole() && id == &plain));
            let says = |text: &str| records.saying(id, &Sought::new(text)).is_some();
            assert_eq!(
                (says("COMPACTED"), says("nothing")),
                (id == &noted || id == &folding, false),
                "{}",
                record.intent
            );
            assert!(says(&record.intent));
        }
        // A copy under a second name, and a text that is no UTF-8 in a field that is not asked for.
        let other = std::fs::read_to_string(store.home.session(&plain)).unwrap();
        let own = other.replace(plain.as_str(), gone.as_str());
        let mut invalid = own.clone().into_bytes();
        invalid[own.find("\"plain\"").unwrap() + 1] = 0xff;
        for (bytes, is_good) in [(own.into_bytes(), true), (other.into_bytes(), false), (invalid, false)] {
            std::fs::write(store.home.session(&gone), bytes).unwrap();
            let found = (records.fields::<serde::de::IgnoredAny>(&gone).is_some(), records.session(&gone).is_ok());
            assert_eq!(found, (is_good, is_good));
        }
        std::fs::remove_file(store.home.session(&gone)).unwrap();
        assert!(matches!(records.line(&plain), Ok(Line::Whole(_))), "it is not parsed");
        assert!(matches!(store.line(&plain), Ok(Line::Whole(_))), "it is not parsed");
        assert!(matches!(records.session(&gone), Err(Error::Missing(_))));
        assert!(matches!(records.session(&damaged), Err(Error::Corrupt { .. })));
        assert!(records.present(&archived).unwrap().is_none() && records.present(&noted).unwrap().is_some());
    }
}
