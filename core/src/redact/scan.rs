//! The scanner: finds the next secret in a text, in time that is linear in the text.

use std::cell::Cell;
use std::ops::Range;

use super::MASK;
use super::shapes::*;

/// Where in the text the scan is, and what it need not read again.
pub(super) struct Scan<'a> {
    bytes: &'a [u8],
    /// The end of the last span; nothing before it is looked at again.
    done: usize,
    words: WordRun,
    /// For the second part of a web token: attempts go back and forth between the two.
    second_words: WordRun,
}

/// The last run of word bytes that was read. A rule that declines may have read all of it, and may begin again
/// inside it after each span, so it is read once and remembered.
#[derive(Default)]
struct WordRun(Cell<(usize, usize)>);

impl<'a> Scan<'a> {
    pub(super) fn new(text: &'a str) -> Scan<'a> {
        Scan { bytes: text.as_bytes(), done: 0, words: WordRun::default(), second_words: WordRun::default() }
    }

    /// The next secret, behind the last one.
    pub(super) fn next_span(&mut self) -> Option<Range<usize>> {
        let mut at = self.done;
        loop {
            at = self.next_begin(at)?;
            match self.span_at(at) {
                Some(span) if span.is_empty() => at = span.end,
                Some(span) => {
                    self.done = self.grown(&span);
                    return Some(span.start..self.done);
                }
                None => at += 1,
            }
        }
    }

    /// The end of a span. If a token begins inside it and ends later (`Bearer a/12345678:…`), that is the end of
    /// the word that holds both, where a second run would see the end of a value, too. Each byte of the span is
    /// looked at once more, not once for each token in it.
    fn grown(&self, span: &Range<usize>) -> usize {
        let mut at = span.start;
        while let Some(begin) = self.next_begin(at).filter(|begin| *begin < span.end) {
            let token = self.word(begin).unwrap_or(begin..begin + 1);
            if token.end > span.end {
                return self.run(token.end, is_bare);
            }
            at = token.end;
        }
        span.end
    }

    /// The next place where a secret may begin. Ordinary text is only read here,
    /// so letters inside a word are passed over without another look; but see
    /// [`Scan::word`] about `\n`.
    fn next_begin(&self, from: usize) -> Option<usize> {
        let mut previous = self.before(from);
        let found = self.bytes.get(from..)?.iter().position(|&byte| {
            let inside = is_name(previous) && !matches!(previous, b'n' | b'r' | b't');
            previous = byte;
            may_begin(byte) && !(inside && is_name(byte))
        })?;
        Some(from + found)
    }

    /// The secret that the byte at `at` announces. An empty span says: nothing
    /// here, go on at its end.
    fn span_at(&self, at: usize) -> Option<Range<usize>> {
        match self.byte(at) {
            b'-' => self.private_key(at).or_else(|| self.flag(at)),
            b':' if self.has(at, b"://") => self.url(at + 3),
            b':' | b'=' => self.assignment(at),
            _ => self.word(at),
        }
    }

    fn word(&self, at: usize) -> Option<Range<usize>> {
        let previous = self.before(at);
        // In escaped text the `n` of `\n` stands right before the next word.
        let escaped = matches!(previous, b'n' | b'r' | b't') && self.before(at - 1) == b'\\';
        if is_name(previous) && !escaped {
            return None;
        }
        match self.byte(at) {
            b'0'..=b'9' => self.telegram(at),
            b'b' | b'B' => self.bearer(at),
            b'e' if previous != b'-' => self.web_token(at),
            first if may_begin_key(first, self.byte(at + 1)) => {
                let mut same_first = KEYS.iter().filter(|key| key.prefix.first() == Some(&first));
                same_first.find_map(|key| self.key(at, key))
            }
            _ => None,
        }
    }

    fn key(&self, at: usize, key: &Key) -> Option<Range<usize>> {
        if !self.has(at, key.prefix) {
            return None;
        }
        let body = at + key.prefix.len();
        let begin = self.bytes.get(body..body + key.min)?;
        if !begin.iter().all(|&byte| (key.body)(byte)) {
            return None;
        }
        // A window, not the whole run: a declined run would be read again.
        let window = self.bytes.get(body..)?.iter().take(64);
        let mut run = window.take_while(|&&byte| (key.body)(byte));
        if key.needs_digit && !run.any(u8::is_ascii_digit) {
            return None;
        }
        Some(at..self.run(body, key.body))
    }

    /// `12345678:` and 35 more, the shape of a Telegram bot token.
    fn telegram(&self, at: usize) -> Option<Range<usize>> {
        let colon = self.run(at, |byte| byte.is_ascii_digit());
        if !(8..=10).contains(&(colon - at)) || self.byte(colon) != b':' {
            return None;
        }
        let end = self.run(colon + 1, is_word);
        (end >= colon + 36).then_some(at..end)
    }

    /// Three base64url parts with dots between; the first two encode `{"…`.
    fn web_token(&self, at: usize) -> Option<Range<usize>> {
        let first = self.web_token_part(at, &self.words)?;
        let second = self.web_token_part(first + 1, &self.second_words)?;
        Some(at..self.run(second + 1, is_word))
    }

    fn web_token_part(&self, at: usize, words: &WordRun) -> Option<usize> {
        if !self.has(at, b"eyJ") {
            return None;
        }
        let end = self.word_run(at, words);
        (end >= at + 8 && self.byte(end) == b'.').then_some(end)
    }

    /// `Bearer x` anywhere, when x does not look like the next word of a sentence.
    fn bearer(&self, at: usize) -> Option<Range<usize>> {
        let token = self.scheme(at, b"bearer")?;
        let text = self.bytes.get(token.clone())?;
        let telling = text.len() >= 8 && text.iter().any(u8::is_ascii_digit);
        (text.len() >= 20 || telling).then_some(token)
    }

    fn authorization(&self, at: usize) -> Option<Range<usize>> {
        let schemes: [&[u8]; 3] = [b"basic", b"bearer", b"token"];
        schemes.iter().find_map(|scheme| self.scheme(at, scheme))
    }

    /// The credential behind the scheme's name at `at`.
    fn scheme(&self, at: usize, name: &[u8]) -> Option<Range<usize>> {
        let end = at + name.len();
        if !self.bytes.get(at..end)?.eq_ignore_ascii_case(name) {
            return None;
        }
        // No blank, no credential: what follows may be all of the text, and is not read.
        let token = Some(self.run(end, is_blank)).filter(|token| *token > end)?;
        let token_end = self.run(token, is_credential);
        (token_end > token).then_some(token..token_end)
    }

    /// A private key in PEM or PGP armour, up to the end of its END line.
    fn private_key(&self, at: usize) -> Option<Range<usize>> {
        if !self.has(at, b"-----BEGIN ") {
            return None;
        }
        let label = self.bytes.get(at + 11..)?;
        let label = label.get(..label.len().min(64))?;
        let dashes = label.iter().position(|&byte| !is_upper(byte) && byte != b' ')?;
        let (label, rest) = label.split_at_checked(dashes)?;
        if find(label, b"PRIVATE KEY").is_none() || !rest.starts_with(b"-----") {
            return None;
        }
        let all = self.bytes.len();
        let body = at + 11 + dashes;
        let Some(footer) = find(self.bytes.get(body..)?, b"-----END") else {
            return Some(at..all);
        };
        let footer = self.run(body + footer + 8, |byte| is_upper(byte) || byte == b' ');
        Some(at..self.run(footer, |byte| byte == b'-'))
    }

    /// The password of `user:password@`, or all of a long `token@`. The user is
    /// not scanned: it is too short to hold a key, else it is masked as well.
    fn url(&self, at: usize) -> Option<Range<usize>> {
        let authority = self.bytes.get(at..self.run(at, is_authority))?;
        let info_end = authority.iter().rposition(|&byte| byte == b'@')?;
        let info = authority.get(..info_end)?;
        let end = at + info_end;
        if find(info, MASK.as_bytes()).is_some() {
            return Some(end..end);
        }
        let colon = info.iter().position(|&byte| byte == b':');
        match colon {
            _ if colon.unwrap_or(info_end) >= 20 => Some(at..end),
            Some(colon) if colon + 1 < info_end => Some(at + colon + 1..end),
            _ => None,
        }
    }

    /// The value behind `=` or `:` when the name before it is telling.
    fn assignment(&self, at: usize) -> Option<Range<usize>> {
        let name = self.name_before(at);
        let is_operator = |&at: &usize| matches!(self.byte(at), b'=' | b'>');
        let value = at + 1 + (at + 1..at + 3).take_while(is_operator).count();
        if self.byte(at + 1) == b':' || name.len() < 3 {
            return None;
        }
        if contains(name, "authorization") {
            let value = self.run(value, |byte| is_blank(byte) || is_quote(byte) || byte == b'\\');
            return self.authorization(value);
        }
        let secret = SECRET_NAMES.iter().any(|part| contains(name, part));
        secret.then(|| self.value(value, name)).flatten()
    }

    /// The last name before `at`, whatever quotes, brackets or Markdown stars
    /// stand between. A dotted path counts as one name. Cut to 128 bytes.
    fn name_before(&self, at: usize) -> &[u8] {
        let is_between = |byte| is_blank(byte) || is_quote(byte) || matches!(byte, b'\\' | b']' | b'*');
        let text = self.bytes.get(self.done..at).unwrap_or_default();
        let end = text.iter().rposition(|&byte| !is_between(byte)).map_or(0, |last| last + 1);
        let text = text.get(end.saturating_sub(128)..end).unwrap_or_default();
        let begin = text.iter().rposition(|&byte| !is_dotted(byte)).map_or(0, |last| last + 1);
        text.get(begin..).unwrap_or_default()
    }

    /// The value behind `--password` and the like, on the same line.
    fn flag(&self, at: usize) -> Option<Range<usize>> {
        let previous = self.before(at);
        if !self.has(at, b"--") || previous == b'-' || is_name(previous) {
            return None;
        }
        let end = self.word_run(at + 2, &self.words);
        let name = self.bytes.get(at + 2..end)?;
        let value = self.run(end, is_blank);
        let secret = SECRET_NAMES.iter().any(|part| ends_with(name, part));
        if !secret || value == end || (at + 2..end).any(|inside| self.word(inside).is_some()) {
            return None;
        }
        let is_next_flag = self.byte(value) == b'-' && self.private_key(value).is_none();
        (!is_next_flag).then(|| self.value(value, name)).flatten()
    }

    /// The value that begins at `at`, without its quotes.
    fn value(&self, at: usize, name: &[u8]) -> Option<Range<usize>> {
        let mut start = self.run(at, is_blank);
        if self.has(start, b"**") {
            start = self.run(start + 2, is_blank);
        }
        let quote = self.run(start, |byte| byte == b'\\');
        let is_quoted = is_quote(self.byte(quote));
        let inside = if is_quoted { quote + 1 } else { start };
        if is_directory(name, self.byte(inside)) {
            return None;
        }
        let known = self.opaque_end(inside);
        let end =
            if is_quoted { self.quoted_end(known, self.byte(quote), quote - start) } else { self.bare_end(known) };
        let value = self.bytes.get(inside..end)?;
        (!is_plain(name, value)).then_some(inside..end)
    }

    /// The end of a private key or credential at `at`, whose blanks and line
    /// ends do not end the value; `at` when there is none.
    fn opaque_end(&self, at: usize) -> usize {
        let span = self.private_key(at).or_else(|| self.authorization(at));
        span.map_or(at, |span| span.end)
    }

    /// The closing quote, or the end of the line. `escapes` backslashes stood
    /// before the opening quote: 1 in JSON within JSON, 3 one level deeper. A
    /// quote inside the value has twice that and one more.
    fn quoted_end(&self, from: usize, quote: u8, escapes: usize) -> usize {
        let mut slashes = 0;
        for (at, &byte) in self.bytes.iter().enumerate().skip(from) {
            let closes = slashes < escapes || slashes % (2 * escapes + 2) == escapes;
            match byte {
                b'\n' | b'\r' => return at,
                b'\\' => slashes += 1,
                _ if byte == quote && closes => return at - slashes.min(escapes),
                _ => slashes = 0,
            }
        }
        self.bytes.len()
    }

    /// The end of an unquoted value. Backslashes before a quote belong to it.
    fn bare_end(&self, from: usize) -> usize {
        let end = self.run(from, is_bare);
        if !is_quote(self.byte(end)) {
            return end;
        }
        let value = self.bytes.get(from..end).unwrap_or_default();
        from + value.iter().rposition(|&byte| byte != b'\\').map_or(0, |last| last + 1)
    }

    fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }

    fn before(&self, at: usize) -> u8 {
        if at <= self.done { b']' } else { self.byte(at - 1) }
    }

    fn has(&self, at: usize, literal: &[u8]) -> bool {
        self.bytes.get(at..).is_some_and(|rest| rest.starts_with(literal))
    }

    /// The end of the run of word bytes at `at`, which is not read again if it is the known one.
    fn word_run(&self, at: usize, known: &WordRun) -> usize {
        let (from, to) = known.0.get();
        if (from..to).contains(&at) {
            return to;
        }
        let to = self.run(at, is_word);
        known.0.set((at, to));
        to
    }

    /// The end of the run of bytes that begins at `at`, never less than `at`.
    fn run(&self, at: usize, member: impl Fn(u8) -> bool) -> usize {
        let rest = self.bytes.get(at..).unwrap_or_default();
        at + rest.iter().position(|&byte| !member(byte)).unwrap_or(rest.len())
    }
}

/// Whether a secret value is none after all: empty, masked before, a word of
/// the language, a small number or a count of tokens. In none of these can another rule begin, whose mask might
/// swallow the closing quote: a second run would see another value then.
fn is_plain(name: &[u8], value: &[u8]) -> bool {
    let is_telling =
        |&byte: &u8| byte.is_ascii_alphabetic() || !byte.is_ascii() || is_quote(byte) || matches!(byte, b':' | b'=');
    let is_number = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'}' | b']');
    let is_word = PLAIN_VALUES.iter().any(|word| value.eq_ignore_ascii_case(word.as_bytes()));
    let is_count = contains(name, "tokens") || ends_with(name, "count");
    value.is_empty()
        || value == MASK.as_bytes()
        || is_word
        || (value.len() < 6 && !value.iter().any(is_telling))
        || (is_count && value.iter().all(is_number))
}

/// The working directory in the environment, `PWD=/home/x`. Told by the first
/// byte: a declined value that was read to its end would be read again.
fn is_directory(name: &[u8], first: u8) -> bool {
    let is_pwd = name.eq_ignore_ascii_case(b"pwd") || name.eq_ignore_ascii_case(b"oldpwd");
    is_pwd && matches!(first, b'/' | b'~')
}
