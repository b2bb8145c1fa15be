//! Owns changing `_index.json` in place, under its lock: one line is written over, blanked or added, whatever the size of
//! the file. Must stay true: nothing is written unless the bytes around it are in our layout and the session's line was
//! found, or cannot exist; if that is unknown, the whole file is searched. Lines in order are sorted by minute, so a
//! session that is later than the last of them has no line, nor has one of that minute that is not among them. Lines out of
//! order are earlier than the last in order; where removing that one would end this, the file is written as a whole. While
//! this writes, `_index.folding` names the sessions; each change gets its own time of change, so that readers notice it.
//! Deliberately absent: what the lines say (see `index`), and when this is done (see `stored`).

use crate::error::{Error, Result};
use crate::id::SessionId;
use crate::index::{self, BLANK_PART, IndexEntry, Order};
use crate::open;
use crate::validate::INDEX_BYTES;
use std::cmp::Ordering;
use std::fs::{File, OpenOptions};
use std::io;
use std::ops::Range;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// How much of the end of the file is read first, and for a session that is not there.
const TAILS: [usize; 2] = [4 * 1024, 64 * 1024];
/// How much is read at once while a line is searched.
const PIECE: usize = 4 * 1024;
/// `{` and its newline; `}` and the newlines around it.
const HEAD: &[u8] = b"{\n";
const END: &[u8] = b"\n}\n";

/// An index file that is changed.
#[derive(Debug)]
pub(super) struct Slots<'p> {
    path: &'p Path,
    file: File,
    size: usize,
    is_changed: bool,
    /// When the file was changed last.
    changed_at: SystemTime,
}

/// What a change replaced.
#[derive(Debug, PartialEq)]
pub(super) enum Replaced {
    /// This line.
    Line(String),
    /// Nothing: the session had no line.
    Nothing,
}

/// Why a file is not changed in place.
enum Unfit {
    /// It must be written as a whole.
    Whole,
    /// The system refused.
    Io(io::Error),
}

impl From<io::Error> for Unfit {
    fn from(error: io::Error) -> Self {
        Unfit::Io(error)
    }
}

type Fit<T> = std::result::Result<T, Unfit>;

/// The last part of the file.
struct Tail {
    from: usize,
    bytes: Vec<u8>,
    /// Positions in the file of the lines with entries, without commas.
    lines: Vec<Range<usize>>,
}

impl<'p> Slots<'p> {
    /// `None` if there is no file that can be changed: it is missing, a link, read-only, or has another name, under which
    /// it may be a backup.
    pub fn open(path: &'p Path) -> Result<Option<Self>> {
        let Ok(file) = open::unlinked(path, OpenOptions::new().read(true).write(true)) else { return Ok(None) };
        let meta = file.metadata().map_err(|error| Error::io(path, "inspect", error))?;
        let size = usize::try_from(meta.len()).unwrap_or(usize::MAX);
        let is_fit = size <= INDEX_BYTES && meta.nlink() == 1;
        let changed_at = meta.modified().unwrap_or(SystemTime::UNIX_EPOCH);
        Ok(is_fit.then_some(Slots { path, file, size, is_changed: false, changed_at }))
    }

    /// Gives the session this entry, or none. `None` if the file must be written as a whole instead.
    pub fn change(&mut self, id: &SessionId, entry: Option<&IndexEntry>) -> Result<Option<Replaced>> {
        match self.try_change(id, entry) {
            Ok(replaced) => Ok(Some(replaced)),
            Err(Unfit::Whole) => Ok(None),
            Err(Unfit::Io(error)) => Err(Error::io(self.path, "change", error)),
        }
    }

    /// How many entries the file has, if it is small.
    pub fn count(&self) -> Result<Option<usize>> {
        let [small, _] = TAILS;
        if self.size > small {
            return Ok(None);
        }
        match self.tail(small) {
            Ok(tail) => Ok(Some(tail.lines.len())),
            Err(Unfit::Whole) => Ok(Some(usize::MAX)),
            Err(Unfit::Io(error)) => Err(Error::io(self.path, "read", error)),
        }
    }

    /// Ends the changes. They are on the disk then.
    pub fn finish(self) -> Result<()> {
        match self.is_changed {
            true => self.file.sync_data().map_err(|error| Error::io(self.path, "sync", error)),
            false => Ok(()),
        }
    }

    fn try_change(&mut self, id: &SessionId, entry: Option<&IndexEntry>) -> Fit<Replaced> {
        let Some((at, tail)) = self.find(id)? else {
            entry.map_or(Ok(()), |entry| self.append(id, entry))?;
            return Ok(Replaced::Nothing);
        };
        let old = self.text(&at)?;
        let order = index::order_of(old.as_bytes()).ok_or(Unfit::Whole)?;
        let is_last = tail.lines.last() == Some(&at);
        match entry.map(|entry| (entry, index::line_of_width(id, entry, at.len(), order))) {
            Some((_, Some(new))) if new == old => {}
            Some((_, Some(new))) => self.write(new.as_bytes(), at.start)?,
            Some((entry, None)) if is_last => self.write_end(at.start, &index::line(id, entry, order))?,
            Some((entry, None)) => {
                self.write(&vec![b' '; at.len() + 1], at.start)?;
                self.append(id, entry)?;
            }
            None if order == Order::Sorted && self.vouches_for_others(&at)? => return Err(Unfit::Whole),
            None if is_last => self.remove_last(&tail, &at)?,
            None => self.write(&vec![b' '; at.len() + 1], at.start)?,
        }
        Ok(Replaced::Line(old))
    }

    /// Whether lines out of order may be later than all lines in order once this one in order is removed. Such lines come
    /// after the one in order before it.
    fn vouches_for_others(&self, at: &Range<usize>) -> Fit<bool> {
        for size in TAILS {
            let tail = self.tail(size)?;
            let is_sorted = |at: &Range<usize>| index::order_of(tail.bytes_at(at)) == Some(Order::Sorted);
            let mut sorted = (0..tail.lines.len()).rev().filter(|n| tail.lines.get(*n).is_some_and(is_sorted));
            let Some(last) = sorted.next() else { continue };
            if tail.lines.get(last) != Some(at) {
                return Ok(false);
            }
            let Some(before) = sorted.next() else { continue };
            let mut lines = tail.lines.iter().skip(before);
            let before = lines.next().and_then(|line| std::str::from_utf8(tail.bytes_at(line)).ok());
            let before = before.and_then(index::id_in).and_then(|id| SessionId::parse(id).ok()).ok_or(Unfit::Whole)?;
            let mut others = lines.filter(|line| *line != at);
            return Ok(others.any(|line| index::cmp_minute(tail.bytes_at(line), &before) != Ordering::Less));
        }
        Ok(true)
    }

    /// Where the session's line is, without its comma, and the end of the file.
    fn find(&self, id: &SessionId) -> Fit<Option<(Range<usize>, Tail)>> {
        for size in TAILS {
            let tail = self.tail(size)?;
            if let Some(at) = tail.lines.iter().find(|at| index::is_of(tail.bytes_at(at), id)) {
                return Ok(Some((at.clone(), tail)));
            }
            if tail.from == 0 || tail.has_all_of_minute(id) {
                return Ok(None);
            }
        }
        let [_, size] = TAILS;
        let tail = self.tail(size)?;
        let last = tail.last_sorted().ok_or(Unfit::Whole)?;
        // A line out of order is earlier than the last one in order.
        let may_be_moved = index::cmp_minute(last, id) == Ordering::Greater;
        // A line that begins where the tail does is not in it.
        let at = match self.find_sorted(id, tail.from + 1)? {
            None if may_be_moved => self.find_anywhere(id)?,
            known => known,
        };
        Ok(at.map(|at| (at, tail)))
    }

    /// Bisects the lines that begin before `end`.
    fn find_sorted(&self, id: &SessionId, end: usize) -> Fit<Option<Range<usize>>> {
        let (mut low, mut high) = (HEAD.len(), end);
        while high > low + PIECE {
            let middle = low + (high - low) / 2;
            let lines = self.lines_after(middle)?;
            let first = lines.iter().find(|(_, line)| index::order_of(line) == Some(Order::Sorted));
            match first.ok_or(Unfit::Whole)? {
                (start, line) if index::cmp_minute(line, id) == Ordering::Less => low = *start,
                _ => high = middle,
            }
        }
        while low < end {
            let lines = self.lines_from(low)?;
            for (start, line) in &lines {
                match (index::is_of(line, id), index::order_of(line)) {
                    (true, _) => return Ok(Some(*start..start + line.strip_suffix(b",").unwrap_or(line).len())),
                    (_, None) if !index::is_blank(line) => return Err(Unfit::Whole),
                    (_, Some(Order::Sorted)) if index::cmp_minute(line, id) == Ordering::Greater => return Ok(None),
                    _ => {}
                }
            }
            low = lines.last().map(|(start, line)| start + line.len() + 1).ok_or(Unfit::Whole)?;
        }
        Ok(None)
    }

    fn find_anywhere(&self, id: &SessionId) -> Fit<Option<Range<usize>>> {
        let tail = self.tail(self.size)?;
        Ok(tail.lines.iter().find(|at| index::is_of(tail.bytes_at(at), id)).cloned())
    }

    /// The whole lines in the piece of the file that begins at the start of one.
    fn lines_from(&self, start: usize) -> Fit<Vec<(usize, Vec<u8>)>> {
        let [_, most] = TAILS;
        let mut bytes = self.read(start, PIECE)?;
        if memchr::memchr(b'\n', &bytes).is_none() {
            bytes = self.read(start, most)?;
        }
        let mut at = start;
        let mut lines = Vec::new();
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            if let Some(line) = line.strip_suffix(b"\n") {
                lines.push((at, line.to_vec()));
            }
            at += line.len();
        }
        Ok(lines)
    }

    /// The same from the first line that begins after `at`.
    fn lines_after(&self, at: usize) -> Fit<Vec<(usize, Vec<u8>)>> {
        let [_, most] = TAILS;
        for size in [PIECE, most] {
            let bytes = self.read(at, size)?;
            let mut ends = memchr::memchr_iter(b'\n', &bytes);
            if let (Some(first), Some(_)) = (ends.next(), ends.next()) {
                return self.lines_from(at + first + 1);
            }
        }
        Err(Unfit::Whole)
    }

    /// The last `size` bytes; of a file that is torn, of another layout, or blank for a large part, none.
    fn tail(&self, size: usize) -> Fit<Tail> {
        let from = self.size.saturating_sub(size);
        let bytes = self.read(from, size)?;
        let body = bytes.strip_suffix(b"}\n").filter(|body| body.ends_with(b"\n")).ok_or(Unfit::Whole)?;
        let first = match from {
            0 => body.starts_with(HEAD).then_some(HEAD.len() - 1),
            _ => memchr::memchr(b'\n', body),
        };
        let (mut at, mut used) = (first.ok_or(Unfit::Whole)? + 1, 0);
        let mut lines = Vec::new();
        let [small, _] = TAILS;
        while let Some(length) = body.get(at..).and_then(|rest| memchr::memchr(b'\n', rest)) {
            let line = body.get(at..at + length).unwrap_or_default();
            if !index::is_blank(line) {
                index::order_of(line).ok_or(Unfit::Whole)?;
                used += length + 1;
                let end = at + line.strip_suffix(b",").unwrap_or(line).len();
                lines.push(from + at..from + end);
            }
            at += length + 1;
        }
        let blank = body.len() - first.unwrap_or_default() - 1 - used;
        // A short end says nothing about the rest of the file.
        if (from == 0 || size > small) && blank * BLANK_PART > body.len() {
            return Err(Unfit::Whole);
        }
        Ok(Tail { from, bytes, lines })
    }

    fn append(&mut self, id: &SessionId, entry: &IndexEntry) -> Fit<()> {
        let tail = self.tail_with_order()?;
        let Some(last) = tail.lines.last() else { return Err(Unfit::Whole) };
        let order = Order::after(tail.last_sorted(), id);
        self.write_end(last.end, &format!(",\n{}", index::line(id, entry, order)))
    }

    /// The shortest end of the file with a line that is in order.
    fn tail_with_order(&self) -> Fit<Tail> {
        for size in TAILS {
            let tail = self.tail(size)?;
            if tail.last_sorted().is_some() {
                return Ok(tail);
            }
        }
        Err(Unfit::Whole)
    }

    /// Writes the text over what begins at `at`, behind which only blanks may be, and the end of the file.
    fn write_end(&mut self, at: usize, text: &str) -> Fit<()> {
        let room = self.size - at;
        let mut bytes = text.as_bytes().to_vec();
        if bytes.len() + END.len() < room {
            bytes.push(b'\n');
            bytes.resize(room - END.len(), b' ');
        }
        bytes.extend(END);
        if at + bytes.len() > INDEX_BYTES {
            // Nobody would read it.
            return Err(Unfit::Whole);
        }
        let old = self.read(at, room)?;
        let written = self.write(&bytes, at);
        if written.is_err() {
            // No room on the disk, for example: what was there fits.
            let _ = self.file.set_len(self.size as u64).and_then(|()| self.file.write_all_at(&old, at as u64));
        }
        written?;
        self.size = self.size.max(at + bytes.len());
        Ok(())
    }

    /// Blanks the last line, and the comma before it.
    fn remove_last(&mut self, tail: &Tail, at: &Range<usize>) -> Fit<()> {
        let before = tail.lines.iter().rev().nth(1).ok_or(Unfit::Whole)?;
        let mut blanks = vec![b' '; at.end - before.end];
        if let Some(first) = blanks.first_mut() {
            *first = b'\n';
        }
        self.write(&blanks, before.end)
    }

    fn write(&mut self, bytes: &[u8], at: usize) -> Fit<()> {
        self.is_changed = true;
        self.file.write_all_at(bytes, at as u64)?;
        // The system's own time of a write is a multiple of some milliseconds: two writes may share it. A disk that keeps no
        // parts of a second has one time for two seconds, at most.
        let since = self.changed_at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let step = if since.subsec_nanos() == 0 { Duration::from_secs(2) } else { Duration::from_nanos(1) };
        self.changed_at = SystemTime::now().max(self.changed_at + step);
        Ok(self.file.set_modified(self.changed_at)?)
    }

    fn read(&self, from: usize, most: usize) -> Fit<Vec<u8>> {
        let mut bytes = vec![0; most.min(self.size.saturating_sub(from))];
        self.file.read_exact_at(&mut bytes, from as u64)?;
        Ok(bytes)
    }

    fn text(&self, at: &Range<usize>) -> Fit<String> {
        String::from_utf8(self.read(at.start, at.len())?).map_err(|_| Unfit::Whole)
    }
}

impl Tail {
    fn bytes_at(&self, at: &Range<usize>) -> &[u8] {
        self.bytes.get(at.start - self.from..at.end - self.from).unwrap_or_default()
    }

    fn sorted(&self) -> impl DoubleEndedIterator<Item = &[u8]> {
        let lines = self.lines.iter().map(|at| self.bytes_at(at));
        lines.filter(|line| index::order_of(line) == Some(Order::Sorted))
    }

    /// The last line that is in order, which has the latest minute.
    fn last_sorted(&self) -> Option<&[u8]> {
        self.sorted().next_back()
    }

    /// Whether all lines of the session's minute are among these: one in order is earlier, and none is later. (A line out
    /// of order is earlier than one in order.)
    fn has_all_of_minute(&self, id: &SessionId) -> bool {
        let is = |line: Option<&[u8]>, order: Ordering| line.is_some_and(|line| index::cmp_minute(line, id) == order);
        is(self.sorted().next(), Ordering::Less) && !is(self.last_sorted(), Ordering::Greater)
    }
}

#[cfg(test)]
mod tests;
