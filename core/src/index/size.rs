//! Owns how many entries an index may have. Must stay true: each that we write is read, if it has not too many bytes.

use super::count;

/// No line that [`line`](super::line) writes is shorter.
pub(super) const LEAST: usize = 190;

/// Maximum number of entries in another layout, or on shorter lines.
pub(super) const FOREIGN_ENTRIES: usize = 100_000;

/// Whether the text has more entries than we would write: then the records are read, which takes long but little memory.
pub fn is_endless(text: &str) -> bool {
    // Impossible in so few bytes: an id and the shortest fields take more than 40.
    if text.len() < 40 * FOREIGN_ENTRIES {
        return false;
    }
    match count(text) {
        Some(entries) => entries > FOREIGN_ENTRIES.max(text.len() / LEAST),
        None => memchr::memchr_iter(b'{', text.as_bytes()).count() > FOREIGN_ENTRIES,
    }
}
