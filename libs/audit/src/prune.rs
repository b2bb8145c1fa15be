//! Owns the removal of the oldest days. Must stay true: a day is removed as a whole, the oldest first, after a line of the
//! log says so, under the lock; the newest file stays; what remains verifies.

use crate::entry::{Base, Entry, Kind};
use crate::index;
use crate::log::{Log, SUFFIX, files, name_of};
use chain::last;
use cs_core::clock::{self, Instant};
use cs_core::error::{Error, Result};
use cs_core::file;
use cs_core::lock;
use cs_core::paths::Home;
use cs_core::store::{Run, Store, SweepAction};
use std::path::{Path, PathBuf};

/// The files of days before the day of `before`, oldest first, without the newest file of the log.
pub fn old_days(home: &Home, before: Instant) -> Result<Vec<PathBuf>> {
    let mut files = files(home)?;
    files.pop();
    let day: String = clock::stamp(before).chars().take(10).collect();
    files.retain(|path| name_of(path).strip_suffix(SUFFIX).is_some_and(|file| file < day.as_str()));
    Ok(files)
}

/// Removes the day at `path` if it is the oldest one and before the day of `before`; `None` if not.
pub fn drop_day(store: &Store, path: &Path, before: Instant, run: Run, now: Instant) -> Result<Option<SweepAction>> {
    let home = &store.home;
    let days = (now - before).num_days();
    let why = format!("a day of the log of tools that ended {days} days ago or earlier");
    let action = || SweepAction::at("removed", path, why.as_str(), run);
    if run == Run::Dry {
        return Ok(old_days(home, before)?.iter().any(|old| old == path).then(action));
    }
    let lock = lock::acquire(&home.audit_lock(), store.wait)?;
    if old_days(home, before)?.first().is_none_or(|oldest| oldest != path) {
        return Ok(None);
    }
    let last = last::of_files(std::slice::from_ref(&path.to_path_buf()))?;
    if let Some(last) = last {
        let base = Base { file: name_of(path), seq: last.link.seq, hash: last.link.hash };
        let entry = Entry { base: Some(base), ..Entry::new(Kind::Base, now) };
        Log::of(home, store.wait).append_locked(entry, now, &lock)?;
    }
    lock.confirm()?;
    file::remove(path)?;
    let _ = file::remove(&index::path(path));
    let _ = index::remove_left(&home.audit_dir());
    match file::sync_dir(&home.audit_dir()) {
        Ok(()) | Err(Error::Io { .. }) => Ok(Some(action())),
        Err(error) => Err(error),
    }
}
