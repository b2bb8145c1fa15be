//! Owns the lines of a folder's files: a row, a cut, what is held. Must stay true: a line that means nothing is passed over,
//! and takes no other line with it.

use crate::held::Held;
use crate::row::{LONGEST, Row};
use crate::source::Source;
use crate::visibility::Visibility;
use cs_core::error::{Error, Result};
use cs_core::open;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom};
use std::path::Path;

/// Longest line that is read, in bytes: that of a row, with its source and its number.
pub const LIMIT: u64 = (LONGEST + 4096) as u64;

/// After so many bytes without a line's end a file is given up: it is none of ours, and may have any length.
const ENDLESS: u64 = 4 * LIMIT;

/// What a line says of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// It is the row with this number.
    Row(u64),
    /// The rows from this number on went away.
    Cut(u64),
}

/// What is held of a source: a line of `held.jsonl`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldLine {
    /// The source.
    pub source: String,
    /// What is held.
    pub held: HeldRows,
    /// When it was written: RFC 3339, UTC.
    pub at: String,
}

/// What is held of a source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldRows {
    /// See [`Held`].
    pub pos: u64,
    /// See [`Held`].
    #[serde(default)]
    pub digest: String,
    /// See [`Held`].
    #[serde(default)]
    pub stamp: String,
    /// Who sees it.
    #[serde(default)]
    pub visibility: Cow<'static, str>,
    /// How long the file with the rows was then, in bytes. If it is shorter now, something was lost.
    #[serde(default)]
    pub end: u64,
}

impl HeldRows {
    /// What is held now.
    pub fn new(held: &Held, visibility: Visibility, end: u64) -> HeldRows {
        let Held { pos, digest, stamp } = held.clone();
        HeldRows { pos, digest, stamp, visibility: Cow::Borrowed(visibility.word()), end }
    }

    /// The same, with so many rows that nobody knows which they are.
    pub fn unknown(&self, pos: u64, end: u64) -> HeldRows {
        HeldRows { pos, digest: String::new(), stamp: String::new(), visibility: self.visibility.clone(), end }
    }

    /// What a run compares.
    pub fn into_held(self) -> Held {
        Held { pos: self.pos, digest: self.digest, stamp: self.stamp }
    }

    /// Who sees it.
    pub fn visibility(&self) -> Visibility {
        Visibility::of_word(&self.visibility).unwrap_or(Visibility::Private)
    }
}

/// A line of a row, with its line feed.
pub fn row(source: &Source, seq: u64, row: &Row) -> Vec<u8> {
    renumbered(source, seq, &row.line())
}

/// A line of a row from the line that stands for the row.
pub fn renumbered(source: &Source, seq: u64, line: &[u8]) -> Vec<u8> {
    let mut bytes = format!("{{\"source\":\"{source}\",\"seq\":{seq},").into_bytes();
    bytes.extend_from_slice(line.get(1..).unwrap_or_default());
    bytes.push(b'\n');
    bytes
}

/// A line that takes rows away.
pub fn cut(source: &Source, from: u64) -> Vec<u8> {
    format!("{{\"source\":\"{source}\",\"cut\":{from}}}\n").into_bytes()
}

/// A value as a line.
pub fn encode(value: &impl Serialize) -> Vec<u8> {
    let mut bytes = serde_json::to_vec(value).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

/// What a line of rows says; `None` if it says nothing.
pub fn parse(line: &[u8]) -> Option<(Source, Said)> {
    #[derive(Deserialize)]
    struct Line<'l> {
        #[serde(borrow)]
        source: Cow<'l, str>,
        seq: Option<u64>,
        cut: Option<u64>,
    }
    let Line { source, seq, cut } = serde_json::from_slice(line).ok()?;
    let said = seq.map(Said::Row).or(cut.map(Said::Cut))?;
    Some((Source::parse(&source)?, said))
}

/// Passes each whole line of a file, without its line feed, to `each`; none if there is no file. A line that is too long,
/// and a last one without an end, are passed over; a file whose line does not end at all is an error.
pub fn each(path: &Path, each: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
    each_from(path, 0, each)
}

/// The same for the lines that begin at this byte or behind it.
pub fn each_from(path: &Path, from: u64, each: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
    let mut file = match open::unlinked(path, OpenOptions::new().read(true)) {
        Ok(file) => file,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(()),
        Err(error) => return Err(Error::io(path, "read", error)),
    };
    file.seek(SeekFrom::Start(from)).map_err(|error| Error::io(path, "read", error))?;
    let mut reader = BufReader::with_capacity(256 * 1024, file);
    let (mut line, mut is_rest, mut endless) = (Vec::new(), false, 0);
    loop {
        line.clear();
        let read = reader.by_ref().take(LIMIT).read_until(b'\n', &mut line);
        let read = read.map_err(|error| Error::io(path, "read", error))?;
        if read == 0 {
            return Ok(());
        }
        let is_whole = line.pop_if(|last| *last == b'\n').is_some();
        endless = if is_whole { 0 } else { endless + read as u64 };
        if endless > ENDLESS {
            let text = format!("a line of it has more than {ENDLESS} bytes; what follows is not read");
            return Err(Error::corrupt(path, text));
        }
        if is_whole && !is_rest {
            each(&line)?;
        }
        is_rest = !is_whole;
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_lines_is_given_up_whatever_its_length() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("main.jsonl");
        std::fs::write(&path, "first\n").unwrap();
        OpenOptions::new().write(true).open(&path).unwrap().set_len(1 << 42).unwrap();
        let mut seen = Vec::new();
        let read = each(&path, &mut |line| {
            seen.push(line.to_vec());
            Ok(())
        });
        assert!(read.unwrap_err().to_string().contains("what follows is not read"));
        assert_eq!(seen, [b"first"], "what comes before is believed");
    }
}
