//! Owns secrets between words: in headers, in URLs, and in sentences such as `the password is …`.

use super::class::*;
use super::names::{self, Kind};
use super::scan::{Scan, Sort};
use super::values::{Tie, Value};
use std::ops::Range;

/// Words that announce a secret without a sign between.
static ANNOUNCING: Words =
    Words::of("password passwd passphrase pwd token secret key apikey requirepass masterauth identified");
pub(super) static SCHEMES: Words = Words::of("bearer basic ssws");
static BETWEEN: Words = Words::of("is was by");
static USUAL: Words = Words::of("basic bearer token");

impl Scan<'_> {
    /// Whether a word may announce a secret that follows it after a blank.
    pub(super) fn may_announce(&self, at: usize, end: usize) -> bool {
        let word = self.bytes().get(at..end).unwrap_or_default();
        ANNOUNCING.may_have(word) || SCHEMES.may_have(word) || word.contains(&b'_')
    }

    /// `Bearer x` and `Basic x` anywhere, if x does not look like the next word of a sentence.
    pub(super) fn scheme(&self, at: usize, end: usize) -> Option<Range<usize>> {
        self.sort.set(Sort::Value(Kind::Authorization));
        let name = self.bytes().get(at..end).filter(|name| matches!(name.len(), 4..=6))?;
        let token = self.run(end, is_blank);
        if token == end || !SCHEMES.have(name) {
            return None;
        }
        let head = self.head(token, is_base64);
        let value = Value { head, quote: 0, tie: Tie::Flag, next: 0 };
        let is_secret = match name.first() {
            Some(b'b' | b'B') if name.len() == 5 => head.len() >= 10 && super::values::is_basic(head),
            _ => value.is_credential(),
        };
        is_secret.then(|| token..self.run(token, is_base64))
    }

    /// `password hunter2`, `token is abc…`: a word that suggests a secret, and its value.
    pub(super) fn sentence(&self, at: usize, end: usize) -> Option<Range<usize>> {
        if !is_blank(self.byte(end)) || !matches!(end - at, 3..=40) {
            return None;
        }
        let name = self.bytes().get(at..end)?;
        let announces = ANNOUNCING.have(name);
        if !announces && !name.contains(&b'_') {
            return None;
        }
        let kind = match name {
            // Upper case as in SQL, lower case as in prose.
            b"IDENTIFIED" => Kind::Password,
            _ if name.eq_ignore_ascii_case(b"identified") => Kind::Secret,
            _ => names::kind(name)?,
        };
        let mut value = self.run(end, is_blank);
        let word = self.run(value, |byte| byte.is_ascii_alphabetic());
        let between = self.bytes().get(value..word).is_some_and(|word| BETWEEN.have(word));
        if between && is_blank(self.byte(word)) {
            value = self.run(word, is_blank);
        }
        let tie = match kind {
            Kind::Password if self.is_login(at) => Tie::Flag,
            _ => Tie::Word,
        };
        let kind = if announces { kind } else { Kind::Random };
        let begins = |byte: u8| !matches!(byte, b'=' | b':' | b'|' | b'?' | b'!' | b'<' | b'>' | b'+');
        begins(self.byte(value)).then(|| self.value(value, kind, tie)).flatten()
    }

    /// Whether a machine and a login precede it, as in `.netrc`.
    pub(super) fn is_login(&self, at: usize) -> bool {
        let line = self.text_before(at);
        let mut words = line.rsplit(|&byte| !is_name(byte));
        let mut has = |wanted: &str| words.any(|word| word.eq_ignore_ascii_case(wanted.as_bytes()));
        has("login") && has("machine")
    }

    /// The password of `user:password@`, or all of a long `token@`.
    pub(super) fn url(&self, at: usize) -> Option<Range<usize>> {
        self.sort.set(Sort::Url);
        let authority = self.bytes().get(at..self.run(at, is_authority))?;
        let info_end = authority.iter().rposition(|&byte| byte == b'@')?;
        let info = authority.get(..info_end)?;
        let end = at + info_end;
        let colon = info.iter().position(|&byte| byte == b':');
        let user = info.get(..colon.unwrap_or(info_end))?;
        let is_nothing =
            |text: &[u8]| Value { head: text, quote: 0, tie: Tie::Tight, next: b'@' }.is_empty_or_placeholder();
        match colon {
            _ if user.len() >= 20 && !super::words::is_wordy(user) && !is_nothing(user) => Some(at..end),
            Some(colon) if colon + 3 < info_end && !is_nothing(info.get(colon + 1..)?) => Some(at + colon + 1..end),
            _ => None,
        }
    }

    /// The password of `user:password@host` without a scheme before it.
    pub(super) fn login(&self, at: usize) -> Option<Range<usize>> {
        self.sort.set(Sort::Login);
        if !is_alnum(self.before(at)) {
            return None;
        }
        let head = self.head(at + 1, |byte| is_authority(byte) && byte != b'@');
        let end = at + 1 + head.len();
        let host = self.byte(end) == b'@' && is_alnum(self.byte(end + 1)) && !self.has(end, b"@sha256:");
        let value = Value { head, quote: 0, tie: Tie::Tight, next: b'@' };
        (host && super::words::is_random(head, 8) && !value.is_empty_or_placeholder()).then_some(at + 1..end)
    }

    /// The credential of an `Authorization` header.
    pub(super) fn authorization(&self, at: usize) -> Option<Range<usize>> {
        self.sort.set(Sort::Value(Kind::Authorization));
        let at = self.run(at, |byte| is_blank(byte) || is_quote(byte) || byte == b'\\');
        let scheme = self.head(at, is_word);
        let credential = self.run(at + scheme.len(), is_blank);
        let has_scheme = !scheme.is_empty() && credential > at + scheme.len();
        let token = if has_scheme { credential } else { at };
        let head = self.head(token, is_base64);
        let end = token + head.len();
        if head.is_empty() || head.ends_with(b"=") && matches!(self.byte(end), b'"' | b'\'' | b'\\') {
            return None;
        }
        let value = Value { head, quote: 0, tie: Tie::Flag, next: self.byte(end) };
        let usual = has_scheme && USUAL.have(scheme);
        let is_secret = if usual { !value.is_empty_or_placeholder() } else { value.is_credential() };
        is_secret.then(|| token..self.run(token, is_base64))
    }

    /// All cookies of a header, if one of them may be a session.
    pub(super) fn cookies(&self, at: usize) -> Option<Range<usize>> {
        self.sort.set(Sort::Value(Kind::Cookie));
        let at = self.run(at, |byte| is_blank(byte) || is_quote(byte) || byte == b'\\');
        let is_cookie = |byte: u8| !is_quote(byte) && !matches!(byte, b'\n' | b'\r' | b'\\');
        let has_session = super::values::has_session(self.head(at, is_cookie));
        has_session.then(|| at..self.run(at, is_cookie))
    }
}
