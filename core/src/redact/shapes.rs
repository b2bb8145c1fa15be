//! What counts as a secret: the shapes of known keys, telling names, and the classes of bytes that rules are made of.

/// A key with a telling prefix: at least `min` bytes that satisfy `body` follow.
/// Prefix and `min` come to 20 bytes or more, see [`Scan::url`].
pub(super) struct Key {
    pub(super) prefix: &'static [u8],
    pub(super) min: usize,
    pub(super) body: fn(u8) -> bool,
    /// Told apart from a hyphenated word by a digit near its beginning.
    pub(super) needs_digit: bool,
}

const fn key(prefix: &'static str, min: usize, body: fn(u8) -> bool) -> Key {
    let prefix = prefix.as_bytes();
    Key { prefix, min, body, needs_digit: false }
}

pub(super) static KEYS: &[Key] = &[
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
    // Who knows the address of a web hook may write there.
    key("hooks.slack.com/services/", 20, is_credential),
    key("discord.com/api/webhooks/", 20, is_credential),
];

/// A name that contains one of these (in any case) names a secret.
pub(super) const SECRET_NAMES: &[&str] = &[
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
pub(super) const PLAIN_VALUES: &[&str] = &["null", "none", "nil", "true", "false", "undefined", "string", "str"];

/// The first bytes of everything that [`Scan::span_at`] knows.
pub(super) fn may_begin(byte: u8) -> bool {
    let is_key =
        matches!(byte, b's' | b'r' | b'g' | b'x' | b'n' | b'p' | b'h' | b'w' | b'd' | b'y' | b'A' | b'S' | b'E');
    is_key || matches!(byte, b'-' | b':' | b'=' | b'e' | b'b' | b'B' | b'0'..=b'9')
}

/// The first two bytes of all [`KEYS`]: few words of a language begin so.
pub(super) fn may_begin_key(first: u8, second: u8) -> bool {
    match second {
        b'k' => matches!(first, b's' | b'r'),
        b'a' => matches!(first, b'x' | b'y'),
        b'o' => matches!(first, b'x' | b'd' | b'h'),
        b'h' => matches!(first, b'g' | b'w'),
        b'i' => matches!(first, b'g' | b'd'),
        b'l' => first == b'g',
        b'p' => first == b'n',
        b'y' => first == b'p',
        b'f' => first == b'h',
        b'K' | b'S' | b'I' => first == b'A',
        b'G' => matches!(first, b'S' | b'A'),
        b'A' => first == b'E',
        _ => false,
    }
}

pub(super) fn is_alnum(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
}

pub(super) fn is_upper(byte: u8) -> bool {
    byte.is_ascii_uppercase() || byte.is_ascii_digit()
}

pub(super) fn is_name(byte: u8) -> bool {
    is_alnum(byte) || byte == b'_'
}

pub(super) fn is_word(byte: u8) -> bool {
    is_name(byte) || byte == b'-'
}

pub(super) fn is_dotted(byte: u8) -> bool {
    is_word(byte) || byte == b'.'
}

/// RFC 7235 `token68`, and thereby base64.
pub(super) fn is_credential(byte: u8) -> bool {
    is_dotted(byte) || matches!(byte, b'~' | b'+' | b'/' | b'=')
}

pub(super) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

pub(super) fn is_quote(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'' | b'`')
}

pub(super) fn is_bare(byte: u8) -> bool {
    !byte.is_ascii_whitespace() && !is_quote(byte) && !matches!(byte, b',' | b';' | b'&' | b')')
}

pub(super) fn is_authority(byte: u8) -> bool {
    !byte.is_ascii_whitespace() && !is_quote(byte) && !matches!(byte, b'/' | b'?' | b'#' | b'<' | b'>' | b'\\')
}

pub(super) fn contains(name: &[u8], part: &str) -> bool {
    name.windows(part.len()).any(|window| window.eq_ignore_ascii_case(part.as_bytes()))
}

pub(super) fn ends_with(name: &[u8], part: &str) -> bool {
    let begin = name.len().checked_sub(part.len());
    begin.and_then(|begin| name.get(begin..)).is_some_and(|end| contains(end, part))
}

pub(super) fn find(text: &[u8], literal: &[u8]) -> Option<usize> {
    text.windows(literal.len()).position(|window| window == literal)
}
