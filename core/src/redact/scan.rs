//! The scanner: finds the next secret in a text, in time that is linear in the text.

use std::ops::Range;

use super::MASK;
use super::blocks;
use super::class::*;
use super::commands::{self, Called, Takes};
use super::names::{self, Kind};
use super::tokens::Tokens;
use super::values::{HEAD, Tie, Value};

/// How much of the text before it a rule looks at for a name.
const NAME_BYTES: usize = 96;

/// What a rule says of a place.
enum Step {
    Secret(Range<usize>),
    /// Nothing begins before here.
    Go(usize),
}

/// Where in the text the scan is, and what it need not read again.
pub(super) struct Scan<'a> {
    tokens: Tokens<'a>,
    /// The end of the last span; nothing before it is looked at again.
    done: usize,
    /// The programs that were called before.
    called: Called,
    /// Where secrets may begin, in order.
    windows: &'a [Range<usize>],
}

impl<'a> Scan<'a> {
    /// Looks for secrets that begin in the windows, which are in order and begin at words.
    pub(super) fn new(text: &'a str, windows: &'a [Range<usize>]) -> Scan<'a> {
        Scan { tokens: Tokens::new(text.as_bytes()), done: 0, called: Called::default(), windows }
    }

    /// The next secret, behind the last one.
    pub(super) fn next_span(&mut self) -> Option<Range<usize>> {
        let mut at = self.done;
        while let Some(window) = self.windows.first() {
            let Some(begin) = self.next_begin(at.max(window.start), window.end) else {
                self.windows = self.windows.get(1..).unwrap_or_default();
                continue;
            };
            match self.step(begin) {
                Step::Secret(span) if span.end > span.start => {
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

    /// The next place where a secret may begin, or a name ends that announces one.
    fn next_begin(&self, from: usize, to: usize) -> Option<usize> {
        let mut inside = is_name(self.before(from));
        let found = self.bytes().get(from..to)?.iter().position(|&byte| {
            let before = std::mem::take(&mut inside);
            match BEGINS.get(usize::from(byte)) {
                Some(Begin::Word) => {
                    inside = true;
                    !before
                }
                Some(Begin::Sign) => true,
                _ => false,
            }
        })?;
        Some(from + found)
    }

    fn step(&self, at: usize) -> Step {
        let span = match self.byte(at) {
            b'-' => blocks::armour(self.bytes(), at).or_else(|| self.flag(at)),
            b':' if self.has(at, b"://") => self.url(at + 3),
            b':' => self.assignment(at).or_else(|| self.login(at)),
            b'=' => self.assignment(at),
            b'>' => self.element(at),
            b',' => self.pair_of_texts(at),
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

    /// `Bearer x` and `Basic x` anywhere, when x does not look like the next word of a sentence.
    fn scheme(&self, at: usize, end: usize) -> Option<Range<usize>> {
        let name = self.bytes().get(at..end).filter(|name| matches!(name.len(), 4..=6))?;
        let token = self.run(end, is_blank);
        if token == end || !SCHEMES.have(name) {
            return None;
        }
        let head = self.head(token, is_base64);
        let value = Value { head, quote: 0, tie: Tie::Flag, next: 0 };
        let telling = match name.first() {
            Some(b'b' | b'B') if name.len() == 5 => head.len() >= 10 && super::values::is_basic(head),
            _ => value.is_credential(),
        };
        telling.then(|| token..self.run(token, is_base64))
    }

    /// `password hunter2`, `token is abc…`: a telling word and what follows it.
    fn sentence(&self, at: usize, end: usize) -> Option<Range<usize>> {
        if !is_blank(self.byte(end)) || !matches!(end - at, 3..=40) {
            return None;
        }
        let name = self.bytes().get(at..end)?;
        let telling = TELLING.have(name);
        if !telling && !name.contains(&b'_') {
            return None;
        }
        let kind = match name {
            // As people write SQL, and as they write English.
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
        let kind = if telling { kind } else { Kind::Random };
        let begins = |byte: u8| !matches!(byte, b'=' | b':' | b'|' | b'?' | b'!' | b'<' | b'>' | b'+');
        begins(self.byte(value)).then(|| self.value(value, kind, tie)).flatten()
    }

    /// Whether a machine and a login stand before, as in `.netrc`.
    fn is_login(&self, at: usize) -> bool {
        let line = self.text_before(at);
        let mut words = line.rsplit(|&byte| !is_name(byte));
        let mut has = |wanted: &str| words.any(|word| word.eq_ignore_ascii_case(wanted.as_bytes()));
        has("login") && has("machine")
    }

    /// What stands before `at`, behind the last mask.
    fn text_before(&self, at: usize) -> &[u8] {
        let text = self.bytes().get(at.saturating_sub(NAME_BYTES).max(self.done)..at).unwrap_or_default();
        let mask = text.windows(MASK.len()).rposition(|window| window == MASK.as_bytes());
        mask.and_then(|mask| text.get(mask + MASK.len()..)).unwrap_or(text)
    }

    /// The password of `user:password@`, or all of a long `token@`.
    fn url(&self, at: usize) -> Option<Range<usize>> {
        let authority = self.bytes().get(at..self.run(at, is_authority))?;
        let info_end = authority.iter().rposition(|&byte| byte == b'@')?;
        let info = authority.get(..info_end)?;
        let end = at + info_end;
        let colon = info.iter().position(|&byte| byte == b':');
        let user = info.get(..colon.unwrap_or(info_end))?;
        let is_open = |text: &[u8]| Value { head: text, quote: 0, tie: Tie::Tight, next: b'@' }.is_open();
        match colon {
            _ if user.len() >= 20 && !super::words::is_wordy(user) && !is_open(user) => Some(at..end),
            Some(colon) if colon + 3 < info_end && !is_open(info.get(colon + 1..)?) => Some(at + colon + 1..end),
            _ => None,
        }
    }

    /// The password of `user:password@host` without a scheme before it.
    fn login(&self, at: usize) -> Option<Range<usize>> {
        if !is_alnum(self.before(at)) {
            return None;
        }
        let head = self.head(at + 1, |byte| is_authority(byte) && byte != b'@');
        let end = at + 1 + head.len();
        let host = self.byte(end) == b'@' && is_alnum(self.byte(end + 1)) && !self.has(end, b"@sha256:");
        let value = Value { head, quote: 0, tie: Tie::Tight, next: b'@' };
        (host && super::words::is_random(head, 8) && !value.is_open()).then_some(at + 1..end)
    }

    /// The value behind `=` or `:` when the name before it is telling.
    fn assignment(&self, at: usize) -> Option<Range<usize>> {
        let value = at + 1 + (at + 1..at + 3).take_while(|&at| matches!(self.byte(at), b'=' | b'>')).count();
        if self.byte(at + 1) == b':' {
            return None;
        }
        let place = self.name_before(at);
        let begin = place.start;
        let name = self.bytes().get(place.clone())?;
        let kind = match () {
            // The last part of `arn:aws:secret`, or of a module's name.
            () if self.byte(at) == b':' && self.before(begin) == b':' => return None,
            () if name.eq_ignore_ascii_case(b"value") => self.paired(begin)?,
            () => self.kind(&place)?,
        };
        if self.closes(place, at, value) {
            return None;
        }
        let is_compared = self.byte(at) == b'=' && self.byte(at + 1) == b'=';
        let is_module = self.before(begin) == b':' && self.before(begin.saturating_sub(1)) == b':';
        let is_alone = value == at + 1 && !is_blank(self.before(at)) && !is_blank(self.byte(value));
        let tie = if self.byte(at) == b'=' && is_alone { Tie::Tight } else { Tie::Loose };
        match kind {
            Kind::Authorization => self.authorization(value),
            Kind::Cookie => self.cookies(value),
            Kind::Password | Kind::Secret if is_compared || is_module => self.value(value, Kind::Key, tie),
            _ => self.value(value, kind, tie),
        }
    }

    /// How telling the name at a place is. The `n` of an escape before it may be part of it or not.
    fn kind(&self, place: &Range<usize>) -> Option<Kind> {
        let name = self.bytes().get(place.clone())?;
        let escaped = self.before(place.start) == b'\\' && matches!(name, [b'n' | b'r' | b't', ..]);
        names::kind(name).or_else(|| names::kind(name.get(1..).filter(|_| escaped)?))
    }

    /// Whether the quote behind the sign at `at` is the end of the text in which the name is: `grep 'password:' x`.
    fn closes(&self, name: Range<usize>, at: usize, value: usize) -> bool {
        let slashes = self.run(value, |byte| byte == b'\\') - value;
        let quote = self.byte(value + slashes);
        let outside = self.bytes().get(..name.start.saturating_sub(1)).unwrap_or_default();
        let before = outside.iter().rev().take(8).take_while(|byte| **byte == b'\\').count();
        is_quote(quote) && quote == self.before(name.start) && name.end == at && before == slashes
    }

    /// Where the last name before `at` is, whatever quotes, brackets or Markdown stars stand between. A dotted path
    /// counts as one name, and so do words with one blank between.
    fn name_before(&self, at: usize) -> Range<usize> {
        let from = at.saturating_sub(NAME_BYTES).max(self.done);
        let text = self.bytes().get(from..at).unwrap_or_default();
        let is_between =
            |byte| is_blank(byte) || is_quote(byte) || matches!(byte, b'\\' | b']' | b'*' | b'?' | b'+' | b'(');
        let end = text.iter().rposition(|&byte| !is_between(byte)).map_or(0, |last| last + 1);
        let is_part = |at: usize| {
            let byte = |at: usize| text.get(at).copied().unwrap_or(0);
            is_dotted(byte(at)) || byte(at) == b' ' && at > 0 && is_alnum(byte(at - 1)) && is_alnum(byte(at + 1))
        };
        let begin = (0..end).rev().take_while(|&at| is_part(at)).last().unwrap_or(end);
        from + begin..from + end
    }

    /// The kind of the name in `"name": "DB_PASSWORD", "value": …`, whose value's name ends before `at`.
    fn paired(&self, at: usize) -> Option<Kind> {
        let text = self.text_before(at);
        let is_name = |window: &[u8]| window.eq_ignore_ascii_case(b"name") || ends_with(window, "key");
        let found = text.windows(4).rposition(is_name)?;
        let rest = text.get(found + 4..)?;
        let begin =
            rest.iter().position(|&byte| !is_blank(byte) && !is_quote(byte) && !matches!(byte, b'\\' | b':' | b'='))?;
        let rest = rest.get(begin..)?;
        let end = rest.iter().position(|&byte| !is_dotted(byte)).unwrap_or(rest.len());
        names::kind(rest.get(..end)?)
    }

    /// The second text of `set("DB_PASSWORD", "value")`.
    fn pair_of_texts(&self, at: usize) -> Option<Range<usize>> {
        if !is_quote(self.before(at)) {
            return None;
        }
        let value = self.run(at + 1, is_blank);
        if !is_quote(self.byte(self.run(value, |byte| byte == b'\\'))) {
            return None;
        }
        let name = self.name_before(at);
        if !is_quote(self.before(name.start)) {
            return None;
        }
        match self.kind(&name)? {
            Kind::Directory => None,
            Kind::Authorization => self.authorization(value),
            Kind::Cookie => self.cookies(value),
            Kind::Password | Kind::Secret => self.value(value, Kind::Key, Tie::Loose),
            kind => self.value(value, kind, Tie::Loose),
        }
    }

    /// The value of `<password>value</password>`.
    fn element(&self, at: usize) -> Option<Range<usize>> {
        let text = self.bytes().get(at.saturating_sub(NAME_BYTES).max(self.done)..at)?;
        let begin = text.iter().rposition(|&byte| !is_dotted(byte) && byte != b':')?;
        if text.get(begin) != Some(&b'<') {
            return None;
        }
        let kind = names::kind(text.get(begin + 1..)?)?;
        let head = self.head(at + 1, |byte| !matches!(byte, b'<' | b'\n' | b'\r'));
        let closed = head.len() == HEAD || self.has(at + 1 + head.len(), b"</");
        let value = Value { head, quote: b'"', tie: Tie::Loose, next: b'<' };
        let end = || self.run(at + 1, |byte| !matches!(byte, b'<' | b'\n' | b'\r'));
        (closed && value.is_secret(kind)).then(|| at + 1..end())
    }

    /// The credential of an `Authorization` header.
    fn authorization(&self, at: usize) -> Option<Range<usize>> {
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
        let telling = if usual { !value.is_open() } else { value.is_credential() };
        telling.then(|| token..self.run(token, is_base64))
    }

    /// All cookies of a header, if one of them may be a session.
    fn cookies(&self, at: usize) -> Option<Range<usize>> {
        let at = self.run(at, |byte| is_blank(byte) || is_quote(byte) || byte == b'\\');
        let is_cookie = |byte: u8| !is_quote(byte) && !matches!(byte, b'\n' | b'\r' | b'\\');
        let telling = super::values::has_session(self.head(at, is_cookie));
        telling.then(|| at..self.run(at, is_cookie))
    }

    /// The value behind `--password` and the like, or behind a flag of a program that takes a password.
    fn flag(&self, at: usize) -> Option<Range<usize>> {
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

    /// What a flag takes, if it is one of a program that is called before it in the same command.
    fn takes(&self, at: usize, flag: &[u8]) -> Option<Takes> {
        if !commands::is_flag(flag) {
            return None;
        }
        self.called.takes(self.bytes(), at, flag)
    }

    /// Where the argument behind a flag begins, also when both are texts of a list: `"-p", "x"`.
    fn argument(&self, end: usize) -> Option<usize> {
        let quotes = self.run(end, |byte| is_quote(byte) || byte == b'\\');
        let comma = if quotes > end && self.byte(quotes) == b',' { quotes + 1 } else { end };
        let value = self.run(comma, |byte| is_blank(byte) || comma > end && byte == b'\n');
        let quoted = is_quote(self.byte(self.run(value, |byte| byte == b'\\')));
        (value > end && (comma == end || quoted)).then_some(value)
    }

    /// The secret in the argument of a program's flag, which ends at `end`.
    fn taken(&self, end: usize, takes: Takes) -> Option<Range<usize>> {
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

    fn attached(&self, at: usize, takes: Takes) -> Option<Range<usize>> {
        match takes {
            Takes::Pair => self.pair(at),
            _ => self.value(at, Kind::Password, Tie::Tight),
        }
    }

    /// The password of `user:password`, the argument that begins at `at`.
    fn pair(&self, at: usize) -> Option<Range<usize>> {
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
    fn is_port(&self, span: &Range<usize>) -> bool {
        let value = self.bytes().get(span.clone()).unwrap_or_default();
        value.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.' | b'-' | b'/'))
    }

    /// The value that begins at `at`, without its quotes, if it is a secret.
    fn value(&self, at: usize, kind: Kind, tie: Tie) -> Option<Range<usize>> {
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

    /// Behind `Bearer ` and the like.
    fn behind_scheme(&self, at: usize) -> usize {
        let end = self.run(at, is_alnum).min(at + 7);
        let name = self.bytes().get(at..end).unwrap_or_default();
        let value = self.run(end, is_blank);
        if value > end && name.len() > 4 && SCHEMES.have(name) { value } else { at }
    }

    /// The closing quote, or the end of the line, or the place after `most` bytes. `escapes` backslashes stood
    /// before the opening quote: 1 in JSON within JSON, 3 one level deeper. A quote inside the value has twice that
    /// and one more.
    fn quoted_end(&self, from: usize, quote: u8, escapes: usize, most: usize) -> usize {
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

    /// The end of an unquoted value, or the place after `most` bytes. It ends before an escape: `\n`, `\"`.
    fn bare_end(&self, from: usize, most: usize) -> usize {
        let limit = self.border(from, most);
        let text = self.bytes().get(from..limit).unwrap_or_default();
        let next = |at: usize| text.get(at + 1).copied().unwrap_or_else(|| self.byte(limit));
        let ends = |at: usize, byte: u8| {
            !is_bare(byte) || byte == b'\\' && (matches!(next(at), b'n' | b'r' | b't' | b'\\') || is_quote(next(at)))
        };
        from + text.iter().enumerate().position(|(at, &byte)| ends(at, byte)).unwrap_or(text.len())
    }

    /// At most so many bytes behind `from`, on a character's border.
    fn border(&self, from: usize, most: usize) -> usize {
        let all = self.bytes().len();
        let mut end = from.saturating_add(most).min(all);
        while end < all && end > from && self.byte(end) & 0xc0 == 0x80 {
            end -= 1;
        }
        end.max(from)
    }

    /// The first bytes of a run, as many as are asked.
    fn head(&self, at: usize, member: impl Fn(u8) -> bool) -> &[u8] {
        let rest = self.bytes().get(at..).unwrap_or_default();
        let end = rest.iter().take(HEAD).position(|&byte| !member(byte)).unwrap_or(rest.len().min(HEAD));
        rest.get(..end).unwrap_or_default()
    }

    fn bytes(&self) -> &'a [u8] {
        self.tokens.bytes
    }

    fn byte(&self, at: usize) -> u8 {
        self.tokens.byte(at)
    }

    fn before(&self, at: usize) -> u8 {
        if at <= self.done { b']' } else { self.byte(at - 1) }
    }

    fn has(&self, at: usize, literal: &[u8]) -> bool {
        self.bytes().get(at..).is_some_and(|rest| rest.starts_with(literal))
    }

    fn run(&self, at: usize, member: impl Fn(u8) -> bool) -> usize {
        self.tokens.run(at, member)
    }
}

/// Words that announce a secret without a sign between.
static TELLING: Words =
    Words::of("password passwd passphrase pwd token secret key apikey requirepass masterauth identified");
static SCHEMES: Words = Words::of("bearer basic ssws");
static BETWEEN: Words = Words::of("is was by");
static USUAL: Words = Words::of("basic bearer token");

#[derive(Clone, Copy)]
enum Begin {
    Nothing,
    Word,
    Sign,
}

static BEGINS: [Begin; 128] = begins();

#[allow(clippy::indexing_slicing)] // run by the compiler
const fn begins() -> [Begin; 128] {
    let mut begins = [Begin::Nothing; 128];
    let mut byte = 0;
    while byte < 128 {
        begins[byte as usize] = match byte {
            b'-' | b':' | b'=' | b'>' | b'~' | b',' => Begin::Sign,
            _ if NAME.has(byte) => Begin::Word,
            _ => Begin::Nothing,
        };
        byte += 1;
    }
    begins
}
