//! Owns the repair of JSON that others wrote and that is nearly valid: half a surrogate pair, raw control characters,
//! escapes that JSON does not have, bytes that are not UTF-8, byte order marks and NUL bytes between values, numbers
//! that do not fit into a double. Every reader of foreign JSON parses strictly first and repairs only if that fails.
//!
//! Must stay true: valid JSON is not changed; the same quotes delimit strings before and after a repair, so a repair
//! cannot turn a string into keys; the time is linear and the result at most six times as long (a control character
//! becomes an escape of six bytes).
//!
//! Deliberately absent: guesses. A missing comma or quote, a comment, `\"` at the end of a Windows path and text before
//! the first bracket are not repaired. `\t`, `\n`, `\b`, `\f`, `\r`, and `\u` with four hexadecimal digits, are read as
//! escapes even in a Windows path, where they cannot be told apart.

use serde::Deserialize;
use serde::de::IgnoredAny;

/// Replaces what cannot be read.
const REPLACEMENT: &[u8] = b"\\ufffd";
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
/// Words that some writers use for numbers and values that JSON does not have.
const WORDS: [&[u8]; 4] = [b"NaN", b"Infinity", b"-Infinity", b"undefined"];

/// Decodes foreign JSON: strictly, and if that fails, once more after a repair, whose result is stored in `room`. The
/// error is that of the first attempt if there is nothing to repair, else that of the second.
pub fn decode<'a, T: Deserialize<'a>>(bytes: &'a [u8], room: &'a mut Vec<u8>) -> serde_json::Result<T> {
    decode_marked(bytes, room).map(|(value, _)| value)
}

/// Like [`decode`], and whether it needed a repair.
pub fn decode_marked<'a, T: Deserialize<'a>>(bytes: &'a [u8], room: &'a mut Vec<u8>) -> serde_json::Result<(T, bool)> {
    let error = match serde_json::from_slice(bytes) {
        Ok(value) => return Ok((value, false)),
        Err(error) => error,
    };
    let Some(repaired) = repair(bytes) else { return Err(error) };
    *room = repaired;
    serde_json::from_slice(room).map(|value| (value, true))
}

/// The repaired text; `None` if there is nothing to repair, which does not mean that the text is JSON.
pub fn repair(bytes: &[u8]) -> Option<Vec<u8>> {
    let text = String::from_utf8_lossy(bytes);
    let mut repair = Repair { rest: text.as_bytes(), out: Vec::with_capacity(text.len()) };
    repair.outside();
    (repair.out != bytes).then_some(repair.out)
}

struct Repair<'a> {
    rest: &'a [u8],
    out: Vec<u8>,
}

impl Repair<'_> {
    fn outside(&mut self) {
        while let Some(&byte) = self.rest.first() {
            match byte {
                b'"' => {
                    self.keep(1);
                    self.string();
                }
                b'\t' | b'\n' | b'\r' => self.keep(1),
                0..0x20 => self.replace(1, b" "),
                0xef if self.rest.starts_with(BYTE_ORDER_MARK) => self.replace(BYTE_ORDER_MARK.len(), b" "),
                _ if is_of_word(byte) => self.word(),
                _ => self.keep(1),
            }
        }
    }

    /// Continues after a string's opening quote, through its closing one.
    fn string(&mut self) {
        loop {
            let plain = self.rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20));
            self.keep(plain.unwrap_or(self.rest.len()));
            match self.rest.first() {
                Some(b'\\') => self.escape(),
                Some(b'"') => return self.keep(1),
                Some(&control) => {
                    let digit = char::from_digit(u32::from(control & 15), 16).unwrap_or('0');
                    let tens = if control < 16 { b'0' } else { b'1' };
                    self.replace(1, &[b'\\', b'u', b'0', b'0', tens, digit as u8]);
                }
                None => return,
            }
        }
    }

    fn escape(&mut self) {
        let unit = code_unit(self.rest);
        match self.rest.get(1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.keep(2),
            Some(b'u') if unit.is_some_and(|unit| !(0xd800..0xe000).contains(&unit)) => self.keep(6),
            Some(b'u') if unit.is_some_and(|unit| unit < 0xdc00) && self.is_low_next() => self.keep(12),
            Some(b'u') if unit.is_some() => self.replace(6, REPLACEMENT),
            _ if is_torn(self.rest) => self.rest = &[],
            // A backslash was meant. The byte after it is neither a quote nor a backslash.
            _ => self.replace(1, b"\\\\"),
        }
    }

    fn is_low_next(&self) -> bool {
        let next = self.rest.get(6..).and_then(code_unit);
        next.is_some_and(|unit| (0xdc00..0xe000).contains(&unit))
    }

    /// A number, a word, or neither. A number that does not fit into a double becomes `null`.
    fn word(&mut self) {
        let length = self.rest.iter().position(|byte| !is_of_word(*byte)).unwrap_or(self.rest.len());
        let word = self.rest.get(..length).unwrap_or_default();
        let is_complete = length < self.rest.len();
        let is_number = || serde_json::from_slice::<IgnoredAny>(word).is_ok();
        let is_known = matches!(word, b"true" | b"false" | b"null") || serde_json::from_slice::<f64>(word).is_ok();
        match is_complete && !is_known && (WORDS.contains(&word) || is_number()) {
            true => self.replace(length, b"null"),
            false => self.keep(length),
        }
    }

    fn keep(&mut self, count: usize) {
        let (kept, rest) = self.rest.split_at_checked(count).unwrap_or((self.rest, &[]));
        self.out.extend_from_slice(kept);
        self.rest = rest;
    }

    fn replace(&mut self, count: usize, by: &[u8]) {
        self.out.extend_from_slice(by);
        self.rest = self.rest.get(count..).unwrap_or_default();
    }
}

fn is_of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')
}

/// The number in a `\uXXXX` at the beginning.
fn code_unit(text: &[u8]) -> Option<u32> {
    let digits = text.strip_prefix(b"\\u")?.get(..4)?;
    digits.iter().try_fold(0, |unit, digit| Some(unit * 16 + char::from(*digit).to_digit(16)?))
}

/// Whether the text ends within an escape.
fn is_torn(escape: &[u8]) -> bool {
    escape.len() < 2 || escape.strip_prefix(b"\\u").is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
mod tests;
