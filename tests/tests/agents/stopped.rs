//! Messages to an agent of which a process was stopped (SIGSTOP, Ctrl-Z).

use std::fs;
use std::os::unix::fs::FileTypeExt;
use std::process::Command;

use cs_tests::{eventually, status, stderr};
use serde_json::Value;

use crate::team::{PATIENCE, Team, text};

fn signal(pid: u32, name: &str) {
    assert!(Command::new("kill").args([name, &pid.to_string()]).status().unwrap().success());
}

/// Whether the process has opened the pipe of an inbox: before, it still reads what its client sends it.
fn is_waiting(pid: u32) -> bool {
    let files = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
    let mut opened = files.filter_map(|file| fs::read_link(file.path()).ok());
    opened.any(|path| {
        path.to_string_lossy().contains("/inbox/") && path.metadata().is_ok_and(|meta| meta.file_type().is_fifo())
    })
}

/// The process that waits for the messages of this client.
fn waiter(client: u32) -> Option<u32> {
    let all = fs::read_dir("/proc").ok()?.flatten();
    let mut pids = all.filter_map(|entry| entry.file_name().to_string_lossy().parse::<u32>().ok());
    pids.find(|pid| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let parent = stat.rsplit(") ").next().unwrap_or_default().split(' ').nth(1).and_then(|pid| pid.parse().ok());
        stat.contains("(cs-wake)") && parent == Some(client) && is_waiting(*pid)
    })
}

fn idle(team: &Team) -> (Value, u32) {
    let seat = team.spawn("builder", "hello");
    team.wait_until("builder", "idle");
    let client = seat["pid"].as_u64().unwrap() as u32;
    (seat, client)
}

/// Sends a message, and returns what the sender is told.
#[track_caller]
fn send(team: &Team, words: &str) -> String {
    let sent = team.sandbox.cs("cs-message", &["send", "builder", words, "-q"]);
    assert_eq!(status(&sent), 0, "{}", stderr(&sent));
    stderr(&sent)
}

/// The sender was told nothing, as if the agent had been woken.
#[test]
fn a_waiter_that_was_stopped_wakes_nobody_until_it_goes_on() {
    let Some(team) = Team::new() else { return };
    let (seat, client) = idle(&team);
    let mut found = None;
    // Each wake ends the process that waited.
    let mut waits = |client| {
        let before = found;
        assert!(eventually(PATIENCE, || {
            found = waiter(client).filter(|pid| Some(*pid) != before);
            found.is_some()
        }));
        found.unwrap()
    };
    waits(client);
    assert_eq!(send(&team, "one"), "");
    team.wait_for("wake", |seen| text(seen, "text").contains("one"));
    team.wait_until("builder", "idle");
    let waiting = waits(client);
    signal(waiting, "-STOP");
    let told = send(&team, "two");
    assert!(told.contains("does not react: it gets this one when that goes on, or with its next prompt"), "{told}");
    assert_eq!(team.seen("wake").len(), 1);
    signal(waiting, "-CONT");
    team.wait_for("wake", |seen| text(seen, "text").contains("two"));
    assert_eq!(team.seat("builder")["agent_id"], seat["agent_id"]);
}

/// tmux lets the process in its pane go on at once, but not one below it.
#[test]
fn a_client_that_was_stopped_gets_its_message_when_it_goes_on() {
    let Some(team) = Team::new() else { return };
    let client = cs_tests::workspace().join("tests/stand-in/claude");
    let team = team.shadow("claude", &format!("#!/bin/sh\npython3 '{}' \"$@\"\n", client.display()));
    let (_, client) = idle(&team);
    assert!(eventually(PATIENCE, || waiter(client).is_some()));
    signal(client, "-STOP");
    let told = send(&team, "one");
    assert!(told.contains("is stopped (Ctrl-Z): it gets the message after it goes on"), "{told}");
    signal(client, "-CONT");
    team.wait_for("wake", |seen| text(seen, "text").contains("one"));
}
