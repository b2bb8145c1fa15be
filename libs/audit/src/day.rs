//! Owns reading a day's log: all of its lines, or those of the calls that may fit a question. Must stay true: at most one
//! day is in memory; what comes out was read from the log, whatever an index says; an index that is not one of this log, has
//! another number of lines than the chain or names a place where no line is, is not believed in anything.

use crate::entry::Entry;
use crate::index::{self, Line, Made};
use crate::lines;
use chain::last::{self, LONGEST};
use cs_core::clock;
use cs_core::error::{Error, Result};
use cs_core::id::fnv1a;
use cs_core::open;
use memchr::{memchr, memmem};
use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, Read};
use std::ops::ControlFlow;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

/// Number of bytes at the end of a log by which it is recognised; the hash of its last line is among them.
const END: u64 = 160;
/// At the beginning of a log, the number of a line is looked for in this many bytes.
const BEGIN: u64 = 4096;
/// A log that is larger than any of ours is read line by line, without an index.
const LARGE: u64 = 512 * 1024 * 1024;
/// Lines with less than this between them are read at once: to copy it takes as long as to ask for another part.
const GAP: u64 = 8 * 1024;
/// Number of bytes that are searched for a text at once.
const SEARCHED: usize = 256 * 1024;
/// Maximum number of bytes that are read at once.
const CHUNK: u64 = 1024 * 1024;
/// With fewer lines that may fit, each is read and checked instead of searching the whole log for a text.
const FEW: usize = 500;

/// A day's log.
pub struct Day {
    path: PathBuf,
    file: File,
    made: Stamp,
    /// Whether it does not grow any more.
    is_over: bool,
}

/// A file's size, when its content was changed, and when anything about it was, in nanoseconds since the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    size: u64,
    modified: u64,
    changed: u64,
}

/// Which lines of a day are wanted.
pub struct Wanted<'w> {
    /// What the index must say about a line.
    pub may_fit: &'w dyn Fn(&Line) -> bool,
    /// A text that a line of the call must contain.
    pub text: Option<&'w str>,
}

impl Day {
    /// The log of a day; `None` if it is gone.
    pub fn open(path: &Path, is_over: bool) -> Result<Option<Self>> {
        let failed = |error| Error::io(path, "read", error);
        let file = match open::unlinked(path, OpenOptions::new().read(true)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let made = stamp(&file).map_err(failed)?;
        Ok(Some(Day { path: path.to_path_buf(), made, file, is_over }))
    }

    /// Its first minute since the epoch.
    pub fn first_minute(path: &Path) -> i64 {
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        clock::parse(&format!("{stem}T00:00:00Z")).map_or(0, |at| at.timestamp().div_euclid(60))
    }

    /// Passes all lines to `take`, in their order.
    pub fn all(&self, take: &mut dyn FnMut(Entry)) -> Result<()> {
        if self.made.size > LARGE {
            let reader = BufReader::with_capacity(CHUNK as usize, (&self.file).take(self.made.size));
            let read = lines::each(reader, &mut |line| parsed(line.bytes).into_iter().for_each(&mut *take));
            return read.map_err(|error| Error::io(&self.path, "read", error));
        }
        let bytes = self.bytes()?;
        bytes.split(|byte| *byte == b'\n').filter_map(parsed).for_each(take);
        Ok(())
    }

    /// Its first line that can be read, among those at its beginning.
    pub fn first(&self) -> Result<Option<Entry>> {
        let bytes = self.part(0, self.made.size.min(CHUNK))?;
        Ok(bytes.split(|byte| *byte == b'\n').find_map(parsed))
    }

    /// Passes the wanted lines to `take`, in their order, and perhaps some others.
    pub fn some(&self, wanted: &Wanted, take: &mut dyn FnMut(Entry)) -> Result<()> {
        if self.made.size > LARGE {
            return self.all(take);
        }
        if let Some(lines) = self.index()?
            && self.is_complete(&lines)?
        {
            let mut found = Vec::new();
            let mut collect = |entry: Option<Entry>| match entry {
                Some(entry) => {
                    found.push(entry);
                    ControlFlow::Continue(())
                }
                None => ControlFlow::Break(()),
            };
            if self.pick(&lines, None, wanted, &mut collect)?.is_continue() {
                found.into_iter().for_each(take);
                return Ok(());
            }
        }
        let bytes = self.bytes()?;
        let lines = index::build(&bytes, Day::first_minute(&self.path));
        self.keep(&bytes, &lines)?;
        let mut pass_on = |entry: Option<Entry>| {
            entry.into_iter().for_each(&mut *take);
            ControlFlow::Continue(())
        };
        self.pick(&lines, Some(&bytes), wanted, &mut pass_on).map(drop)
    }

    /// The lines of its index; `None` without one that was made from the log as it is now.
    pub fn index(&self) -> Result<Option<Vec<Line>>> {
        match self.is_over && self.made.size <= LARGE {
            true => Ok(index::read(&self.path, &self.made()?)),
            false => Ok(None),
        }
    }

    /// Whether it has an index that seems to be its own. A day that still grows has none.
    pub fn has_index(&self) -> Result<bool> {
        Ok(self.is_over && index::seems_made(&self.path, &self.made()?))
    }

    /// Makes the index, if there is none.
    pub fn make_index(&self) -> Result<()> {
        if self.made.size > LARGE || self.index()?.is_some() {
            return Ok(());
        }
        let bytes = self.bytes()?;
        self.keep(&bytes, &index::build(&bytes, Day::first_minute(&self.path)))
    }

    /// Stores an index, if questions will believe it, and the log did not change since it was opened.
    fn keep(&self, log: &[u8], lines: &[Line]) -> Result<()> {
        let is_as_it_was = || stamp(&self.file).is_ok_and(|now| now == self.made && now.size == log.len() as u64);
        if self.is_over && self.is_complete(lines)? && is_as_it_was() {
            index::write(&self.path, &self.made()?, lines);
        }
        Ok(())
    }

    /// Whether the index has as many lines as the log, by the numbers of the first and the last one. If lines are missing
    /// in the log, no index is complete.
    fn is_complete(&self, lines: &[Line]) -> Result<bool> {
        let Some(last) = last::of_log(&self.file, self.made.size, &self.path, std::iter::empty())? else {
            return Ok(lines.is_empty());
        };
        let begin = self.part(0, self.made.size.min(BEGIN))?;
        let numbered = begin.split(|byte| *byte == b'\n').enumerate();
        let first = numbered.filter_map(|(n, line)| chain::seq(line)?.checked_sub(n as u64)).next();
        let count = first.and_then(|first| last.link.seq.checked_sub(first));
        Ok(count.is_some_and(|count| count + 1 == lines.len() as u64))
    }

    /// Passes on the lines that fit by an index; `None` for a place where no line is. `log` is what was read of the log
    /// already.
    fn pick(
        &self,
        lines: &[Line],
        log: Option<&[u8]>,
        wanted: &Wanted,
        take: &mut dyn FnMut(Option<Entry>) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>> {
        let mut fit: Vec<usize> =
            (0..lines.len()).filter(|at| lines.get(*at).is_some_and(|line| (wanted.may_fit)(line))).collect();
        if let Some(text) = wanted.text.filter(|_| fit.len() > FEW) {
            let calls = self.with_text(lines, text)?;
            let has_text = |line: &Line| line.is_orphan() || calls.binary_search(&line.call).is_ok();
            fit.retain(|at| lines.get(*at).is_some_and(has_text));
        }
        self.parse(lines, &fit, log, take)
    }

    pub(crate) fn made(&self) -> Result<Made> {
        let Stamp { size, modified, changed } = self.made;
        let end = self.part(size.saturating_sub(END), size)?;
        Ok(Made { size, modified, changed, end: fnv1a(&end) })
    }

    fn bytes(&self) -> Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(usize::try_from(self.made.size).unwrap_or_default());
        let from = (&self.file).take(self.made.size).read_to_end(&mut bytes);
        from.map_err(|error| Error::io(&self.path, "read", error))?;
        Ok(bytes)
    }

    /// The calls of which a line contains the text, sorted. The log is read in parts: memory that stays is faster.
    fn with_text(&self, lines: &[Line], text: &str) -> Result<Vec<u32>> {
        let json = serde_json::to_string(text).unwrap_or_default();
        let text = json.get(1..json.len().saturating_sub(1)).unwrap_or_default().as_bytes();
        let line = |at: u64| lines.partition_point(|line| u64::from(line.offset) <= at).checked_sub(1);
        let (mut calls, mut from) = (Vec::new(), 0);
        let mut bytes = vec![0; SEARCHED + text.len()];
        while from < self.made.size {
            // A text may begin in this part and end in the next one.
            let length = bytes.len().min(usize::try_from(self.made.size - from).unwrap_or(usize::MAX));
            let part = bytes.get_mut(..length).unwrap_or_default();
            self.file.read_exact_at(part, from).map_err(|error| Error::io(&self.path, "read", error))?;
            let found = memmem::find_iter(part, text).filter_map(|at| lines.get(line(from + at as u64)?));
            calls.extend(found.map(|line| line.call));
            from += SEARCHED as u64;
        }
        calls.sort_unstable();
        calls.dedup();
        Ok(calls)
    }

    fn part(&self, from: u64, to: u64) -> Result<Vec<u8>> {
        let mut bytes = vec![0; usize::try_from(to.saturating_sub(from)).unwrap_or_default()];
        match self.file.read_exact_at(&mut bytes, from) {
            Ok(()) => Ok(bytes),
            Err(error) => Err(Error::io(&self.path, "read", error)),
        }
    }

    /// Parses the lines at these places of the index.
    fn parse(
        &self,
        lines: &[Line],
        fit: &[usize],
        log: Option<&[u8]>,
        take: &mut dyn FnMut(Option<Entry>) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>> {
        let begin = |at: usize| lines.get(at).map_or(self.made.size, |line| u64::from(line.offset));
        let mut rest = fit;
        while let Some(first) = rest.first() {
            let mut count = 1;
            while let (Some(last), Some(next)) = (rest.get(count - 1), rest.get(count)) {
                let is_near = begin(*next).saturating_sub(begin(last + 1)) < GAP;
                if !is_near || begin(next + 1) - begin(*first) > CHUNK {
                    break;
                }
                count += 1;
            }
            let (run, after) = rest.split_at(count);
            let (from, to) = (begin(*first), run.last().map_or(0, |last| begin(last + 1)));
            let read = if log.is_none() { self.part(from, to)? } else { Vec::new() };
            let bytes = log.and_then(|log| log.get(from as usize..to as usize)).unwrap_or(&read);
            for at in run {
                let line = bytes.get((begin(*at) - from) as usize..(begin(at + 1) - from) as usize).unwrap_or_default();
                if take(only_line(line, begin(at + 1) == self.made.size).and_then(parsed)).is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
            rest = after;
        }
        Ok(ControlFlow::Continue(()))
    }
}

fn stamp(file: &File) -> io::Result<Stamp> {
    let meta = file.metadata()?;
    let at = |seconds: i64, nanos: i64| seconds.wrapping_mul(1_000_000_000).wrapping_add(nanos) as u64;
    let (modified, changed) = (at(meta.mtime(), meta.mtime_nsec()), at(meta.ctime(), meta.ctime_nsec()));
    Ok(Stamp { size: meta.len(), modified, changed })
}

/// The line without its end; `None` if the bytes are more or less than one.
fn only_line(bytes: &[u8], is_last: bool) -> Option<&[u8]> {
    match memchr(b'\n', bytes) {
        Some(at) => bytes.get(..at).filter(|_| at + 1 == bytes.len()),
        None => Some(bytes).filter(|_| is_last),
    }
}

fn parsed(line: &[u8]) -> Option<Entry> {
    Some(line).filter(|line| line.len() < LONGEST).and_then(|line| serde_json::from_slice(line).ok())
}
