//! Owns distinguishing random characters from words. Must stay true: pure, and linear in the text, which callers limit.

use super::class::{Words, is_alnum};

#[derive(Clone, Copy, PartialEq)]
enum Sort {
    Digit,
    Small,
    Large,
}

fn sort(byte: u8) -> Option<Sort> {
    match byte {
        b'0'..=b'9' => Some(Sort::Digit),
        b'a'..=b'z' => Some(Sort::Small),
        b'A'..=b'Z' => Some(Sort::Large),
        _ => None,
    }
}

/// Longest run of letters that may be a word.
const WORD: usize = 20;
/// Longest number that may follow a word (a date).
const NUMBER: usize = 8;

/// Whether it consists of words, numbers and words followed by a number, like names: `page-size-2`, `Bucket1`.
pub(super) fn is_wordy(text: &[u8]) -> bool {
    text.split(|&byte| !is_alnum(byte)).all(|part| {
        let digits = part.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
        let letters = part.get(..part.len() - digits).unwrap_or_default();
        let rest = letters.get(1..).unwrap_or_default();
        if letters.len() > WORD || (digits > NUMBER && !letters.is_empty()) {
            return false;
        }
        rest.iter().all(u8::is_ascii_lowercase) || letters.iter().all(u8::is_ascii_uppercase)
    })
}

/// Whether it is a filler: `xxxx`, `****`, `1111`, `....`.
pub(super) fn is_filler(text: &[u8]) -> bool {
    let blanks = text.iter().filter(|byte| matches!(byte, b'x' | b'X' | b'*' | b'.' | b'_' | b'#')).count();
    blanks * 2 > text.len()
}

/// Whether it falls into more pieces than words do: runs of digits, of upper-case letters, and of lower-case letters
/// with at most one upper-case letter before them.
pub(super) fn is_random(text: &[u8], least: usize) -> bool {
    if text.len() < least || is_filler(text) {
        return false;
    }
    let (mut pieces, mut length) = (0, 0);
    let mut last = None;
    for &byte in text {
        let now = sort(byte);
        length += usize::from(now.is_some());
        pieces += usize::from(now.is_some() && now != last && (last, now) != (Some(Sort::Large), Some(Sort::Small)));
        last = now;
    }
    let is_hex = text.len() >= 32 && is_digest(text);
    pieces >= 3 && (pieces * 10 >= length * 3 || is_hex || is_scrambled(text))
}

/// Whether it has too many upper-case and too many lower-case letters for a name.
fn is_scrambled(text: &[u8]) -> bool {
    let count = |is: fn(&u8) -> bool| text.iter().filter(|byte| is(byte)).count();
    let (large, small) = (count(u8::is_ascii_uppercase), count(u8::is_ascii_lowercase));
    text.len() >= 14 && large * 5 >= text.len() * 2 && small * 4 >= text.len()
}

/// Whether it is a commit, a checksum or a UUID.
pub(super) fn is_digest(text: &[u8]) -> bool {
    let hex = text.iter().filter(|byte| byte.is_ascii_hexdigit()).count();
    let dashes = text.iter().filter(|byte| **byte == b'-').count();
    hex + dashes == text.len() && (dashes == 0 || (hex, dashes) == (32, 4))
}

/// Whether letters and digits are adjacent, as in `hunter2`.
pub(super) fn is_mixed(text: &[u8]) -> bool {
    let pairs = text.windows(2);
    pairs
        .filter(
            |pair| matches!(pair, [a, b] if a.is_ascii_digit() != b.is_ascii_digit() && is_alnum(*a) && is_alnum(*b)),
        )
        .count()
        > 0
}

/// Whether it is a known term of a word and a few digits: `sha256`, `u8`, `int64`.
pub(super) fn is_known(text: &[u8]) -> bool {
    static KNOWN: Words = Words::of(
        "sha int uint float utf utf- base argon md x oauth hs rs es ed aes i u f varchar char bytes v python node rfc iso p curve secp pbkdf ripemd crc http ipv",
    );
    let digits = text.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    digits > 0 && KNOWN.have(text.get(..text.len() - digits).unwrap_or_default())
}

/// Whether it is an identifier: a letter first, then letters, digits and `_`, in parts separated by `.`.
pub(super) fn is_identifier(text: &[u8]) -> bool {
    let is_part = |part: &[u8]| {
        part.first().is_some_and(|&byte| byte.is_ascii_alphabetic() || byte == b'_')
            && part.iter().all(|&byte| super::class::is_name(byte))
    };
    text.split(|&byte| byte == b'.').all(is_part)
}
