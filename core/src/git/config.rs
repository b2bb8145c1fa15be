//! Owns how a repository's configuration is read, one value at a time. The source is git-config(1).
//!
//! Must stay true: the last of several values wins; a file that is too long or not regular is ignored.
//!
//! Deliberately absent: `include.path` and `config.worktree`.

use super::read;
use std::path::Path;

/// Maximum number of bytes that are read.
const BYTES: u64 = 256 * 1024;

/// The key to look up: `[section "of"] name`; `of` is empty for `[section]`.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    pub section: &'static str,
    pub of: &'static str,
    pub name: &'static str,
}

/// A value in the configuration that all work trees of a repository share.
pub fn value(common: &Path, key: &Key) -> Option<String> {
    let bytes = read::open_below(common, "config")?.bytes(0, BYTES)?;
    value_in(&String::from_utf8_lossy(&bytes), key)
}

/// A value in a file of the user's, which may be a link.
pub fn value_of_file(path: &Path, key: &Key) -> Option<String> {
    let bytes = crate::open::foreign_bytes(path, BYTES as usize).ok()?;
    value_in(&String::from_utf8_lossy(&bytes), key)
}

fn value_in(text: &str, key: &Key) -> Option<String> {
    let mut is_here = false;
    let mut found = None;
    for line in text.lines().map(str::trim) {
        // A value may follow its section on the same line.
        let line = match line.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((section, rest)) => {
                is_here = key.is_of(section);
                rest.trim_start()
            }
            None => line,
        };
        if is_here
            && let Some((name, value)) = line.split_once('=')
            && name.trim().eq_ignore_ascii_case(key.name)
        {
            found = Some(plain(value));
        }
    }
    found.filter(|value| !value.is_empty())
}

impl Key {
    fn is_of(&self, section: &str) -> bool {
        let section = section.trim();
        let (kind, of) = section.split_once(char::is_whitespace).unwrap_or((section, ""));
        let of = of.trim();
        kind.eq_ignore_ascii_case(self.section)
            && of.strip_prefix('"').and_then(|of| of.strip_suffix('"')).unwrap_or(of) == self.of
    }
}

/// A value without its quotes and the comment after it.
fn plain(text: &str) -> String {
    let (mut value, mut quoted, mut escaped) = (String::new(), false, false);
    for sign in text.trim().chars() {
        match sign {
            _ if escaped => {
                value.push(sign);
                escaped = false;
            }
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            '#' | ';' if !quoted => break,
            _ => value.push(sign),
        }
    }
    value.trim().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(text: &str) -> Option<String> {
        value_in(text, &Key { section: "remote", of: "origin", name: "url" })
    }

    #[test]
    fn values_are_read_as_git_reads_them() {
        let config = "[core]\n\turl = https://no/no\n[remote \"up\"]\n\turl = https://up/up\n[Remote \"origin\"] ; mine\n\
            \tURL = \"https://host/a b\" # here\n\tfetch = +refs/heads/*\n[branch \"main\"]\n\turl = https://no/no\n";
        assert_eq!(origin(config).as_deref(), Some("https://host/a b"));
        assert_eq!(origin("[remote \"origin\"]\nurl=a\nurl = b\n").as_deref(), Some("b"));
        assert_eq!(origin("[remote \"origin\"] url = a\n").as_deref(), Some("a"));
        assert_eq!(origin("[remote \"Origin\"]\nurl = a\n"), None);
        assert_eq!(origin("[remote \"origin\"]\nurl =\n"), None);
        let tree = |text| value_in(text, &Key { section: "core", of: "", name: "worktree" });
        assert_eq!(tree("[core]\n\tworktree = ../../../lib\n").as_deref(), Some("../../../lib"));
        assert_eq!(tree("[core \"x\"]\n\tworktree = a\n"), None);
    }
}
