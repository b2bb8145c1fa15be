//! Owns the changes that keys make: each is a command of `cs-session`, so that the rules are decided there.

use cli::programs::sibling;
use std::process::{Command, Output, Stdio};

/// Runs `cs-session` without a terminal and returns its last words, for the foot of the screen.
pub fn change(words: &[String], id: &str) -> String {
    let Some(mut command) = command(words, id) else { return MISSING.to_string() };
    match command.stdin(Stdio::null()).output() {
        Ok(output) if output.status.success() => format!("{}: done", words.first().map_or("", String::as_str)),
        Ok(output) => last_words(&output),
        Err(error) => format!("{SESSION}: {error}"),
    }
}

/// Runs `cs-session` in this terminal, which the caller has restored, once `--print` shows that it can. Returns what is
/// wrong.
pub fn hand_over(word: &str, id: &str) -> Option<String> {
    let words = |words: &[&str]| words.iter().map(|word| word.to_string()).collect::<Vec<_>>();
    let Some(mut trial) = command(&words(&[word, "--print"]), id) else { return Some(MISSING.to_string()) };
    match trial.stdin(Stdio::null()).output() {
        Ok(output) if output.status.success() => {}
        Ok(output) => return Some(last_words(&output)),
        Err(error) => return Some(format!("{SESSION}: {error}")),
    }
    let ended = command(&words(&[word]), id)?.status();
    match ended {
        Ok(status) if status.success() => None,
        Ok(status) => Some(format!("{word}: {status}")),
        Err(error) => Some(format!("{SESSION}: {error}")),
    }
}

const SESSION: &str = "cs-session";
const MISSING: &str = "cs-session is neither beside this program nor on PATH";

fn command(words: &[String], id: &str) -> Option<Command> {
    let mut command = Command::new(sibling(SESSION)?);
    command.args(words).arg(id);
    Some(command)
}

/// The first line on standard error, without the program's name.
fn last_words(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let line = text.lines().next().unwrap_or("it failed, and did not say why");
    line.strip_prefix("cs-session: ").unwrap_or(line).to_string()
}
