//! Owns secrets that only the form of a command line shows: what is piped into a program that reads a password, values in
//! positions, and values that a shell joins from parts. Must stay true: the time is linear in the text; a word is masked
//! as a whole. Deliberately absent: substitutions, whose values nobody knows.

use super::names::{self, Kind};
use super::{MASK, mask};
use std::borrow::Cow;
use std::ops::Range;

/// A command line with every secret replaced.
#[must_use]
pub fn mask_command(text: &str) -> Cow<'_, str> {
    let spans = spans(text);
    if spans.is_empty() {
        return mask(text);
    }
    let (mut out, mut copied) = (String::with_capacity(text.len()), 0);
    for span in spans.into_iter().filter(|span| span.start < span.end) {
        if span.start < copied {
            continue;
        }
        out.push_str(text.get(copied..span.start).unwrap_or_default());
        out.push_str(MASK);
        copied = span.end;
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    Cow::Owned(mask(&out).into_owned())
}

/// A word, and whether it is more than one text in one pair of quotes.
struct Word {
    place: Range<usize>,
    is_joined: bool,
}

/// A program with its words.
#[derive(Default)]
struct Part {
    words: Vec<Word>,
    /// Whether what it prints goes to the next one.
    is_piped: bool,
}

fn spans(text: &str) -> Vec<Range<usize>> {
    let parts = parts(text);
    let mut spans = Vec::new();
    let mut before: Option<&Part> = None;
    for part in &parts {
        let words: Vec<&str> = part.words.iter().map(|word| bare(text, word)).collect();
        if reads_secret(&words) {
            let printed = before.filter(|before| before.is_piped).filter(|before| prints(text, before));
            let printed = printed.map(|before| before.words.as_slice()).unwrap_or_default();
            let given = words.iter().position(|word| *word == "<<<").map(|at| at + 1);
            let given = given.and_then(|at| part.words.get(at));
            let all = printed.iter().skip(1).chain(given);
            spans.extend(all.filter(|word| is_value(bare(text, word))).map(|word| word.place.clone()));
        }
        if let Some(word) = in_position(&words).and_then(|at| part.words.get(at))
            && is_value(bare(text, word))
        {
            spans.push(word.place.clone());
        }
        spans.extend(part.words.iter().filter_map(|word| joined(text, word)));
        spans.extend(part.words.iter().filter_map(|word| stored(text, word, &words)));
        before = Some(part);
    }
    spans.sort_unstable_by_key(|span| (span.start, span.end));
    spans
}

fn prints(text: &str, part: &Part) -> bool {
    part.words.first().is_some_and(|word| matches!(bare(text, word), "echo" | "printf"))
}

/// Whether a program with these words reads a secret.
fn reads_secret(words: &[&str]) -> bool {
    let begins =
        |wanted: &[&str]| words.iter().zip(wanted).filter(|(word, wanted)| word == wanted).count() == wanted.len();
    let has_s = || words.iter().skip(1).take_while(|word| word.starts_with('-')).any(|word| is_letter(word, 'S'));
    words.contains(&"--password-stdin")
        || begins(&["sudo"]) && (has_s() || words.contains(&"--stdin"))
        || matches!(words, ["chpasswd" | "passwd", ..] | ["sudo", "chpasswd" | "passwd", ..])
        || begins(&["gh", "secret", "set"])
        || begins(&["vercel", "env", "add"])
        || begins(&["gh", "auth", "login"]) && words.contains(&"--with-token")
}

fn is_letter(word: &str, letter: char) -> bool {
    !word.starts_with("--") && word.contains(letter)
}

/// Which word is a secret by its position.
fn in_position(words: &[&str]) -> Option<usize> {
    let after = |options: &[&str]| words.iter().position(|word| options.contains(word)).map(|at| at + 1);
    let is_secret = |at: usize| words.get(at).is_some_and(|name| is_name(name));
    match words {
        ["gh", "secret", "set", ..] => after(&["-b", "--body"]),
        ["aws", "configure", "set", ..] | ["npm" | "pnpm" | "yarn", "config", "set", ..] if is_secret(3) => Some(4),
        ["set", options, ..] if options.starts_with('-') && options.contains('x') && is_secret(2) => Some(3),
        ["setenv", ..] if is_secret(1) => Some(2),
        ["useradd" | "usermod", ..] | ["sudo", "useradd" | "usermod", ..] => after(&["-p", "--password"]),
        _ => None,
    }
}

fn is_name(name: &str) -> bool {
    let last = name.rsplit(['/', ':']).next().unwrap_or_default();
    matches!(names::kind(last.as_bytes()), Some(Kind::Password | Kind::Secret | Kind::Key))
}

/// Whether it is more than an option, a variable or what is masked.
fn is_value(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(['-', '$', '`', '<', '>', '%'])
        && !text.contains("$(")
        && !text.contains(MASK)
        && super::placeholder::at_start(text).is_none()
}

/// The value of an assignment that is joined from parts.
fn joined(text: &str, word: &Word) -> Option<Range<usize>> {
    let whole = text.get(word.place.clone()).filter(|_| word.is_joined)?;
    let (name, value) = whole.split_once('=')?;
    let is_plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let ansi = value.strip_prefix("$'");
    let is_hidden = is_plain && is_name(name) && (ansi.is_some() || !value.contains(['$', '`']));
    (is_hidden && !value.is_empty()).then(|| word.place.start + name.len() + 1..word.place.end)
}

/// The value that a store of secrets is given: `vault kv put PATH NAME=VALUE`.
fn stored(text: &str, word: &Word, words: &[&str]) -> Option<Range<usize>> {
    let whole = text.get(word.place.clone())?;
    let of_option = ["--from-literal=", "--body="].iter().find_map(|option| whole.strip_prefix(option));
    let rest = match words {
        ["vault", "kv", "put" | "patch", ..] | ["vault", "write", ..] => whole,
        ["kubectl" | "oc", "create", "secret", ..] => of_option?,
        ["gh", "secret", "set", ..] if whole.starts_with("--body=") => whole,
        _ => return None,
    };
    let (name, value) = rest.split_once('=')?;
    let is_it = !name.starts_with('-') || name == "--body";
    let quoted = value.trim_matches(['\'', '"']);
    let begin = word.place.end - value.len();
    (is_it && is_value(quoted) && !value.starts_with('@')).then_some(begin..word.place.end)
}

/// The word without the quotes around it.
fn bare<'t>(text: &'t str, word: &Word) -> &'t str {
    let whole = text.get(word.place.clone()).unwrap_or_default();
    let inside = |quote: char| whole.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    inside('\'').or_else(|| inside('"')).unwrap_or(whole)
}

/// The programs of a line, by its separators.
fn parts(text: &str) -> Vec<Part> {
    let bytes = text.as_bytes();
    let byte = |at: usize| bytes.get(at).copied().unwrap_or_default();
    let mut parts = vec![Part::default()];
    let mut at = 0;
    while at < bytes.len() {
        match (byte(at), byte(at + 1)) {
            (b' ' | b'\t' | b'\r', _) => at += 1,
            (b'\\', b'\n') => at += 2,
            (b'|', next) if next != b'|' => {
                at += 1 + usize::from(next == b'&');
                parts.last_mut().into_iter().for_each(|part| part.is_piped = true);
                parts.push(Part::default());
            }
            (b'|' | b'&' | b';' | b'\n' | b'(' | b')', _) => {
                at += if byte(at) == b'|' { 2 } else { 1 };
                parts.push(Part::default());
            }
            _ => {
                let (end, is_joined) = word_end(bytes, at);
                parts.last_mut().into_iter().for_each(|part| part.words.push(Word { place: at..end, is_joined }));
                at = end;
            }
        }
    }
    parts
}

/// Where the word ends that begins at `at`, and whether a shell joins it from parts.
fn word_end(bytes: &[u8], at: usize) -> (usize, bool) {
    let (mut end, mut quoted, mut is_joined) = (at, 0, false);
    while let Some(&byte) = bytes.get(end) {
        match byte {
            b'\\' => {
                is_joined = true;
                end += 2;
            }
            b'\'' | b'"' => {
                let is_ansi = byte == b'\'' && end > at && bytes.get(end - 1) == Some(&b'$');
                quoted += 1;
                is_joined |= is_ansi || quoted > 1;
                end += 1;
                while let Some(&inner) = bytes.get(end).filter(|inner| **inner != byte) {
                    end += if inner == b'\\' && (byte == b'"' || is_ansi) { 2 } else { 1 };
                }
                end += 1;
            }
            b' ' | b'\t' | b'\r' | b'\n' | b'|' | b'&' | b';' | b'(' | b')' => break,
            _ => end += 1,
        }
    }
    (end.min(bytes.len()).max(at + 1), is_joined)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_known_by_its_place() {
        for (command, masked) in [
            ("echo tigerpaw | sudo -S ls", "echo [masked] | sudo -S ls"),
            (
                "echo \"tiger paw\" | docker login -u x --password-stdin",
                "echo [masked] | docker login -u x --password-stdin",
            ),
            ("printf 'bob:tigerpaw' | sudo chpasswd", "printf [masked] | sudo chpasswd"),
            ("sudo -S ls <<< 'tigerpaw'", "sudo -S ls <<< [masked]"),
            ("gh secret set X -b tigerpaw", "gh secret set X -b [masked]"),
            ("aws configure set aws_secret_access_key tigerpaw", "aws configure set aws_secret_access_key [masked]"),
            ("npm config set //r.npmjs.org/:_authToken tigerpaw", "npm config set //r.npmjs.org/:_authToken [masked]"),
            ("set -gx API_TOKEN tigerpaw; ls", "set -gx API_TOKEN [masked]; ls"),
            ("setenv DB_PASSWORD tigerpaw", "setenv DB_PASSWORD [masked]"),
            ("DB_PASSWORD=$'tigerpaw' ls", "DB_PASSWORD=[masked] ls"),
            ("DB_PASSWORD=\\\ntigerpaw ls", "DB_PASSWORD=[masked] ls"),
            ("DB_PASSWORD=tiger\\ paw ls", "DB_PASSWORD=[masked] ls"),
            ("DB_PASSWORD='tiger'\"paw\" ls", "DB_PASSWORD=[masked] ls"),
            ("vault kv put secret/x value=tigerpaw", "vault kv put secret/x value=[masked]"),
            (
                "kubectl create secret generic x --from-literal=key=tigerpaw",
                "kubectl create secret generic x --from-literal=key=[masked]",
            ),
            ("gh secret set X --body=tigerpaw", "gh secret set X --body=[masked]"),
            ("useradd -p tigerpaw bob", "useradd -p [masked] bob"),
        ] {
            assert_eq!(mask_command(command), masked);
            assert_eq!(mask_command(masked), masked, "twice");
        }
    }

    #[test]
    fn ordinary_words_stay() {
        for command in [
            "echo hello | sudo tee x",
            "echo hello | cat",
            "echo \"$PASS\" | sudo -S ls",
            "echo hello | grep passwd",
            "vault kv put secret/x value=@file",
            "kubectl create secret generic x --from-file=key=a.txt",
            "cat f | docker login --password-stdin",
            "gh pr create --body 'a text' -b x",
            "aws configure set region eu-central-1",
            "npm config set registry https://r.example",
            "set -x; ls a b",
            "set -euxo pipefail",
            "setenv EDITOR vim",
            "NAME=two\\ words ls",
            "TOKEN=\"$(cat f)\" ls",
            "mkdir -p a && useradd bob",
            "echo größe \\",
            "echo 'open",
        ] {
            assert_eq!(mask_command(command), command);
        }
    }
}
