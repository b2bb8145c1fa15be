//! Replaces secrets in text by `[masked]` before the text is stored or shown.
//!
//! Owns the list of what counts as a secret: known key shapes, JSON web tokens,
//! private key blocks, `Authorization` values, passwords in URLs, and the values
//! of assignments and flags whose name says that they are secret.
//!
//! What must stay true:
//! - The cost is linear in the text, whatever the text is. A rule that declines
//!   has looked at a bounded number of bytes, or at bytes that no later attempt
//!   of the same rule looks at again.
//! - Masking twice changes nothing. A rule never looks back past the end of the
//!   span before it (`Scan::done`), so it sees there what a second run sees: `]`.
//! - A span begins and ends next to an ASCII byte, hence on a character border.
//!
//! Deliberately absent: entropy guesses, a configurable list, regular
//! expressions (their engine would outweigh the program that links this), and
//! any promise that a secret of an unknown shape is found.

use std::borrow::Cow;
use std::ops::Range;

/// What stands in the text in place of a secret.
pub const MASK: &str = "[masked]";

/// A key with a telling prefix: at least `min` bytes that satisfy `body` follow.
/// Prefix and `min` come to 20 bytes or more, see [`Scan::url`].
struct Key {
    prefix: &'static [u8],
    min: usize,
    body: fn(u8) -> bool,
    /// Told apart from a hyphenated word by a digit near its beginning.
    needs_digit: bool,
}

const fn key(prefix: &'static str, min: usize, body: fn(u8) -> bool) -> Key {
    let prefix = prefix.as_bytes();
    Key { prefix, min, body, needs_digit: false }
}

static KEYS: &[Key] = &[
    key("sk-ant-", 16, is_word),
    key("sk-proj-", 16, is_word),
    Key { prefix: b"sk-", min: 20, body: is_word, needs_digit: true },
    key("sk-", 20, is_alnum),
    key("sk_live_", 16, is_word),
    key("sk_test_", 16, is_word),
    key("rk_live_", 16, is_word),
    key("rk_test_", 16, is_word),
    key("ghp_", 20, is_word),
    key("gho_", 20, is_word),
    key("ghu_", 20, is_word),
    key("ghs_", 20, is_dotted),
    key("ghr_", 20, is_word),
    key("github_pat_", 20, is_word),
    key("glpat-", 16, is_dotted),
    key("AKIA", 16, is_upper),
    key("ASIA", 16, is_upper),
    key("AIza", 35, is_word),
    key("xoxb-", 15, is_word),
    key("xoxp-", 15, is_word),
    key("xoxa-", 15, is_word),
    key("xoxr-", 15, is_word),
    key("xoxs-", 15, is_word),
    key("xapp-", 15, is_word),
    // Letters and digits only: `npm_config_…` and `hf_hub_…` are ordinary names.
    key("npm_", 30, is_alnum),
    key("hf_", 20, is_alnum),
    key("pypi-", 40, is_word),
    key("SG.", 40, is_dotted),
    key("whsec_", 16, is_credential),
    key("dop_v1_", 40, is_alnum),
    key("ya29.", 20, is_dotted),
    key("EAACEdEose0cBA", 10, is_alnum),
    key("AGE-SECRET-KEY-1", 40, is_alnum),
];

/// A name that contains one of these (in any case) names a secret.
const SECRET_NAMES: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "secret",
    "token",
    "api_key",
    "api-key",
    "apikey",
    "access_key",
    "access-key",
    "accesskey",
    "private_key",
    "private-key",
    "privatekey",
];

/// Values that say "no secret here": literals and type names of common languages.
const PLAIN_VALUES: &[&str] = &["null", "none", "nil", "true", "false", "undefined", "string", "str"];

/// The text with every secret replaced; borrowed when there was none.
pub fn mask(text: &str) -> Cow<'_, str> {
    mask_counted(text).0
}

/// Like [`mask`], with the number of replacements.
pub fn mask_counted(text: &str) -> (Cow<'_, str>, usize) {
    let mut scan = Scan { bytes: text.as_bytes(), done: 0 };
    let (mut out, mut copied, mut count) = (String::new(), 0, 0);
    while let Some(span) = scan.next_span() {
        out.push_str(text.get(copied..span.start).unwrap_or_default());
        out.push_str(MASK);
        copied = span.end;
        count += 1;
    }
    if count == 0 {
        return (Cow::Borrowed(text), 0);
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    (Cow::Owned(out), count)
}

struct Scan<'a> {
    bytes: &'a [u8],
    /// The end of the last span; nothing before it is looked at again.
    done: usize,
}

impl Scan<'_> {
    fn next_span(&mut self) -> Option<Range<usize>> {
        let mut at = self.done;
        loop {
            at += self.bytes.get(at..)?.iter().position(|&byte| may_begin(byte))?;
            match self.span_at(at) {
                Some(span) if span.is_empty() => at = span.end,
                Some(span) => {
                    self.done = span.end;
                    return Some(span);
                }
                None => at += 1,
            }
        }
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
            first => KEYS.iter().filter(|key| key.prefix.first() == Some(&first)).find_map(|key| self.key(at, key)),
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
        let end = self.run(colon + 1, is_word);
        let fits = (8..=10).contains(&(colon - at)) && self.byte(colon) == b':';
        (fits && end >= colon + 36).then_some(at..end)
    }

    /// Three base64url parts with dots between; the first two encode `{"…`.
    fn web_token(&self, at: usize) -> Option<Range<usize>> {
        let first = self.web_token_part(at)?;
        let second = self.web_token_part(first + 1)?;
        Some(at..self.run(second + 1, is_word))
    }

    fn web_token_part(&self, at: usize) -> Option<usize> {
        if !self.has(at, b"eyJ") {
            return None;
        }
        let end = self.run(at, is_word);
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
        let token = self.run(end, is_blank);
        let token_end = self.run(token, is_credential);
        (token > end && token_end > token).then_some(token..token_end)
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
        let value = self.run(at + 1, |byte| matches!(byte, b'=' | b'>'));
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
    /// stand between. Cut to 128 bytes.
    fn name_before(&self, at: usize) -> &[u8] {
        let is_between = |byte| is_blank(byte) || is_quote(byte) || matches!(byte, b'\\' | b']' | b'*');
        let text = self.bytes.get(self.done..at).unwrap_or_default();
        let end = text.iter().rposition(|&byte| !is_between(byte)).map_or(0, |last| last + 1);
        let text = text.get(end.saturating_sub(128)..end).unwrap_or_default();
        let begin = text.iter().rposition(|&byte| !is_name_part(byte)).map_or(0, |last| last + 1);
        text.get(begin..).unwrap_or_default()
    }

    /// The value behind `--password` and the like, on the same line.
    fn flag(&self, at: usize) -> Option<Range<usize>> {
        let previous = self.before(at);
        if !self.has(at, b"--") || previous == b'-' || is_name(previous) {
            return None;
        }
        let end = self.run(at + 2, is_word);
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
        let span = if is_quote(self.byte(quote)) {
            let inside = quote + 1;
            inside..self.quoted_end(self.opaque_end(inside), self.byte(quote), quote - start)
        } else {
            start..self.bare_end(self.opaque_end(start))
        };
        let value = self.bytes.get(span.clone())?;
        (!is_plain(name, value)).then_some(span)
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

    /// The end of the run of bytes that begins at `at`, never less than `at`.
    fn run(&self, at: usize, member: impl Fn(u8) -> bool) -> usize {
        let rest = self.bytes.get(at..).unwrap_or_default();
        at + rest.iter().position(|&byte| !member(byte)).unwrap_or(rest.len())
    }
}

/// Whether a secret value is none after all: empty, masked before, a word of
/// the language, a small number, a count of tokens, or the working directory.
fn is_plain(name: &[u8], value: &[u8]) -> bool {
    let is_letter = |byte: &u8| byte.is_ascii_alphabetic() || !byte.is_ascii();
    let is_word = PLAIN_VALUES.iter().any(|word| value.eq_ignore_ascii_case(word.as_bytes()));
    let is_count = contains(name, "tokens") || ends_with(name, "count");
    let is_directory = [b"pwd".as_slice(), b"oldpwd"].iter().any(|pwd| name.eq_ignore_ascii_case(pwd));
    value.is_empty()
        || value == MASK.as_bytes()
        || is_word
        || (value.len() < 6 && !value.iter().any(is_letter))
        || (is_count && value.iter().all(u8::is_ascii_digit))
        || (is_directory && matches!(value.first(), Some(b'/' | b'~')))
}

/// The first bytes of everything that [`Scan::span_at`] knows.
fn may_begin(byte: u8) -> bool {
    let is_key =
        matches!(byte, b's' | b'r' | b'g' | b'x' | b'n' | b'p' | b'h' | b'w' | b'd' | b'y' | b'A' | b'S' | b'E');
    is_key || matches!(byte, b'-' | b':' | b'=' | b'e' | b'b' | b'B' | b'0'..=b'9')
}

fn is_alnum(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
}

fn is_upper(byte: u8) -> bool {
    byte.is_ascii_uppercase() || byte.is_ascii_digit()
}

fn is_name(byte: u8) -> bool {
    is_alnum(byte) || byte == b'_'
}

fn is_word(byte: u8) -> bool {
    is_name(byte) || byte == b'-'
}

fn is_dotted(byte: u8) -> bool {
    is_word(byte) || byte == b'.'
}

/// What may stand in the name of an assignment; a dotted path counts as one.
fn is_name_part(byte: u8) -> bool {
    is_dotted(byte)
}

/// RFC 7235 `token68`, and thereby base64.
fn is_credential(byte: u8) -> bool {
    is_dotted(byte) || matches!(byte, b'~' | b'+' | b'/' | b'=')
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

fn is_quote(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'' | b'`')
}

fn is_bare(byte: u8) -> bool {
    !byte.is_ascii_whitespace() && !is_quote(byte) && !matches!(byte, b',' | b';' | b'&' | b')')
}

fn is_authority(byte: u8) -> bool {
    !byte.is_ascii_whitespace() && !is_quote(byte) && !matches!(byte, b'/' | b'?' | b'#' | b'<' | b'>' | b'\\')
}

fn contains(name: &[u8], part: &str) -> bool {
    name.windows(part.len()).any(|window| window.eq_ignore_ascii_case(part.as_bytes()))
}

fn ends_with(name: &[u8], part: &str) -> bool {
    let begin = name.len().checked_sub(part.len());
    begin.and_then(|begin| name.get(begin..)).is_some_and(|end| contains(end, part))
}

fn find(text: &[u8], literal: &[u8]) -> Option<usize> {
    text.windows(literal.len()).position(|window| window == literal)
}
