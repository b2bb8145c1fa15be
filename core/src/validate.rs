//! Owns the rules for texts in a record: their limits, and that they contain no secret. Lengths count characters, not
//! bytes. Must stay true: every reader can read what is accepted here; every text for a record, a project's file or a
//! conversation's file passes [`text`] or [`cut`], which mask it, whoever writes it; a text is masked before it is cut,
//! because half a secret would not be recognised. Deliberately absent: cutting text to fit, except in [`cut`], which
//! hooks use for foreign text; masking the path of a work tree ([`path`]), by which programs find it.

use crate::error::{Error, Result};

/// Characters of a session's intent.
pub const INTENT: usize = 500;
/// Characters of an intent that is taken from a prompt.
pub const INTENT_OF_PROMPT: usize = 120;
/// Characters of a session's outcome.
pub const OUTCOME: usize = 1000;
/// Characters of an event's message.
pub const EVENT: usize = 2000;
/// Characters of the text of an entry of the history.
pub const MOMENT: usize = 500;
/// Entries of the history; beyond that the oldest are removed.
pub const HISTORY: usize = 500;
/// Other repositories in which a session works.
pub const PLACES: usize = 50;
/// Characters of a reason for parking, and of what the user is needed for.
pub const REASON: usize = 500;
/// Characters of a decision.
pub const DECISION: usize = 500;
/// Characters of an open question.
pub const QUESTION: usize = 500;
/// Characters of a next step.
pub const NEXT_STEP: usize = 500;
/// Characters of a task's subject.
pub const TASK_SUBJECT: usize = 300;
/// Characters of a session's present activity.
pub const ACTIVITY: usize = 300;
/// Characters of a reference to the roadmap.
pub const ROADMAP_REF: usize = 100;
/// Characters of a project's slug or name.
pub const PROJECT_NAME: usize = 100;
/// Characters of a branch's name.
pub const BRANCH: usize = 200;
/// Characters of a path.
pub const PATH: usize = 4096;
/// Characters of a commit's subject.
pub const COMMIT_MESSAGE: usize = 500;
/// Maximum number of digits of a commit's name.
const SHA: usize = 40;
/// Maximum number of commits in one session.
pub const COMMITS: usize = 500;
/// Maximum number of next steps in one session.
pub const NEXT_STEPS: usize = 3;
/// Maximum number of characters of an agent's own name for a task.
pub const TASK_KEY: usize = 100;
/// Maximum number of tasks of a session to which an agent's own list adds; people may add more.
pub const MIRRORED_TASKS: usize = 1000;
/// Maximum number of files listed in one session.
pub const FILES: usize = 5000;
/// Largest file that a reader accepts and a writer produces, in bytes.
pub const FILE_BYTES: usize = 10 * 1024 * 1024;
/// Largest index, in bytes: one line for each of 100,000 sessions.
pub const INDEX_BYTES: usize = 128 * 1024 * 1024;
/// The highest count of tokens, lines or milliseconds. No conversation comes near it, and the sum of all counts of a
/// file fits into 64 bits.
pub const COUNT: u64 = 1_000_000_000_000;
/// The highest cost in dollars.
pub const DOLLARS: f64 = 1e7;
/// The highest percentage: a limit can be exceeded.
pub const PERCENT: f64 = 1000.0;

/// The cost, if it is plausible; otherwise it is unknown.
pub fn dollars(cost: f64) -> Option<f64> {
    (0.0..=DOLLARS).contains(&cost).then_some(cost)
}

/// Checks a text: masks secrets and trims it; refuses an empty text, more than `limit` characters after masking, and
/// control characters except newline and tab. `what` names it in the error.
pub fn text(what: &str, value: &str, limit: usize) -> Result<String> {
    let value = checked(what, value)?;
    let masked = redact::mask(value);
    let length = masked.chars().count();
    if length > limit {
        let how = if masked == value { "" } else { " with its secrets masked" };
        return Err(Error::Invalid(format!("{what} has {length} characters{how}, at most {limit} are allowed")));
    }
    Ok(masked.into_owned())
}

/// Checks the path of a directory like a text, but does not mask it: programs open it.
pub fn path(what: &str, value: &str) -> Result<String> {
    let value = checked(what, value)?;
    let length = value.chars().count();
    if length > PATH {
        return Err(Error::Invalid(format!("{what} has {length} characters, at most {PATH} are allowed")));
    }
    Ok(value.to_string())
}

/// Trims a text; refuses an empty one, and control characters except newline and tab.
fn checked<'a>(what: &str, value: &'a str) -> Result<&'a str> {
    let value = value.trim();
    if value.is_empty() {
        return Err(Error::Invalid(format!("{what} is empty")));
    }
    if let Some(bad) = value.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
        return Err(Error::Invalid(format!("{what} contains the control character {bad:?}")));
    }
    Ok(value)
}

/// Like [`text`], for a value that may be absent.
pub fn optional(what: &str, value: Option<&str>, limit: usize) -> Result<Option<String>> {
    value.map(|value| text(what, value, limit)).transpose()
}

/// Checks the name of a commit: 4 to 40 hexadecimal digits, returned in lower case. A SHA-256 name of 64 digits is cut
/// to 40, by which git still finds it.
pub fn sha(value: &str) -> Result<String> {
    let ok = matches!(value.len(), 4..=40 | 64) && value.bytes().all(|byte| byte.is_ascii_hexdigit());
    if ok {
        return Ok(value.chars().take(SHA).collect::<String>().to_ascii_lowercase());
    }
    Err(Error::Invalid(format!("not a commit: {value:?}; a sha has 4 to 40 hexadecimal digits")))
}

/// Makes foreign text storable: secrets masked, one line, runs of control characters and white space become one space,
/// at most `limit` characters, the last of them `…` if something was cut.
pub fn cut(value: &str, limit: usize) -> String {
    line(&redact::mask(value), limit)
}

/// Makes a foreign text of several lines storable: secrets masked, line ends and tabs as they are, each other control
/// character a space, at most `limit` characters, the last of them `…` if something was cut.
pub fn cut_lines(value: &str, limit: usize) -> String {
    let masked = redact::mask(value);
    let shown = |c: char| if c.is_control() && !matches!(c, '\n' | '\t') { ' ' } else { c };
    let text: String = masked.trim().chars().map(shown).take(limit + 1).collect();
    if text.chars().count() <= limit {
        return text;
    }
    let kept: String = text.chars().take(limit.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// Makes the name of a changed file storable, like [`cut`], but masks only keys and tokens that are recognised by
/// themselves: `password=1.txt` is an ordinary name.
pub fn file_name(value: &str) -> String {
    line(&redact::mask_tokens(value), PATH)
}

fn line(value: &str, limit: usize) -> String {
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

    /// Built at run time, so that no scanner reports this file as a leak.
    fn secret() -> String {
        ["ghp", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"].join("_")
    }

    #[test]
    fn texts_are_masked_before_they_are_measured_and_cut() {
        let secret = secret();
        assert_eq!(text("intent", &format!(" use {secret} now "), 20).unwrap(), "use [masked] now");
        assert_eq!(optional("outcome", Some(&secret), 8).unwrap().as_deref(), Some("[masked]"));
        let error = text("intent", "password=x", 15).unwrap_err().to_string();
        assert!(error.contains("17 characters with its secrets masked"), "{error}");
        for limit in 1..60 {
            let cut = cut(&format!("use {secret} now"), limit);
            assert!(!cut.contains("a1B2"), "{limit}: {cut}");
        }
        let key = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg\n-----END PRIVATE KEY-----";
        assert_eq!(cut(key, 9), "[masked]");
    }

    #[test]
    fn paths_stay_usable() {
        let plain = "/home/ada/token=1/password: 2.txt";
        assert_eq!(file_name(plain), plain);
        assert_eq!(file_name(&format!("/tmp/{}/x.rs", secret())), "/tmp/[masked]/x.rs");
        let place = format!("/tmp/{}", secret());
        assert_eq!(path("work tree", &place).unwrap(), place);
        assert!(path("work tree", &"x".repeat(PATH + 1)).is_err());
    }

    #[test]
    fn cut_returns_one_short_line() {
        assert_eq!(cut("a\n\tb\u{7}  c", 9), "a b c");
        assert_eq!(cut("héllo wörld", 6), "héllo…");
        assert_eq!(cut(&"x".repeat(50), 10).chars().count(), 10);
        assert_eq!(cut("exactly", 7), "exactly");
        assert_eq!(cut("", 7), "");
    }
}
