//! Finds what identifies a person, in text that leaves the machine: email addresses, phone numbers, and user names in
//! paths.
//!
//! Must stay true: the cost is linear in the text. Deliberately absent: names of people in sentences, and any promise
//! that a number or an address of an unusual shape is found.

use super::find::{Find, Sure};
use std::ops::Range;

/// The rules, by the names of what they find.
pub(super) const RULES: [&str; 3] = ["email", "phone", "user"];

/// How many digits a phone number has (E.164).
const DIGITS: Range<usize> = 8..16;
/// Maximum number of characters of a phone number.
const PHONE_CHARS: usize = 24;
/// Maximum number of bytes before the `@` of an address (RFC 5321).
const LOCAL: usize = 64;
/// Longest domain.
const DOMAIN: usize = 255;
/// Longest user name.
const NAME: usize = 64;

/// The known facts about the person whose texts are masked.
#[derive(Clone, Debug, Default)]
pub struct Personal {
    /// User names that are masked wherever they are a whole component of a path.
    names: Vec<String>,
}

impl Personal {
    /// Masks for a person with these user names. Names that occur in every path are ignored.
    pub fn new(names: impl IntoIterator<Item = String>) -> Self {
        let common = ["root", "home", "user", "users", "src", "tmp"];
        let fits = |name: &String| name.chars().count() > 2 && !common.contains(&name.to_lowercase().as_str());
        Personal { names: names.into_iter().filter(fits).collect() }
    }

    /// All that identifies a person and begins, or has its `@`, in this part of the text; spans may overlap.
    pub fn finds(&self, text: &str, part: Range<usize>) -> Vec<Find> {
        let mut all = Vec::new();
        let mut add = |rule, span: Option<Range<usize>>| {
            all.extend(span.map(|span| Find { span, rule, sure: Sure::Personal }));
        };
        let [email, phone, user] = RULES;
        let bytes = text.as_bytes();
        let mut before = part.start.checked_sub(1).and_then(|at| bytes.get(at)).copied().unwrap_or(b' ');
        for (at, &byte) in bytes.iter().enumerate().take(part.end).skip(part.start) {
            match byte {
                b'@' => add(email, email_at(text, at)),
                b'0'..=b'9' | b'+' | b'(' if !before.is_ascii_alphanumeric() => add(phone, phone_at(text, at)),
                _ => {}
            }
            if matches!(before, b'/' | b'\\' | b'~' | b'-') && byte & 0xc0 != 0x80 {
                add(user, self.user_at(text, at));
            }
            before = byte;
        }
        all
    }

    /// The user name that begins at `at`.
    fn user_at(&self, text: &str, at: usize) -> Option<Range<usize>> {
        let before = text.get(..at)?;
        if !before.ends_with(['/', '\\', '~', '-'])
            || before.ends_with('-') && !before.ends_with("-home-") && !before.ends_with("-Users-")
        {
            return None;
        }
        let name = name_at(text, at)?;
        let end = at + name.len();
        if self.names.iter().any(|known| known == name) && before.ends_with(['/', '\\']) {
            return Some(at..end);
        }
        let shared = ["Shared", "Public", "Default", "All", "linuxbrew"].contains(&name);
        if !shared && (is_home(before) || (is_tilde(before) && is_account(name) && text.get(end..)?.starts_with('/'))) {
            return Some(at..end);
        }
        // A folder of Claude Code's projects: the path with `-` for `/`.
        let first = name.split('-').next().filter(|first| !first.is_empty())?;
        (before.ends_with("-home-") || before.ends_with("-Users-"))
            .then(|| before.trim_end_matches("-home-").trim_end_matches("-Users-"))
            .filter(|rest| rest.is_empty() || rest.ends_with(['/', '\\', ' ', '"', '\'', '`']))
            .map(|_| at..at + first.len())
    }
}

/// The address around the `@` at `at`. `git@host:` is not personal.
fn email_at(text: &str, at: usize) -> Option<Range<usize>> {
    let (before, rest) = text.split_at_checked(at)?;
    let after = rest.strip_prefix('@')?;
    let is_local = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '%' | '+' | '-' | '\'');
    let local: usize = before.chars().rev().take(LOCAL).take_while(|c| is_local(*c)).map(char::len_utf8).sum();
    let local = before.get(at - local..)?.trim_start_matches(['.', '\'', '-']);
    let is_domain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-');
    let length: usize = after.chars().take(DOMAIN).take_while(|c| is_domain(*c)).map(char::len_utf8).sum();
    let domain = after.get(..length)?.trim_end_matches(['.', '-']);
    let (host, top) = domain.rsplit_once('.')?;
    let is_top = top.chars().count() >= 2 && top.chars().all(char::is_alphabetic);
    let remote = local == "git" && after.get(domain.len()..)?.starts_with(':');
    (!local.is_empty() && !host.is_empty() && is_top && !remote).then(|| at - local.len()..at + 1 + domain.len())
}

/// The phone number that begins at `at`: `+49 171 2345678`, `(555) 123-4567`, `0171/2345678`, and any number after
/// `tel:`.
fn phone_at(text: &str, at: usize) -> Option<Range<usize>> {
    let rest = text.get(at..)?;
    let first = rest.chars().next().filter(|c| c.is_ascii_digit() || matches!(c, '+' | '('))?;
    let before = text.get(..at)?;
    if first != '+' && !may_follow(before) || before.ends_with(|c: char| c.is_alphanumeric() || c == '+') {
        return None;
    }
    let called = before.ends_with("tel:");
    let ends = ends(rest);
    let fits = |end: &usize| rest.get(..*end).is_some_and(|number| is_phone(number, called));
    let end = ends.into_iter().rev().find(fits)?;
    Some(at..at + end)
}

/// Whether a number that begins with a digit may begin here: not inside a path, a version, a date or a time.
fn may_follow(before: &str) -> bool {
    let mut last = before.chars().rev();
    match last.next() {
        Some(':') => !last.next().is_some_and(|c| c.is_ascii_digit()),
        Some(c) => !matches!(c, '_' | '-' | '.' | '/' | '\\' | '#' | '@' | '%' | '='),
        None => true,
    }
}

/// Where a number at the beginning of the text may end: after a digit that no digit or letter follows.
fn ends(text: &str) -> Vec<usize> {
    let mut ends = Vec::new();
    let mut previous = ' ';
    for (at, c) in text.char_indices().take(PHONE_CHARS + 1) {
        let is_part = c.is_ascii_digit() || matches!(c, ' ' | '-' | '.' | '/' | '(' | ')' | '\u{a0}' | '+');
        let joined = c.is_alphanumeric() || matches!(c, '_' | ':' | '@');
        if previous.is_ascii_digit() && !joined {
            ends.push(at);
        }
        let blank = |c: char| matches!(c, ' ' | '\u{a0}');
        if !is_part || (c == '+' && at > 0) || (blank(c) && blank(previous)) {
            return ends;
        }
        previous = c;
    }
    if previous.is_ascii_digit() && text.chars().nth(PHONE_CHARS).is_none() {
        ends.push(text.len());
    }
    ends
}

/// Whether digits and separators have the shape of a phone number.
fn is_phone(number: &str, called: bool) -> bool {
    let groups: Vec<usize> =
        number.split(|c: char| !c.is_ascii_digit()).map(str::len).filter(|length| *length > 0).collect();
    let digits: usize = groups.iter().sum();
    let bracket = number.contains('(') == number.contains(')');
    let trunk = number.trim_start_matches('(').starts_with('0');
    let first = groups.first().copied().unwrap_or(0);
    let abroad = number.strip_prefix('+').or(number.strip_prefix("00").filter(|_| groups.len() == 1));
    let international = abroad.is_some_and(|rest| {
        !rest.starts_with('0') && DIGITS.contains(&rest.bytes().filter(u8::is_ascii_digit).count())
    });
    let american = groups == [3, 3, 4] || groups == [1, 3, 3, 4] && number.starts_with('1');
    let national = trunk && groups.len() > 1 && (2..=5).contains(&first) && (9..13).contains(&digits);
    bracket && (international || american || national || (called && (6..16).contains(&digits)))
}

/// The name at `at`, if one begins there.
fn name_at(text: &str, at: usize) -> Option<&str> {
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-');
    if text.get(..at)?.ends_with(is_name) && !text.get(..at)?.ends_with('-') {
        return None;
    }
    let rest = text.get(at..)?;
    let length: usize = rest.chars().take(NAME).take_while(|c| is_name(*c)).map(char::len_utf8).sum();
    let name = rest.get(..length)?.trim_end_matches('.');
    (!name.is_empty()).then_some(name)
}

/// Whether the text ends with the `~` of `~name/`.
fn is_tilde(before: &str) -> bool {
    let outside = before.strip_suffix('~');
    outside.is_some_and(|text| !text.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '~' | '/' | '.')))
}

/// Whether it could be the name of an account, unlike the `2` of `~2/3 done`.
fn is_account(name: &str) -> bool {
    name.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// Whether the text ends with a folder that contains home directories: `/home/`, `C:\Users\`.
fn is_home(before: &str) -> bool {
    let inner = before.trim_end_matches(['/', '\\']);
    if inner.len() == before.len() || before.len() - inner.len() > 4 {
        return false;
    }
    let Some(parent) = inner.strip_suffix("home").or(inner.strip_suffix("Users")) else { return false };
    let root = parent.trim_end_matches(['/', '\\']);
    if root.len() == parent.len() {
        return false;
    }
    let tail: String = root.chars().rev().take(40).collect::<Vec<_>>().into_iter().rev().collect();
    let is_path = |c: char| c.is_alphanumeric() || matches!(c, '/' | '\\' | '.' | '_' | '-');
    let path = tail.rsplit(|c: char| !is_path(c)).next().unwrap_or_default();
    let drive = path.len() == 1 || tail.ends_with(':');
    let mounted = path.strip_prefix("/mnt/").is_some_and(|letter| letter.len() == 1);
    let shared = ["wsl$", "wsl.localhost"].iter().any(|host| tail.contains(host));
    path.is_empty() || drive || mounted || shared || ["/var", "/usr", "/export", "/System/Volumes/Data"].contains(&path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    /// The text with secrets masked and every find replaced by its rule's name.
    fn masked(text: &str) -> String {
        let personal = Personal::new(["jdoe", "root", "ab"].map(String::from));
        let once = replaced(&personal, &crate::mask(text));
        assert_eq!(replaced(&personal, &once), once, "after {text:?}");
        once
    }

    fn replaced(personal: &Personal, text: &str) -> String {
        let mut finds = personal.finds(text, 0..text.len());
        finds.sort_by_key(|find| find.span.start);
        let (mut out, mut done) = (String::new(), 0);
        for Find { span, rule, .. } in finds.into_iter() {
            if span.start >= done {
                out = format!("{out}{}[{rule}]", &text[done..span.start]);
                done = span.end;
            }
        }
        out + &text[done..]
    }

    #[test]
    fn personal_data_is_masked() {
        let cases = [
            ("mail anna.b+x@mail.example.co.uk, now", "mail [email], now"),
            ("<Ö.Müller@exämple.de>", "<[email]>"),
            ("o'neil@example.com.", "[email]."),
            ("call +49 171 2345678!", "call [phone]!"),
            ("+1 (555) 123-4567", "[phone]"),
            ("(555) 123-4567 or 555.123.4567", "[phone] or [phone]"),
            ("0171/2345678, 06 12 34 56 78", "[phone], [phone]"),
            ("tel:5551234", "tel:[phone]"),
            ("+4917123456789 2026-11-21", "[phone] 2026-11-21"),
            ("00491712345678 but 0000000000123 and 00123", "[phone] but 0000000000123 and 00123"),
            (r"\\wsl$\Ubuntu\home\anna\x", r"\\wsl$\Ubuntu\home\[user]\x"),
            ("//wsl.localhost/Ubuntu-22.04/home/anna", "//wsl.localhost/Ubuntu-22.04/home/[user]"),
            ("at /home/anna/src and /Users/Bob.Smith", "at /home/[user]/src and /Users/[user]"),
            ("file:///home/anna/x", "file:///home/[user]/x"),
            (r"C:\Users\Anna\x or C:\\Users\\Anna", r"C:\Users\[user]\x or C:\\Users\\[user]"),
            ("/var/home/anna, /mnt/c/Users/anna/x", "/var/home/[user], /mnt/c/Users/[user]/x"),
            ("/data/jdoe/x and github.com/jdoe/y", "/data/[user]/x and github.com/[user]/y"),
            ("~anna/src", "~[user]/src"),
            (".claude/projects/-home-anna-api/x", ".claude/projects/-home-[user]-api/x"),
            ("password=hunter2 for a@b.de", "password=[masked] for [email]"),
        ];
        for (text, expected) in cases {
            assert_eq!(masked(text), expected);
        }
    }

    #[test]
    fn ordinary_text_is_unchanged() {
        let left = [
            "git@github.com:org/repo.git",
            "left-pad@1.3.0 and @types/node",
            "a @ b, user@localhost",
            "2026-11-21T03:37:00.000000+00:00",
            "2026-11-21 10:00:00 +0100",
            "192.168.100.200:8080",
            "sess_20261121T0337_ca5d, e998145e-4e5d-40c9-a3a6-681ad5bd51c9",
            "1234567890 bytes, 12345678 more",
            "version 1.2.3-4, 0.123456789",
            "src/home/page.rs, https://example.com/home/index",
            "/home and /Users/Shared/x",
            "~/src and ~1/2",
            "lines 100-200, 5 of 12",
            "root at /root/x",
        ];
        for text in left {
            assert_eq!(masked(text), text);
        }
    }

    /// Takes milliseconds, or minutes if a rule is quadratic.
    #[test]
    fn hostile_text_takes_linear_time() {
        for piece in ["@", "a@", "1 ", "+1", "(1", "/home/", "/", "-home-", "~a", "a.", "1-", "\\", "é@é.", "tel:1"] {
            let text = piece.repeat((1 << 17) / piece.len());
            let started = Instant::now();
            Personal::default().finds(&text, 0..text.len());
            assert!(started.elapsed() < Duration::from_secs(20), "{piece:?} took {:?}", started.elapsed());
        }
    }
}
