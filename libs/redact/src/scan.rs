//! Owns scanning a text: where each rule is tried, and what need not be read again. The rules are in `tokens`,
//! `blocks`, `named`, `flags` and `prose`. Must stay true: the time is linear in the text.

use std::cell::Cell;
use std::ops::Range;

use super::MASK;
use super::blocks;
use super::class::*;
use super::commands::Called;
use super::names::Kind;
use super::sorts::{self, KeyRun};
use super::tokens::Tokens;

/// How many bytes of the text before it a rule searches for a name.
pub(super) const NAME_BYTES: usize = 96;

/// The result of a rule at a position.
enum Step {
    Secret(Range<usize>),
    /// No secret begins before this position.
    Go(usize),
}

/// What stands where a rule looks that has no name of its own.
#[derive(Clone, Copy)]
pub(super) enum Sort {
    /// The value of a name of this kind.
    Value(Kind),
    /// The password in a URL.
    Url,
    /// The password before a host.
    Login,
}

/// The position of the scan, and what it need not read again.
pub(super) struct Scan<'a> {
    pub(super) tokens: Tokens<'a>,
    /// The end of the last span; nothing before it is read again.
    pub(super) done: usize,
    /// The programs that were called before.
    pub(super) called: Called,
    /// Where secrets may begin, in order.
    windows: &'a [Range<usize>],
    pub(super) keys: KeyRun,
    /// Where the step began that found the last span, and what was read last.
    pub(super) begin: usize,
    pub(super) sort: Cell<Sort>,
}

impl<'a> Scan<'a> {
    /// Looks for secrets that begin in the windows, which are in order and begin at words.
    pub(super) fn new(text: &'a str, windows: &'a [Range<usize>]) -> Scan<'a> {
        Scan {
            tokens: Tokens::new(text.as_bytes()),
            done: 0,
            called: Called::default(),
            windows,
            keys: KeyRun::default(),
            begin: 0,
            sort: Cell::new(Sort::Value(Kind::Secret)),
        }
    }

    /// The next secret, after the last one.
    pub(super) fn next_span(&mut self) -> Option<Range<usize>> {
        let mut at = self.done;
        while let Some(window) = self.windows.first() {
            let Some(begin) = self.next_begin(at.max(window.start), window.end) else {
                self.windows = self.windows.get(1..).unwrap_or_default();
                continue;
            };
            match self.step(begin) {
                Step::Secret(span) if span.end > span.start => {
                    self.begin = begin;
                    self.done = self.tokens.grown(&span);
                    self.called.skip(span.start..self.done);
                    return Some(span.start..self.done);
                }
                Step::Secret(_) => at = begin + 1,
                Step::Go(to) => at = to.max(begin + 1),
            }
        }
        None
    }

    /// The next position where a secret may begin, or where a name that announces one ends.
    fn next_begin(&self, from: usize, to: usize) -> Option<usize> {
        let mut at = if is_name(self.before(from)) { sorts::word_end(self.bytes(), from) } else { from };
        while at < to {
            at += sorts::nothing(self.bytes().get(at..to)?);
            if at >= to {
                break;
            }
            let is_sign = sorts::is_sign(self.byte(at));
            let end = if is_sign { at + 1 } else { sorts::word_end(self.bytes(), at) };
            if !(if is_sign { self.is_idle(at) } else { self.is_plain(at, end) }) {
                break;
            }
            debug_assert!(matches!(self.step(at), Step::Go(to) if to == end), "a secret is skipped");
            at = end;
        }
        (at < to).then_some(at)
    }

    fn step(&self, at: usize) -> Step {
        let span = match self.byte(at) {
            b'-' => blocks::armour(self.bytes(), at).or_else(|| self.flag(at)),
            b':' if self.has(at, b"://") => self.url(at + 3),
            b':' => self.assignment(at).or_else(|| self.login(at)),
            b'=' => self.assignment(at),
            b'>' => self.element(at),
            b',' => self.pair_of_texts(at),
            b'(' => self.call(at),
            b'~' => self.tokens.azure(at, self.done),
            _ => return self.word(at),
        };
        span.map_or(Step::Go(at + 1), Step::Secret)
    }

    fn word(&self, at: usize) -> Step {
        let at = self.tokens.word_begin(at);
        let end = self.run(at, is_name);
        let span = self.tokens.token(at, end).or_else(|| self.scheme(at, end)).or_else(|| self.sentence(at, end));
        span.map_or(Step::Go(end), Step::Secret)
    }

    /// The text before `at`, after the last mask.
    pub(super) fn text_before(&self, at: usize) -> &[u8] {
        let text = self.bytes().get(at.saturating_sub(NAME_BYTES).max(self.done)..at).unwrap_or_default();
        let mask = text.windows(MASK.len()).rposition(|window| window == MASK.as_bytes());
        mask.and_then(|mask| text.get(mask + MASK.len()..)).unwrap_or(text)
    }

    pub(super) fn bytes(&self) -> &'a [u8] {
        self.tokens.bytes
    }

    pub(super) fn byte(&self, at: usize) -> u8 {
        self.tokens.byte(at)
    }

    pub(super) fn before(&self, at: usize) -> u8 {
        if at <= self.done { b']' } else { self.byte(at - 1) }
    }

    pub(super) fn has(&self, at: usize, literal: &[u8]) -> bool {
        self.bytes().get(at..).is_some_and(|rest| rest.starts_with(literal))
    }

    pub(super) fn run(&self, at: usize, member: impl Fn(u8) -> bool) -> usize {
        self.tokens.run(at, member)
    }
}
