//! Owns what a program for people says on standard error: errors with a hint, and notes. Must stay true: each message is
//! one line, with its control characters shown.

use crate::failure::Failure;
use std::io::Write;

/// Tells a failure on standard error: one line, and one with a hint.
pub fn report(program: &str, failure: &Failure) {
    if let Some((text, hint)) = failure.message() {
        print(program, &text, hint.as_deref());
    }
}

/// The same with the words.
pub fn print(program: &str, text: &str, hint: Option<&str>) {
    let mut lines = format!("{program}: error: {}\n", one_line(text));
    if let Some(hint) = hint {
        lines.push_str(&format!("{program}: hint: {}\n", one_line(hint)));
    }
    let _ = std::io::stderr().write_all(lines.as_bytes());
}

/// Tells on standard error what a person may want to know, though nothing went wrong.
pub fn note(program: &str, text: &str) {
    let _ = std::io::stderr().write_all(format!("{program}: note: {}\n", one_line(text)).as_bytes());
}

fn one_line(text: &str) -> String {
    crate::sanitize(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}
