//! Owns whether the value of a name that suggests a secret is one, or something else: a variable, a call, a type, a
//! word of a sentence. Must stay true: only the head of a value is examined, so a value that is not a secret costs
//! little.

use super::MASK;
use super::class::{Words, contains, is_alnum, is_base64, is_blank, is_name};
use super::names::{self, Kind};
use super::words::{is_digest, is_filler, is_identifier, is_known, is_mixed, is_random, is_wordy};

/// How a value is tied to its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tie {
    /// `name=value`
    Tight,
    /// `name: value`, `name = value`
    Loose,
    /// `--name value`
    Flag,
    /// `name value`, `name is value`: usually a sentence.
    Word,
}

/// The head of a value, at most [`HEAD`] bytes, and its surroundings.
#[derive(Debug)]
pub(super) struct Value<'a> {
    pub(super) head: &'a [u8],
    /// The quote around it; 0 if none.
    pub(super) quote: u8,
    pub(super) tie: Tie,
    /// The byte after it.
    pub(super) next: u8,
}

/// How many bytes of a value are examined.
pub(super) const HEAD: usize = 128;

/// Values that are not secrets: literals, types, and the words that name secrets.
static PLAIN: Words = Words::of(
    "null none nil true false undefined string str text bool boolean int number object any bytes optional required \
    unset empty default auto enabled disabled yes no on off password passwd passphrase pass pwd secret token key apikey api_key api-key \
    bearer basic jwt csrf oauth session cookie include omit same-origin inherit env file prompt ask placeholder example changeme \
    redacted masked hidden removed todo tbd n/a unknown user username admin:password user:pass user:password username:password",
);
/// Words that follow `--password` in a sentence.
static SENTENCE: Words = Words::of(
    "field fields header headers setting settings string strings page pages to or and is are was the a an for from with without in on as if when must can should may will flag flags option \
    options argument arguments arg parameter parameters value values set not of by at it that this which instead here only also \
    then has have be via into on, both but",
);
/// Words that name secrets: a text of several words is a label if it contains one of them.
static LABELS: Words = Words::of(
    "password passwords passwd passphrase secret secrets token tokens key keys credential credentials api your my the example \
    sample dummy placeholder changeme here insert replace some",
);

impl Value<'_> {
    fn is_quoted(&self) -> bool {
        self.quote != 0
    }

    pub(super) fn is_secret(&self, kind: Kind) -> bool {
        if self.head.is_empty() || self.head.starts_with(MASK.as_bytes()) || self.is_placeholder() {
            return false;
        }
        match kind {
            Kind::Password | Kind::Secret => self.is_likely(kind),
            Kind::Key => {
                !self.is_expression()
                    && self.head.len() >= 8
                    && is_mixed(self.head)
                    && !is_known(self.head)
                    && self.has_token_bytes()
            }
            Kind::Directory => {
                let at_root = matches!(self.head, [b'/' | b'~', ..] | [_, b':', b'\\', ..]);
                !at_root && self.is_likely(Kind::Password)
            }
            Kind::Session => self.tie == Tie::Tight && self.is_session(),
            Kind::Basic => self.is_session(),
            Kind::Random | Kind::Authorization => {
                !self.is_expression() && is_random(self.head, 16) && !is_digest(self.head) && self.has_token_bytes()
            }
            Kind::Cookie => false,
        }
    }

    /// Whether there is nothing to mask: it is empty, already masked, or a placeholder.
    pub(super) fn is_empty_or_placeholder(&self) -> bool {
        self.head.is_empty() || contains(self.head, MASK) || self.is_placeholder()
    }

    /// Whether it is the credential of a header, not the next word of a sentence.
    pub(super) fn is_credential(&self) -> bool {
        let looks_random =
            if self.head.len() >= 20 { !is_wordy(self.head) } else { self.head.len() >= 8 && is_mixed(self.head) };
        looks_random && !self.is_empty_or_placeholder() && !self.is_expression()
    }

    fn is_session(&self) -> bool {
        let is_ours = self.head.starts_with(b"sess_") || is_digest(self.head) && self.head.contains(&b'-');
        let random = is_random(self.head, 16) || (self.head.len() >= 12 && is_basic(self.head));
        random && !is_ours && !self.is_expression() && self.has_token_bytes()
    }

    /// Whether it has only bytes that random tokens have.
    fn has_token_bytes(&self) -> bool {
        self.head.iter().all(|&byte| is_base64(byte) || matches!(byte, b'%' | b':' | b'!' | b'$' | b'|'))
    }

    /// Whether it is likely a secret, as the value of a name that suggests one.
    fn is_likely(&self, kind: Kind) -> bool {
        let is_letter = |byte: &u8| byte.is_ascii_alphabetic() || !byte.is_ascii();
        if !self.head.iter().any(is_letter) {
            return self.is_likely_number(kind);
        }
        if self.is_quoted() { self.is_likely_text(kind) } else { !self.is_expression() && self.is_likely_word(kind) }
    }

    /// Whether digits and signs without a letter are a secret.
    fn is_likely_number(&self, kind: Kind) -> bool {
        let digits = self.head.iter().filter(|byte| byte.is_ascii_digit()).count();
        let signs = self.head.len() - digits;
        let is_bare = !self.is_quoted() && self.tie != Tie::Tight;
        match () {
            () if is_bare && self.tie == Tie::Word => false,
            () if is_bare => kind == Kind::Password && digits >= 6 && signs == 0,
            () => self.head.len() >= 6 && digits > 0 || self.is_quoted() && signs > 5,
        }
    }

    /// Whether a quoted value is a secret. A sentence is a label, unless it is in a shell command or a settings file.
    fn is_likely_text(&self, kind: Kind) -> bool {
        let has_digit = self.head.iter().any(u8::is_ascii_digit);
        let words =
            || self.head.split(|byte| matches!(byte, b' ' | b'-' | b'_' | b'.')).filter(|word| !word.is_empty());
        let has_blank = self.head.contains(&b' ');
        let is_label = !has_digit && words().count() > 1 && words().any(|word| LABELS.have(word));
        let is_sentence =
            has_blank && (self.tie == Tie::Loose || self.tie == Tie::Word) && (!has_digit || words().count() > 4);
        let is_path = kind == Kind::Secret && self.head.starts_with(b"/") && self.is_path();
        match self.tie {
            _ if self.quote == b'`' && has_blank => false,
            Tie::Word if self.quote == b'`' => {
                is_mixed(self.head) && self.head.len() >= 6 && !is_known(self.head) && kind == Kind::Password
            }
            Tie::Word => !has_blank && self.head.len() >= 4 && !is_label && (has_digit || kind == Kind::Password),
            _ if kind == Kind::Secret && (self.head.len() < 3 || is_color(self.head)) => false,
            _ => !is_label && !is_sentence && !is_path && !self.is_code(),
        }
    }

    /// Whether a value without quotes is a secret.
    fn is_likely_word(&self, kind: Kind) -> bool {
        let (head, password) = (self.head, kind == Kind::Password);
        let mixed = is_mixed(head) && !is_known(head);
        let name = is_identifier(head);
        match self.tie {
            Tie::Tight if name && matches!(self.next, b')' | b',') => mixed && (password || is_random(head, 12)),
            Tie::Tight if name && !mixed && has_words(head) && names::kind(head).is_some() => false,
            Tie::Tight => true,
            Tie::Flag => !SENTENCE.have(head) && head.first() != Some(&b'-'),
            Tie::Loose if password => {
                mixed && head.len() >= 6 || self.is_special() || is_random(head, 14) || is_phrase(head)
            }
            Tie::Loose => mixed && (is_random(head, 8) && !is_version(head)) || is_random(head, 16),
            Tie::Word if password => mixed && head.len() >= 6,
            Tie::Word => mixed && is_random(head, 16) && self.has_token_bytes(),
        }
    }

    /// Whether it contains letters and the signs that people use in passwords.
    fn is_special(&self) -> bool {
        let inner = self.head.get(1..self.head.len().saturating_sub(1)).unwrap_or_default();
        let signs = inner
            .iter()
            .filter(|byte| matches!(byte, b'!' | b'@' | b'#' | b'$' | b'%' | b'^' | b'*' | b'+' | b'~'))
            .count();
        self.head.len() >= 8 && signs > 0
    }

    /// Whether it is a placeholder for a secret.
    fn is_placeholder(&self) -> bool {
        let head = self.head;
        let [first, rest @ ..] = head else { return true };
        let second = rest.first().copied().unwrap_or(0);
        let trimmed = head.trim_ascii_end().strip_suffix(b".").unwrap_or(head.trim_ascii_end());
        let variable = match first {
            b'$' => matches!(second, b'{' | b'(' | b'_' | b'$') || second.is_ascii_alphabetic() && !is_hash(head),
            b'%' => second == b'(' || second == b'{' || rest.ends_with(b"%") || rest.len() == 1,
            b'{' | b'<' | b'[' => true,
            b'\\' => second == b'$' || second == b'(',
            b'&' | b'*' => is_identifier(rest) && !is_mixed(rest) || rest.is_empty() || second == b'*',
            b'!' => second.is_ascii_alphabetic() && self.next == b' ',
            b'@' => !self.is_quoted() && !is_mixed(rest) || matches!(second, b'/' | b'.' | b'-'),
            b'(' => !self.is_quoted(),
            b'.' if matches!(second, b'*' | b'+') => true,
            b'.' | b'~' => second == b'/' || head.starts_with(b"../") || rest.starts_with(b".."),
            _ => false,
        };
        let hints =
            ["your", "xxxx", "****", "placeholder", "changeme", "change_me", "change-me", "redacted", "example.com"];
        variable
            || is_filler(head) && head.len() >= 3
            || PLAIN.have(trimmed)
            || hints.iter().any(|part| contains(head, part))
            || head.starts_with(b"http://")
            || head.starts_with(b"https://")
            || head.ends_with(b"...") && !is_random(head, 16)
            || head.ends_with("…".as_bytes())
    }

    /// Whether it is an expression: a call, an element, a field, a type, the path of a module.
    fn is_expression(&self) -> bool {
        let head = self.head;
        if self.is_quoted() {
            return false;
        }
        let random = |head: &[u8]| head.split(|&byte| byte == b'.').any(|part| is_random(part, 20));
        let dotted = head.contains(&b'.') && is_identifier(head) && !random(head);
        let name_before = |sign: u8| {
            let at = head.iter().position(|&byte| byte == sign);
            at.is_some_and(|at| {
                at > 0
                    && head.get(..at).is_some_and(|name| {
                        is_identifier(name.strip_suffix(b"?").unwrap_or(name))
                            || name
                                .iter()
                                .all(|&byte| is_name(byte) || matches!(byte, b'.' | b':' | b'-' | b'>' | b'$'))
                    })
            })
        };
        dotted
            || name_before(b'(')
            || name_before(b'[')
            || name_before(b'{')
            || self.next == b'<' && is_identifier(head) && !is_mixed(head)
            || self.is_code()
            || self.is_path()
    }

    /// Whether it contains signs of source code.
    fn is_code(&self) -> bool {
        ["::", "->", "${", "{{", "$(", "=>"].iter().any(|sign| contains(self.head, sign))
            || self.is_quoted() && is_template(self.head)
    }

    /// Whether it is a path: lower-case letters between `/`; a longer base64 text would contain capitals.
    fn is_path(&self) -> bool {
        let is_part =
            |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'/' | b'.' | b'_' | b'-');
        let head = self.head;
        let drive = matches!(head, [letter, b':', b'\\' | b'/', ..] if letter.is_ascii_alphabetic());
        let slashes = head.iter().filter(|byte| **byte == b'/').count();
        let file = ["pem", "key", "json", "txt", "crt", "yaml", "yml", "rs", "py", "js", "ts", "toml"];
        let extension = head.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
        let is_file = head.contains(&b'.') && file.iter().any(|name| extension == name.as_bytes());
        drive
            || is_file
            || head.first() == Some(&b'/') && slashes > 1 && head.iter().all(is_part)
            || slashes > 0 && head.iter().all(is_part) && !is_mixed(head)
    }
}

/// Whether it is a password of some words: `correct-horse-battery`.
fn is_phrase(text: &[u8]) -> bool {
    let is_part = |part: &[u8]| !part.is_empty() && part.iter().all(|&byte| is_alnum(byte)) && !LABELS.have(part);
    text.len() >= 16 && text.split(|&byte| byte == b'-').count() >= 3 && text.split(|&byte| byte == b'-').all(is_part)
}

/// Whether it is a version, a date or the number of something.
fn is_version(text: &[u8]) -> bool {
    is_wordy(text)
}

/// Whether it is a color such as `#ddd0c0`.
fn is_color(text: &[u8]) -> bool {
    matches!(text, [b'#', rest @ ..] if rest.len() <= 8 && rest.iter().all(u8::is_ascii_hexdigit))
}

/// Whether it contains a name in braces, to be replaced: `share-{id}`.
fn is_template(text: &[u8]) -> bool {
    let open = text.iter().position(|&byte| byte == b'{');
    let inside = open.and_then(|open| text.get(open + 1..)).unwrap_or_default();
    let close = inside.iter().position(|&byte| byte == b'}');
    close.and_then(|close| inside.get(..close)).is_some_and(|name| name.is_empty() || is_identifier(name))
}

/// Whether a name has more than one word.
fn has_words(name: &[u8]) -> bool {
    name.iter().any(|byte| matches!(byte, b'_' | b'.'))
        || name.iter().skip(1).any(u8::is_ascii_uppercase) && name.iter().any(u8::is_ascii_lowercase)
}

/// Whether it is a hashed password, as systems store it: `$2b$12$…`, `$6$…`, `$argon2id$…`.
fn is_hash(text: &[u8]) -> bool {
    text.iter().filter(|byte| **byte == b'$').count() >= 3
}

/// Whether it is base64 of `user:password`.
pub(super) fn is_basic(text: &[u8]) -> bool {
    let mut colon = false;
    let (mut bits, mut count) = (0_u32, 0);
    for &byte in text.iter().take_while(|byte| **byte != b'=') {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return false,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            let decoded = (bits >> count & 0xff) as u8;
            if !decoded.is_ascii_graphic() && decoded != b' ' {
                return false;
            }
            colon |= decoded == b':';
        }
    }
    colon && text.first().is_some_and(|&byte| is_alnum(byte))
}

/// Whether one of the cookies in a header may be a session. Each part of a value is judged separately, so that a mask
/// inserted earlier does not make an ordinary cookie look like a session.
pub(super) fn has_session(text: &[u8]) -> bool {
    let is_between = |byte: &u8| matches!(byte, b'=' | b',' | b'[' | b']') || is_blank(*byte);
    let looks_random = |part: &[u8]| is_random(part, 12) || part.len() >= 8 && is_mixed(part) && !is_wordy(part);
    text.split(|&byte| byte == b';').any(|cookie| {
        let value = cookie.iter().position(|&byte| byte == b'=').and_then(|at| cookie.get(at + 1..));
        value.is_some_and(|value| value.split(is_between).any(looks_random))
    })
}
