//! Turns that are sent when they end.

use super::*;
use cs_core::clock;
use cs_tests::run;
use cs_tests::telegram::Instead;
use std::process::{Command, Stdio};
use std::time::Duration;

const UUID: &str = "e998145e-4e5d-40c9-a3a6-681ad5bd51c9";
const SECRET: &str = "ghp_16C7e42F292c6912E7710c838347Ae178B4a";

/// A turn of a client that runs: prompt, log, end.
fn turn(sandbox: &Sandbox, client: &Client, prompt: &str, said: &str) {
    let at = clock::stamp(clock::now());
    let line = |kind: &str, content: Value| {
        json!({"type": kind, "uuid": format!("{kind}-{at}"), "parentUuid": null, "sessionId": UUID, "timestamp": at,
            "cwd": sandbox.work(), "message": {"id": format!("msg_{at}"), "role": kind, "model": "claude-test-1", "content": content}})
    };
    let folder = sandbox.home().join(".claude/projects/-home-dev-repo");
    fs::create_dir_all(&folder).expect("it can be created");
    let log = folder.join(format!("{UUID}.jsonl"));
    let lines =
        format!("{}\n{}\n", line("user", json!(prompt)), line("assistant", json!([{"type": "text", "text": said}])));
    fs::write(&log, fs::read_to_string(&log).unwrap_or_default() + &lines).expect("it can be written");
    for (program, event) in [("cs-hook", "UserPromptSubmit"), ("cs-heartbeat", "Stop")] {
        let payload = json!({"session_id": UUID, "cwd": sandbox.work(), "hook_event_name": event, "prompt": prompt,
            "prompt_id": at, "transcript_path": log});
        let mut hook = sandbox.command(program);
        hook.env("CLAUDE_PID", client.id().to_string());
        let output = run(hook, &payload.to_string());
        assert_eq!(status(&output), 0, "{}", stderr(&output));
    }
}

#[test]
fn a_turn_that_ended_is_sent_once_without_secrets_and_cut() {
    let api = Telegram::new();
    let sandbox = sandbox(&api, json!({"topics": false, "mirror": "all"}));
    let client = Client::new();
    turn(&sandbox, &client, "before", "what ended before is not sent");
    polled(&sandbox);
    assert!(api.sent().is_empty(), "{:?}", api.sent());
    turn(&sandbox, &client, &format!("build *the* boat {SECRET}"), &format!("{SECRET} {}", "*_🦀".repeat(3000)));
    polled(&sandbox);
    polled(&sandbox);
    let sent = api.sent();
    assert_eq!(sent.len(), 1, "{sent:?}");
    let text = api.last();
    assert!(text.contains("> build *the* boat ") && text.contains("*_🦀") && !text.contains(SECRET), "{text}");
    assert!(text.contains("(the rest: /message ") && text.encode_utf16().count() <= 3500, "{text}");
    let call = api.of("sendMessage").pop().unwrap_or_default();
    assert_eq!(call["disable_notification"], true);
    let mut config: Value = sandbox.json("config.json");
    config["hooks"] = json!({"capture_prompts": false});
    put(&sandbox, "config.json", &config.to_string());
    turn(&sandbox, &client, "private", "private");
    polled(&sandbox);
    assert_eq!(api.sent().len(), 1, "no text leaves");
}

#[test]
fn two_processes_at_once_send_a_turn_once() {
    let api = Telegram::new();
    let sandbox = sandbox(&api, json!({"topics": false, "mirror": "answers", "events": {"parked": false}}));
    let client = Client::new();
    polled(&sandbox);
    turn(&sandbox, &client, "go", "it is built");
    api.script("sendMessage", Instead::After(Duration::from_secs(3)));
    let path = sandbox.work().join("event.json");
    fs::write(&path, json!({"reason": "parked"}).to_string()).expect("it can be written");
    let start = || {
        let mut command: Command = sandbox.command("cs-chat");
        let event = fs::File::open(&path).expect("it is there");
        command.arg("notify").stdin(Stdio::from(event)).spawn().expect("it starts")
    };
    let mut both = [start(), start()];
    for one in &mut both {
        assert!(one.wait().expect("it runs").success());
    }
    assert_eq!(api.of("sendMessage").len(), 1, "{:?}", api.sent());
    assert!(api.last().ends_with("it is built") && !api.last().contains("> go"), "{}", api.last());
}
