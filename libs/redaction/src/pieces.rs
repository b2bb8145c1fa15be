//! Owns what is replaced in bytes: pieces in order, which do not overlap. Must stay true: where finds overlap, all that
//! any of them covers is replaced.

use crate::engine::Found;
use std::ops::Range;

/// Bytes that are replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Where.
    pub span: Range<usize>,
    /// What is written there.
    pub with: String,
    /// What was found; its span is that in the decoded text, or in a part of it.
    pub found: Found,
}

impl Piece {
    /// What was found in a text that stands as it is.
    pub fn of(found: Found) -> Self {
        Piece { span: found.span.clone(), with: found.placeholder.clone(), found }
    }

    /// The same, further on.
    #[must_use]
    pub fn shifted(mut self, by: usize) -> Self {
        self.span.start += by;
        self.span.end += by;
        self
    }
}

/// Sorts pieces and joins those that overlap, under the one that was found first among the longest.
pub fn join(mut pieces: Vec<Piece>) -> Vec<Piece> {
    pieces.sort_by_key(|piece| (piece.span.start, std::cmp::Reverse(piece.span.end)));
    let mut joined: Vec<Piece> = Vec::with_capacity(pieces.len());
    // The length of the longest find in the last piece.
    let mut longest = 0;
    for piece in pieces {
        let len = piece.span.len();
        match joined.last_mut().filter(|last| piece.span.start < last.span.end) {
            Some(last) => {
                let end = last.span.end.max(piece.span.end);
                if len > longest {
                    (last.with, last.found, longest) = (piece.with, piece.found, len);
                }
                last.span.end = end;
            }
            None => {
                longest = len;
                joined.push(piece);
            }
        }
    }
    joined
}

/// The bytes with the pieces replaced.
pub fn replace(bytes: &[u8], pieces: &[Piece]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut copied = 0;
    for piece in pieces {
        out.extend_from_slice(bytes.get(copied..piece.span.start).unwrap_or_default());
        out.extend_from_slice(piece.with.as_bytes());
        copied = piece.span.end;
    }
    out.extend_from_slice(bytes.get(copied..).unwrap_or_default());
    out
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;
    use crate::tier::Tier;

    fn piece(span: Range<usize>, rule: &str) -> Piece {
        let placeholder = format!("[{rule}]");
        Piece::of(Found { span, rule: rule.into(), tier: Tier::Definite, placeholder })
    }

    #[test]
    fn all_that_is_covered_is_replaced_once() {
        let all = vec![piece(8..10, "d"), piece(2..6, "long"), piece(1..3, "a"), piece(5..7, "b"), piece(10..11, "e")];
        let joined = join(all);
        let spans: Vec<_> = joined.iter().map(|piece| (piece.span.clone(), piece.found.rule.as_str())).collect();
        assert_eq!(spans, [(1..7, "long"), (8..10, "d"), (10..11, "e")]);
        assert_eq!(replace(b"0123456789x", &joined), b"0[long]7[d][e]");
    }
}
