//! How a conversation's session ends and continues, and how late events change it.

use std::fs;
use std::time::Duration;

use cs_tests::replay::{Stage, check_store};
use cs_tests::{entries, eventually, status, stdout};
use serde_json::{Value, json};

use super::{
    OTHER, UUID, contents, create_task, edit, end, payload, prompt, record_path, send, send_silently, stage, start,
    write_settings,
};

fn record(stage: &Stage) -> Value {
    stage.record_of(UUID).expect("the session is there")
}

/// Ends the conversation of a new stage with `open` open tasks under a setting.
fn ended(setting: &str, open: usize) -> Value {
    let stage = stage();
    write_settings(&stage, json!({"session_end": setting}));
    for n in 0..open {
        create_task(&stage, 61, UUID, &n.to_string(), &format!("task {n}"));
    }
    send_silently(&stage, 62, UUID, "Stop", json!({"last_assistant_message": "Here it is.\nMore."}));
    end(&stage, 63, UUID);
    check_store(&stage.sandbox);
    assert!(stage.live(UUID).is_none());
    record(&stage)
}

#[test]
fn the_settings_decide_what_the_end_of_a_conversation_does() {
    let facts =
        |record: Value| json!([record["status"], record["outcome"], record["parked_reason"], record["next_steps"]]);
    let done = json!(["completed", "Here it is.", null, []]);
    let reason = "the conversation ended";
    assert_eq!(facts(ended("auto", 0)), done);
    assert_eq!(
        facts(ended("auto", 4)),
        json!(["parked", null, format!("{reason} with 4 open tasks"), ["task 0", "task 1", "task 2"]])
    );
    assert_eq!(facts(ended("complete", 0)), done);
    assert_eq!(facts(ended("complete", 4)), json!(["completed", "Here it is.", null, ["task 0", "task 1", "task 2"]]));
    assert_eq!(facts(ended("park", 0)), json!(["parked", null, reason, []]));
    assert_eq!(facts(ended("park", 1)), json!(["parked", null, format!("{reason} with 1 open task"), ["task 0"]]));
    assert_eq!(facts(ended("keep", 1)), json!(["active", null, null, []]));
}

#[test]
fn clear_ends_one_session_and_begins_another() {
    let stage = stage();
    create_task(&stage, 61, UUID, "1", "left over");
    send_silently(&stage, 62, UUID, "SessionEnd", json!({"reason": "clear"}));
    let begun = send(&stage, 62, &payload(&stage, OTHER, "SessionStart", json!({"source": "clear"})));
    let context = stdout(&begun);
    assert_eq!(status(&begun), 0);
    assert!(context.starts_with("claude-sessions:\n- parked sess_20261121T1001_"), "{context}");
    assert!(context.contains("left over") && context.chars().count() <= 1000, "{context}");
    prompt(&stage, 70, OTHER, "afresh");
    let (old, new) = (record(&stage), stage.record_of(OTHER).expect("a new session"));
    assert_eq!((&old["status"], &new["status"]), (&json!("parked"), &json!("active")));
    assert_ne!(old["session_id"], new["session_id"]);
    assert_eq!(stage.live(OTHER).expect("it has a live file")["pid"], stage.client(), "the same process");
    check_store(&stage.sandbox);
}

#[test]
fn a_resumed_conversation_gets_its_session_back() {
    for open in [0, 1] {
        // Soon, and long after the events could count as late.
        for later in [65, 5000] {
            let stage = stage();
            for n in 0..open {
                create_task(&stage, 61, UUID, &n.to_string(), "open");
            }
            end(&stage, 62, UUID);
            let before = record(&stage);
            let begun = send(&stage, later, &payload(&stage, UUID, "SessionStart", json!({"source": "resume"})));
            assert_eq!(status(&begun), 0);
            let after = record(&stage);
            assert_eq!(after["session_id"], before["session_id"]);
            let facts = json!([after["status"], after["ended_at"], after["parked_reason"], after["ended_by"]]);
            assert_eq!(facts, json!(["active", null, null, null]), "{open} open, after {later} s");
            assert_eq!(after["tasks"], before["tasks"]);
            prompt(&stage, later + 1, UUID, "go on");
            assert_eq!(record(&stage)["current_activity"], "go on");
            check_store(&stage.sandbox);
        }
    }
}

#[test]
fn a_resumed_conversation_is_found_without_any_cache() {
    let stage = stage();
    end(&stage, 62, UUID);
    for cache in ["ended", "live"] {
        fs::remove_dir_all(stage.sandbox.data().join(cache)).expect("it is there");
    }
    fs::remove_file(stage.sandbox.data().join("sessions/_index.pending")).expect("it is there");
    start(&stage, 5000, UUID, "resume");
    assert_eq!(record(&stage)["status"], "active");
    check_store(&stage.sandbox);
}

#[test]
fn a_session_closed_by_a_person_stays_closed() {
    let stage = stage();
    send_silently(&stage, 61, UUID, "Stop", json!({}));
    end(&stage, 62, UUID);
    // As `cs-session complete` and the Python tool write it.
    edit(&record_path(&stage), |record| {
        record.as_object_mut().expect("a record is an object").remove("ended_by");
        record["outcome"] = json!("all mine");
    });
    let closed = record(&stage);
    start(&stage, 5000, UUID, "resume");
    assert_eq!(record(&stage), closed);
    prompt(&stage, 5001, UUID, "and another thing");
    let records = stage.sandbox.records();
    assert_eq!(records.len(), 2, "{records:#?}");
    let mut linked = closed.clone();
    linked["resumed_as"] = records[1]["session_id"].clone();
    assert_eq!((&records[0], &records[1]["status"]), (&linked, &json!("active")));
    assert_eq!(json!([records[1]["intent"], records[1]["resumed_from"]]), json!(["do it", closed["session_id"]]));
    check_store(&stage.sandbox);
}

#[test]
fn a_session_closed_while_its_conversation_ran_stays_closed() {
    let stage = stage();
    edit(&record_path(&stage), |record| {
        record["status"] = json!("completed");
        record["ended_at"] = json!("2026-11-21T10:01:30.000000+00:00");
    });
    let closed = record(&stage);
    send_silently(&stage, 1200, UUID, "Stop", json!({"last_assistant_message": "x"}));
    assert_eq!(record(&stage), closed);
    end(&stage, 1201, UUID);
    assert_eq!(record(&stage), closed);
}

#[test]
fn prompts_sent_by_the_client_make_no_session() {
    let stage = Stage::new();
    start(&stage, 0, UUID, "startup");
    for (n, text) in (1..).zip([
        "<task-notification>\n<task-id>a</task-id>",
        "  <task-notification>x",
        "<system-reminder>x</system-reminder>",
        "<local-command-stdout>x",
        "<command-name>/model</command-name>",
        "<bash-input>ls</bash-input>",
        "<environment_context>\n",
        "# AGENTS.md instructions for /home/dev/project",
    ]) {
        prompt(&stage, n, UUID, text);
        assert!(stage.sandbox.records().is_empty(), "{text}");
    }
    let helper = json!({"prompt": "a job", "prompt_id": "j", "agent_id": "a1", "agent_type": "general-purpose"});
    send_silently(&stage, 50, UUID, "UserPromptSubmit", helper);
    assert!(stage.sandbox.records().is_empty(), "a helper's prompt");
    end(&stage, 60, UUID);
    assert!(stage.sandbox.records().is_empty());
    assert_eq!(entries(&stage.sandbox.data().join("live")), Vec::<std::path::PathBuf>::new());
}

#[test]
fn an_event_after_the_end_is_recorded_and_leaves_no_lock() {
    let stage = stage();
    send_silently(&stage, 61, UUID, "Stop", json!({"last_assistant_message": "first"}));
    prompt(&stage, 62, UUID, "more");
    end(&stage, 64, UUID);
    let bash = json!({"tool_name": "Bash", "tool_input": {"command": "ls"}});
    let edit = json!({"tool_name": "Edit", "tool_input": {"file_path": "late.txt"}});
    send_silently(&stage, 63, UUID, "PostToolUse", edit);
    send_silently(&stage, 63, UUID, "PermissionRequest", bash);
    send_silently(&stage, 63, UUID, "PreCompact", json!({"trigger": "auto"}));
    for _ in 0..2 {
        send_silently(&stage, 63, UUID, "Stop", json!({"last_assistant_message": "second"}));
        end(&stage, 64, UUID);
        start(&stage, 64, UUID, "startup");
        prompt(&stage, 62, UUID, "more");
    }
    let record = record(&stage);
    let facts = json!([record["status"], record["outcome"], record["awaiting_action"], record["files_changed"]]);
    assert_eq!(facts, json!(["completed", "second", null, ["late.txt"]]));
    assert_eq!(entries(&stage.sandbox.data().join("live")), Vec::<std::path::PathBuf>::new());
    check_store(&stage.sandbox);
}

#[test]
fn a_late_answer_does_not_replace_a_persons_outcome() {
    let stage = stage();
    send_silently(&stage, 63, UUID, "Stop", json!({}));
    end(&stage, 64, UUID);
    edit(&record_path(&stage), |record| record["outcome"] = json!("mine"));
    send_silently(&stage, 65, UUID, "Stop", json!({"last_assistant_message": "late"}));
    assert_eq!(record(&stage)["outcome"], "mine");
}

#[test]
fn a_prompt_that_arrives_before_the_resume_event_keeps_its_turn() {
    let stage = stage();
    end(&stage, 62, UUID);
    prompt(&stage, 100, UUID, "quick");
    start(&stage, 101, UUID, "resume");
    assert_eq!(stage.live(UUID).expect("it has a live file")["state"], "working");
    // A client that was killed during a turn and is resumed has no turn.
    start(&stage, 500, UUID, "resume");
    assert_eq!(stage.live(UUID).expect("it has a live file")["state"], "idle");
}

#[test]
fn a_prompt_repeated_after_its_turn_begins_no_turn() {
    let stage = stage();
    send_silently(&stage, 61, UUID, "Stop", json!({"last_assistant_message": "Done."}));
    prompt(&stage, 60, UUID, "do it");
    assert_eq!(stage.live(UUID).expect("it has a live file")["state"], "idle");
}

#[test]
fn a_killed_client_is_distinguished_from_a_running_one() {
    let mut stage = stage();
    let live = stage.live(UUID).expect("it has a live file");
    let pid = stage.client();
    assert_eq!(live["pid"], pid);
    stage.kill_client();
    let gone = || !std::path::Path::new(&format!("/proc/{pid}")).exists() || cfg!(not(target_os = "linux"));
    assert!(eventually(Duration::from_secs(5), gone));
    assert_eq!(stage.live(UUID).expect("nobody removes it"), live);
    // Another conversation in the checkout is not told about the dead one.
    start(&stage, 100, OTHER, "startup");
    let before = contents(&stage);
    assert_eq!(before.keys().filter(|path| path.to_string_lossy().contains("/live/")).count(), 4);
}
