//! Going to the terminal of a conversation, with a real server of tmux, and with recorders in place of the programs of
//! other terminals.

#[path = "terminal/hostile.rs"]
mod hostile;
#[path = "terminal/open.rs"]
mod open;
#[path = "terminal/server.rs"]
mod server;
#[path = "terminal/shown.rs"]
mod shown;
#[path = "terminal/tmux.rs"]
mod tmux;
#[path = "terminal/zellij.rs"]
mod zellij;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use cs_tests::{Sandbox, eventually, status, stdout};
use serde_json::Value;

/// Plenty for a client to report its events.
const TIMEOUT: Duration = Duration::from_secs(20);

/// A program that stands in for a client: it reports a prompt and the end of the turn as the process that goes on
/// running. Its arguments are the conversation's id and the prompt.
const CLIENT: &str = r#"#!/bin/sh
export CLAUDE_PID=$$
tell() {
  printf '{"session_id":"%s","cwd":"%s","hook_event_name":"%s"%s}\n' "$id" "$PWD" "$1" "$2"
}
id=$1
tell SessionStart ',"source":"startup"' | cs-hook >/dev/null
tell UserPromptSubmit ",\"prompt\":\"$2\",\"prompt_id\":\"p\"" | cs-hook
tell Stop ',"last_assistant_message":"done"' | cs-heartbeat
touch "$HOME/begun-$id"
exec sleep 600
"#;

fn write_program(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("a program is in a folder")).expect("the folder can be created");
    fs::write(path, text).expect("the program can be written");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("it can be made executable");
}

/// The id of conversation number `n`.
fn uuid(n: usize) -> String {
    format!("aaaaaaaa-0000-4000-8000-00000000000{n}")
}

/// The session of conversation number `n`, once its client has begun.
fn session(sandbox: &Sandbox, n: usize) -> String {
    let begun = sandbox.home().join(format!("begun-{}", uuid(n)));
    assert!(eventually(TIMEOUT, || begun.exists()), "conversation {n} has not begun");
    let named = |record: &Value| record["claude_session_id"] == uuid(n).as_str();
    let record = sandbox.records().into_iter().find(named).expect("it has a record");
    record["session_id"].as_str().expect("a record has an id").to_owned()
}

/// Runs `cs-session`, which must succeed; returns its output.
#[track_caller]
fn cs_session(sandbox: &Sandbox, args: &[&str]) -> String {
    let output = sandbox.cs("cs-session", args);
    assert_eq!(status(&output), 0, "{args:?}: {}", cs_tests::stderr(&output));
    stdout(&output)
}
