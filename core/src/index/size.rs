//! Owns how many entries an index may have. Must stay true: one that we write and that has no more than [`INDEX_BYTES`] is
//! read.

use super::count;
use crate::validate::INDEX_BYTES;

/// No line that [`line`](super::line) writes is shorter.
pub(super) const LEAST: usize = 190;

/// Maximum number of entries of an index that is used: one that [`line`](super::line) wrote has no more in [`INDEX_BYTES`].
pub(super) const ENTRIES: usize = INDEX_BYTES / LEAST;

/// The same in another layout.
pub(super) const FOREIGN_ENTRIES: usize = 100_000;

/// Whether the text has more entries than any store: then the records are read, which takes long but little memory.
/// A text in another layout is parsed into values as a whole, and its limit is lower.
pub fn is_endless(text: &str) -> bool {
    // Impossible in so few bytes: an id and the shortest fields take more than 40.
    if text.len() < 40 * FOREIGN_ENTRIES {
        return false;
    }
    match count(text) {
        Some(entries) => entries > ENTRIES,
        None => memchr::memchr_iter(b'{', text.as_bytes()).count() > FOREIGN_ENTRIES,
    }
}
