//! Owns reading a day's log: all of its lines, or those of the calls that may fit a question. Must stay true: at most one
//! day is in memory; what comes out was read from the log, whatever an index says.

use crate::entry::Entry;
use crate::index::{self, Line, Made};
use cs_core::clock;
use cs_core::error::{Error, Result};
use cs_core::file;
use cs_core::id::fnv1a;
use cs_core::open;
use memchr::{memchr, memmem};
use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

/// Number of bytes at the end of a log by which it is recognised; the hash of its last line is among them.
const END: u64 = 160;
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
    size: u64,
    modified: u64,
    /// Whether it does not grow any more.
    is_over: bool,
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
        let meta = file.metadata().map_err(failed)?;
        let modified = meta.mtime().wrapping_mul(1_000_000_000).wrapping_add(meta.mtime_nsec()) as u64;
        Ok(Some(Day { path: path.to_path_buf(), size: meta.len(), modified, file, is_over }))
    }

    /// Its first minute since the epoch.
    pub fn first_minute(path: &Path) -> i64 {
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        clock::parse(&format!("{stem}T00:00:00Z")).map_or(0, |at| at.timestamp().div_euclid(60))
    }

    /// Passes all lines to `take`, in their order.
    pub fn all(&self, take: &mut dyn FnMut(Entry)) -> Result<()> {
        let bytes = self.bytes()?;
        bytes.split(|byte| *byte == b'\n').filter_map(parsed).for_each(take);
        Ok(())
    }

    /// Its first line that can be read, among those at its beginning.
    pub fn first(&self) -> Result<Option<Entry>> {
        let bytes = self.part(0, self.size.min(CHUNK))?;
        Ok(bytes.split(|byte| *byte == b'\n').find_map(parsed))
    }

    /// Passes the wanted lines to `take`, in their order, and perhaps some others.
    pub fn some(&self, wanted: &Wanted, take: &mut dyn FnMut(Entry)) -> Result<()> {
        let (lines, bytes) = self.lines()?;
        let mut fit: Vec<usize> =
            (0..lines.len()).filter(|at| lines.get(*at).is_some_and(|line| (wanted.may_fit)(line))).collect();
        if let Some(text) = wanted.text.filter(|_| fit.len() > FEW) {
            let calls = self.with_text(&lines, text)?;
            let has_text = |line: &Line| line.is_orphan() || calls.binary_search(&line.call).is_ok();
            fit.retain(|at| lines.get(*at).is_some_and(has_text));
        }
        self.parse(&lines, &fit, bytes.as_deref(), take)
    }

    /// Whether it has an index that seems to be its own. A day that still grows has none.
    pub fn has_index(&self) -> Result<bool> {
        Ok(self.is_over && index::seems_made(&self.path, &self.made()?))
    }

    /// Makes the index, if there is none.
    pub fn make_index(&self) -> Result<()> {
        self.lines().map(|_| ())
    }

    /// The lines of the index, and the log, if it had to be read for them.
    fn lines(&self) -> Result<(Vec<Line>, Option<Vec<u8>>)> {
        let made = self.is_over.then(|| self.made()).transpose()?;
        if let Some(lines) = made.as_ref().and_then(|made| index::read(&self.path, made)) {
            return Ok((lines, None));
        }
        let bytes = self.bytes()?;
        let lines = index::build(&bytes, Day::first_minute(&self.path));
        if let Some(made) = made.filter(|made| made.size == bytes.len() as u64) {
            index::write(&self.path, &made, &lines);
            if !self.path.exists() {
                // The day was removed meanwhile, with the index that it had.
                let _ = file::remove(&index::path(&self.path));
            }
        }
        Ok((lines, Some(bytes)))
    }

    fn made(&self) -> Result<Made> {
        let end = self.part(self.size.saturating_sub(END), self.size)?;
        Ok(Made { size: self.size, modified: self.modified, end: fnv1a(&end) })
    }

    fn bytes(&self) -> Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(usize::try_from(self.size).unwrap_or_default());
        let from = (&self.file).take(self.size).read_to_end(&mut bytes);
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
        while from < self.size {
            // A text may begin in this part and end in the next one.
            let length = bytes.len().min(usize::try_from(self.size - from).unwrap_or(usize::MAX));
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
    fn parse(&self, lines: &[Line], fit: &[usize], log: Option<&[u8]>, take: &mut dyn FnMut(Entry)) -> Result<()> {
        let begin = |at: usize| lines.get(at).map_or(self.size, |line| u64::from(line.offset));
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
                // A damaged line may follow.
                let end = memchr(b'\n', line).unwrap_or(line.len());
                line.get(..end).and_then(parsed).into_iter().for_each(&mut *take);
            }
            rest = after;
        }
        Ok(())
    }
}

fn parsed(line: &[u8]) -> Option<Entry> {
    serde_json::from_slice(line).ok()
}
