//! cs-cleanup with real processes, real locks, real kills: it closes only what is over, loses nothing while others
//! write, and the next run finishes what an interrupted one left.

#[path = "cleanup/archive.rs"]
mod archive;
#[path = "cleanup/check.rs"]
mod check;
#[path = "cleanup/clock.rs"]
mod clock;
#[path = "cleanup/disk.rs"]
mod disk;
#[path = "cleanup/life.rs"]
mod life;
#[path = "cleanup/load.rs"]
mod load;
#[path = "cleanup/locks.rs"]
mod locks;
#[path = "cleanup/seats.rs"]
mod seats;
#[path = "cleanup/words.rs"]
mod words;

use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, SystemTime};

use cs_tests::{Sandbox, run, status, stderr, stdout};
use serde_json::{Value, json};

/// Conversations whose sessions' ids end in ca5d and beef.
const CA5D: &str = "e998145e-4e5d-40c9-a3a6-681ad5bd51c9";
const BEEF: &str = "d8c64c56-59a9-4b11-aded-58c4ded45e16";
/// An agent's seat.
const SEAT: &str = "agent_20261121T1000_1f0c";
const HOUR: u64 = 3600;

/// Runs a program that must succeed; returns its output.
#[track_caller]
fn ok(sandbox: &Sandbox, program: &str, args: &[&str]) -> String {
    let output = sandbox.cs(program, args);
    assert_eq!((status(&output), stderr(&output)), (0, String::new()), "{program} {args:?}");
    stdout(&output)
}

/// Runs a program at another time; returns its output.
fn at(sandbox: &Sandbox, now: &str, program: &str, args: &[&str]) -> String {
    let mut command = sandbox.command(program);
    command.args(args).env("CS_NOW", now);
    let output = run(command, "");
    assert_eq!((status(&output), stderr(&output)), (0, String::new()), "{program} {args:?}");
    stdout(&output)
}

/// The actions of a cs-cleanup run, as `action subject`, one per line.
fn done(output: &str) -> Vec<String> {
    let line = |line: &str| {
        let done: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        let subject = done["session_id"].as_str().or(done["path"].as_str()).unwrap_or_default();
        let name = Path::new(subject).file_name().unwrap_or_default().to_string_lossy().into_owned();
        assert!(done["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{line}");
        format!("{} {name}", done["action"].as_str().expect("it prints what it did"))
    };
    output.lines().map(line).collect()
}

/// Creates a session in the project `api`; returns its id.
fn create(sandbox: &Sandbox, more: &[&str]) -> String {
    let args = [&["create", "--project", "api", "--intent", "some work", "-q"], more].concat();
    let output = sandbox.cs("cs-session", &args);
    // If other projects exist, a note says that this one is new.
    assert_eq!(status(&output), 0, "{args:?}: {}", stderr(&output));
    stdout(&output).trim().to_owned()
}

/// Sends a hook's payload from the process `client`.
fn send_hook(sandbox: &Sandbox, client: u32, uuid: &str, event: &str, more: &str) {
    let program = if event == "Stop" { "cs-heartbeat" } else { "cs-hook" };
    let work = sandbox.work();
    let payload = format!(r#"{{"session_id":"{uuid}","cwd":{work:?},"hook_event_name":"{event}"{more}}}"#);
    let mut command = sandbox.command(program);
    command.env("CLAUDE_PID", client.to_string());
    assert_eq!(status(&run(command, &payload)), 0);
}

/// Makes a file look this many seconds old.
fn age(path: &Path, seconds: u64) {
    let then = SystemTime::now() - Duration::from_secs(seconds);
    File::options().write(true).open(path).and_then(|file| file.set_modified(then)).expect("it is ours");
}

/// The record of a completed session that ended at some time.
fn completed(id: &str, ended_at: &str) -> String {
    let record = json!({
        "session_id": id, "project_slug": "api", "status": "completed", "intent": "some work",
        "started_at": "2026-09-01T08:00:00.000000+00:00", "last_heartbeat": ended_at, "ended_at": ended_at,
        "schema_version": 4, "theirs": {"kept": true},
    });
    format!("{record:#}\n")
}

/// Writes a file of the data directory, for this user only.
fn put(sandbox: &Sandbox, file: &str, text: &str) {
    use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
    let path = sandbox.data().join(file);
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true).mode(0o700).create(path.parent().expect("it is in a folder")).expect("it can be created");
    fs::write(&path, text).expect("it can be written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("it is ours");
}

/// Panics unless the check finds nothing: every record can be read and exists once, and the index agrees with them.
#[track_caller]
fn check_in_order(sandbox: &Sandbox) {
    let output = sandbox.cs("cs-cleanup", &["check"]);
    assert_eq!((status(&output), stdout(&output), stderr(&output)), (0, String::new(), String::new()));
}
