//! Owns secrets that are recognised by themselves: known keys, JSON web tokens, tokens of Telegram and Discord, private
//! keys of PuTTY. Must stay true: a rule that finds nothing has read a bounded number of bytes, or a run that is
//! remembered ([`WordRun`]).

use super::blocks;
use super::class::*;
use super::keys;
use super::makers::MARKED;
use super::words::{is_filler, is_random, is_wordy};
use std::cell::Cell;
use std::ops::Range;

/// Maximum number of letters of the prefix of an unknown maker's key.
const PREFIX: usize = 12;
/// Minimum number of characters after that prefix.
const RANDOM: usize = 36;
/// Maximum number of characters after that prefix.
const MAX_RANDOM: usize = 200;

/// How many bytes before the end of a token another one may begin that ends later.
const OVERLAP: usize = 128;

/// The last run of word bytes that was read.
#[derive(Default)]
struct WordRun(Cell<(usize, usize)>);

pub(super) struct Tokens<'a> {
    pub(super) bytes: &'a [u8],
    words: WordRun,
    /// The run of the second part of a web token: attempts alternate between the two.
    second_words: WordRun,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Tokens<'a> {
        Tokens { bytes, words: WordRun::default(), second_words: WordRun::default() }
    }

    /// Where the word at `at` begins: after the part that belongs to an escape, as in `\nword`, `%3Dword`,
    /// `\u0026word`, `[31mword`.
    pub(super) fn word_begin(&self, at: usize) -> usize {
        let before = if at == 0 { 0 } else { self.byte(at - 1) };
        let hex = |from: usize, count: usize| (from..from + count).all(|at| self.byte(at).is_ascii_hexdigit());
        match (before, self.byte(at)) {
            (b'\\', b'n' | b'r' | b't') => at + 1,
            (b'\\', b'u') if hex(at + 1, 4) => at + 5,
            (b'\\', b'x') if hex(at + 1, 2) => at + 3,
            (b'%', _) if hex(at, 2) => at + 2,
            (b'[' | b';', b'0'..=b'9') => {
                let end = self.run(at, |byte| byte.is_ascii_digit());
                if self.byte(end) == b'm' && end < at + 4 { end + 1 } else { at }
            }
            _ => at,
        }
    }

    /// The token at `at`, where a word begins that ends at `end`.
    pub(super) fn token(&self, at: usize, end: usize) -> Option<Range<usize>> {
        let rest = self.bytes.get(at..)?;
        if let Some(length) = keys::end(rest) {
            return Some(at..at + length);
        }
        let special = match rest.first()? {
            b'0'..=b'9' => self.telegram(at),
            b'b' if rest.starts_with(b"bot") => self.telegram(at + 3).map(|token| at..token.end),
            b'A' if rest.starts_with(b"AAAA") => self.firebase(at),
            b'e' => self.web_token(at),
            b'P' => blocks::putty(self.bytes, at),
            b'M' | b'N' | b'O' => self.discord(at, end),
            _ => None,
        };
        let marked = || if end >= at + MARKED { keys::marked_end(rest) } else { None };
        special.or_else(|| marked().map(|length| at..at + length)).or_else(|| self.prefixed(at))
    }

    /// The name of the token at `at`, where a word begins that ends at `end`, and where the token ends.
    pub(super) fn named(&self, at: usize, end: usize) -> Option<(&'static str, usize)> {
        let token = self.token(at, end)?;
        let rest = self.bytes.get(at..)?;
        let special = match rest.first()? {
            b'0'..=b'9' | b'b' if self.byte(token.start) != b'e' && rest.contains(&b':') => {
                let is_bot = |at: usize| self.telegram(at).is_some();
                (is_bot(at) || is_bot(at + 3)).then_some("telegram-token")
            }
            b'A' => self.firebase(at).map(|_| "firebase-key"),
            b'e' => self.web_token(at).map(|_| "jwt"),
            b'P' => blocks::putty(self.bytes, at).map(|_| "private-key"),
            b'M' | b'N' | b'O' => self.discord(at, end).map(|_| "discord-token"),
            _ => None,
        };
        let marked = || if end >= at + MARKED { keys::marked_name(rest) } else { None };
        let name = keys::name(rest).or(special).or_else(marked).unwrap_or(super::find::UNKNOWN_MAKER);
        Some((name, token.end))
    }

    /// All tokens of the text.
    pub(super) fn all(&self) -> impl Iterator<Item = Range<usize>> {
        let mut at = 0;
        std::iter::from_fn(move || {
            while at < self.bytes.len() {
                let begin = self.word_begin(at);
                let end = self.run(begin, is_name);
                let token = if end > begin { self.token(begin, end) } else { None };
                at = token.as_ref().map_or(end.max(at + 1), |token| token.end);
                if token.is_some() {
                    return token;
                }
            }
            None
        })
    }

    /// The end of a span. If a token begins inside it and ends later (`Bearer a/12345678:…`), the span ends with the
    /// word that contains both. Each byte of the span is read once more, not once for each token in it; a token at its
    /// end may contain another one after its last space (see [`blocks::putty`]), or in its last [`OVERLAP`] bytes
    /// (`AAAA…=12345678:…`).
    pub(super) fn grown(&self, span: &Range<usize>) -> usize {
        let mut at = span.start;
        while at < span.end {
            let begin = self.word_begin(at);
            let end = self.run(begin, is_name);
            if end == begin {
                at = begin + 1;
                continue;
            }
            let token = self.token(begin, end).unwrap_or(begin..end);
            if token.end > span.end && begin < span.end {
                return self.run(token.end, is_bare).max(span.end);
            }
            let is_last = token.end == span.end;
            let text = self.bytes.get(begin..token.end).filter(|_| is_last).unwrap_or_default();
            at = text.iter().rposition(|&byte| byte == b' ').map_or(token.end, |blank| begin + blank + 1);
            if is_last {
                at = at.min(end.max(span.end.saturating_sub(OVERLAP)));
            }
        }
        span.end
    }

    /// `12345678:` and 35 more characters, the shape of a Telegram bot token.
    fn telegram(&self, at: usize) -> Option<Range<usize>> {
        let colon = at + self.limited(at, 12, |byte| byte.is_ascii_digit());
        if !(8..=11).contains(&(colon - at)) || self.byte(colon) != b':' {
            return None;
        }
        let length = self.limited(colon + 1, 80, is_word);
        let body = self.bytes.get(colon + 1..colon + 1 + length)?;
        ((32..=48).contains(&length) && !is_wordy(body) && !is_filler(body)).then_some(at..colon + 1 + length)
    }

    /// A key of an unknown maker, in the most common form: a few lower-case letters, `_` or `-`, and many random
    /// letters and digits.
    fn prefixed(&self, at: usize) -> Option<Range<usize>> {
        let letters = self.limited(at, PREFIX + 1, |byte| byte.is_ascii_lowercase());
        let body = at + letters + 1;
        if !(2..=PREFIX).contains(&letters) || !matches!(self.byte(body - 1), b'_' | b'-') {
            return None;
        }
        let length = self.limited(body, MAX_RANDOM + 1, is_alnum);
        let text = self.bytes.get(body..body + length)?;
        let has = |sort: fn(&u8) -> bool| text.iter().any(sort);
        let mixed = has(u8::is_ascii_digit) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase);
        let fits = (RANDOM..=MAX_RANDOM).contains(&length) && mixed && is_random(text, RANDOM);
        fits.then_some(at..body + length)
    }

    /// `AAAA1234567:APA91b…`, a key of Firebase Cloud Messaging.
    fn firebase(&self, at: usize) -> Option<Range<usize>> {
        let key = self.bytes.get(at + 11..)?.strip_prefix(b":APA91b")?;
        let fits = key.iter().take(100).take_while(|&&byte| is_word(byte)).count() == 100;
        fits.then(|| at..self.run(at + 12, is_word))
    }

    /// The number of the bot, the time and a code, in base64 separated by dots.
    fn discord(&self, at: usize, end: usize) -> Option<Range<usize>> {
        if !(23..=28).contains(&(end - at)) || self.byte(end) != b'.' {
            return None;
        }
        let second = end + 1 + self.limited(end + 1, 8, is_word);
        if !(6..=7).contains(&(second - end - 1)) || self.byte(second) != b'.' {
            return None;
        }
        let third = self.limited(second + 1, 50, is_word);
        let is_token = (27..=40).contains(&third) && !is_wordy(self.bytes.get(at..end)?);
        is_token.then_some(at..second + 1 + third)
    }

    /// A client secret of Azure, recognised by its `Q~`; `at` is the `~`.
    pub(super) fn azure(&self, at: usize, done: usize) -> Option<Range<usize>> {
        let begin = at.checked_sub(5).filter(|begin| *begin >= done)?;
        let is_secret = |byte: u8| is_dotted(byte) || byte == b'~';
        let head = self.bytes.get(begin..at)?;
        let fits = matches!(head, [a, b, c, b'0'..=b'9', b'Q'] if [a, b, c].iter().all(|byte| is_secret(**byte)));
        let length = self.limited(at + 1, 40, is_secret);
        let bordered = begin == 0
            || !is_secret(self.byte(begin - 1))
            || (begin.saturating_sub(6)..begin).any(|at| self.word_begin(at) == begin);
        (fits && bordered && (28..=40).contains(&length)).then_some(begin..at + 1 + length)
    }

    /// Three base64url parts separated by dots, of which the first two encode `{"…`; in an encrypted token five, of
    /// which only the first does.
    fn web_token(&self, at: usize) -> Option<Range<usize>> {
        if !self.bytes.get(at..)?.starts_with(b"eyJ") {
            return None;
        }
        let first = self.part(at, &self.words)?;
        let second = self.part(first + 1, &self.second_words)?;
        let head = self.bytes.get(first + 1..second)?;
        let encrypted =
            head.len() >= 40 && self.bytes.get(second + 1..).is_some_and(|rest| is_word(*rest.first().unwrap_or(&0)));
        if !head.starts_with(b"eyJ") && !encrypted {
            return None;
        }
        let end = if encrypted && !head.starts_with(b"eyJ") {
            self.run(second + 1, is_dotted)
        } else {
            self.run(second + 1, is_word)
        };
        Some(at..end)
    }

    /// The end of a part of a web token, at its dot.
    fn part(&self, at: usize, words: &WordRun) -> Option<usize> {
        let end = self.remembered(at, words);
        (end >= at + 8 && self.byte(end) == b'.').then_some(end)
    }

    pub(super) fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }

    /// The end of the run of word bytes at `at`.
    pub(super) fn word_run(&self, at: usize) -> usize {
        self.remembered(at, &self.words)
    }

    /// The same, without reading it again if it is the known one.
    fn remembered(&self, at: usize, known: &WordRun) -> usize {
        let (from, to) = known.0.get();
        if (from..to).contains(&at) {
            return to;
        }
        let to = self.run(at, is_word);
        known.0.set((at, to));
        to
    }

    /// The end of the run of bytes that begins at `at`, never less than `at`.
    pub(super) fn run(&self, at: usize, member: impl Fn(u8) -> bool) -> usize {
        let rest = self.bytes.get(at..).unwrap_or_default();
        at + rest.iter().position(|&byte| !member(byte)).unwrap_or(rest.len())
    }

    /// How many bytes at `at`, at most `most`, are members.
    fn limited(&self, at: usize, most: usize, member: impl Fn(u8) -> bool) -> usize {
        let rest = self.bytes.get(at..).unwrap_or_default();
        rest.iter().take(most).take_while(|&&byte| member(byte)).count()
    }
}
