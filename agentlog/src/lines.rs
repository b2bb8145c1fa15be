//! Owns reading a log line by line: in pieces, with bounded memory, whatever the file holds.
//! Must stay true: no more than [`LIMIT`] bytes of a line are ever held; a longer one is passed
//! over and told. Deliberately absent: what a line means.

use memchr::memchr;
use std::io::{ErrorKind, Read, Result};

/// Longest line that is looked at. Lines with usage are far shorter; long ones hold pictures.
pub const LIMIT: usize = 4 * 1024 * 1024;
const CHUNK: usize = 256 * 1024;

/// What a log consists of.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// A line, without its newline.
    Line(&'a [u8]),
    /// What stands after the last newline: a line that is being written, or was torn.
    Rest(&'a [u8]),
    /// A line of more than [`LIMIT`] bytes.
    TooLong,
}

/// Gives `each` every piece and returns how many bytes the complete lines have.
pub fn read(from: impl Read, each: impl FnMut(Piece<'_>)) -> Result<u64> {
    Lines { from, buffer: vec![0; CHUNK], filled: 0, done: 0, skipping: false, thrown: 0 }.run(each)
}

struct Lines<R> {
    from: R,
    buffer: Vec<u8>,
    /// So many bytes of the buffer are of the file.
    filled: usize,
    /// Bytes of the file up to the end of the last complete line.
    done: u64,
    /// We are in the middle of a line that is too long.
    skipping: bool,
    /// So many bytes of it were thrown away.
    thrown: u64,
}

impl<R: Read> Lines<R> {
    fn run(mut self, mut each: impl FnMut(Piece<'_>)) -> Result<u64> {
        // Bytes of the buffer in which no newline is.
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
            _ if self.skipping => each(Piece::TooLong),
            Some(rest) if !rest.is_empty() => each(Piece::Rest(rest)),
            _ => {}
        }
        Ok(self.done)
    }

    /// Gives away the lines that are whole, and returns where the next one begins.
    fn whole_lines(&mut self, searched: usize, each: &mut impl FnMut(Piece<'_>)) -> usize {
        let mut start = 0;
        while let Some(at) = self.newline(searched.max(start)) {
            if std::mem::take(&mut self.skipping) {
                each(Piece::TooLong);
            } else {
                each(Piece::Line(self.buffer.get(start..at).unwrap_or_default()));
            }
            self.done += std::mem::take(&mut self.thrown) + (at + 1 - start) as u64;
            start = at + 1;
        }
        start
    }

    fn newline(&self, from: usize) -> Option<usize> {
        memchr(b'\n', self.buffer.get(from..self.filled)?).map(|at| from + at)
    }

    /// Moves what is not used yet to the front, and makes room behind it.
    fn keep_from(&mut self, start: usize) {
        self.buffer.copy_within(start..self.filled, 0);
        self.filled -= start;
        if self.filled == self.buffer.len() {
            self.buffer.resize((self.filled * 2).min(LIMIT + 1), 0);
        }
    }

    /// Reads on; false at the end of the file.
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
                Piece::TooLong => "too long".to_string(),
            });
        })
        .unwrap();
        (told, done)
    }

    #[test]
    fn lines_come_whole_and_the_rest_is_told() {
        assert_eq!(pieces(b"ab\n\nc"), (vec!["line 2".into(), "line 0".into(), "rest 1".into()], 4));
        assert_eq!(pieces(b""), (vec![], 0));
        let long = [vec![b'x'; CHUNK * 3], b"\nyy\n".to_vec()].concat();
        assert_eq!(pieces(&long), (vec![format!("line {}", CHUNK * 3), "line 2".into()], long.len() as u64));
    }

    #[test]
    fn a_line_that_is_too_long_is_passed_over() {
        for length in [LIMIT + 1, LIMIT + CHUNK, LIMIT * 2 + 5] {
            let long = [b"a\n".to_vec(), vec![b'x'; length], b"\nbb\n".to_vec()].concat();
            let told = vec!["line 1".to_string(), "too long".into(), "line 2".into()];
            assert_eq!(pieces(&long), (told, long.len() as u64), "{length}");
        }
        let fits = [vec![b'x'; LIMIT], b"\nbb\n".to_vec()].concat();
        assert_eq!(pieces(&fits), (vec![format!("line {LIMIT}"), "line 2".into()], fits.len() as u64));
        let torn = [b"a\n".to_vec(), vec![b'x'; LIMIT * 2]].concat();
        assert_eq!(pieces(&torn), (vec!["line 1".into(), "too long".into()], 2));
    }
}
