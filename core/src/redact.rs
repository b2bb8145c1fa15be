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

pub mod personal;

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
#[must_use]
pub fn mask(text: &str) -> Cow<'_, str> {
    mask_counted(text).0
}

/// Like [`mask`], with the number of replacements.
#[must_use]
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
            at = self.next_begin(at)?;
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

    /// The end of the run of bytes that begins at `at`, never less than `at`.
    fn run(&self, at: usize, member: impl Fn(u8) -> bool) -> usize {
        let rest = self.bytes.get(at..).unwrap_or_default();
        at + rest.iter().position(|&byte| !member(byte)).unwrap_or(rest.len())
    }
}

/// Whether a secret value is none after all: empty, masked before, a word of
/// the language, a small number or a count of tokens.
fn is_plain(name: &[u8], value: &[u8]) -> bool {
    let is_letter = |byte: &u8| byte.is_ascii_alphabetic() || !byte.is_ascii();
    let is_number = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'}' | b']');
    let is_word = PLAIN_VALUES.iter().any(|word| value.eq_ignore_ascii_case(word.as_bytes()));
    let is_count = contains(name, "tokens") || ends_with(name, "count");
    value.is_empty()
        || value == MASK.as_bytes()
        || is_word
        || (value.len() < 6 && !value.iter().any(is_letter))
        || (is_count && value.iter().all(is_number))
}

/// The working directory in the environment, `PWD=/home/x`. Told by the first
/// byte: a declined value that was read to its end would be read again.
fn is_directory(name: &[u8], first: u8) -> bool {
    let is_pwd = name.eq_ignore_ascii_case(b"pwd") || name.eq_ignore_ascii_case(b"oldpwd");
    is_pwd && matches!(first, b'/' | b'~')
}

/// The first bytes of everything that [`Scan::span_at`] knows.
fn may_begin(byte: u8) -> bool {
    let is_key =
        matches!(byte, b's' | b'r' | b'g' | b'x' | b'n' | b'p' | b'h' | b'w' | b'd' | b'y' | b'A' | b'S' | b'E');
    is_key || matches!(byte, b'-' | b':' | b'=' | b'e' | b'b' | b'B' | b'0'..=b'9')
}

/// The first two bytes of all [`KEYS`]: few words of a language begin so.
fn may_begin_key(first: u8, second: u8) -> bool {
    match second {
        b'k' => matches!(first, b's' | b'r'),
        b'a' => matches!(first, b'x' | b'y'),
        b'o' => matches!(first, b'x' | b'd'),
        b'h' => matches!(first, b'g' | b'w'),
        b'i' | b'l' => first == b'g',
        b'p' => first == b'n',
        b'y' => first == b'p',
        b'f' => first == b'h',
        b'K' | b'S' | b'I' => first == b'A',
        b'G' => matches!(first, b'S' | b'A'),
        b'A' => first == b'E',
        _ => false,
    }
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

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    /// Built at run time, so that no scanner takes this file for a leak.
    fn fill(text: &str) -> String {
        text.replace("<16>", "A1B2C3D4E5F6G7H8")
            .replace("<20>", "a1B2c3D4e5F6g7H8i9J0")
            .replace("<36>", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8")
            .replace("<48>", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T0u1V2w3X4")
            .replace("<PEM>", "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nab+/==\n-----END RSA PRIVATE KEY-----")
    }

    const MASKED: &[(&str, &str)] = &[
        // Keys.
        ("sk-<48>", "[masked]"),
        ("key sk-ant-api03-<20>_x-y.", "key [masked]."),
        ("(sk-proj-<48>)", "([masked])"),
        ("sk-svcacct-<20>", "[masked]"),
        ("ghp_<36> gho_<36>,ghu_<36>;ghs_<36>|ghr_<36>", "[masked] [masked],[masked];[masked]|[masked]"),
        ("github_pat_<20>_<36>", "[masked]"),
        ("glpat-<20>!", "[masked]!"),
        ("id AKIA<16> and ASIA<16>", "id [masked] and [masked]"),
        ("AIza<36>", "[masked]"),
        (
            "xoxb-<20> xoxp-<20> xoxa-<20> xoxr-<20> xoxs-<20> xapp-1-<20>",
            "[masked] [masked] [masked] [masked] [masked] [masked]",
        ),
        ("npm_<36>", "[masked]"),
        ("pypi-AgEI<48>", "[masked]"),
        ("hf_<36>", "[masked]"),
        ("SG.<20>.<36>", "[masked]"),
        ("sk_live_<20> rk_live_<20> sk_test_<20>", "[masked] [masked] [masked]"),
        ("whsec_<20>+/<20>=", "[masked]"),
        ("dop_v1_<48>", "[masked]"),
        ("ya29.<36>", "[masked]"),
        ("EAACEdEose0cBA<20>", "[masked]"),
        ("AGE-SECRET-KEY-1<16><16><16><16>", "[masked]"),
        ("bot 12345678:<20>-_a1B2c3D4e5F6g7H8 x", "bot [masked] x"),
        ("line\\nghp_<36>\\n", "line\\n[masked]\\n"),
        ("größe=ghp_<36>→", "größe=[masked]→"),
        // Tokens and headers.
        ("jwt eyJhbGciOi.eyJzdWIiOi.a-b_c, x", "jwt [masked], x"),
        ("eyJhbGciOi.eyJzdWIiOi.", "[masked]"),
        ("curl -H 'Authorization: Bearer abc.def-1' x", "curl -H 'Authorization: Bearer [masked]' x"),
        ("BEARER <20>", "BEARER [masked]"),
        ("authorization: basic dXNlcjpwYXNz==", "authorization: basic [masked]"),
        ("Authorization: token x", "Authorization: token [masked]"),
        ("Proxy-Authorization:Basic abc", "Proxy-Authorization:Basic [masked]"),
        ("{\"Authorization\": \"Bearer abc\"}", "{\"Authorization\": \"Bearer [masked]\"}"),
        ("{\\\"authorization\\\":\\\"Bearer abc\\\"}", "{\\\"authorization\\\":\\\"Bearer [masked]\\\"}"),
        // Private keys.
        ("a\n<PEM>\nb", "a\n[masked]\nb"),
        ("-----BEGIN PRIVATE KEY-----\nMIIE", "[masked]"),
        ("-----BEGIN PGP PRIVATE KEY BLOCK-----\nx\n-----END PGP PRIVATE KEY BLOCK-----\n", "[masked]\n"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\\nb3Bl\\n-----END OPENSSH PRIVATE KEY-----\\n", "[masked]\\n"),
        ("private_key=\"<PEM>\"\nnext", "private_key=\"[masked]\"\nnext"),
        ("private_key: <PEM>\nnext", "private_key: [masked]\nnext"),
        // URLs.
        ("postgres://bob:hunter2@db/x", "postgres://bob:[masked]@db/x"),
        ("redis://:p%40ss@host:6379", "redis://:[masked]@host:6379"),
        ("amqp://u:p@ss:word@h", "amqp://u:[masked]@h"),
        ("https://<36>@github.com/x", "https://[masked]@github.com/x"),
        ("https://<36>:x-oauth@github.com/x", "https://[masked]@github.com/x"),
        ("https://x-access-token:<20>@h/x", "https://x-access-token:[masked]@h/x"),
        // Assignments.
        ("password=hunter2", "password=[masked]"),
        ("DB_PASSWORD = hunter2 # x", "DB_PASSWORD = [masked] # x"),
        ("passwd:hunter2,user:bob", "passwd:[masked],user:bob"),
        ("pwd='a b \\' c' x", "pwd='[masked]' x"),
        ("{\"password\": \"x\"}", "{\"password\": \"[masked]\"}"),
        ("{\"password\":\"a\\\"b\\\\\",\"n\":1}", "{\"password\":\"[masked]\",\"n\":1}"),
        ("{\\\"apiKey\\\": \\\"abc\\\\\\\"d\\\", \\\"n\\\": 1}", "{\\\"apiKey\\\": \\\"[masked]\\\", \\\"n\\\": 1}"),
        ("\"run with SECRET=abc\\\" now\"", "\"run with SECRET=[masked]\\\" now\""),
        ("api_key=abcdef&x=1", "api_key=[masked]&x=1"),
        ("f(api-key: abcdef)", "f(api-key: [masked])"),
        ("AWS_SECRET_ACCESS_KEY=ab/cd+ef; ls", "AWS_SECRET_ACCESS_KEY=[masked]; ls"),
        ("clientSecret := \"abc\"", "clientSecret := \"[masked]\""),
        ("'token' => 'abcdef'", "'token' => '[masked]'"),
        ("os.environ[\"MY_TOKEN\"] = \"abc\"", "os.environ[\"MY_TOKEN\"] = \"[masked]\""),
        ("**Password:** hunter2", "**Password:** [masked]"),
        ("run `TOKEN=abcdef`", "run `TOKEN=[masked]`"),
        ("token: Bearer abc def", "token: [masked] def"),
        ("password=пароль x", "password=[masked] x"),
        ("password=\"open\nnext", "password=\"[masked]\nnext"),
        ("token=123456", "token=[masked]"),
        // Flags.
        ("x --password hunter2 y", "x --password [masked] y"),
        ("x --token=hunter2 y", "x --token=[masked] y"),
        ("--db-password 'a b' --user u", "--db-password '[masked]' --user u"),
        ("--Api-Key \"a b\"", "--Api-Key \"[masked]\""),
        ("--secret <PEM>", "--secret [masked]"),
    ];

    const LEFT: &[&str] = &[
        "",
        " ",
        "the token is expired",
        "password reset page",
        "secret: ",
        "secret:",
        "secret:\nnext",
        "sk-learn",
        "sk-learn-some-quite-long-package-name",
        "task-force",
        "tokens: 5",
        "token=12345",
        "\"max_tokens\": 128000,",
        "token_count=1234567",
        "\"input_tokens\": 1234567}",
        "npm_config_registry_and_some_more_words",
        "hf_hub_download_and_some_more_words",
        "pypi-server",
        "ghp_short",
        "AKIASHORT",
        "AIzaX",
        "SG.1",
        "xoxb-",
        "12:30:45",
        "1234567890:42",
        "xsk-<48>",
        "task-sk-1",
        "bearer of bad news",
        "Bearer authentication",
        "Bearer",
        "Authorization: none",
        "Basic training",
        "Authorization: Bearer $TOKEN",
        "eyJhbGciOi",
        "eyJhbGciOi.x.y",
        "eyJ.eyJ.",
        "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----",
        "-----BEGIN PUBLIC KEY-----\nMIIE\n-----END PUBLIC KEY-----",
        "----- BEGIN",
        "https://example.com/a:b@c",
        "ssh://git@github.com/x",
        "http://localhost:8080/",
        "mailto:a@b.c",
        "://",
        "://@",
        "token::new()",
        "if token != other",
        "\"password\": null",
        "password: String",
        "password=\"\"",
        "\"secrets\": {\"a\": 1}",
        "tokens: [1, 2]",
        "PWD=/home/bob/work",
        "OLDPWD=~/x",
        "--password --user bob",
        "--password",
        "--password\nx",
        "the `--token` flag",
        "--token-file ./x",
        "--max-tokens 4096",
        "password=[masked]",
        "https://u:[masked]@h",
        "Bearer [masked]",
        "key: value",
        "a=b",
        "日本語: テスト",
        "\u{1f511}=x",
    ];

    #[test]
    fn masks_secrets() {
        for (text, expected) in MASKED {
            let text = fill(text);
            assert_eq!(mask(&text), *expected, "in {text:?}");
            assert_eq!(mask_counted(&text).1, expected.matches(MASK).count(), "in {text:?}");
            assert!(matches!(mask(expected), Cow::Borrowed(_)), "again {expected:?}");
        }
    }

    #[test]
    fn leaves_ordinary_text_and_borrows_it() {
        for text in LEFT {
            let text = fill(text);
            assert!(matches!(mask(&text), Cow::Borrowed(_)), "{text:?} became {:?}", mask(&text));
        }
    }

    #[test]
    fn every_key_needs_its_length_and_a_word_border() {
        for key in KEYS {
            assert!(key.prefix.len() + key.min >= 20);
            let prefix = std::str::from_utf8(key.prefix).unwrap();
            assert_eq!(mask(&format!("x {prefix}{}", "1".repeat(key.min))), "x [masked]");
            for text in
                [prefix.to_owned(), format!("{prefix}{}", "1".repeat(9)), format!("x{prefix}{}", "1".repeat(50))]
            {
                assert_eq!(mask(&text), text);
            }
        }
    }

    /// Glues pieces together at random: whatever comes out, a second run must
    /// change nothing and the text must stay valid.
    #[test]
    fn masking_twice_changes_nothing() {
        let pieces: Vec<String> = MASKED
            .iter()
            .map(|case| case.0)
            .chain(LEFT.iter().copied())
            .chain([
                "\"",
                "'",
                "\\",
                "\\\"",
                " ",
                "\n",
                "=",
                ":",
                "@",
                "/",
                "://",
                "-",
                "--",
                "token",
                "password=",
                "secret: \"",
                "Bearer ",
                "Authorization: ",
                "--token ",
                "[masked]",
                "]",
                "[",
                ";",
                ",",
                "é",
                "1",
                "eyJ",
                ".",
                "`",
                "**",
                "u:",
                "&",
                "\\n",
            ])
            .map(fill)
            .collect();
        let mut state = 0x2545_F491_4F6C_DD1D_u64;
        let mut next = |bound: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            usize::try_from(state % 1_000_003).unwrap() % bound
        };
        for _ in 0..ROUNDS {
            let count = 1 + next(7);
            let mut text: String = (0..count).map(|_| pieces[next(pieces.len())].as_str()).collect();
            let cut = next(text.len() + 1);
            if text.is_char_boundary(cut) && next(3) == 0 {
                text = text.split_off(cut);
            }
            let once = mask(&text).into_owned();
            assert_eq!(mask(&once), once, "after {text:?}");
        }
    }
    const ROUNDS: usize = 20_000;

    /// 128 KiB take milliseconds, or minutes where a rule is quadratic.
    #[test]
    fn hostile_text_takes_linear_time() {
        let quiet = [
            "a",
            "A",
            "1",
            "1-",
            "a-",
            "12345678-",
            "1=",
            "a:",
            "-",
            "--",
            "=",
            ":",
            "://",
            "\\",
            "\"",
            "`",
            " ",
            "é",
            "sk-",
            "eyJ.eyJ.",
            "eyJaaaaaaa.",
            "eyJa-",
            "Bearer ",
            "bearer",
            "password",
            "password=",
            "password='",
            "password=\"\\",
            "pwd=/",
            "pwd=\"/",
            "token: ",
            "token : \\\"",
            "tokens=11111111",
            "--token",
            "--token -",
            "--sk-",
            "://a@",
            "://u:p",
            "://u:[masked]@",
            "-----BEGIN ",
            "-----BEGIN PRIVATE KEY-----",
            "-----BEGIN PRIVATE KEY",
            "authorization:",
            "authorization: basic ",
            "12345678:",
            "ghp_",
            "\\n",
            "a]",
            "AKIA",
            "token[",
        ];
        for piece in quiet {
            let text = piece.repeat((1 << 17) / piece.len());
            let started = Instant::now();
            let masked = mask(&text);
            assert!(started.elapsed() < Duration::from_secs(2), "{piece:?} took {:?}", started.elapsed());
            assert_eq!(mask(&masked), masked, "repeated {piece:?}");
        }
    }
}
