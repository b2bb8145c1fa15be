//! Owns the limits of the format. Lengths count characters, not bytes.
//! Must stay true: whatever passes here can be written and read back by every reader.
//! Deliberately absent: cutting text to fit, except in [`cut`], which hooks use on foreign text.

use crate::error::{Error, Result};

pub const INTENT: usize = 500;
pub const OUTCOME: usize = 1000;
pub const EVENT: usize = 2000;
pub const REASON: usize = 500;
pub const DECISION: usize = 500;
pub const QUESTION: usize = 500;
pub const NEXT_STEP: usize = 500;
pub const TASK_SUBJECT: usize = 300;
pub const ACTIVITY: usize = 300;
pub const ROADMAP_REF: usize = 100;
pub const PROJECT_NAME: usize = 100;
pub const BRANCH: usize = 200;
pub const PATH: usize = 4096;
pub const COMMIT_MESSAGE: usize = 500;
/// Most digits of a commit's name.
const SHA: usize = 40;
/// Most commits in one session.
pub const COMMITS: usize = 500;
/// Most next steps in one session.
pub const NEXT_STEPS: usize = 3;
/// Most characters of an agent's own name for a task.
pub const TASK_KEY: usize = 100;
/// Most tasks of a session to which an agent's own list adds; people may add more.
pub const MIRRORED_TASKS: usize = 1000;
/// Most files listed in one session.
pub const FILES: usize = 5000;
/// Largest file that a reader accepts and a writer produces, in bytes.
pub const FILE_BYTES: usize = 10 * 1024 * 1024;
/// Largest index, in bytes: one line for each of 100,000 sessions.
pub const INDEX_BYTES: usize = 32 * 1024 * 1024;

/// A text that says something and fits: trimmed, not empty, at most `limit` characters, no
/// control characters but newline and tab. `what` names it in the error.
pub fn text(what: &str, value: &str, limit: usize) -> Result<String> {
    let value = value.trim();
    if value.is_empty() {
        return Err(Error::Invalid(format!("{what} is empty")));
    }
    let length = value.chars().count();
    if length > limit {
        return Err(Error::Invalid(format!("{what} has {length} characters, at most {limit} are allowed")));
    }
    if let Some(bad) = value.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
        return Err(Error::Invalid(format!("{what} contains the control character {bad:?}")));
    }
    Ok(value.to_string())
}

/// [`text`] for a value that may be left out.
pub fn optional(what: &str, value: Option<&str>, limit: usize) -> Result<Option<String>> {
    value.map(|value| text(what, value, limit)).transpose()
}

/// A commit's name: 4 to 40 hexadecimal digits, returned in lower case. Of a whole SHA-256 name, which
/// has 64, the first 40 are kept: git knows it by them.
pub fn sha(value: &str) -> Result<String> {
    let ok = matches!(value.len(), 4..=40 | 64) && value.bytes().all(|byte| byte.is_ascii_hexdigit());
    if ok {
        return Ok(value.chars().take(SHA).collect::<String>().to_ascii_lowercase());
    }
    Err(Error::Invalid(format!("not a commit: {value:?}; a sha has 4 to 40 hexadecimal digits")))
}

/// Makes foreign text storable: one line, control characters and runs of space become one space,
/// at most `limit` characters, the last of them `…` where something was cut.
pub fn cut(value: &str, limit: usize) -> String {
    let mut line = String::new();
    let mut length = 0;
    for word in value.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        if length > 0 {
            line.push(' ');
            length += 1;
        }
        line.push_str(word);
        length += word.chars().count();
        if length > limit {
            let kept: String = line.chars().take(limit.saturating_sub(1)).collect();
            return format!("{}…", kept.trim_end());
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_checked_in_characters() {
        assert_eq!(text("intent", "  ö  ", 1).unwrap(), "ö");
        for (bad, limit) in [("", 5), (" \n ", 5), ("ab", 1), ("a\0b", 5), ("a\u{1b}[31m", 50)] {
            assert!(text("intent", bad, limit).is_err(), "{bad:?}");
        }
        assert_eq!(sha("ABCD").unwrap(), "abcd");
        for bad in ["abc", "xyz1", "", &"a".repeat(41)] {
            assert!(sha(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn cut_keeps_one_short_line() {
        assert_eq!(cut("a\n\tb\u{7}  c", 9), "a b c");
        assert_eq!(cut("héllo wörld", 6), "héllo…");
        assert_eq!(cut(&"x".repeat(50), 10).chars().count(), 10);
        assert_eq!(cut("exactly", 7), "exactly");
        assert_eq!(cut("", 7), "");
    }
}
