//! Owns reading a file of any size line by line. Must stay true: memory does not depend on the file.

use chain::last::LONGEST;
use std::io::{self, BufRead};

/// A line.
pub struct Piece<'b> {
    /// Counts from 1.
    pub number: u64,
    /// Where it begins.
    pub begin: u64,
    /// Where the next one begins.
    pub end: u64,
    /// The line with its end. Of one that is longer than [`LONGEST`], more than that of its end.
    pub bytes: &'b [u8],
}

/// Passes each line to `take`.
pub fn each(mut reader: impl BufRead, take: &mut dyn FnMut(Piece)) -> io::Result<()> {
    // The part of a line that began in an earlier buffer.
    let mut part = Vec::new();
    let (mut number, mut begin, mut end) = (1, 0, 0);
    loop {
        let bytes = match reader.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            other => other?,
        };
        if bytes.is_empty() {
            break;
        }
        let (count, mut rest) = (bytes.len(), bytes);
        while let Some(at) = memchr::memchr(b'\n', rest) {
            let (line, after) = rest.split_at(at + 1);
            end += line.len() as u64;
            if part.is_empty() {
                take(Piece { number, begin, end, bytes: line });
            } else {
                extend(&mut part, line);
                take(Piece { number, begin, end, bytes: &part });
                part.clear();
            }
            (rest, number, begin) = (after, number + 1, end);
        }
        extend(&mut part, rest);
        end += rest.len() as u64;
        reader.consume(count);
    }
    if !part.is_empty() {
        take(Piece { number, begin, end, bytes: &part });
    }
    Ok(())
}

/// Adds to a line of which only the last [`LONGEST`] bytes count, and that it has more.
fn extend(line: &mut Vec<u8>, bytes: &[u8]) {
    line.extend_from_slice(bytes);
    if line.len() > 4 * LONGEST {
        line.drain(..line.len() - 2 * LONGEST);
    }
}
