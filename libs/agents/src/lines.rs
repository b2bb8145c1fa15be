//! Owns reading a log line by line: in pieces, with bounded memory, whatever the file contains.
//! Must stay true: at most [`LIMIT`] bytes of a line are held; a longer line is skipped and reported. Bytes around a
//! record that do not belong to it (a byte order mark, NUL bytes after a power failure, white space) are removed.
//! Deliberately absent: the meaning of a line.

use cs_core::repair;
use memchr::memchr;
use serde::de::IgnoredAny;
use std::io::{ErrorKind, Read, Result};

/// Longest line that is read. Lines with usage are far shorter; long ones contain pictures.
pub const LIMIT: usize = 4 * 1024 * 1024;
/// Bytes that are read at once from a long log.
const CHUNK: usize = 256 * 1024;
/// The same at its beginning: most logs are short, and making room costs more than reading them.
const FIRST: usize = 16 * 1024;

/// A piece of a log.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// A line, without its newline; see [`records`].
    Line(&'a [u8]),
    /// The bytes after the last newline: a line that is being written, or was torn.
    Rest(&'a [u8]),
    /// A line of more than [`LIMIT`] bytes, and how many it has.
    TooLong(u64),
}

/// Passes every piece to `each` and returns how many bytes the complete lines have.
pub fn read(from: impl Read, each: impl FnMut(Piece<'_>)) -> Result<u64> {
    Lines { from, buffer: vec![0; FIRST], filled: 0, done: 0, skipping: false, thrown: 0 }.run(each)
}

/// The records of a line: one, unless NUL bytes separate several, or separate one from a torn one before it. A text may
/// contain NUL bytes too, so a line that can be parsed is one record.
pub fn records(line: &[u8]) -> Vec<&[u8]> {
    let is_one = || repair::decode::<IgnoredAny>(line, &mut Vec::new()).is_ok();
    if memchr(0, line).is_none() || is_one() {
        return vec![line];
    }
    line.split(|byte| *byte == 0).map(bare).filter(|record| !record.is_empty()).collect()
}

/// A line without bytes that do not belong to its record.
fn bare(mut line: &[u8]) -> &[u8] {
    const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
    let is_nothing = |byte: &u8| *byte == 0 || byte.is_ascii_whitespace();
    while let Some(rest) = line
        .strip_prefix(BYTE_ORDER_MARK)
        .or(line.split_first().filter(|(first, _)| is_nothing(first)).map(|(_, rest)| rest))
    {
        line = rest;
    }
    let end = line.iter().rposition(|byte| !is_nothing(byte)).map_or(0, |last| last + 1);
    line.get(..end).unwrap_or_default()
}

struct Lines<R> {
    from: R,
    buffer: Vec<u8>,
    /// Number of bytes in the buffer.
    filled: usize,
    /// Bytes of the file up to the end of the last complete line.
    done: u64,
    /// Whether the present line is too long.
    skipping: bool,
    /// Bytes of that line that were dropped.
    thrown: u64,
}

impl<R: Read> Lines<R> {
    fn run(mut self, mut each: impl FnMut(Piece<'_>)) -> Result<u64> {
        // Number of leading bytes of the buffer without a newline.
        let mut searched = 0;
        while self.fill()? {
            let start = self.whole_lines(searched, &mut each);
            self.keep_from(start);
            if self.skipping || self.filled > LIMIT {
                self.skipping = true;
                self.thrown += self.filled as u64;
                self.filled = 0;
            }
            searched = self.filled;
        }
        match self.buffer.get(..self.filled) {
            _ if self.skipping => each(Piece::TooLong(self.thrown)),
            Some(rest) if !bare(rest).is_empty() => each(Piece::Rest(bare(rest))),
            _ => {}
        }
        Ok(self.done)
    }

    /// Passes on the complete lines, and returns the start of the next one.
    fn whole_lines(&mut self, searched: usize, each: &mut impl FnMut(Piece<'_>)) -> usize {
        let mut start = 0;
        while let Some(at) = self.newline(searched.max(start)) {
            if std::mem::take(&mut self.skipping) {
                each(Piece::TooLong(self.thrown + (at - start) as u64));
            } else {
                each(Piece::Line(bare(self.buffer.get(start..at).unwrap_or_default())));
            }
            self.done += std::mem::take(&mut self.thrown) + (at + 1 - start) as u64;
            start = at + 1;
        }
        start
    }

    fn newline(&self, from: usize) -> Option<usize> {
        memchr(b'\n', self.buffer.get(from..self.filled)?).map(|at| from + at)
    }

    /// Moves unused bytes to the front, to make room after them. A hole in the file may be long, so NUL bytes before a
    /// record are dropped.
    fn keep_from(&mut self, start: usize) {
        let was_full = self.filled == self.buffer.len();
        let kept = self.buffer.get(start..self.filled).unwrap_or_default();
        let nothing = kept.iter().position(|byte| *byte != 0).unwrap_or(kept.len());
        self.thrown += nothing as u64;
        let start = start + nothing;
        self.buffer.copy_within(start..self.filled, 0);
        self.filled -= start;
        if self.filled == self.buffer.len() {
            self.buffer.resize((self.filled * 2).min(LIMIT + 1), 0);
        } else if was_full && self.buffer.len() < CHUNK {
            self.buffer.resize(CHUNK, 0);
        }
    }

    /// Reads more bytes; returns false at the end of the file.
    fn fill(&mut self) -> Result<bool> {
        loop {
            match self.from.read(self.buffer.get_mut(self.filled..).unwrap_or_default()) {
                Ok(count) => {
                    self.filled += count;
                    return Ok(count > 0);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &[u8]) -> (Vec<String>, u64) {
        let mut told = Vec::new();
        let done = read(text, |piece| {
            told.push(match piece {
                Piece::Line(line) => format!("line {}", line.len()),
                Piece::Rest(rest) => format!("rest {}", rest.len()),
                Piece::TooLong(bytes) => format!("too long: {bytes}"),
            });
        })
        .unwrap();
        (told, done)
    }

    #[test]
    fn lines_are_complete_and_the_rest_is_reported() {
        assert_eq!(pieces(b"ab\n\nc"), (vec!["line 2".into(), "line 0".into(), "rest 1".into()], 4));
        assert_eq!(pieces(b""), (vec![], 0));
        let long = [vec![b'x'; CHUNK * 3], b"\nyy\n".to_vec()].concat();
        assert_eq!(pieces(&long), (vec![format!("line {}", CHUNK * 3), "line 2".into()], long.len() as u64));
    }

    #[test]
    fn bytes_around_a_record_are_removed() {
        let text = b"\xef\xbb\xbfab\r\n\0\0\0cd\0\n \xef\xbb\xbf\0 ef\n\0\0\n\0gh\0";
        let lines = ["line 2", "line 2", "line 2", "line 0", "rest 2"].map(String::from);
        assert_eq!(pieces(text), (lines.into(), 26));
        // A hole that is longer than any line may be.
        let hole = [b"ab\n".to_vec(), vec![0; LIMIT * 2 + 7], b"cd\nef".to_vec()].concat();
        let told = ["line 2", "line 2", "rest 2"].map(String::from);
        assert_eq!(pieces(&hole), (told.into(), hole.len() as u64 - 2));
        let end = [b"ab\n".to_vec(), vec![0; LIMIT * 2]].concat();
        assert_eq!(pieces(&end), (vec!["line 2".into()], 3));
    }

    #[test]
    fn nul_bytes_separate_records() {
        let of = |line: &'static [u8]| {
            records(line).into_iter().map(|r| String::from_utf8_lossy(r).into_owned()).collect::<Vec<_>>()
        };
        assert_eq!(of(b"{\"a\":1}"), ["{\"a\":1}"]);
        assert_eq!(of(b"{\"a\":1}\0\0\0{\"b\":2}"), ["{\"a\":1}", "{\"b\":2}"]);
        assert_eq!(of(b"{\"a\":\0\0\r{\"b\":2}"), ["{\"a\":", "{\"b\":2}"]);
        assert_eq!(of(b"{\"a\":\"x\0y\"}").len(), 1, "a text may have them");
    }

    #[test]
    fn a_line_that_is_too_long_is_skipped() {
        for length in [LIMIT + 1, LIMIT + CHUNK, LIMIT * 2 + 5] {
            let long = [b"a\n".to_vec(), vec![b'x'; length], b"\nbb\n".to_vec()].concat();
            let told = vec!["line 1".to_string(), format!("too long: {length}"), "line 2".into()];
            assert_eq!(pieces(&long), (told, long.len() as u64), "{length}");
        }
        let fits = [vec![b'x'; LIMIT], b"\nbb\n".to_vec()].concat();
        assert_eq!(pieces(&fits), (vec![format!("line {LIMIT}"), "line 2".into()], fits.len() as u64));
        let torn = [b"a\n".to_vec(), vec![b'x'; LIMIT * 2]].concat();
        assert_eq!(pieces(&torn), (vec!["line 1".into(), format!("too long: {}", LIMIT * 2)], 2));
    }
}
