//! Owns the values after flags: `--password x`, and the flags of programs in `commands`.

use super::blocks;
use super::class::*;
use super::commands::{self, Takes};
use super::names::{self, Kind};
use super::scan::{NAME_BYTES, Scan, Sort};
use super::values::{Tie, Value};
use std::ops::Range;

impl Scan<'_> {
    /// The value after `--password` and the like, or after a flag of a program that takes a password.
    pub(super) fn flag(&self, at: usize) -> Option<Range<usize>> {
        let previous = self.before(at);
        if previous == b'-' || is_name(previous) || previous == b'.' {
            return None;
        }
        let dashes = if self.has(at, b"--") { 2 } else { 1 };
        let end = self.tokens.word_run(at + dashes);
        let flag = self.bytes().get(at..end).filter(|flag| flag.len() > dashes)?;
        if let Some(takes) = self.takes(at, flag) {
            return self.taken(end, takes);
        }
        if dashes == 1 && commands::is_flag(flag.get(..2)?) && (flag.len() > 2 || !is_blank(self.byte(end))) {
            let takes = self.takes(at, flag.get(..2)?);
            if let Some(takes @ (Takes::Attached | Takes::Either | Takes::Pair)) = takes {
                return self.attached(at + 2, takes);
            }
        }
        if flag.len() < dashes + 2 || flag.len() > NAME_BYTES {
            return None;
        }
        let kind = names::kind(flag.get(dashes..)?)?;
        let value = self.argument(end)?;
        if self.byte(value) == b'-' && blocks::armour(self.bytes(), value).is_none() {
            return None;
        }
        self.value(value, kind, Tie::Flag)
    }

    /// The kind of value that a flag takes, if it belongs to a program that is called before it in the same command.
    pub(super) fn takes(&self, at: usize, flag: &[u8]) -> Option<Takes> {
        if !commands::is_flag(flag) {
            return None;
        }
        self.called.takes(self.bytes(), at, flag)
    }

    /// Where the argument after a flag begins, also if both are strings of a list: `"-p", "x"`.
    pub(super) fn argument(&self, end: usize) -> Option<usize> {
        let quotes = self.run(end, |byte| is_quote(byte) || byte == b'\\');
        let comma = if quotes > end && self.byte(quotes) == b',' { quotes + 1 } else { end };
        let value = self.run(comma, |byte| is_blank(byte) || comma > end && byte == b'\n');
        let quoted = is_quote(self.byte(self.run(value, |byte| byte == b'\\')));
        (value > end && (comma == end || quoted)).then_some(value)
    }

    /// The secret in the argument of a program's flag that ends at `end`.
    pub(super) fn taken(&self, end: usize, takes: Takes) -> Option<Range<usize>> {
        if takes == Takes::Attached {
            return if is_quote(self.byte(end)) { self.attached(end, takes) } else { None };
        }
        let value = self.argument(end)?;
        match takes {
            Takes::Source
                if ["env:", "file:", "fd:", "stdin"].iter().any(|other| self.has(value, other.as_bytes())) =>
            {
                None
            }
            Takes::Source if !self.has(value, b"pass:") => self.value(value, Kind::Password, Tie::Flag),
            Takes::Source => self.value(value + 5, Kind::Password, Tie::Tight),
            Takes::Cookies => self.cookies(value),
            Takes::Pair => self.pair(value),
            _ if self.byte(value) == b'-' => None,
            _ => self.value(value, Kind::Password, Tie::Flag).filter(|span| !self.is_port(span)),
        }
    }

    pub(super) fn attached(&self, at: usize, takes: Takes) -> Option<Range<usize>> {
        match takes {
            Takes::Pair => self.pair(at),
            _ => self.value(at, Kind::Password, Tie::Tight),
        }
    }

    /// The password of `user:password` in the argument that begins at `at`.
    pub(super) fn pair(&self, at: usize) -> Option<Range<usize>> {
        self.sort.set(Sort::Value(Kind::Password));
        let at = self.run(at, |byte| is_quote(byte) || byte == b'\\');
        let head = self.head(at, |byte| is_bare(byte) || byte == b',');
        let sign = |signs: &[u8]| head.iter().position(|byte| signs.contains(byte));
        let colon = sign(b":%").or_else(|| sign(b","))?;
        let begin = at + colon + 1;
        let quote = self.before(at);
        let is_end =
            |byte: u8| if is_quote(quote) { byte == quote || byte == b'\n' || byte == b'\\' } else { !is_bare(byte) };
        let head = self.head(begin, |byte| !is_end(byte));
        let value = Value { head, quote: 0, tie: Tie::Tight, next: 0 };
        value.is_secret(Kind::Password).then(|| begin..self.run(begin, |byte| !is_end(byte)))
    }

    /// Whether an argument of `-p` is a port: `8080:80`.
    pub(super) fn is_port(&self, span: &Range<usize>) -> bool {
        let value = self.bytes().get(span.clone()).unwrap_or_default();
        value.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.' | b'-' | b'/'))
    }
}
