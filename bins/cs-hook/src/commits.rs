//! The commits that a command made: from what git printed, or, where it was told to be quiet, from
//! git itself. Asking git starts a process, so this runs only in an asynchronous hook.

use cs_core::intake::Intake;
use cs_core::validate;
use std::process::{Command, Stdio};

/// A quiet commit that is older than this was not made by the command that just ended.
const FRESH_SECONDS: i64 = 30;

/// Name and message of each commit.
pub fn made(intake: &Intake) -> Vec<(String, String)> {
    let payload = &intake.payload;
    let command = payload.input.command.as_deref().unwrap_or_default();
    if payload.tool_name.as_deref() != Some("Bash") || !commits(command) {
        return Vec::new();
    }
    let output = payload.response.output.as_deref().unwrap_or_default();
    let printed: Vec<_> = output.lines().filter_map(printed).take(validate::COMMITS).collect();
    if !printed.is_empty() {
        return printed;
    }
    let cwd = payload.cwd.as_deref().unwrap_or(".");
    head(cwd)
        .filter(|(_, _, at)| (intake.now.timestamp() - at).abs() <= FRESH_SECONDS)
        .map(|(sha, message, _)| (sha, message))
        .into_iter()
        .collect()
}

/// Whether the command line may commit: the words `git` and, later, `commit` (options such as `-C`
/// may stand between them).
fn commits(command: &str) -> bool {
    let mut words = command.split(|c: char| c.is_whitespace() || ";&|()".contains(c));
    words.any(|word| word == "git" || word.ends_with("/git")) && words.any(|word| word == "commit")
}

/// The line that git prints after a commit: `[main 1a2b3c4] Message`, `[main (root-commit) …]`,
/// `[detached HEAD …]`.
fn printed(line: &str) -> Option<(String, String)> {
    let (head, message) = line.trim().strip_prefix('[')?.split_once("] ")?;
    let (_, sha) = head.rsplit_once(' ')?;
    let is_sha = sha.len() >= 7 && validate::sha(sha).is_ok();
    is_sha.then(|| (sha.to_string(), message.to_string()))
}

/// Name, message and time (seconds since the epoch) of the newest commit.
fn head(dir: &str) -> Option<(String, String, i64)> {
    let output = Command::new("git")
        .args(["-C", dir, "log", "-1", "--format=%H%x09%ct%x09%s"])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let mut parts = text.trim_end().splitn(3, '\t');
    let (sha, at, message) = (parts.next()?, parts.next()?, parts.next()?);
    Some((sha.to_string(), message.to_string(), at.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_git_prints_is_understood() {
        let line = |text| printed(text).map(|(sha, message)| format!("{sha} {message}"));
        assert_eq!(line("[main 1a2b3c4] Fix it").as_deref(), Some("1a2b3c4 Fix it"));
        assert_eq!(line("[main (root-commit) 1a2b3c4d] First").as_deref(), Some("1a2b3c4d First"));
        assert_eq!(line("[detached HEAD 1a2b3c4] x [y] z").as_deref(), Some("1a2b3c4 x [y] z"));
        for other in ["[main abc] x", "[1a2b3c4] x", "main 1a2b3c4", "[not a commit] x", ""] {
            assert_eq!(line(other), None, "{other}");
        }
    }

    #[test]
    fn only_commands_that_may_commit_are_looked_at() {
        for yes in ["git commit -m x", "cd a && git -C b commit", "/usr/bin/git commit"] {
            assert!(commits(yes), "{yes}");
        }
        for no in ["git log", "echo commit", "commit git", "legit commit"] {
            assert!(!commits(no), "{no}");
        }
    }
}
