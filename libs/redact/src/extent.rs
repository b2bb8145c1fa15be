//! Owns where a value begins and ends: quotes, escapes, the end of a line. Must stay true: of a value that is not a
//! secret only the first [`HEAD`] bytes are read.

use super::blocks;
use super::class::*;
use super::names::Kind;
use super::prose::SCHEMES;
use super::scan::{Scan, Sort};
use super::values::{HEAD, Tie, Value};
use std::ops::Range;

impl Scan<'_> {
    /// The value that begins at `at`, without its quotes, if it is a secret.
    pub(super) fn value(&self, at: usize, kind: Kind, tie: Tie) -> Option<Range<usize>> {
        self.sort.set(Sort::Value(kind));
        let mut start = self.run(at, is_blank);
        if self.has(start, b"**") {
            start = self.run(start + 2, is_blank);
        }
        if matches!(self.byte(start), b'b' | b'r' | b'f' | b'u')
            && is_quote(self.byte(self.run(start + 1, |byte| byte == b'\\')))
        {
            start += 1;
        }
        let quote = self.run(start, |byte| byte == b'\\');
        let quoted = is_quote(self.byte(quote));
        let inside = self.behind_scheme(if quoted { quote + 1 } else { start });
        let end = |from: usize, most: usize| match quoted {
            true => self.quoted_end(from, self.byte(quote), quote - start, most),
            false => self.bare_end(from, most),
        };
        if let Some(block) = blocks::armour(self.bytes(), inside) {
            return Some(inside..end(block.end, usize::MAX));
        }
        let head_end = end(inside, HEAD);
        let head = self.bytes().get(inside..head_end)?;
        let value = Value { head, quote: if quoted { self.byte(quote) } else { 0 }, tie, next: self.byte(head_end) };
        let is_sentence = !quoted && matches!(tie, Tie::Loose | Tie::Word);
        value.is_secret(kind).then(|| {
            let end = end(head_end, usize::MAX);
            inside..end - usize::from(is_sentence && self.byte(end - 1) == b'.')
        })
    }

    /// Skips `Bearer ` and the like.
    pub(super) fn behind_scheme(&self, at: usize) -> usize {
        let end = self.run(at, is_alnum).min(at + 7);
        let name = self.bytes().get(at..end).unwrap_or_default();
        let value = self.run(end, is_blank);
        if value > end && name.len() > 4 && SCHEMES.have(name) { value } else { at }
    }

    /// The closing quote, the end of the line, or the position after `most` bytes. `escapes` is the number of
    /// backslashes before the opening quote: 1 in JSON within JSON, 3 one level deeper. A quote inside the value has
    /// twice that number plus one.
    pub(super) fn quoted_end(&self, from: usize, quote: u8, escapes: usize, most: usize) -> usize {
        let mut slashes = 0;
        for (at, &byte) in self.bytes().iter().enumerate().skip(from).take(most) {
            let closes = slashes < escapes || slashes % (2 * escapes + 2) == escapes;
            match byte {
                b'\n' | b'\r' => return at,
                b'\\' => slashes += 1,
                _ if byte == quote && closes => return at - slashes.min(escapes),
                _ => slashes = 0,
            }
        }
        self.border(from, most)
    }

    /// The end of an unquoted value, or the position after `most` bytes. It ends before an escape: `\n`, `\"`.
    pub(super) fn bare_end(&self, from: usize, most: usize) -> usize {
        let limit = self.border(from, most);
        let text = self.bytes().get(from..limit).unwrap_or_default();
        let next = |at: usize| text.get(at + 1).copied().unwrap_or_else(|| self.byte(limit));
        let ends = |at: usize, byte: u8| {
            !is_bare(byte) || byte == b'\\' && (matches!(next(at), b'n' | b'r' | b't' | b'\\') || is_quote(next(at)))
        };
        from + text.iter().enumerate().position(|(at, &byte)| ends(at, byte)).unwrap_or(text.len())
    }

    /// At most `most` bytes after `from`, on a character boundary.
    pub(super) fn border(&self, from: usize, most: usize) -> usize {
        let all = self.bytes().len();
        let mut end = from.saturating_add(most).min(all);
        while end < all && end > from && self.byte(end) & 0xc0 == 0x80 {
            end -= 1;
        }
        end.max(from)
    }

    /// The first bytes of a run, at most [`HEAD`].
    pub(super) fn head(&self, at: usize, member: impl Fn(u8) -> bool) -> &[u8] {
        let rest = self.bytes().get(at..).unwrap_or_default();
        let end = rest.iter().take(HEAD).position(|&byte| !member(byte)).unwrap_or(rest.len().min(HEAD));
        rest.get(..end).unwrap_or_default()
    }
}
