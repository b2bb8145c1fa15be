//! Owns appending. Must stay true: all lines of a call are one write under the lock, after the last line; the cost does
//! not depend on the size of the log; a line whose write failed leaves nothing behind.

use crate::chain::{self, Link, START};
use crate::entry::{Entry, Kind};
use crate::head::Head;
use crate::last::{self, Last};
use crate::pending;
use cs_core::clock::{self, Instant};
use cs_core::error::{Error, Result};
use cs_core::file;
use cs_core::lock;
use cs_core::paths::Home;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Beyond this size of a day's log, results are counted instead of logged.
pub const DAY_BYTES: u64 = 32 * 1024 * 1024;
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

    /// Appends a line, and those that wait. If the log is locked for too long, the line waits itself.
    pub fn append(&self, entry: Entry, now: Instant) -> Result<()> {
        let entry = entry.storable();
        match lock::acquire(&self.home.audit_lock(), self.wait) {
            Ok(_lock) => self.append_all(vec![entry], now),
            Err(Error::Busy(_)) => pending::put(self.home, &entry),
            Err(error) => Err(error),
        }
    }

    /// The caller holds the lock.
    fn append_all(&self, entries: Vec<Entry>, now: Instant) -> Result<()> {
        let head = Head::read(self.home).unwrap_or_default().unwrap_or_default();
        let name = file_name(now, &head);
        let path = self.home.audit_dir().join(&name);
        let mut log = file::open_own(&path, OpenOptions::new().read(true).append(true))?;
        let size = log.metadata().map_err(|error| Error::io(&path, "read", error))?.len();
        let last = if size == 0 { None } else { last::of_file(&path)? };
        let is_torn = last.as_ref().is_some_and(|last| last.is_torn);
        let link = self.place(last, &head, &name)?;
        let waiting = pending::names(self.home)?;
        let late =
            waiting.iter().filter(|name| !is_taken(&path, name)).filter_map(|name| pending::get(self.home, name));
        let all = late.chain(entries);
        let is_full = size > DAY_BYTES;
        let (dropped, kept): (Vec<Entry>, Vec<Entry>) = all.partition(|entry| is_full && entry.kind == Kind::Result);
        let dropped = head.dropped + dropped.len() as u64;
        let (text, link, dropped) = write_out(kept, link, dropped, is_torn);
        if let Err(error) = log.write_all(text.as_bytes()) {
            let _ = log.set_len(size);
            return Err(Error::io(&path, "append to", error));
        }
        Head { file: name, seq: link.seq, hash: link.hash, dropped }.write(self.home)?;
        waiting.iter().try_for_each(|name| pending::remove(self.home, name))
    }

    /// The line after which the next one comes. If the end of the log is missing or changed, it is the one that was last,
    /// so that the gap shows.
    fn place(&self, last: Option<Last>, head: &Head, name: &str) -> Result<Link> {
        let last = match last {
            Some(last) => Some(last),
            None => self.newest_before(name)?.map(|path| last::of_file(&path)).transpose()?.flatten(),
        };
        let Some(link) = last.map(|last| last.link) else {
            return Ok(if head.seq > 0 { head.link() } else { Link { seq: 0, hash: START.to_string() } });
        };
        let is_behind = link.seq < head.seq || (link.seq == head.seq && link.hash != head.hash);
        Ok(if is_behind { head.link() } else { link })
    }

    fn newest_before(&self, name: &str) -> Result<Option<PathBuf>> {
        Ok(files(self.home)?.into_iter().rfind(|file| file.file_name().is_some_and(|file| file < name)))
    }
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
    stem.len() == 10
        && stem.bytes().enumerate().all(|(n, byte)| if n == 4 || n == 7 { byte == b'-' } else { byte.is_ascii_digit() })
}

/// The log of the day, or a later one that was begun already: the clock may have been set back.
fn file_name(now: Instant, head: &Head) -> String {
    let day: String = clock::stamp(now).chars().take(10).collect();
    let name = format!("{day}{SUFFIX}");
    let is_later = head.file.strip_suffix(SUFFIX).is_some_and(is_day) && head.file > name;
    if is_later { head.file.clone() } else { name }
}

/// Whether a waiting line is in the log already: the program that took it in was killed before it removed the file.
fn is_taken(log: &Path, name: &str) -> bool {
    let mark = format!("\"late\":\"{name}\"");
    file::tail(log, 256 * 1024).is_ok_and(|bytes| String::from_utf8_lossy(&bytes).contains(&mark))
}

/// The text of all lines, the place of the last one, and what remains to be told about lines that were left out.
fn write_out(entries: Vec<Entry>, mut link: Link, mut dropped: u64, is_torn: bool) -> (String, Link, u64) {
    let mut text = String::new();
    for entry in entries {
        let left_out = Some(std::mem::take(&mut dropped)).filter(|count| *count > 0);
        let entry = Entry { seq: link.seq + 1, prev: link.hash, dropped: left_out, ..entry };
        let (line, next) = chain::encode(&entry);
        if is_torn && text.is_empty() {
            text.push('\n');
        }
        text.push_str(&line);
        link = next;
    }
    (text, link, dropped)
}
