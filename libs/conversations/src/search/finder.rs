//! Owns finding a piece in bytes, whatever the case of its ASCII letters, several bytes at a time. Deliberately absent:
//! instructions of one processor, which would need unsafe code; this is as fast as memory in any case.

use super::piece::rarity;

/// Bytes that are looked at together.
const WORD: usize = 8;
/// Words that are looked at before a decision.
const BLOCK: usize = 4 * WORD;

const ONES: u64 = 0x0101_0101_0101_0101;
const TOPS: u64 = 0x8080_8080_8080_8080;

/// Finds a piece.
#[derive(Clone, Debug)]
pub(super) struct Finder {
    piece: Vec<u8>,
    /// Two places in the piece whose bytes are rare.
    marks: [Mark; 2],
}

/// A byte of the piece.
#[derive(Clone, Copy, Debug)]
struct Mark {
    offset: usize,
    /// The byte, eight times.
    byte: u64,
    /// 0x20 for a letter, whose cases differ in that bit only; eight times.
    case: u64,
}

impl Mark {
    fn new(offset: usize, byte: u8) -> Self {
        let case = if byte.is_ascii_lowercase() { 0x20 } else { 0 };
        Mark { offset, byte: u64::from(byte) * ONES, case: case * ONES }
    }

    /// Zero in each byte that is the mark's.
    fn difference(&self, word: u64) -> u64 {
        (word | self.case) ^ self.byte
    }
}

impl Finder {
    /// A finder of a piece in lower case; `None` if it is empty.
    pub(super) fn new(piece: &[u8]) -> Option<Self> {
        let mut offsets: Vec<(usize, u8)> = piece.iter().copied().enumerate().collect();
        offsets.sort_by_key(|(_, byte)| std::cmp::Reverse(rarity(*byte)));
        let first = *offsets.first()?;
        let second = *offsets.get(1).unwrap_or(&first);
        let marks = [Mark::new(first.0, first.1), Mark::new(second.0, second.1)];
        Some(Finder { piece: piece.to_vec(), marks })
    }

    /// The number of bytes of the piece.
    pub(super) fn len(&self) -> usize {
        self.piece.len()
    }

    /// Where the piece begins first.
    pub(super) fn find(&self, text: &[u8]) -> Option<usize> {
        let starts = (text.len() + 1).checked_sub(self.piece.len())?;
        let [first, second] = self.marks.map(|mark| text.get(mark.offset..mark.offset + starts).unwrap_or_default());
        let mut at = 0;
        for (a, b) in first.chunks_exact(BLOCK).zip(second.chunks_exact(BLOCK)) {
            if self.may_begin(a, b)
                && let Some(found) = self.find_from(text, at, at + BLOCK)
            {
                return Some(found);
            }
            at += BLOCK;
        }
        self.find_from(text, at, starts)
    }

    /// Whether both marks may be at one place of the blocks.
    fn may_begin(&self, a: &[u8], b: &[u8]) -> bool {
        let [first, second] = &self.marks;
        let words = a.chunks_exact(WORD).zip(b.chunks_exact(WORD));
        let zeros = words.map(|(a, b)| {
            let both = first.difference(word(a)) | second.difference(word(b));
            // Bit 7 of each byte that is zero, and perhaps of one after it.
            both.wrapping_sub(ONES) & !both & TOPS
        });
        zeros.fold(0, |any, zeros| any | zeros) != 0
    }

    /// The first place from `start` before `end` at which the piece is.
    fn find_from(&self, text: &[u8], start: usize, end: usize) -> Option<usize> {
        (start..end).find(|at| {
            text.get(*at..*at + self.piece.len()).is_some_and(|there| there.eq_ignore_ascii_case(&self.piece))
        })
    }
}

fn word(bytes: &[u8]) -> u64 {
    bytes.try_into().map_or(0, u64::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_is_found_at_every_place() {
        for piece in ["a", "ab", "retry", "x-1_!", "aaaaaaaaab"] {
            let finder = Finder::new(piece.as_bytes()).unwrap();
            for before in 0..100 {
                for after in [0, 1, 7, 40] {
                    let upper = piece.to_ascii_uppercase();
                    for piece in [piece, &upper] {
                        let text = format!("{}{piece}{}", ".".repeat(before), "A".repeat(after));
                        let place = text.to_ascii_lowercase().find(&piece.to_ascii_lowercase());
                        assert_eq!(finder.find(text.as_bytes()), place, "{piece} {before} {after}");
                    }
                }
            }
        }
    }

    #[test]
    fn other_bytes_are_not_letters() {
        // They differ from letters in the bit for the case.
        let finder = Finder::new(b"@[`{").unwrap();
        assert_eq!(finder.find(b"`{@["), None);
        assert_eq!(finder.find(b"..@[`{"), Some(2));
        assert_eq!(Finder::new(b"k").unwrap().find("\u{212a}\u{b}".as_bytes()), None);
    }
}
