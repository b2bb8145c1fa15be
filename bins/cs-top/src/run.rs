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

/// Goes to the terminal of a session, or attaches it here: the caller has given the terminal back. Returns what
/// `cs-session` says, for the foot of the screen.
pub fn jump(id: &str) -> Option<String> {
    let Some(mut command) = command(&["jump".to_string()], id) else { return Some(MISSING.to_string()) };
    let ended = command.stderr(Stdio::piped()).spawn().and_then(|child| child.wait_with_output());
    match ended {
        Ok(output) if output.status.success() => Some(last_words(&output)).filter(|_| !output.stderr.is_empty()),
        Ok(output) => Some(last_words(&output)),
        Err(error) => Some(format!("{SESSION}: {error}")),
    }
}

/// Continues a session in this terminal, which the caller has given back, once `--print` shows that it can. Returns what
/// is wrong.
pub fn open(id: &str) -> Option<String> {
    let Some(mut trial) = command(&["open".to_string(), "--print".to_string()], id) else {
        return Some(MISSING.to_string());
    };
    match trial.stdin(Stdio::null()).output() {
        Ok(output) if output.status.success() => {}
        Ok(output) => return Some(last_words(&output)),
        Err(error) => return Some(format!("{SESSION}: {error}")),
    }
    match command(&["open".to_string()], id)?.status() {
        Ok(status) if status.success() => None,
        Ok(status) => Some(format!("it ended with {status}")),
        Err(error) => Some(format!("{SESSION}: {error}")),
    }
}

/// The whole session as lines, for a terminal of this width.
pub fn show(id: &str, width: usize) -> Vec<String> {
    let Some(mut command) = command(&["show".to_string(), "--table".to_string()], id) else {
        return vec![MISSING.to_string()];
    };
    match command.stdin(Stdio::null()).env("COLUMNS", width.to_string()).output() {
        Ok(output) if output.status.success() => {
            String::from_utf8_lossy(&output.stdout).lines().map(str::to_string).collect()
        }
        Ok(output) => vec![last_words(&output)],
        Err(error) => vec![format!("{SESSION}: {error}")],
    }
}

const SESSION: &str = "cs-session";
const MISSING: &str = "cs-session is neither beside this program nor on PATH";

fn command(words: &[String], id: &str) -> Option<Command> {
    let mut command = Command::new(sibling(SESSION)?);
    command.args(words).arg(id);
    Some(command)
}

/// What stands on standard error, without the program's name.
fn last_words(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let plain = |line: &str| {
        let line = line.strip_prefix("cs-session: ").unwrap_or(line);
        line.strip_prefix("error: ").unwrap_or(line).to_string()
    };
    let lines: Vec<String> = text.lines().filter(|line| !line.is_empty()).take(4).map(plain).collect();
    if lines.is_empty() { "it failed, and did not say why".to_string() } else { lines.join("; ") }
}
