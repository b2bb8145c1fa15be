//! Owns which files of agents' seats are checked and swept: seats, messages, leases. Must stay true: the lock of a seat is
//! never removed, because the id of a seat is never given again; a message is removed only when it was read or failed
//! long ago, and what belongs to it goes first; pipes and links are not opened. Deliberately absent: what the files mean (`libs/seats`).

use super::file_kind::FileKind;
use super::sweep::{LEFT_OVER, OLD_NEWS, Run, SweepAction, entries, is_left_over};
use super::{Store, is_absent};
use crate::error::Result;
use crate::file;
use crate::id::{SeatId, Slug};
use crate::lock;
use crate::paths::INBOX_DIRS;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The version of a seat's file that these programs write.
pub const SEAT_VERSION: u64 = 1;

/// What every seat has.
#[derive(Deserialize)]
pub(super) struct SeatHead {
    pub agent_id: String,
    #[serde(rename = "name")]
    _name: String,
    #[serde(rename = "agent")]
    _agent: String,
    #[serde(rename = "cwd")]
    _cwd: String,
    #[serde(rename = "status")]
    _status: String,
    #[serde(rename = "spawned_at")]
    _spawned_at: String,
    #[serde(rename = "schema_version")]
    _schema_version: u64,
}

/// Files in an inbox that are no messages.
const QUEUE: [&str; 2] = ["seq", "wake"];
/// Files of an inbox that are only locked.
const LOCKS: [&str; 2] = [LOCK, "waiter.lock"];
/// The lock of an inbox.
const LOCK: &str = ".lock";
/// The directory of the files that were sent with messages.
const FILES: &str = "files";
/// The directory that says how far each message has come.
const WAY: &str = "way";
/// The states whose messages are removed when they are old.
const DONE: [&str; 2] = ["read", "failed"];
/// The states whose messages are still to be read.
const OPEN: [&str; 2] = ["new", "cur"];
/// How a client of a seat is to be started; it is removed as soon as that is done.
const LAUNCH: &str = ".launch";

impl Store {
    /// The inboxes that exist, by the id of their seat.
    pub(super) fn inboxes(&self) -> Result<Vec<SeatId>> {
        let names = entries(&self.home.inboxes_dir())?.into_iter().map(|entry| entry.file_name());
        let mut ids: Vec<SeatId> = names.filter_map(|name| SeatId::parse(name.to_str()?).ok()).collect();
        ids.sort();
        Ok(ids)
    }

    /// The directories of all inboxes. Some of them may be missing.
    pub(super) fn inbox_dirs(&self) -> Result<Vec<PathBuf>> {
        Ok(self.inboxes()?.iter().flat_map(|id| self.home.inbox_dirs(id)).collect())
    }

    /// The purpose of a path that belongs to seats; `None` if it belongs elsewhere.
    pub(super) fn kind_of_seats(&self, path: &Path, is_dir: bool) -> Option<FileKind> {
        let (home, dir) = (&self.home, path.parent()?);
        let name = path.file_name()?.to_str()?;
        let stem = name.strip_suffix(".json");
        let seat = || stem.and_then(|stem| SeatId::parse(stem).ok()).map(FileKind::Seat);
        let passed = |is_ours: bool| is_ours.then_some(FileKind::Passed);
        let kind = if dir == home.seats_dir() {
            let is_launch = name.strip_suffix(LAUNCH).is_some_and(|stem| SeatId::parse(stem).is_ok());
            passed(path == home.seat_settings() || is_launch).or_else(seat)
        } else if dir == home.leases_dir() {
            stem.filter(|stem| Slug::parse(stem).is_ok()).map(|_| FileKind::Leases)
        } else if dir == home.inboxes_dir() {
            passed(is_dir && SeatId::parse(name).is_ok())
        } else {
            return self.kind_in_inbox(path, dir, name, is_dir);
        };
        Some(kind.unwrap_or(FileKind::Foreign))
    }

    /// The purpose of a path inside an inbox.
    fn kind_in_inbox(&self, path: &Path, dir: &Path, name: &str, is_dir: bool) -> Option<FileKind> {
        let is_inbox = |dir: &Path| {
            let name = dir.file_name().and_then(|name| name.to_str());
            dir.parent() == Some(&self.home.inboxes_dir()) && name.is_some_and(|name| SeatId::parse(name).is_ok())
        };
        if is_inbox(dir) {
            if LOCKS.contains(&name) {
                return Some(FileKind::Plain);
            }
            let is_ours = if is_dir { INBOX_DIRS.contains(&name) } else { QUEUE.contains(&name) };
            return Some(if is_ours { FileKind::Passed } else { FileKind::Foreign });
        }
        let state = dir.file_name()?.to_str().filter(|_| dir.parent().is_some_and(is_inbox))?;
        let is_message = path.extension().is_some_and(|extension| extension == "json");
        Some(match state {
            FILES => FileKind::Passed,
            WAY if message_of(path).is_some() => FileKind::Passed,
            _ if !INBOX_DIRS.contains(&state) => FileKind::Foreign,
            // What could not be parsed was moved here, with a note.
            "failed" => FileKind::Passed,
            _ if is_message && state != WAY => FileKind::Message,
            _ => FileKind::Foreign,
        })
    }

    /// Descriptions of starts that did not take place within the hour.
    pub fn old_launches(&self, now: SystemTime) -> Result<Vec<PathBuf>> {
        let entries = entries(&self.home.seats_dir())?.into_iter();
        let launches = entries.filter(|entry| entry.file_name().as_encoded_bytes().ends_with(LAUNCH.as_bytes()));
        let mut found: Vec<PathBuf> = launches.map(|entry| entry.path()).collect();
        found.retain(|path| is_left_over(path, LEFT_OVER, now));
        found.sort();
        Ok(found)
    }

    /// Removes the description of a start that did not take place. It may contain the first prompt.
    pub fn remove_launch(&self, path: &Path, run: Run, now: SystemTime) -> Result<Option<SweepAction>> {
        let is_old = is_left_over(path, LEFT_OVER, now);
        if is_old && run == Run::Real {
            file::remove(path)?;
        }
        Ok(is_old.then(|| SweepAction::at("removed", path, "the start of an agent that did not take kind", run)))
    }

    /// What belongs to messages that are gone, or were read or failed more than 30 days ago: files that were sent with
    /// them, and how far they came.
    pub fn old_belongings(&self, now: SystemTime) -> Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        for id in self.inboxes()? {
            // The way last: it says when the message was dealt with.
            for dir in [FILES, WAY].map(|dir| self.home.inbox(&id).join(dir)) {
                let mut files: Vec<PathBuf> = entries(&dir)?.into_iter().map(|entry| entry.path()).collect();
                files.retain(|path| is_left_behind(path, now));
                files.sort();
                found.extend(files);
            }
        }
        Ok(found)
    }

    /// Removes such a file, under the lock of its inbox: a file is written before its message, and messages move.
    pub fn remove_belonging(&self, path: &Path, run: Run, now: SystemTime) -> Result<Option<SweepAction>> {
        let Some(inbox) = path.parent().and_then(Path::parent) else { return Ok(None) };
        let _lock = (run == Run::Real).then(|| lock::acquire(&inbox.join(LOCK), self.wait)).transpose()?;
        let is_old = is_left_behind(path, now);
        if is_old && run == Run::Real {
            file::remove(path)?;
        }
        Ok(is_old.then(|| SweepAction::at("removed", path, "its message was dealt with long ago, or is gone", run)))
    }

    /// Messages that were read or failed more than 30 days ago.
    pub fn old_messages(&self, now: SystemTime) -> Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        for id in self.inboxes()? {
            for dir in DONE.map(|state| self.home.inbox(&id).join(state)) {
                let files = entries(&dir)?.into_iter().map(|entry| entry.path());
                found.extend(files.filter(|path| was_dealt_with(path, now)));
            }
        }
        found.sort();
        Ok(found)
    }

    /// Removes a message that was read or failed long ago. Nobody changes it any more, so no lock is needed.
    pub fn remove_message(&self, path: &Path, run: Run, now: SystemTime) -> Result<Option<SweepAction>> {
        let is_old = was_dealt_with(path, now);
        if is_old && run == Run::Real {
            file::remove(path)?;
        }
        Ok(is_old.then(|| SweepAction::at("removed", path, "a message that was dealt with more than 30 days ago", run)))
    }
}

/// Whether what happened to a message that was read or failed is long ago. The time of its file is that at which it was
/// stored; that of its way is that of the last step.
fn was_dealt_with(message: &Path, now: SystemTime) -> bool {
    let way = || Some(message.parent()?.parent()?.join(WAY).join(format!("{}.jsonl", message_of(message)?)));
    is_left_over(message, OLD_NEWS, now) && way().is_none_or(|way| is_absent(&way) || is_left_over(&way, OLD_NEWS, now))
}

/// Whether a file belongs to a message that is gone or was dealt with long ago. One that was written within the hour may
/// belong to a message that is about to be stored.
fn is_left_behind(path: &Path, now: SystemTime) -> bool {
    let (Some(id), Some(inbox)) = (message_of(path), path.parent().and_then(Path::parent)) else { return false };
    let of = |state: &str| inbox.join(state).join(format!("{id}.json"));
    let is_over = |state: &str| is_absent(&of(state)) || was_dealt_with(&of(state), now);
    is_left_over(path, LEFT_OVER, now)
        && OPEN.iter().all(|state| is_absent(&of(state)))
        && DONE.into_iter().all(is_over)
}

/// The id of the message to which a file belongs: its name begins with that.
fn message_of(path: &Path) -> Option<&str> {
    let (id, _) = path.file_name()?.to_str()?.split_once(['-', '.'])?;
    let number = id.strip_prefix('m')?;
    (!number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())).then_some(id)
}
