//! A conversation that is opened after its session has ended, and closed without anything having happened.

use super::{records, run_command, sender, stage, texts};
use cs_tests::replay::{self, Client, Stage};
use cs_tests::{run, status, stderr};
use serde_json::{Value, json};

const LEFT: &str = "opened and left without a prompt";

/// How the first conversation ended.
#[derive(Clone, Copy, Debug, PartialEq)]
enum How {
    Completed,
    WithOutcome,
    OpenTask,
    Interrupted,
    Gone,
}

const ALL: [How; 5] = [How::Completed, How::WithOutcome, How::OpenTask, How::Interrupted, How::Gone];

/// A stage with an ended session, and its record.
fn ended(how: How) -> (Stage, Value) {
    let mut stage = stage();
    match how {
        How::Completed => sender(&stage, 75).prompt("and that"),
        How::OpenTask => sender(&stage, 71).task("1", "write tests"),
        How::Interrupted => sender(&stage, 80).prompt("migrate the database"),
        How::WithOutcome | How::Gone => {}
    }
    match how {
        How::Gone => close(&mut stage, 90, true),
        How::Completed => sender(&stage, 90).with("CLAUDE_CODE_SESSION_ATTENDED", "0").end("other"),
        _ => sender(&stage, 90).end("prompt_input_exit"),
    }
    // The trace of an ended conversation is removed after some time; the record alone must suffice.
    let _ = std::fs::remove_dir_all(stage.sandbox.data().join("ended"));
    let record = records(&stage).remove(0);
    assert_ne!(record["status"], "active", "{how:?}");
    (stage, record)
}

/// Ends the conversation; `is_gone`: its client is killed, and `cs-cleanup` closes it.
fn close(stage: &mut Stage, at: u64, is_gone: bool) {
    if is_gone {
        stage.kill_client();
        run_command(stage, at, &["cs-cleanup", "gone", "-q"]);
        stage.start_client();
    } else {
        sender(stage, at).end("prompt_input_exit");
    }
}

/// The record without the newest sign of life and the events that were added to it.
#[track_caller]
fn former(stage: &Stage, before: &Value) -> Value {
    let mut record = records(stage).remove(0);
    let count = before["events"].as_array().expect("a list").len();
    record["events"].as_array_mut().expect("a list").truncate(count);
    record["last_heartbeat"] = before["last_heartbeat"].clone();
    record.as_object_mut().expect("an object").remove("folded");
    record
}

#[track_caller]
fn check_is_as_before(stage: &Stage, before: &Value) {
    let mut before = before.clone();
    before.as_object_mut().expect("an object").remove("folded");
    assert_eq!(former(stage, &before), before);
}

#[test]
fn a_session_that_was_opened_and_left_is_what_it_was() {
    for how in ALL {
        for is_gone in [false, true] {
            let (mut stage, before) = ended(how);
            sender(&stage, 500).start("resume");
            let reopened = &records(&stage)[0];
            assert_eq!(json!([reopened["status"], reopened["ended_at"]]), json!(["active", null]));
            close(&mut stage, 560, is_gone);
            check_is_as_before(&stage, &before);
            let events = texts(&records(&stage)[0], "events", "message");
            assert!(events.contains(&LEFT.to_owned()), "{events:?}");
            assert!(!events.iter().any(|event| event.starts_with("reopened")), "{events:?}");
        }
    }
}

#[test]
fn it_stays_so_however_often_it_is_opened() {
    let (mut stage, before) = ended(How::OpenTask);
    for (nth, is_gone) in [false, true, false].into_iter().enumerate() {
        let at = 500 + 100 * nth as u64;
        sender(&stage, at).start("resume");
        sender(&stage, at).start("resume");
        close(&mut stage, at + 50, is_gone);
        // An end that is reported twice.
        sender(&stage, at + 50).end("prompt_input_exit");
        check_is_as_before(&stage, &before);
    }
    assert_eq!(texts(&records(&stage)[0], "events", "message").iter().filter(|event| *event == LEFT).count(), 3);
    // A prompt continues it, and its end is a new one.
    sender(&stage, 900).start("resume");
    sender(&stage, 910).prompt("go on please");
    sender(&stage, 920).stop("all done");
    sender(&stage, 930).end("prompt_input_exit");
    let record = &records(&stage)[0];
    let reason = "the conversation ended with 1 open task";
    assert_eq!(json!([record["status"], record["parked_reason"]]), json!(["parked", reason]));
    assert_ne!(record["ended_at"], before["ended_at"]);
    assert_eq!(record["reopened"], Value::Null);
}

#[test]
fn a_prompt_or_a_change_by_hand_makes_the_end_a_new_one() {
    let changes: [&[&str]; 4] = [
        &["cs-session", "event", "ID", "--message", "called Anna"],
        &["cs-session", "decision", "ID", "--text", "keep the cookie"],
        &["cs-task", "add", "ID", "--subject", "ask Ben"],
        &["cs-session", "request-action", "ID", "--reason", "which colour?"],
    ];
    for change in std::iter::once(None).chain(changes.into_iter().map(Some)) {
        let (stage, before) = ended(How::WithOutcome);
        let id = before["session_id"].as_str().expect("an id");
        sender(&stage, 500).start("resume");
        match change {
            None => sender(&stage, 510).prompt("go on please"),
            Some(words) => {
                let words: Vec<&str> = words.iter().map(|word| if *word == "ID" { id } else { word }).collect();
                run_command(&stage, 510, &[&words[..], &["-q"]].concat());
            }
        }
        sender(&stage, 560).end("prompt_input_exit");
        let record = &records(&stage)[0];
        assert_ne!(record["ended_at"], before["ended_at"], "{change:?}");
        let events = texts(record, "events", "message");
        assert!(events.contains(&"reopened; it had ended with: answer one".to_owned()), "{events:?}");
        assert!(!events.contains(&LEFT.to_owned()), "{events:?}");
    }
}

#[test]
fn a_late_prompt_reopens_what_was_left() {
    let (stage, _) = ended(How::WithOutcome);
    sender(&stage, 500).start("resume");
    sender(&stage, 560).end("prompt_input_exit");
    sender(&stage, 600).prompt("go on please");
    let record = &records(&stage)[0];
    assert_eq!(json!([record["status"], record["current_activity"]]), json!(["active", "go on please"]));
    sender(&stage, 610).stop("all done");
    sender(&stage, 620).end("prompt_input_exit");
    assert_eq!(records(&stage)[0]["outcome"], "all done");
}

#[test]
fn an_open_conversation_in_another_repository_or_with_a_new_name_is_no_work() {
    let (stage, before) = ended(How::WithOutcome);
    let other = json!({"source": "resume", "cwd": stage.repository("project"), "session_title": "Login, again"});
    sender(&stage, 500).event("SessionStart", other);
    sender(&stage, 560).end("prompt_input_exit");
    let record = &records(&stage)[0];
    let facts = |record: &Value| json!([record["status"], record["ended_at"], record["outcome"]]);
    assert_eq!(facts(record), facts(&before));
    assert!(texts(record, "events", "message").contains(&LEFT.to_owned()));
}

#[test]
fn a_codex_session_that_was_opened_and_left_is_what_it_was() {
    let stage = Stage::new();
    let send = |at: u64, event: &str, more: Value| {
        let log = format!("/home/dev/.codex/sessions/2026/11/21/rollout-2026-11-21T05-06-58-{}.jsonl", super::UUID);
        let mut payload = json!({"session_id": super::UUID, "transcript_path": log, "hook_event_name": event,
            "cwd": stage.repository("project"), "model": "gpt-5.5", "permission_mode": "default"});
        more.as_object().expect("an object").iter().for_each(|(key, value)| payload[key] = value.clone());
        let program = replay::program(event).expect("the event is registered");
        let output = run(stage.command(program, at * 1000, Client::Codex), &payload.to_string());
        assert_eq!((status(&output), stderr(&output)), (0, String::new()), "{event}");
    };
    send(0, "SessionStart", json!({"source": "startup"}));
    send(60, "UserPromptSubmit", json!({"prompt": "build the login page", "turn_id": "t1"}));
    send(70, "Stop", json!({"last_assistant_message": "built", "turn_id": "t1"}));
    send(80, "SessionEnd", json!({"reason": "other"}));
    let before = records(&stage).remove(0);
    assert_eq!(json!([before["agent"], before["status"], before["outcome"]]), json!(["codex", "completed", "built"]));
    send(500, "SessionStart", json!({"source": "resume"}));
    assert_eq!(records(&stage)[0]["status"], "active");
    send(560, "SessionEnd", json!({"reason": "other"}));
    check_is_as_before(&stage, &before);
    assert_eq!(texts(&records(&stage)[0], "events", "message"), [LEFT]);
}
