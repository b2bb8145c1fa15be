//! Opening a conversation: from two terminals at once, and again after its client has ended.

use std::fs;
use std::process::Child;

use cs_tests::{Sandbox, eventually, status, stderr};
use serde_json::json;

use crate::{TIMEOUT, uuid, write_program};

/// A client that says that it began, and reports its events when it is told to go on. Before it ends it starts a program
/// that runs longer.
const CLIENT: &str = r#"#!/bin/sh
export CLAUDE_PID=$$
tell() {
  printf '{"session_id":"%s","cwd":"%s","hook_event_name":"%s","source":"resume","reason":"other"}' "$2" "$PWD" "$1"
}
echo $$ >>"$HOME/clients"
read -r _ <"$HOME/go"
tell SessionStart "$2" | cs-hook >/dev/null
sleep 600 </dev/null >/dev/null 2>&1 &
echo $! >"$HOME/child"
tell SessionEnd "$2" | cs-hook
"#;

fn clients(sandbox: &Sandbox) -> usize {
    fs::read_to_string(sandbox.home().join("clients")).unwrap_or_default().lines().count()
}

#[test]
fn a_conversation_is_opened_once_at_a_time() {
    let sandbox = Sandbox::new();
    write_program(&sandbox.home().join("bin/claude"), CLIENT);
    let path = sandbox.command("sh").get_envs().find(|(name, _)| *name == "PATH").unwrap().1.unwrap().to_owned();
    let path = format!("{}:{}", sandbox.home().join("bin").display(), path.to_string_lossy());
    let sandbox = sandbox.with("PATH", path);
    let logs = sandbox.home().join(".claude/projects/-work");
    fs::create_dir_all(&logs).unwrap();
    let line = json!({"type": "user", "cwd": sandbox.work()}).to_string() + "\n";
    fs::write(logs.join(format!("{}.jsonl", uuid(1))), line).unwrap();
    let event =
        |name: &str| json!({"session_id": uuid(1), "cwd": sandbox.work(), "hook_event_name": name, "prompt": "x"});
    for name in ["UserPromptSubmit", "SessionEnd"] {
        assert_eq!(status(&sandbox.hook("cs-hook", &event(name).to_string())), 0);
    }
    let id = sandbox.records()[0]["session_id"].as_str().unwrap().to_owned();
    let open = |wanted: usize| -> Child {
        let child = sandbox.command("cs-session").args(["open", &id]).spawn().unwrap();
        assert!(eventually(TIMEOUT, || clients(&sandbox) == wanted), "client {wanted} has not begun");
        child
    };
    let refused = || {
        let output = sandbox.cs("cs-session", &["open", &id]);
        assert_eq!(status(&output), 1);
        assert_eq!(stderr(&output), format!("cs-session: error: {id} is being opened in another terminal\n"));
    };
    sandbox.sh("mkfifo ~/go");
    let mut first = open(1);
    refused();
    first.kill().unwrap();
    first.wait().unwrap();
    let mut second = open(2);
    refused();
    sandbox.sh("echo >~/go");
    second.wait().unwrap();
    // Its child still holds the lock.
    let mut third = open(3);
    third.kill().unwrap();
    third.wait().unwrap();
    sandbox.sh("kill $(cat ~/child)");
}
