//! Owns appending. Must stay true: all lines of a call are one write under the lock, after the last line; the cost does
//! not depend on the size of the log; a line whose write failed leaves nothing behind. Nothing is synced: after a power
//! failure the end may be missing, and `head.json` tells if that is newer.

use crate::chain::{self, Link, START};
use crate::entry::{Entry, Kind};
use crate::head::Head;
use crate::last::{self, Last};
use crate::pending::{self, Waiting};
use cs_core::clock::{self, Instant};
use cs_core::error::{Error, Result};
use cs_core::file;
use cs_core::hook_log;
use cs_core::lock::{self, Lock};
use cs_core::paths::Home;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Beyond this size of a day's log, results are counted instead of logged.
pub const DAY_BYTES: u64 = 32 * 1024 * 1024;
/// Number of characters of a day.
const DAY: usize = 10;
/// End of the name of a day's log.
pub const SUFFIX: &str = ".jsonl";

/// The log of a data directory.
#[derive(Clone, Debug)]
pub struct Log<'h> {
    home: &'h Home,
    wait: Duration,
}

impl<'h> Log<'h> {
    /// The log; `wait` is how long to wait for its lock.
    pub fn of(home: &'h Home, wait: Duration) -> Self {
        Log { home, wait }
    }

    /// Appends a line, and those that wait. If the log is locked for too long, or cannot be written, the line waits
    /// itself.
    pub fn append(&self, entry: Entry, now: Instant) -> Result<()> {
        let entry = entry.storable();
        let locked = match lock::acquire(&self.home.audit_lock(), self.wait) {
            Ok(locked) => locked,
            Err(Error::Busy(_)) => return pending::put(self.home, &entry),
            Err(error) => {
                let _ = pending::put(self.home, &entry);
                return Err(error);
            }
        };
        self.append_locked(entry, now, &locked)
    }

    /// The same for the holder of the lock.
    pub(crate) fn append_locked(&self, entry: Entry, now: Instant, _lock: &Lock) -> Result<()> {
        let written = self.write(entry.clone(), now);
        if written.is_err() {
            // Perhaps there is room for it there, or the log can be written tomorrow. The error is reported anyway.
            let _ = pending::put(self.home, &entry);
        }
        let (head, waiting) = written?;
        head.write(self.home)?;
        waiting.remove(self.home)
    }

    /// Writes the line, and those that wait. After an error the log is as it was.
    fn write(&self, entry: Entry, now: Instant) -> Result<(Head, Waiting)> {
        let head = Head::read(self.home).unwrap_or_default().unwrap_or_default();
        let files = files_with(self.home, now)?;
        let (path, older) = files.split_last().ok_or_else(no_day)?;
        let mut log = file::open_own(path, OpenOptions::new().read(true).append(true))?;
        let size = log.metadata().map_err(|error| Error::io(path, "inspect", error))?.len();
        let last = last::of_log(&log, size, path, older.iter().rev())?;
        let waiting = Waiting::read(self.home, || last::bytes(&files, pending::REACH)).unwrap_or_else(|error| {
            hook_log::log(self.home, "audit", &error.to_string());
            Waiting::default()
        });
        let all = waiting.entries.iter().cloned().chain([entry]);
        let is_full = size > DAY_BYTES;
        let (dropped, kept): (Vec<Entry>, Vec<Entry>) = all.partition(|entry| is_full && entry.kind == Kind::Result);
        let dropped = head.dropped + dropped.len() as u64;
        let is_torn = size > 0 && last.as_ref().is_some_and(|last| last.is_torn);
        let (text, link, dropped) = write_out(kept, place(last, &head), dropped, is_torn);
        if let Err(error) = log.write_all(text.as_bytes()) {
            let _ = log.set_len(size);
            return Err(Error::io(path, "append to", error));
        }
        let file = name_of(path);
        Ok((Head { file, seq: link.seq, hash: link.hash, dropped }, waiting))
    }
}

/// The line after which the next one comes. If the end of the log is missing or changed, it is the one that was last, so
/// that the gap shows.
fn place(last: Option<Last>, head: &Head) -> Link {
    let Some(link) = last.map(|last| last.link) else {
        return if head.seq > 0 { head.link() } else { Link { seq: 0, hash: START.to_string() } };
    };
    let is_behind = link.seq < head.seq || (link.seq == head.seq && link.hash != head.hash);
    if is_behind { head.link() } else { link }
}

/// The files of the log with that of the day as the last one. If the clock was set back, it is the newest one there is.
fn files_with(home: &Home, now: Instant) -> Result<Vec<PathBuf>> {
    let mut files = files(home)?;
    let day: String = clock::stamp(now).chars().take(DAY).collect();
    let path = home.audit_dir().join(format!("{day}{SUFFIX}"));
    if is_day(&day) && files.last().is_none_or(|last| *last < path) {
        files.push(path);
    }
    Ok(files)
}

fn no_day() -> Error {
    Error::Refused("the clock shows no day of our calendar".into())
}

/// The name of a file.
pub fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The files of the log, oldest first.
pub fn files(home: &Home) -> Result<Vec<PathBuf>> {
    let mut stems = file::stems(&home.audit_dir(), SUFFIX)?;
    stems.retain(|stem| is_day(stem));
    stems.sort_unstable();
    Ok(stems.iter().map(|stem| home.audit_dir().join(format!("{stem}{SUFFIX}"))).collect())
}

/// `2026-11-29`
fn is_day(stem: &str) -> bool {
    stem.len() == DAY
        && stem.bytes().enumerate().all(|(n, byte)| if n == 4 || n == 7 { byte == b'-' } else { byte.is_ascii_digit() })
}

/// The text of all lines, the place of the last one, and what remains to be told about lines that were left out.
fn write_out(entries: Vec<Entry>, mut link: Link, mut dropped: u64, is_torn: bool) -> (String, Link, u64) {
    let mut text = String::new();
    for entry in entries {
        let left_out = Some(std::mem::take(&mut dropped)).filter(|count| *count > 0);
        let entry = Entry { seq: link.seq.saturating_add(1), prev: link.hash, dropped: left_out, ..entry };
        let (line, next) = chain::encode(&entry);
        if is_torn && text.is_empty() {
            text.push('\n');
        }
        text.push_str(&line);
        link = next;
    }
    (text, link, dropped)
}
