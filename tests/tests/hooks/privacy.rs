//! Text that must never be stored: secrets and, with `capture_prompts` off, the text of the conversation.

use cs_tests::replay::{Delivery, Recording, Stage, check_store};
use serde_json::json;

use super::{UUID, contents, end, log, prompt, run_bash, send_silently, stage, start, write_settings};

/// Secrets of several shapes, assembled at run time, so that secret scanners do not flag the sources.
fn secrets() -> Vec<String> {
    vec![
        format!("{}{}", "gh", "p_A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"),
        format!("{}{}", "sk-ant-", "api03-Zyxwvutsrqponmlkjihgfedcba0123456789"),
        format!("{}{}", "AK", "IAQWERTYUIOPASDFGH"),
        format!("{}.{}.{}", "eyJhbGciOiJIUzI1NiJ9", "eyJzdWIiOiIxMjM0NTY3ODkwIn0", "SflKxwRJSMeKKF2QT4fwpMeJf36POk"),
    ]
}

/// Panics if any file of the data directory, logs included, contains the text.
#[track_caller]
fn check_nowhere(stage: &Stage, text: &str) {
    for (path, bytes) in contents(stage) {
        let found = String::from_utf8_lossy(&bytes).contains(text);
        assert!(!found, "{text} is in {}", path.display());
    }
    assert!(!log(stage).contains(text), "{text} is in the log");
}

#[test]
fn secrets_are_masked_in_every_field() {
    let stage = stage();
    for (n, secret) in (0..).zip(secrets()) {
        let at = 100 + n * 2000;
        let bash = |command: String| json!({"tool_name": "Bash", "tool_input": {"command": command}});
        let checked = || check_nowhere(&stage, &secret);
        prompt(&stage, at, UUID, &format!("log in with {secret} please"));
        checked();
        send_silently(
            &stage,
            at + 1,
            UUID,
            "PermissionRequest",
            bash(format!("curl -H 'X: {secret}' https://example.com")),
        );
        checked();
        let words = json!({"last_assistant_message": "asked", "model": secret, "source": secret, "prompt_id": secret});
        send_silently(&stage, at + 2, UUID, "Stop", words);
        checked();
        send_silently(&stage, at + 3, UUID, "Notification", json!({"message": format!("may I use {secret}?")}));
        checked();
        let question = json!({"tool_name": "AskUserQuestion", "tool_input": {"questions": [{"question": secret}]}});
        send_silently(&stage, at + 4, UUID, "PermissionRequest", question);
        checked();
        let edit = json!({"tool_name": "Write", "tool_input": {"file_path": "a.txt", "content": secret}});
        send_silently(&stage, at + 5, UUID, "PostToolUse", edit);
        let task = json!({"tool_name": "TaskCreate", "tool_input": {"subject": format!("rotate {secret}")},
            "tool_response": {"task": {"id": n.to_string()}}});
        send_silently(&stage, at + 6, UUID, "PostToolUse", task);
        let todos =
            json!({"tool_name": "TodoWrite", "tool_input": {"todos": [{"content": secret, "status": "pending"}]}});
        send_silently(&stage, at + 7, UUID, "PostToolUse", todos);
        run_bash(&stage, at + 7, &format!("git commit --allow-empty -m 'use {secret}'"));
        send_silently(&stage, at + 9, UUID, "StopFailure", json!({"error": secret, "last_assistant_message": secret}));
        checked();
        send_silently(
            &stage,
            at + 1500,
            UUID,
            "Stop",
            json!({"last_assistant_message": format!("the key is {secret}.")}),
        );
        checked();
    }
    let record = stage.record_of(UUID).expect("it is there");
    let commits = record["commits"].as_array().expect("a list");
    assert_eq!((commits.len(), &commits[0]["message"]), (4, &json!("use [masked]")));
    assert_eq!(record["tasks"][0]["subject"], "rotate [masked]");
    for task in record["tasks"].as_array().expect("a list") {
        assert!(task["subject"].as_str().is_some_and(|subject| subject.contains("[masked]")), "{task}");
    }
    write_settings(&stage, json!({"session_end": "complete"}));
    end(&stage, 20_000, UUID);
    assert_eq!(stage.record_of(UUID).expect("it is there")["outcome"], "the key is [masked].");
    start(&stage, 20_100, UUID, "resume");
    secrets().iter().for_each(|secret| check_nowhere(&stage, secret));
    check_store(&stage.sandbox);
}

#[test]
fn secrets_across_lines_or_at_the_cut_are_masked() {
    let stage = Stage::new();
    let body = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7";
    let key = format!("-----BEGIN {0}-----\n{body}\n{body}\n-----END {0}-----", "PRIVATE KEY");
    prompt(&stage, 1, UUID, &format!("{key} is the key"));
    check_nowhere(&stage, body);
    for width in 90..130 {
        let secret = &secrets()[0];
        prompt(&stage, width, UUID, &format!("{} {secret} {}", "x".repeat(width as usize), "y ".repeat(4000)));
        check_nowhere(&stage, &secret[..12]);
    }
}

#[test]
fn with_capture_off_no_text_of_the_conversation_is_stored() {
    for line in [0, 40] {
        let stage = Stage::new();
        write_settings(&stage, json!({"capture_prompts": false}));
        let recording = Recording::load("claude-code/interactive").from_line(line);
        stage.play(&recording, Delivery::Once, |stage, event| {
            for field in ["prompt", "last_assistant_message"] {
                let text = event.field(field);
                if text.len() > 6 {
                    check_nowhere(stage, text);
                }
            }
        });
        let records = stage.sandbox.records();
        assert_eq!(records.len(), 2);
        for record in records {
            assert_eq!(record["intent"], "conversation in repo");
            assert_eq!((&record["current_activity"], &record["outcome"]), (&json!(null), &json!(null)));
        }
        check_store(&stage.sandbox);
    }
}
