//! What `cs-agent spawn` refuses, and what is left if it fails: nothing that runs, and no session.

use std::fs;

use cs_tests::{eventually, status, stderr};
use serde_json::Value;

use crate::team::{PATIENCE, Team, text};

#[test]
fn bad_input_makes_nothing() {
    let Some(mut team) = Team::new() else { return };
    let file = |name: &str, bytes: &[u8]| {
        let path = team.sandbox.root().join(name);
        fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_string()
    };
    let (nul, latin, long) = (file("nul", b"a\0b"), file("latin", b"\xe9"), file("long", &[b'x'; 100_001]));
    let untrusted = team.sandbox.root().to_str().unwrap().to_string();
    team.fails(&["spawn"], 64, "there is no prompt");
    team.fails(&["spawn", " "], 64, "empty");
    team.fails(&["spawn", "fix", "it"], 64, "quote it");
    team.fails(&["spawn", "--", "--add-dir", "/"], 64, "before --");
    team.fails(&["spawn", "x", "--agent", "gpt"], 64, "claude or codex");
    team.fails(&["spawn", "x", "--silent-after", "soon"], 64, "length of time");
    team.fails(&["spawn", "x", "--silent-after", "0"], 64, "not from 1s to 365d");
    team.fails(&["spawn", "--agent", "codex", "--permission-mode", "plan", "x"], 64, "Claude Code only");
    team.fails(&["spawn", "--prompt-file", &nul], 65, "NUL");
    team.fails(&["spawn", "--prompt-file", &latin], 65, "UTF-8");
    team.fails(&["spawn", "--prompt-file", &long], 65, "100000");
    team.fails(&["spawn", "--prompt-file", "/nowhere"], 74, "nowhere");
    team.fails(&["spawn", "x", "--name", "parent"], 65, "name");
    team.fails(&["spawn", "x", "--cwd", "/nowhere"], 1, "not a folder");
    team.fails(&["spawn", "x", "--cwd", &untrusted], 1, "does not trust");
    team.fails(&["spawn", "x", "--", "--settings", "{}"], 65, "--settings");
    team.fails(&["spawn", "x", "--", "--resume=1"], 65, "--resume");
    team = team.with("CS_AGENTS", "off");
    team.fails(&["spawn", "x"], 1, "CS_AGENTS=off");
    assert!(team.seats().is_empty() && team.seen("start").is_empty());
    assert!(!team.sandbox.data().join("sessions").exists(), "a session was made");
}

#[test]
fn without_tmux_or_client_nothing_is_made() {
    let Some(mut team) = Team::new() else { return };
    let bin = cs_tests::programs().display().to_string();
    team = team.with("PATH", bin.clone());
    team.fails(&["spawn", "x"], 1, "claude is not on PATH");
    let stand_in = cs_tests::workspace().join("tests/stand-in").display().to_string();
    team = team.with("PATH", format!("{bin}:{stand_in}"));
    team.fails(&["spawn", "x"], 1, "install tmux");
    assert!(team.seats().is_empty());
}

#[test]
fn if_tmux_fails_the_seat_has_ended_and_no_session_is_left() {
    let Some(team) = Team::new() else { return };
    let team = team.shadow("tmux", "#!/bin/sh\necho 'no space for a new session' >&2; exit 1\n");
    for count in 1..=2 {
        team.fails(&["spawn", "--name", "builder", "--key", "one", "x"], 1, "no space for a new session");
        assert_eq!(team.seats().len(), count, "a key of a start that failed is free");
    }
    let seat = team.seat("builder");
    assert_eq!((text(&seat, "status"), &seat["session_id"]), ("ended", &Value::Null));
    assert_eq!(text(&seat, "ended_by"), "error: tmux failed: no space for a new session");
    let row = team.line(&["list", "--all"]);
    assert_eq!(text(&row, "failed"), "tmux failed: no space for a new session");
    assert_eq!(text(&row, "state_reason"), "its client could not be started: tmux failed: no space for a new session");
    let left: Vec<String> = ["sessions", "agents"]
        .iter()
        .flat_map(|folder| fs::read_dir(team.sandbox.data().join(folder)).unwrap())
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with("sess_") || name.ends_with(".launch"))
        .collect();
    assert_eq!(left, [""; 0]);
}

#[test]
fn a_client_that_ends_at_once_is_not_running() {
    let Some(team) = Team::new() else { return };
    let team = team.shadow("claude", "#!/bin/sh\nexit 3\n");
    team.fails(&["spawn", "--name", "builder", "--key", "one", "x"], 1, "ended at once");
    team.fails(&["spawn", "--name", "builder", "--key", "one", "x"], 1, "ended at once");
    let seat = team.seat("builder");
    assert_eq!((text(&seat, "status"), text(&seat, "ended_by")), ("ended", "client"));
    let launch = team.sandbox.data().join(format!("agents/{}.launch", text(&seat, "agent_id")));
    assert!(!launch.exists(), "the environment of the caller was left behind");
}

/// The call said to start the client by hand, and the terminal with its words was gone.
#[test]
fn the_words_of_a_client_that_ends_at_once_are_told() {
    let Some(team) = Team::new() else { return };
    team.spawn("kid", "hello");
    team.wait_until("kid", "idle");
    // Built at run time, so that secret scanners do not report this file.
    let secret = ["ghp", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"].join("_");
    let words = format!("one\\n\\033[31merror: no mode bogus\\033[0m\\n\\nkey {secret}\\n");
    let team = team.shadow("claude", &format!("#!/bin/sh\nprintf '{words}'; sleep 0.2; exit 1\n"));
    let told = "ended at once: one / error: no mode bogus / key [masked]\n";
    team.fails(&["spawn", "--name", "builder", "x"], 1, told);
    team.fails(&["restore", "builder"], 1, told);
    team.fails(&["clear", "kid", "--now", "again"], 1, told);
    let sessions = team.tmux(&["list-sessions"]);
    assert!(!sessions.status.success(), "a terminal was left behind: {sessions:?}");
}

/// A client that is seen is not held: its terminal closes when it ends.
#[test]
fn the_terminal_of_a_client_that_fails_later_closes() {
    let Some(team) = Team::new() else { return };
    let seat = team.spawn("builder", "hello");
    team.wait_until("builder", "idle");
    let pid = seat["pid"].as_u64().unwrap().to_string();
    assert!(std::process::Command::new("kill").args(["-KILL", &pid]).status().unwrap().success());
    assert!(eventually(PATIENCE, || !team.tmux(&["list-sessions"]).status.success()));
}

#[test]
fn a_client_without_a_hook_is_never_called_running() {
    let Some(team) = Team::new() else { return };
    let team = team.shadow("claude", "#!/bin/sh\necho 'Do you trust this folder?'; exec sleep 600\n");
    let output = team.agent(&["spawn", "--name", "builder", "x"]);
    let told = stderr(&output);
    assert_eq!(status(&output), 75, "{told}");
    assert!(told.contains("Do you trust this folder?") && told.contains("cs-agent attach"), "{told}");
    assert_eq!(text(&team.seat("builder"), "status"), "starting");
    team.line(&["kill", "builder"]);
}
