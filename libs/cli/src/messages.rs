//! Owns the messages of the commands that people run on standard error: errors with a hint, and notes. Must stay true:
//! each message is one line, with its control characters shown.

use crate::failure::Failure;
use std::io::Write;

/// Prints a failure on standard error: one line, and one for a hint.
pub fn report(program: &str, failure: &Failure) {
    if let Some((text, hint)) = failure.message() {
        print(program, &text, hint.as_deref());
    }
}

/// The same for a text.
pub fn print(program: &str, text: &str, hint: Option<&str>) {
    let mut lines = format!("{program}: error: {}\n", one_line(text));
    if let Some(hint) = hint {
        lines.push_str(&format!("{program}: hint: {}\n", one_line(hint)));
    }
    let _ = std::io::stderr().write_all(lines.as_bytes());
}

/// Prints a note on standard error, though nothing went wrong.
pub fn note(program: &str, text: &str) {
    let _ = std::io::stderr().write_all(format!("{program}: note: {}\n", one_line(text)).as_bytes());
}

/// Prints lines below a message on standard error; they are sanitized already.
pub fn add_lines(lines: &[String]) {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let _ = std::io::stderr().write_all(text.as_bytes());
}

fn one_line(text: &str) -> String {
    crate::sanitize(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}
