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
        self.extend(id, now, |_| Ok(()))
    }

    /// Folds notes into the record that a killed program had set aside.
    pub(super) fn fold_left(&self, lock: &Lock, id: &SessionId, now: Instant) -> Result<()> {
        if !is_present(&self.home.folding(id)) {
            return Ok(());
        }
        let before = self.writable(id)?;
        let left = self.left_notes(id, &before)?;
        if !left.is_empty() {
            self.write(lock, id, &before, &left.apply(&before), None, now)?;
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
        let apply = |record: &mut Session| change.apply(record, now);
        let done = if change.needs_events() { self.update(id, now, apply) } else { self.extend(id, now, apply) };
        match done {
            Err(Error::Busy(_) | Error::Io { .. }) => self
                .publish(id, NoteSync::Synced, || self.note(id, change, now, NoteSync::Synced).map(|()| true))
                .map(drop),
            other => other.map(drop),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change::tests::one_of_each;
    use crate::change::{NewCommit, Prompted, ToolEnded, TurnEnded};
    use crate::clock;
    use crate::id::Slug;
    use crate::paths::Home;
    use crate::session::{self, Start};
    use crate::witness::Witness;

    fn at(second: i64) -> Instant {
        clock::parse("2026-11-21T03:00:00Z").unwrap() + chrono::TimeDelta::seconds(second)
    }

    /// A store with a session of 1,500 events, and notes about it.
    fn noted(notes: &[Change]) -> (tempfile::TempDir, Store, SessionId) {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::for_people(Home::at(dir.path().to_path_buf()), Witness::NONE);
        let start = Start { intent: "Fix the login".into(), ..Start::default() };
        let created = store.create(&Slug::parse("api").unwrap(), start, |_| Ok(()), at(0)).unwrap();
        let id = SessionId::parse(&created.session_id).unwrap();
        let fill =
            |record: &mut Session| (0..1500).try_for_each(|n| session::event(record, &format!("step {n}"), at(1)));
        store.update(&id, at(1), fill).unwrap();
        notes.iter().for_each(|note| store.note(&id, note.clone(), at(2), NoteSync::Later).unwrap());
        (dir, store, id)
    }

    #[test]
    fn a_session_without_its_older_events_becomes_what_a_whole_one_does() {
        let event = |message: &str| Change::Happened { message: message.into() };
        let other = || "/w/other".to_string();
        let also = Change::AlsoCommitted { worktree_root: other(), sha: "1a2b3c4".into(), message: "Fix".into() };
        let prompted = Prompted { text: Some("and the tests".into()), ..Prompted::default() };
        let commits = vec![NewCommit { sha: "1a2b3c4".into(), message: "Fix".into(), replaces: None }];
        let mut cases = vec![
            vec![],
            vec![event("step 1499"), event("compacted"), event("compacted")],
            vec![Change::Prompted(prompted), Change::Waits { what: Some("a".into()) }, event("x")],
            vec![Change::ToolEnded(ToolEnded { files: vec!["/w/a.rs".into()], commits, tasks: None })],
            vec![Change::AlsoIn { worktree_root: other() }, Change::TurnEnded(TurnEnded::default())],
            vec![also.clone(), also],
        ];
        cases.extend(one_of_each().into_iter().map(|change| vec![change]));
        for notes in &cases {
            let (_dir, store, id) = noted(notes);
            let path = store.home.session(&id);
            let spool = std::fs::read(store.home.spool(&id)).ok();
            let before = std::fs::read(&path).unwrap();
            let recent = store.recent(&id).unwrap();
            let whole = store.session(&id).unwrap();
            assert_eq!(recent.events.last(), whole.events.last());
            assert_eq!(Session { events: Vec::new(), ..recent }, Session { events: Vec::new(), ..whole });
            let add = |record: &mut Session| session::event(record, "one more", at(3));
            let returned = store.extend(&id, at(3), add).unwrap();
            let extended = std::fs::read(&path).unwrap();
            assert!(!store.has_notes(&id));
            std::fs::write(&path, before).unwrap();
            spool.iter().for_each(|spool| std::fs::write(store.home.spool(&id), spool).unwrap());
            store.update(&id, at(3), add).unwrap();
            assert_eq!(String::from_utf8(extended), String::from_utf8(std::fs::read(&path).unwrap()), "{notes:?}");
            let needs = notes.iter().any(Change::needs_events);
            assert_eq!(returned.events.len() > 1500, needs, "{notes:?}");
        }
    }

    #[test]
    fn a_record_that_cannot_be_read_is_not_extended() {
        let (_dir, store, id) = noted(&[]);
        let path = store.home.session(&id);
        let text = std::fs::read_to_string(&path).unwrap();
        let add = |record: &mut Session| session::event(record, "one more", at(3));
        for (from, to) in [("\"step 7\"", "7"), ("\"schema_version\": 4", "\"schema_version\": 5"), ("api", "api\u{1}")]
        {
            let changed = text.replacen(from, to, 1);
            std::fs::write(&path, &changed).unwrap();
            assert!(store.extend(&id, at(3), add).is_err(), "{from}");
            assert_eq!(std::fs::read_to_string(&path).unwrap(), changed);
        }
    }
}
