//! Owns sweeping the data directory: orphaned locks, temporary files of killed writes, old files of conversations, logs
//! that grew. Must stay true: only unused files are removed, and symbolic links are not followed. A file's age is
//! measured with the system's clock, like its timestamp, and never with `CS_NOW`.
//!
//! Why removing a lock file does not break the lock: it is removed only while we hold the flock on it, and only if its
//! name still refers to the file that we hold, so no other process holds it. A process that has opened it and waits
//! gets the flock of a file without a name, notices that (`lock::acquire` compares inodes after locking, and `confirm`
//! right before a rename), and opens the name again. The Python tool does not compare; but it only waits for the lock
//! of a record that exists or that it is creating, it opens locks for writing (which renews their timestamp), and we
//! keep the lock of every existing file and every lock younger than an hour.

use super::Store;
use crate::error::{Error, Result};
use crate::file::{self, TEMP_PREFIX};
use crate::id::{SessionId, Uuid};
use crate::lock;
use serde::Serialize;
use std::fs::{DirEntry, Metadata};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Whether changes are made or only reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Run {
    /// Changes are written.
    Real,
    /// Changes are only reported.
    Dry,
}

/// One change that was made, or would be.
#[derive(Clone, Debug, Serialize)]
pub struct SweepAction {
    /// One word for what was done, such as `archived`.
    pub action: &'static str,
    /// The session concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_id: Option<SessionId>,
    /// The conversation concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claude_session_id: Option<Uuid>,
    /// The file concerned, by its former path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<PathBuf>,
    /// Its new path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<PathBuf>,
    /// Why it was done, for people.
    pub reason: String,
    /// Whether nothing was written.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
}

impl SweepAction {
    /// An action without a session and a file.
    pub fn new(action: &'static str, reason: impl Into<String>, run: Run) -> Self {
        let (session_id, claude_session_id, path, to) = (None, None, None, None);
        SweepAction { action, session_id, claude_session_id, path, to, reason: reason.into(), dry_run: run == Run::Dry }
    }

    /// An action on a file.
    pub fn at(action: &'static str, path: &Path, reason: impl Into<String>, run: Run) -> Self {
        SweepAction { path: Some(path.to_path_buf()), ..SweepAction::new(action, reason, run) }
    }
}

/// Age from which a temporary or lock file is left over: a write takes milliseconds, and so does a change under a lock.
pub(super) const LEFT_OVER: Duration = Duration::from_secs(3600);
/// Age from which an ended conversation's file is removed: late events come within seconds; a resumed conversation is
/// found without it.
pub(super) const OLD_NEWS: Duration = Duration::from_secs(30 * 24 * 3600);
/// Size at which a new log is started for a job; one old log is kept.
const LOG_BYTES: u64 = 256 * 1024;

impl Store {
    /// Locks of missing files that were not touched within the hour.
    pub fn orphan_locks(&self, now: SystemTime) -> Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        // The locks of seats and of the log of tools stay.
        let others = [self.home.seats_dir(), self.home.audit_dir()];
        for dir in self.home.dirs().into_iter().filter(|dir| !others.contains(dir) && is_dir(dir)) {
            let names: std::collections::BTreeSet<String> = file::stems(&dir, "")?.into_iter().collect();
            let orphans = names.iter().filter_map(|name| Some((name, name.strip_suffix(".lock")?)));
            let orphans = orphans.filter(|(_, stem)| *stem != "_index" && !names.contains(&format!("{stem}.json")));
            // A lock file is empty; any other file belongs to somebody.
            let paths = orphans.map(|(name, _)| dir.join(name)).filter(|path| is_empty(path));
            found.extend(paths.filter(|path| is_left_over(path, LEFT_OVER, now)));
        }
        Ok(found)
    }

    /// Removes the lock of a missing file, unless somebody holds it.
    pub fn remove_lock(&self, path: &Path, run: Run, now: SystemTime) -> Result<Option<SweepAction>> {
        let Some(lock) = lock::try_existing(path)? else { return Ok(None) };
        let is_in_use = !super::is_absent(&path.with_extension("json"));
        if is_in_use || !is_empty(path) || !is_left_over(path, LEFT_OVER, now) {
            return Ok(None);
        }
        if run == Run::Real {
            lock.remove()?;
        }
        Ok(Some(SweepAction::at("removed", path, "the lock of a missing file", run)))
    }

    /// Temporary files of killed writes, in the directories of the store only.
    pub fn left_over(&self, now: SystemTime) -> Result<Vec<PathBuf>> {
        let home = &self.home;
        let more = [home.root().to_path_buf(), home.usage_cache_dir(), home.quarantine(), home.logs_dir()];
        let mut found = Vec::new();
        for dir in home.dirs().iter().chain(&more).chain(&self.inbox_dirs()?).chain(&self.kept_folders()?) {
            let ours = entries(dir)?.into_iter();
            let ours = ours.filter(|entry| entry.file_name().as_encoded_bytes().starts_with(TEMP_PREFIX.as_bytes()));
            found.extend(ours.map(|entry| entry.path()).filter(|path| regular(path).is_some()));
        }
        found.retain(|path| is_left_over(path, LEFT_OVER, now));
        found.sort();
        Ok(found)
    }

    /// Removes the temporary file of a killed write.
    pub fn remove_left_over(&self, path: &Path, run: Run, now: SystemTime) -> Result<Option<SweepAction>> {
        if !is_left_over(path, LEFT_OVER, now) {
            return Ok(None);
        }
        if run == Run::Real {
            file::remove(path)?;
        }
        Ok(Some(SweepAction::at("removed", path, "left over from a write that was not finished", run)))
    }

    /// Conversations that ended so long ago that their file is no longer needed.
    pub fn old_ended(&self, now: SystemTime) -> Result<Vec<Uuid>> {
        let mut uuids: Vec<Uuid> =
            file::stems(&self.home.ended_dir(), ".json")?.iter().filter_map(|stem| Uuid::parse(stem).ok()).collect();
        uuids.retain(|uuid| is_left_over(&self.home.ended(uuid), OLD_NEWS, now));
        uuids.sort();
        Ok(uuids)
    }

    /// Removes the file of a conversation that ended long ago.
    pub fn remove_ended(&self, uuid: &Uuid, run: Run, now: SystemTime) -> Result<Option<SweepAction>> {
        let path = self.home.ended(uuid);
        let lock = self.conversation_lock(uuid, run)?;
        let is_old = is_left_over(&path, OLD_NEWS, now);
        let removed = if is_old && run == Run::Real { file::remove(&path) } else { Ok(()) };
        self.release(lock, uuid)?;
        removed?;
        Ok(is_old.then(|| SweepAction::at("removed", &path, "the conversation ended more than 30 days ago", run)))
    }

    /// Status line figures that were last reported more than 30 days ago.
    pub fn old_figures(&self, now: SystemTime) -> Result<Vec<PathBuf>> {
        let dir = self.home.statusline_dir();
        let stems = if is_dir(&dir) { file::stems(&dir, ".json")? } else { Vec::new() };
        let mut paths: Vec<PathBuf> = stems.iter().map(|stem| dir.join(format!("{stem}.json"))).collect();
        paths.retain(|path| is_left_over(path, OLD_NEWS, now));
        paths.sort();
        Ok(paths)
    }

    /// Removes old figures, without a lock: figures that are being stored at this moment will be reported again.
    pub fn remove_figures(&self, path: &Path, run: Run, now: SystemTime) -> Result<Option<SweepAction>> {
        if !is_left_over(path, OLD_NEWS, now) {
            return Ok(None);
        }
        if run == Run::Real {
            file::remove(path)?;
        }
        Ok(Some(SweepAction::at("removed", path, "status line figures older than 30 days", run)))
    }

    /// Signs that a conversation ended before it was told something, which nobody asked for within 30 days.
    pub fn old_untold(&self, now: SystemTime) -> Result<Vec<PathBuf>> {
        let dir = self.home.next_dir();
        let stems = if is_dir(&dir) { file::stems(&dir, ".untold")? } else { Vec::new() };
        let mut paths: Vec<PathBuf> = stems.iter().map(|stem| dir.join(format!("{stem}.untold"))).collect();
        paths.retain(|path| is_left_over(path, OLD_NEWS, now));
        paths.sort();
        Ok(paths)
    }

    /// Removes such a sign.
    pub fn remove_untold(&self, path: &Path, run: Run, now: SystemTime) -> Result<Option<SweepAction>> {
        if !is_left_over(path, OLD_NEWS, now) {
            return Ok(None);
        }
        if run == Run::Real {
            file::remove(path)?;
        }
        Ok(Some(SweepAction::at("removed", path, "the conversation ended more than 30 days ago", run)))
    }

    /// Job logs that have grown too long. The hooks and the dashboard trim their own.
    pub fn long_logs(&self) -> Result<Vec<PathBuf>> {
        let dir = self.home.logs_dir();
        let mut found = Vec::new();
        for stem in if is_dir(&dir) { file::stems(&dir, ".log")? } else { Vec::new() } {
            let path = dir.join(format!("{stem}.log"));
            let is_long = regular(&path).is_some_and(|meta| meta.len() > LOG_BYTES);
            let is_trimmed = path == self.home.hook_log() || path == self.home.serve_log();
            found.extend((is_long && !is_trimmed).then_some(path));
        }
        found.sort();
        Ok(found)
    }

    /// Empties a log and keeps its last part beside it. The file itself stays, because a running job has it open.
    pub fn trim_log(&self, path: &Path, run: Run) -> Result<Option<SweepAction>> {
        let Some(meta) = regular(path).filter(|meta| meta.len() > LOG_BYTES) else { return Ok(None) };
        if run == Run::Real {
            let old = path.with_extension("log.1");
            file::replace(&old, &file::tail(path, LOG_BYTES)?, file::Durability::Disposable)?;
            file::empty(path)?;
        }
        Ok(Some(SweepAction::at("trimmed", path, format!("it had {} bytes", meta.len()), run)))
    }
}

/// The entries of a directory; none if it is missing or a link.
pub(super) fn entries(dir: &Path) -> Result<Vec<DirEntry>> {
    if !is_dir(dir) {
        return Ok(Vec::new());
    }
    let listing = std::fs::read_dir(dir).map_err(|error| Error::io(dir, "list", error))?;
    listing.map(|entry| entry.map_err(|error| Error::io(dir, "list", error))).collect()
}

/// Whether it is a directory itself, not a link to one. The data directory may be a link.
pub(super) fn is_dir(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok_and(|meta| meta.is_dir())
}

/// The metadata of a regular file.
fn regular(path: &Path) -> Option<Metadata> {
    std::fs::symlink_metadata(path).ok().filter(Metadata::is_file)
}

/// Whether it is an empty regular file.
fn is_empty(path: &Path) -> bool {
    regular(path).is_some_and(|meta| meta.len() == 0)
}

/// Whether it is a regular file that was not touched for that long. A timestamp that far in the future dates from a
/// wrong clock, and counts as old as well.
pub(super) fn is_left_over(path: &Path, age: Duration, now: SystemTime) -> bool {
    regular(path).is_some_and(|meta| is_older(&meta, age, now))
}

/// The same of anything.
pub(super) fn is_older(meta: &Metadata, age: Duration, now: SystemTime) -> bool {
    let apart = |modified| now.duration_since(modified).unwrap_or_else(|ahead| ahead.duration());
    meta.modified().is_ok_and(|modified| apart(modified) > age)
}
