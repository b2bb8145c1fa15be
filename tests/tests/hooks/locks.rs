//! Two of everything at once, and locks held by somebody else.

use std::thread;
use std::time::{Duration, Instant};

use cs_tests::replay::{Stage, check_store};
use serde_json::{Value, json};

use super::{
    OTHER, UUID, check_quiet, end, hold, live_path, payload, prompt, record_path, send, send_silently, stage, start,
};

/// Sends two payloads at the same time.
fn at_once(stage: &Stage, at: u64, payloads: [&Value; 2]) {
    thread::scope(|scope| {
        for payload in payloads {
            scope.spawn(move || check_quiet(&send(stage, at, payload), "one of two"));
        }
    });
}

#[test]
fn two_starts_and_two_first_prompts_make_one_session() {
    let stage = Stage::new();
    for round in 0..20 {
        let uuid = format!("bbbbbbbb-0000-4000-8000-0000000000{round:02}");
        let start = payload(&stage, &uuid, "SessionStart", json!({"source": "startup"}));
        let prompt = |id: Value| payload(&stage, &uuid, "UserPromptSubmit", json!({"prompt": "go", "prompt_id": id}));
        // The same prompt twice; two prompts; an older client that sends no id.
        let (one, two) = match round % 4 {
            0 | 1 => (prompt(json!("a")), prompt(json!("a"))),
            2 => (prompt(json!("a")), prompt(json!("b"))),
            _ => (prompt(Value::Null), prompt(Value::Null)),
        };
        if round % 2 == 0 {
            at_once(&stage, round * 60, [&start, &start]);
        }
        at_once(&stage, round * 60 + 1, [&one, &two]);
        let record = stage.record_of(&uuid).expect("one session");
        assert_eq!((&record["intent"], &record["status"]), (&json!("go"), &json!("active")), "round {round}");
        send_silently(&stage, round * 60 + 2, &uuid, "Stop", json!({}));
        end(&stage, round * 60 + 3, &uuid);
    }
    check_store(&stage.sandbox);
}

#[test]
fn a_simultaneous_start_and_first_prompt_make_one_session() {
    let stage = Stage::new();
    for round in 0..20 {
        let uuid = format!("bbbbbbbb-0000-4000-8000-0000000000{round:02}");
        let start = payload(&stage, &uuid, "SessionStart", json!({"source": "startup"}));
        let prompt = payload(&stage, &uuid, "UserPromptSubmit", json!({"prompt": "go", "prompt_id": "a"}));
        at_once(&stage, round * 60, [&start, &prompt]);
        let live = stage.live(&uuid).expect("it has a live file");
        let record = stage.record_of(&uuid).expect("one session");
        assert_eq!((&live["state"], &live["session_id"]), (&json!("working"), &record["session_id"]), "round {round}");
        send_silently(&stage, round * 60 + 29, &uuid, "Stop", json!({}));
        at_once(&stage, round * 60 + 30, [&payload(&stage, &uuid, "SessionEnd", json!({"reason": "other"})); 2]);
        assert_eq!(stage.record_of(&uuid).expect("one session")["status"], "completed");
        assert!(!live_path(&stage, &uuid).with_extension("lock").exists(), "round {round}");
    }
    check_store(&stage.sandbox);
}

#[test]
fn many_simultaneous_conversations_lose_nothing() {
    let stage = Stage::new();
    let uuids: Vec<String> = (0..12).map(|n| format!("bbbbbbbb-0000-4000-8000-0000000000{n:02}")).collect();
    thread::scope(|scope| {
        for uuid in &uuids {
            let stage = &stage;
            scope.spawn(move || {
                prompt(stage, 1, uuid, "go");
                for n in 0..10 {
                    super::create_task(stage, 2, uuid, &n.to_string(), &format!("task {n}"));
                    super::send_silently(stage, 3, uuid, "Stop", json!({}));
                }
            });
        }
    });
    assert_eq!(stage.sandbox.records().len(), 12);
    for uuid in &uuids {
        let record = stage.record_of(uuid).expect("one session");
        assert_eq!(record["tasks"].as_array().map(Vec::len), Some(10));
        end(&stage, 100, uuid);
    }
    check_store(&stage.sandbox);
}

/// The lock file of each kind.
fn lock(stage: &Stage, kind: &str) -> std::path::PathBuf {
    let data = stage.sandbox.data();
    match kind {
        "live" => live_path(stage, UUID).with_extension("lock"),
        "session" => record_path(stage).with_extension("lock"),
        "index" => data.join("sessions/_index.lock"),
        "config" => data.join("config.lock"),
        _ => data.join("projects/repo.lock"),
    }
}

#[test]
fn a_held_lock_delays_no_hook() {
    let bash = json!({"tool_name": "Bash", "tool_input": {"command": "ls"}});
    let edit = json!({"tool_name": "Edit", "tool_input": {"file_path": "a.txt"}});
    let events = [
        ("UserPromptSubmit", json!({"prompt": "x", "prompt_id": "x"})),
        ("PermissionRequest", bash.clone()),
        ("PostToolUse", edit),
        ("PostToolUse", bash),
        ("PreCompact", json!({"trigger": "auto"})),
        ("Stop", json!({"last_assistant_message": "x"})),
        ("SessionStart", json!({"source": "compact"})),
        ("SessionStart", json!({"source": "resume"})),
        ("SessionEnd", json!({"reason": "other"})),
    ];
    for kind in ["live", "session", "index", "config", "project"] {
        for (event, more) in &events {
            // The best of three, since other tests run at the same time.
            let took = (0..3).map(|_| held(kind, event, more)).find(|took| *took < Duration::from_millis(500));
            assert!(took.is_some(), "{event} waited for the {kind} lock");
        }
    }
}

fn held(kind: &str, event: &str, more: &Value) -> Duration {
    let stage = stage();
    let holder = hold(&lock(&stage, kind));
    let payload = payload(&stage, UUID, event, more.clone());
    let begun = Instant::now();
    check_quiet(&send(&stage, 1200, &payload), event);
    let took = begun.elapsed();
    drop(holder);
    // The next change repairs what was missed.
    prompt(&stage, 1300, OTHER, "next");
    end(&stage, 1301, OTHER);
    check_store(&stage.sandbox);
    assert_eq!(stage.sandbox.records().len(), 2, "{event} without the {kind} lock");
    took
}

#[test]
fn a_first_prompt_makes_its_session_while_all_other_locks_are_held() {
    let stage = stage();
    let _holders = ["index", "config", "project"].map(|kind| hold(&lock(&stage, kind)));
    let begun = Instant::now();
    let mut elsewhere = payload(&stage, OTHER, "UserPromptSubmit", json!({"prompt": "x", "prompt_id": "x"}));
    elsewhere["cwd"] = json!(stage.repository("project"));
    check_quiet(&send(&stage, 100, &elsewhere), "prompt");
    assert!(begun.elapsed() < Duration::from_millis(900), "{:?}", begun.elapsed());
    assert_eq!(stage.record_of(OTHER).expect("nothing is lost")["project_slug"], "project");
}

#[test]
fn a_prompt_is_seen_while_the_record_is_locked() {
    let stage = stage();
    super::send_silently(&stage, 61, UUID, "Stop", json!({}));
    let holder = hold(&lock(&stage, "session"));
    prompt(&stage, 62, UUID, "go on");
    assert_eq!(stage.live(UUID).expect("it has a live file")["state"], "working");
    drop(holder);
    // The same prompt, sent by the second registration, reaches the record.
    prompt(&stage, 62, UUID, "go on");
    assert_eq!(stage.record_of(UUID).expect("it is there")["current_activity"], "go on");
    start(&stage, 63, UUID, "compact");
    assert_eq!(stage.live(UUID).expect("it has a live file")["state"], "working", "a compaction does not end a turn");
}

/// A change that a hook could not write in time is visible to readers at once, and in the record after `cs-cleanup`.
#[test]
fn a_change_that_takes_too_long_is_left_as_a_note() {
    let edit = |file: &str| json!({"tool_name": "Edit", "tool_input": {"file_path": file}, "tool_response": {}});
    for kind in ["live", "session"] {
        let stage = stage();
        let holder = hold(&lock(&stage, kind));
        for n in 0..8 {
            super::send_silently(&stage, 61, UUID, "PostToolUse", edit(&format!("file{n}")));
        }
        super::send_silently(&stage, 62, UUID, "Stop", json!({"last_assistant_message": "So."}));
        end(&stage, 63, UUID);
        let seen = stage.record_of(UUID).expect("it is there");
        assert_eq!((&seen["status"], &seen["outcome"]), (&json!("completed"), &json!("So.")), "{kind}");
        assert_eq!(seen["files_changed"].as_array().map(Vec::len), Some(8), "{kind}");
        check_store(&stage.sandbox);
        drop(holder);
        super::run_hourly_job(&stage, 70);
        let stored: Value =
            serde_json::from_slice(&std::fs::read(record_path(&stage)).expect("it is there")).expect("JSON");
        assert_eq!((&stored["status"], &stored["outcome"]), (&seen["status"], &seen["outcome"]), "{kind}");
    }
}

#[test]
fn a_first_prompt_makes_its_session_while_its_conversation_is_locked() {
    let stage = Stage::new();
    start(&stage, 0, UUID, "startup");
    let holder = hold(&live_path(&stage, UUID).with_extension("lock"));
    prompt(&stage, 1, UUID, "do it");
    assert_eq!(stage.record_of(UUID).expect("nothing is lost")["intent"], "do it");
    // The holder of the lock did not know about the session and writes its own version.
    let mut live = stage.live(UUID).expect("it has a live file");
    live["session_id"] = Value::Null;
    std::fs::write(live_path(&stage, UUID), live.to_string()).expect("it can be written");
    drop(holder);
    prompt(&stage, 2, UUID, "go on");
    let record = stage.record_of(UUID).expect("one session");
    assert_eq!((&record["intent"], &record["current_activity"]), (&json!("do it"), &json!("go on")));
}

#[test]
fn two_hundred_simultaneous_edits_of_a_large_record_are_all_kept() {
    let stage = stage();
    super::edit(&record_path(&stage), |record| {
        let event = |n: usize| json!({"timestamp": "2026-11-21T10:01:00.000000+00:00", "message": format!("{n} {}", "x".repeat(1990))});
        record["events"] = (0..3000).map(event).collect();
    });
    assert!(std::fs::metadata(record_path(&stage)).expect("it is there").len() > 6_000_000);
    let payloads: Vec<Value> = (0..200)
        .map(|n| {
            let edit =
                json!({"tool_name": "Edit", "tool_input": {"file_path": format!("file{n}")}, "tool_response": {}});
            payload(&stage, UUID, "PostToolUse", edit)
        })
        .collect();
    thread::scope(|scope| {
        for some in payloads.chunks(7) {
            let stage = &stage;
            scope.spawn(move || some.iter().for_each(|payload| check_quiet(&send(stage, 100, payload), "one of many")));
        }
    });
    let files = |stage: &Stage| stage.record_of(UUID).expect("it is there")["files_changed"].as_array().map(Vec::len);
    assert_eq!(files(&stage), Some(200));
    end(&stage, 200, UUID);
    super::run_hourly_job(&stage, 201);
    assert_eq!(files(&stage), Some(200), "in the end, too");
    check_store(&stage.sandbox);
}
