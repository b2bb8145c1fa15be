//! Owns starting the other programs of this suite, which do what a chat asks for. Must stay true: no shell; names and texts
//! are words after `--`, or standard input, never options.

use cli::call::{self, Ended};
use cli::{STDIN, programs};
use serde_json::Value;
use std::time::Duration;

/// The code of a program that met a damaged record; it did what it could.
const DAMAGED: i32 = 65;
/// How the error of a program ends that took too long.
const KILLED: &str = "was killed";
/// How long a program may take.
const LIMIT: Duration = Duration::from_secs(60);

/// Runs a program with these options and, after `--`, these words. The error is what the program said.
pub fn run(name: &str, options: &[&str], words: &[&str]) -> Result<String, String> {
    output(ended(name, options, words)?)
}

/// What a program printed. One that did its work and found a damaged record beside it prints a row, too.
fn output(Ended { code, output, complaint }: Ended) -> Result<String, String> {
    match code {
        Some(0) => Ok(output),
        Some(DAMAGED) if !parsed(&output).is_empty() => {
            cli::note(crate::PROGRAM, &complaint);
            Ok(output)
        }
        _ => Err(complaint),
    }
}

/// What a person is told of an error of these functions.
pub fn not_done(text: &str) -> String {
    match text.ends_with(KILLED) {
        true => format!("It is not known whether this was done: {text}. Look with /list."),
        false => format!("Not done: {text}."),
    }
}

/// The rows that a program prints; none if it says that there is nothing.
pub fn rows(name: &str, options: &[&str], words: &[&str]) -> Result<Vec<Value>, String> {
    let Ended { code, output, complaint } = ended(name, options, words)?;
    match code {
        Some(DAMAGED) => {
            cli::note(crate::PROGRAM, &complaint);
            Ok(parsed(&output))
        }
        Some(0 | 1) if !output.is_empty() || complaint.is_empty() || code == Some(1) => Ok(parsed(&output)),
        _ => Err(complaint),
    }
}

/// The one row that a program prints; the error is what the program said.
pub fn row(name: &str, options: &[&str], words: &[&str]) -> Result<Value, String> {
    last(name, &run(name, options, words)?)
}

/// The same for a program that reads a text on standard input for the word `-`, after these ids. So no other account of the
/// machine sees the text in a list of processes.
pub fn row_of_text(name: &str, options: &[&str], ids: &[&str], text: &str) -> Result<Value, String> {
    let words: Vec<&str> = ids.iter().copied().chain([STDIN]).collect();
    last(name, &output(started(name, options, &words, text)?)?)
}

fn last(name: &str, printed: &str) -> Result<Value, String> {
    parsed(printed).into_iter().next_back().ok_or_else(|| format!("{name} printed nothing"))
}

fn parsed(output: &str) -> Vec<Value> {
    output.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

fn ended(name: &str, options: &[&str], words: &[&str]) -> Result<Ended, String> {
    let words: Vec<&str> = ["--"].iter().filter(|_| !words.is_empty()).chain(words).copied().collect();
    started(name, options, &words, "")
}

fn started(name: &str, options: &[&str], words: &[&str], input: &str) -> Result<Ended, String> {
    let path = programs::sibling(name).ok_or_else(|| format!("{name} is not installed beside cs-chat"))?;
    let mut command = vec![path.to_string_lossy().into_owned()];
    command.extend(options.iter().chain(&["--json"]).chain(words).map(ToString::to_string));
    let mut ended = call::ended(&command, input.as_bytes(), LIMIT)?;
    let before = format!("{name}: error: ");
    if let Some(rest) = ended.complaint.strip_prefix(&before) {
        ended.complaint = rest.to_string();
    }
    if ended.complaint.is_empty() && ended.code != Some(0) {
        ended.complaint = format!("{name} failed");
    }
    Ok(ended)
}

/// A text in a row.
pub fn text<'r>(row: &'r Value, key: &str) -> &'r str {
    row.get(key).and_then(Value::as_str).unwrap_or_default()
}
