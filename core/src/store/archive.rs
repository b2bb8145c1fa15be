//! Owns archiving completed sessions: one rename from `sessions/` to `sessions/archive/`, under the record's lock, with
//! the index updated. Must stay true: a record is always in one of the two directories, and no file in the archive is
//! ever replaced. If the disk cannot rename without replacing, a killed program may leave a record in both; the next
//! run repairs that.

use super::NoteSync;
use super::Store;
use super::sweep::{Run, SweepAction};
use crate::clock::{self, Instant};
use crate::error::{Error, Result};
use crate::file;
use crate::id::{Names, SessionId, Uuid};
use crate::index::{self, IndexEntry};
use crate::live::Live;
use crate::record::{Session, Status};
use std::collections::BTreeSet;

impl Store {
    /// Completed sessions that ended before an instant, according to the index, and ids that are in both directories. A
    /// session stays while its conversation is open: its hooks may still report something.
    pub fn archivable(&self, before: Instant, now: Instant) -> Result<Vec<SessionId>> {
        let index = self.index()?;
        let mut found: BTreeSet<SessionId> = index
            .entries(index::of_status(Status::Completed))
            .into_iter()
            .filter(|(id, entry)| entry.status == Status::Completed && self.has_ended(id, entry, before, now))
            .map(|(id, _)| id)
            .collect();
        found.extend(self.in_both()?);
        let lives = self.all_live()?;
        let open: BTreeSet<SessionId> = lives.iter().filter_map(Live::session).collect();
        found.retain(|id| !open.contains(id));
        Ok(found.into_iter().collect())
    }

    /// Ids that have both a record and an archived one.
    pub fn in_both(&self) -> Result<Vec<SessionId>> {
        let mut archived = self.ids(&self.home.archive())?;
        if !archived.is_empty() {
            let ids = self.ids(&self.home.sessions())?;
            archived.retain(|id| ids.binary_search(id).is_ok());
        }
        Ok(archived)
    }

    /// Completes what a killed program left unfinished: one record in both directories.
    pub fn finish_archiving(&self, id: &SessionId, run: Run, now: Instant) -> Result<Option<SweepAction>> {
        match self.is_copy_of_archived(id) {
            Ok(true) => self.archive(id, None, run, now),
            _ => Ok(None),
        }
    }

    /// Archives a completed session; with `before`, only if it ended before that.
    pub fn archive(
        &self,
        id: &SessionId,
        before: Option<Instant>,
        run: Run,
        now: Instant,
    ) -> Result<Option<SweepAction>> {
        if super::is_absent(&self.home.session(id)) && super::is_present(&self.home.archived(id)) {
            return if before.is_some() { Ok(None) } else { Err(Error::Refused(format!("{id} is already archived"))) };
        }
        let folded = match run {
            Run::Real if self.has_notes(id) => self.fold(id, now).map(drop),
            _ => Ok(()),
        };
        let lock = match run {
            Run::Real => folded.and_then(|()| self.lock(id)).map(Some),
            Run::Dry => Ok(None),
        };
        let (lock, record) = match lock.and_then(|lock| Ok((lock, self.writable(id)?))) {
            // Another program was faster, or the record needs a newer program.
            Err(Error::Missing(_) | Error::Refused(_) | Error::Newer { .. }) if before.is_some() => return Ok(None),
            other => other?,
        };
        let is_copy = self.is_copy_of_archived(id)?;
        if let Some(before) = before.filter(|_| !is_copy)
            && (record.status != Status::Completed || !self.has_ended(id, &IndexEntry::of(&record), before, now))
        {
            return Ok(None);
        }
        if record.status != Status::Completed {
            let status = record.status.as_str();
            return Err(Error::Refused(format!("{id} is {status}; only completed sessions are archived")));
        }
        if let Some(lock) = lock {
            let (from, to) = (self.home.session(id), self.home.archived(id));
            let put = || lock.confirm().and_then(|()| if is_copy { gone(&from) } else { file::move_new(&from, &to) });
            if !self.publish(id, NoteSync::Later, put)? {
                return Err(duplicate_error(id));
            }
            self.follow(&record, now);
            lock.remove()?;
        }
        let reason = if is_copy { "archiving was interrupted".into() } else { archive_reason(&record, now) };
        Ok(Some(SweepAction { session_id: Some(id.clone()), ..SweepAction::new("archived", reason, run) }))
    }

    /// Whether it ended before `before`. If the clock was wrong when it ended, the time when that was noticed counts.
    fn has_ended(&self, id: &SessionId, entry: &IndexEntry, before: Instant, now: Instant) -> bool {
        let ended_at = clock::parse(entry.ended_at.as_deref().unwrap_or(&entry.last_heartbeat));
        let known = ended_at.and_then(|at| match clock::is_credible(at, now) {
            true => Some(at),
            false => self.doubted_at(id.as_str(), at, now),
        });
        known.is_some_and(|at| at <= before)
    }

    /// Whether the archive holds an equal record. A different one with that id is refused.
    fn is_copy_of_archived(&self, id: &SessionId) -> Result<bool> {
        let archived = self.home.archived(id);
        if !super::is_present(&archived) {
            return Ok(false);
        }
        if file::read(&archived)? == file::read(&self.home.session(id))? { Ok(true) } else { Err(duplicate_error(id)) }
    }

    /// Whether the session is in the archive, and nowhere else.
    pub fn is_archived(&self, id: &SessionId) -> bool {
        super::is_absent(&self.home.session(id)) && super::is_present(&self.home.archived(id))
    }

    /// The newest archived session of a conversation.
    pub fn archived_conversation(&self, uuid: &Uuid) -> Result<Option<SessionId>> {
        let mut ids = self.ids(&self.home.archive())?;
        let names = Names::of(uuid);
        ids.retain(|id| names.fit(id.as_str()));
        let known = self.ended(uuid)?.and_then(|ended| ended.session());
        for id in ids.into_iter().rev().chain(known) {
            if self.status_if_of(&id, uuid)?.is_some() {
                return Ok(Some(id));
            }
        }
        Ok(None)
    }
}

fn gone(path: &std::path::Path) -> Result<bool> {
    file::remove(path).map(|()| true)
}

fn duplicate_error(id: &SessionId) -> Error {
    Error::Refused(format!("{id} is already in the archive, with other content; neither was changed"))
}

fn archive_reason(record: &Session, now: Instant) -> String {
    let ended_at = record.ended_at.as_deref().and_then(clock::parse);
    ended_at.map_or_else(|| "completed".into(), |at| format!("completed {}", clock::ago(at, now)))
}
