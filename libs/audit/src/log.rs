//! Owns appending. Must stay true: all lines of a call are one write under the lock, after the last line; the cost does
//! not depend on the size of the log; a line whose write failed leaves nothing behind. Nothing is synced: after a power
//! failure the end may be missing, and `head.json` tells if that is newer.

use crate::entry::{Entry, Kind};
use crate::head::{Head, Trouble};
use crate::pending::{self, Waiting};
use chain::last::{self, Last};
use chain::{Link, START};
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
/// A head that is further than this many lines after the last one is not believed: the chain would go on there.
const FAR: u64 = 1_000_000;
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
        if written.is_err() && entry.kind != Kind::Base {
            // Perhaps there is room for it there, or the log can be written tomorrow. The error is reported anyway.
            let _ = pending::put(self.home, &entry);
        }
        let (head, waiting) = written?;
        head.write(self.home)?;
        waiting.remove(self.home)
    }

    /// Writes the line, and those that wait. After an error the log is as it was.
    fn write(&self, entry: Entry, now: Instant) -> Result<(Head, Waiting)> {
        let stored = self.head()?;
        let files = files_with(self.home, now)?;
        let (path, older) = files.split_last().ok_or_else(no_day)?;
        let mut log = file::open_own(path, OpenOptions::new().read(true).append(true))?;
        let size = log.metadata().map_err(|error| Error::io(path, "inspect", error))?.len();
        let last = last::of_log(&log, size, path, older.iter().rev())?;
        let (head, trouble) = self.standing(stored, last.as_ref(), &files)?;
        let waiting = Waiting::read(self.home, || last::bytes(&files, pending::REACH)).unwrap_or_else(|error| {
            hook_log::log(self.home, "audit", &error.to_string());
            Waiting::default()
        });
        let all = waiting.entries.iter().cloned().chain([entry]);
        // A line that tells of a trouble is never left out.
        let is_full = size > DAY_BYTES && trouble.is_none();
        let (dropped, kept): (Vec<Entry>, Vec<Entry>) = all.partition(|entry| is_full && entry.kind == Kind::Result);
        let dropped = head.dropped + dropped.len() as u64;
        let is_torn = size > 0 && last.as_ref().is_some_and(|last| last.is_torn);
        let (text, link, dropped) = write_out(kept, place(last, &head), dropped, trouble, is_torn);
        if let Err(error) = log.write_all(text.as_bytes()) {
            let _ = log.set_len(size);
            return Err(Error::io(path, "append to", error));
        }
        let file = name_of(path);
        Ok((Head { file, seq: link.seq, hash: link.hash, dropped }, waiting))
    }

    /// What is stored as the head, if it can be understood.
    fn head(&self) -> Result<std::result::Result<Option<Head>, Trouble>> {
        match Head::stored(self.home) {
            Ok(head) => Ok(Ok(head)),
            Err(error) if error.is_passing() => Err(error),
            Err(_) => Ok(Err(Trouble::Damaged)),
        }
    }

    /// The head from which to go on, and what is wrong with it. It is mended before the next line is written, so that it is
    /// never behind by more than one program's lines.
    fn standing(
        &self,
        stored: std::result::Result<Option<Head>, Trouble>,
        last: Option<&Last>,
        files: &[PathBuf],
    ) -> Result<(Head, Option<Trouble>)> {
        let (head, link) = match (stored, last) {
            (Err(trouble), _) => return Ok((Head::default(), Some(trouble))),
            (Ok(None), Some(_)) => return Ok((Head::default(), Some(Trouble::Missing))),
            (Ok(None), None) => {
                Head::start().write(self.home)?;
                return Ok((Head::default(), None));
            }
            (Ok(Some(head)), last) if head.seq.saturating_sub(last.map_or(0, |last| last.link.seq)) > FAR => {
                return Ok((Head::default(), Some(Trouble::Damaged)));
            }
            (Ok(Some(head)), None) => return Ok((head, None)),
            (Ok(Some(head)), Some(last)) => (head, &last.link),
        };
        if head.seq >= link.seq {
            return Ok((head, None));
        }
        let has_line = |path: &&PathBuf| path.metadata().is_ok_and(|meta| meta.len() > 0);
        let file = files.iter().rev().find(has_line).map(|path| name_of(path)).unwrap_or_default();
        match head.unwritten(link, &last::bytes(files, pending::REACH)?, &file) {
            Some(unwritten) => {
                let _ = unwritten.write(self.home);
                Ok((unwritten, None))
            }
            None => Ok((head, Some(Trouble::Behind))),
        }
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

/// `2026-11-29`, if there is such a day. A file of any other would be the newest one for ever.
pub fn is_day(stem: &str) -> bool {
    let is_form = |(n, byte): (usize, u8)| if n == 4 || n == 7 { byte == b'-' } else { byte.is_ascii_digit() };
    let number = |from: usize, to: usize| stem.get(from..to).and_then(|digits| digits.parse::<u32>().ok());
    if stem.len() != DAY || !stem.bytes().enumerate().all(is_form) {
        return false;
    }
    let (Some(year), Some(month), Some(day)) = (number(0, 4), number(5, 7), number(8, 10)) else { return false };
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let most = match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    year > 0 && (1..=most).contains(&day)
}

/// The text of all lines, the place of the last one, and what remains to be told about lines that were left out.
fn write_out(
    entries: Vec<Entry>,
    mut link: Link,
    mut dropped: u64,
    mut trouble: Option<Trouble>,
    is_torn: bool,
) -> (String, Link, u64) {
    let mut text = String::new();
    for entry in entries {
        let left_out = Some(std::mem::take(&mut dropped)).filter(|count| *count > 0);
        let head = trouble.take().map(|trouble| trouble.word().to_string());
        let entry = Entry { seq: link.seq.saturating_add(1), prev: link.hash, dropped: left_out, head, ..entry };
        let (line, next) = chain::encode(&entry, entry.seq);
        if is_torn && text.is_empty() {
            text.push('\n');
        }
        text.push_str(&line);
        link = next;
    }
    (text, link, dropped)
}
