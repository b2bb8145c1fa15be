//! Everything written because a person or agent is active is a sign of life: "last sign 1 h ago" beside a new commit
//! would be wrong.

use crate::*;

const LATER: u64 = 3_660;

/// The last sign of life, in seconds after the start, on which all outputs must agree.
#[track_caller]
fn last_sign(stage: &Stage, at: u64) -> i64 {
    let id = id(stage);
    let shown = parsed(&run_command(stage, at, &["cs-session", "show", &id, "--json"]));
    let row = parsed(&run_command(stage, at, &["cs-session", "list", "--json"]));
    let served = served(stage, at).json(&format!("/api/session/{id}"));
    assert_eq!(
        (&row["last_heartbeat"], &served["last_heartbeat"]),
        (&shown["last_heartbeat"], &shown["last_heartbeat"])
    );
    let when = |text: &str| cs_core::clock::parse(text).expect("a time").timestamp();
    when(shown["last_heartbeat"].as_str().expect("a text")) - when(replay::START)
}

#[test]
fn a_change_by_a_person_is_a_sign_of_life() {
    for words in [
        &["cs-session", "update", "ID", "--intent", "another"][..],
        &["cs-session", "update", "ID", "--activity", "another"],
        &["cs-session", "update", "ID", "--branch", "other"],
        &["cs-session", "update", "ID", "--roadmap-ref", "v2"],
        &["cs-session", "event", "ID", "--message", "deployed"],
        &["cs-session", "commit", "ID", "--sha", "1a2b3c4d", "--message", "Fix"],
        &["cs-session", "capture-commits", "ID"],
        &["cs-session", "decision", "ID", "--text", "use sqlite"],
        &["cs-session", "question", "ID", "--text", "who signs off?"],
        &["cs-session", "request-action", "ID", "--reason", "look at it"],
        &["cs-session", "clear-action", "ID"],
        &["cs-session", "heartbeat", "ID"],
        &["cs-session", "heartbeat", "--project", "repo"],
        &["cs-task", "add", "ID", "--subject", "write a test"],
        &["cs-task", "update", "ID", "--task", "TASK", "--status", "completed"],
        &["cs-task", "update", "ID", "--task", "TASK", "--subject", "write two"],
    ] {
        let stage = stage();
        let id = id(&stage);
        let task =
            json!({"tool_name": "TaskCreate", "tool_input": {"subject": "x"}, "tool_response": {"task": {"id": "1"}}});
        send_event(&stage, 61, "PostToolUse", task);
        let key = record_now(&stage, 62)["tasks"][0]["id"].as_str().expect("a task").to_owned();
        if words[1] == "capture-commits" {
            let made = stage.sandbox.sh("cd ~/repo && git commit -q --allow-empty -m now");
            assert_eq!(status(&made), 0, "{}", stderr(&made));
        }
        let words: Vec<&str> = words
            .iter()
            .map(|word| {
                if *word == "ID" {
                    &id
                } else if *word == "TASK" {
                    &key
                } else {
                    *word
                }
            })
            .collect();
        run_command(&stage, LATER, &words);
        assert_eq!(last_sign(&stage, LATER + 5), LATER as i64, "{words:?}");
    }
}

/// The record with the hooks' notes, as a command-line program reads it.
fn record_now(stage: &Stage, at: u64) -> Value {
    parsed(&run_command(stage, at, &["cs-session", "show", &id(stage), "--json"]))
}

#[test]
fn a_change_by_a_hook_is_a_sign_of_life() {
    let bash = |command: &str| json!({"tool_name": "Bash", "tool_input": {"command": command}});
    for (event, more) in [
        ("UserPromptSubmit", json!({"prompt": "more", "prompt_id": "p2"})),
        ("PermissionRequest", bash("make")),
        ("Notification", json!({"notification_type": "permission_prompt", "message": "Claude needs your permission"})),
        ("PostToolUse", json!({"tool_name": "Write", "tool_input": {"file_path": "/x/a.rs"}})),
        (
            "PostToolUse",
            json!({"tool_name": "TodoWrite", "tool_input": {"todos": [{"content": "a", "status": "pending"}]}}),
        ),
        (
            "PostToolUse",
            json!({"tool_name": "TaskCreate", "tool_input": {"subject": "x"}, "tool_response": {"task": {"id": "1"}}}),
        ),
        ("Stop", json!({"last_assistant_message": "Done."})),
        ("StopFailure", json!({"error": "usage limit"})),
    ] {
        let stage = stage();
        send_event(&stage, LATER, event, more.clone());
        assert_eq!(last_sign(&stage, LATER + 5), LATER as i64, "{event} {more}");
    }
}

#[test]
fn reading_and_maintenance_are_not_signs_of_life() {
    let stage = stage();
    for words in [
        &["cs-session", "list", "--json"][..],
        &["cs-project", "overview", "--json"],
        &["cs-usage", "keep"],
        &["cs-cleanup", "all"],
    ] {
        let mut command = stage.command(words[0], LATER * 1000, Client::Interactive);
        command.args(&words[1..]);
        run(command, "");
        assert_eq!(last_sign(&stage, LATER + 5), 60, "{words:?}");
    }
}

#[test]
fn a_commit_is_a_sign_of_life() {
    let stage = stage();
    commit(&stage, LATER, "now");
    assert_eq!(last_sign(&stage, LATER + 5), LATER as i64 + 1);
}

#[test]
fn an_event_that_only_the_live_file_notes_is_a_sign_of_life() {
    let stage = stage();
    let call = json!({"tool_name": "Bash", "tool_input": {"command": "ls"}});
    let page = |at: u64| served(&stage, at).json(&format!("/api/session/{}", id(&stage)))["last_sign"].clone();
    assert_eq!(page(65), "2026-11-21T10:01:00.000000+00:00");
    send_event(&stage, LATER, "PostToolUse", call);
    assert_eq!(page(LATER + 5), "2026-11-21T11:01:00.000000+00:00");
    // An event from while the clock was ahead does not count.
    let path = stage.sandbox.data().join(format!("live/{UUID}.json"));
    let mut live = stage.live(UUID).expect("it runs");
    live["last_event_at"] = json!("2027-11-21T10:00:00Z");
    fs::write(path, live.to_string()).expect("it can be written");
    assert_eq!(page(LATER + 5), "2026-11-21T10:01:00.000000+00:00");
}
