//! Owns the sorts of bytes that a scan asks for at each byte, in one table; and the run of bytes of keys that was read
//! last. Must stay true: no byte of such a run is read twice.

use super::class::{Class, NAME, PARTS};
use std::cell::Cell;

/// The bytes that keys and tokens consist of.
pub(super) const KEY: Class = PARTS.and(Class::of(b"?%"));
/// The sorts of bytes.
static SORTS: [u8; 256] = sorts();
const IN_NAME: u8 = 1;
pub(super) const IN_KEY: u8 = 2;
const IS_SIGN: u8 = 4;

#[allow(clippy::indexing_slicing)] // run by the compiler
const fn sorts() -> [u8; 256] {
    let mut sorts = [0; 256];
    let mut byte = 0;
    while byte < 128 {
        let is_sign = matches!(byte, b'-' | b':' | b'=' | b'>' | b'~' | b',' | b'(');
        sorts[byte as usize] = if NAME.has(byte) { IN_NAME } else { 0 }
            | if KEY.has(byte) { IN_KEY } else { 0 }
            | if is_sign { IS_SIGN } else { 0 };
        byte += 1;
    }
    sorts
}

pub(super) fn is_of(byte: u8, sorts: u8) -> bool {
    SORTS.get(usize::from(byte)).is_some_and(|sort| sort & sorts != 0)
}

/// Whether a secret may begin at this byte, which belongs to no name, or a name that announces one may end before it.
pub(super) fn is_sign(byte: u8) -> bool {
    is_of(byte, IS_SIGN)
}

/// How many of the first bytes belong to no name and are no sign.
pub(super) fn nothing(text: &[u8]) -> usize {
    text.iter().position(|&byte| is_of(byte, IN_NAME | IS_SIGN)).unwrap_or(text.len())
}

/// Where the name ends that has a byte at `at`.
pub(super) fn word_end(text: &[u8], at: usize) -> usize {
    end(text, at, IN_NAME)
}

fn end(text: &[u8], at: usize, sorts: u8) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    at + rest.iter().position(|&byte| !is_of(byte, sorts)).unwrap_or(rest.len())
}

/// The last run of bytes of keys that was read; no byte is read twice.
#[derive(Default)]
pub(super) struct KeyRun(Cell<usize>);

impl KeyRun {
    /// The end of the run at `from`, which is not before that of an earlier call.
    pub(super) fn end(&self, text: &[u8], from: usize) -> usize {
        if self.0.get() <= from {
            self.0.set(end(text, from, IN_KEY));
        }
        self.0.get()
    }
}
