//! Owns which raw bytes may contain what is looked for, so that most lines are never decoded. Must stay true: a line that
//! has a hit passes; one that passes may have none.

use super::finder::Finder;
use super::piece;
use memchr::{memchr, memmem, memrchr};
use std::io::{self, ErrorKind, Read};
use std::sync::LazyLock;

/// Bytes that are read at once: they stay in the processor's cache while several finders look at them.
const CHUNK: usize = 128 * 1024;

/// What a line must have.
#[derive(Clone, Debug, Default)]
pub(super) struct Filter {
    /// The pieces of the words, the rarest first.
    pieces: Vec<Finder>,
    /// Whether a word has no piece: such a line has a character that is not ASCII, or an escape.
    has_foreign: bool,
    /// Whether every line may have it.
    has_all: bool,
}

impl Filter {
    /// The filter for lines that contain all words.
    pub(super) fn of<'a>(words: impl Iterator<Item = &'a str>) -> Filter {
        let mut filter = Filter { has_all: true, ..Filter::default() };
        let mut pieces = Vec::new();
        for word in words {
            match piece::rarest(word) {
                Some(piece) => pieces.push(piece),
                None if word.is_ascii() => continue,
                None => filter.has_foreign = true,
            }
            filter.has_all = false;
        }
        pieces.sort_by_key(|piece| std::cmp::Reverse(piece.iter().map(|byte| piece::rarity(*byte)).sum::<usize>()));
        filter.pieces = pieces.iter().filter_map(|piece| Finder::new(piece)).collect();
        filter
    }

    /// Whether a line may contain all words.
    pub(super) fn passes(&self, line: &[u8]) -> bool {
        let has_pieces = || self.pieces.iter().all(|piece| piece.find(line).is_some());
        let has_foreign = || !self.has_foreign || !line.is_ascii() || memmem::find(line, b"\\u").is_some();
        (has_pieces() && has_foreign()) || escaped(line).is_some()
    }

    /// Whether any line of a log may contain all words; false if it was not read to its end because `goes_on` was false.
    /// `buffer` is reused.
    pub(super) fn passes_log(
        &self,
        mut from: impl Read,
        goes_on: &dyn Fn() -> bool,
        buffer: &mut Vec<u8>,
    ) -> io::Result<bool> {
        if self.has_all {
            return Ok(true);
        }
        // A piece, or an escape with its digit, may lie across two chunks.
        let overlap = self.pieces.first().map_or(4, |piece| piece.len().max(6) - 1);
        buffer.resize(CHUNK + overlap, 0);
        let mut kept = 0;
        loop {
            let filled = kept
                + match from.read(buffer.get_mut(kept..).unwrap_or_default()) {
                    Ok(0) => return Ok(false),
                    Ok(count) => count,
                    Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                    Err(error) => return Err(error),
                };
            if self.passes_chunk(buffer.get(..filled).unwrap_or_default()) {
                return Ok(true);
            }
            if !goes_on() {
                return Ok(false);
            }
            kept = overlap.min(filled);
            buffer.copy_within(filled - kept..filled, 0);
        }
    }

    /// Whether a line that is in the chunk, wholly or in part, may contain all words.
    fn passes_chunk(&self, chunk: &[u8]) -> bool {
        let mut rest = chunk;
        while let Some(at) = self.begins(rest) {
            let (before, after) = rest.split_at_checked(at).unwrap_or((rest, &[]));
            let start = memrchr(b'\n', before).map(|at| at + 1);
            let end = memchr(b'\n', after).map(|end| at + end);
            match (start, end) {
                (Some(start), Some(end)) => {
                    if self.passes(rest.get(start..end).unwrap_or_default()) {
                        return true;
                    }
                    // The newline stays, so that the next line has a start.
                    rest = rest.get(end..).unwrap_or_default();
                }
                // The rest of the line is in another chunk.
                _ => return true,
            }
        }
        false
    }

    /// Where the next line that may contain all words has its mark.
    fn begins(&self, text: &[u8]) -> Option<usize> {
        let piece = match self.pieces.first() {
            Some(piece) => piece.find(text),
            None => text.iter().position(|byte| !byte.is_ascii()).into_iter().chain(memmem::find(text, b"\\u")).min(),
        };
        let escape = escaped(text.get(..piece.unwrap_or(text.len())).unwrap_or_default());
        escape.or(piece)
    }
}

static ESCAPE: LazyLock<memmem::Finder<'static>> = LazyLock::new(|| memmem::Finder::new("\\u00"));

/// Where an ASCII character stands as `\uXXXX`. No client writes those, but they would be the same text.
fn escaped(text: &[u8]) -> Option<usize> {
    let is_printable = |at: &usize| text.get(at + 4).is_some_and(|digit| (b'2'..=b'7').contains(digit));
    ESCAPE.find_iter(text).find(is_printable)
}
