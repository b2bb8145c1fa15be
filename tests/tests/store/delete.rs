//! Deleted sessions: beside other programs, with what else belongs to them, and their conversations afterwards.

use std::fs;

use cs_tests::replay::check::{damage, unfinished};
use cs_tests::{Sandbox, stderr};
use serde_json::{Value, json};

use super::*;

fn hook(sandbox: &Sandbox, uuid: &str, event: &str, more: Value) {
    let mut payload = json!({"session_id": uuid, "cwd": sandbox.work(), "hook_event_name": event});
    payload.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    let program = cs_tests::replay::program(event).expect("it is registered");
    let output = sandbox.hook(program, &payload.to_string());
    assert_eq!((status(&output), stderr(&output)), (0, String::new()), "{event}");
}

/// No hook had an error, and nothing is damaged.
fn check(sandbox: &Sandbox) {
    let log = fs::read_to_string(sandbox.data().join("logs/hook.log")).unwrap_or_default();
    assert_eq!((log, damage(&sandbox.data()), unfinished(&sandbox.data())), Default::default());
}

#[test]
fn a_session_is_deleted_once_and_with_all_acknowledged_changes() {
    let sandbox = Sandbox::new();
    let bystander = create(&sandbox, &[]);
    let ids: Vec<String> = (0..3).map(|_| create(&sandbox, &[])).collect();
    let kept: Vec<Vec<(String, String)>> = parallel(|worker| {
        let mut kept = Vec::new();
        for n in 0..30 {
            let (id, message) = (&ids[(worker + n) % 3], format!("event {worker}.{n}."));
            if n % 10 == worker {
                let output = sandbox.cs("cs-session", &["delete", id, "--yes", "-q"]);
                assert_eq!((status(&output), stderr(&output)), (0, String::new()));
            } else {
                let output = sandbox.cs("cs-session", &["event", id, "--message", &message, "-q"]);
                match status(&output) {
                    0 => kept.push((id.clone(), message)),
                    _ => assert!(stderr(&output).contains("was deleted") || stderr(&output).contains("no session")),
                }
            }
        }
        kept
    });
    let left: Vec<Value> = sandbox.records().iter().map(|record| record["session_id"].clone()).collect();
    assert_eq!(left, [bystander], "all others were deleted, several times");
    check_index(&sandbox);
    check_counts(&sandbox);
    assert!(kept.iter().any(|kept| !kept.is_empty()), "some changes came first");
    for id in &ids {
        ok(&sandbox, "cs-session", &["restore", id, "-q"]);
    }
    for (id, message) in kept.iter().flatten() {
        let events = sandbox.record(id)["events"].to_string();
        assert_eq!(events.matches(message.as_str()).count(), 1, "{id} {message}");
    }
    assert_eq!(fs::read_dir(sandbox.data().join("quarantine")).expect("it is there").count(), 0, "restored completely");
    check(&sandbox);
    check_counts(&sandbox);
}

#[test]
fn a_conversation_begins_a_new_session_after_its_own_was_deleted() {
    for events in [&["SessionEnd", "SessionStart"][..], &["SessionEnd"][..], &[][..]] {
        let sandbox = Sandbox::new().with("CLAUDE_PID", std::process::id().to_string());
        hook(&sandbox, CA5D, "SessionStart", json!({"source": "startup"}));
        hook(&sandbox, CA5D, "UserPromptSubmit", json!({"prompt": "fix login", "prompt_id": "p1"}));
        let more = json!({"source": "resume", "reason": "other"});
        events.iter().for_each(|event| hook(&sandbox, CA5D, event, more.clone()));
        let id = ok(&sandbox, "cs-session", &["show", "ca5d", "-q"]);
        let refused = sandbox.cs("cs-session", &["delete", id.trim(), "--yes"]);
        let is_open = events.last() != Some(&"SessionEnd");
        assert_eq!(status(&refused), i32::from(is_open), "{events:?}: {}", stderr(&refused));
        ok(&sandbox, "cs-session", &["delete", id.trim(), "--yes", "--force", "-q"]);
        // The end of the last turn may be reported late.
        hook(&sandbox, CA5D, "Stop", json!({"last_assistant_message": "done"}));
        assert!(sandbox.records().is_empty(), "{events:?}: {:?}", sandbox.records());
        let sandbox = sandbox.with("CS_NOW", "2026-11-21T10:30:00Z");
        if !is_open {
            hook(&sandbox, CA5D, "SessionStart", json!({"source": "resume"}));
        }
        hook(&sandbox, CA5D, "UserPromptSubmit", json!({"prompt": "go on", "prompt_id": "p2"}));
        let records = sandbox.records();
        let facts: Vec<_> = records.iter().map(|new| (&new["intent"], &new["status"], &new["resumed_from"])).collect();
        assert_eq!(facts, [(&json!("go on"), &json!("active"), &Value::Null)], "{events:?}");
        hook(&sandbox, CA5D, "SessionEnd", json!({"reason": "other"}));
        assert_eq!(sandbox.records()[0]["status"], "parked", "it ended in the middle of a turn");
        check(&sandbox);
    }
}

#[test]
fn a_restored_session_does_not_compete_with_the_one_that_its_conversation_has_now() {
    let sandbox = Sandbox::new();
    let id = create(&sandbox, &["--claude-session", CA5D]);
    ok(&sandbox, "cs-session", &["delete", &id, "--yes"]);
    let sandbox = sandbox.with("CS_NOW", "2026-11-21T10:30:00Z");
    let other = create(&sandbox, &["--claude-session", CA5D]);
    ok(&sandbox, "cs-session", &["restore", &id]);
    let [restored, kept] = [&id, &other].map(|id| sandbox.record(id));
    assert_eq!((&restored["status"], &kept["status"]), (&json!("parked"), &json!("active")));
    assert!(restored["parked_reason"].as_str().is_some_and(|reason| reason.contains(&other)), "{restored}");
    check(&sandbox);
}

#[test]
fn the_id_of_a_deleted_session_is_not_used_again() {
    let sandbox = Sandbox::new();
    let first = create(&sandbox, &["--claude-session", CA5D]);
    ok(&sandbox, "cs-session", &["delete", &first, "--yes"]);
    let second = create(&sandbox, &["--claude-session", CA5D]);
    assert_ne!(first, second, "both are of the same minute");
    ok(&sandbox, "cs-session", &["restore", &first]);
    ok(&sandbox, "cs-session", &["delete", &second, "--yes", "--forget"]);
    assert_eq!(sandbox.records().len(), 1, "the older one is still there");
    check(&sandbox);
}

#[test]
fn a_project_keeps_what_another_of_its_sessions_has() {
    let sandbox = Sandbox::new();
    let [first, second, archived] = ["1", "2", "3"].map(|_| create(&sandbox, &[]));
    let commit = |sha: &str| json!({"sha": sha, "message": "m", "timestamp": "2026-11-21T10:00:00+00:00"});
    let fill = |id: &str, shas: &[&str], questions: Value| {
        let path = sandbox.data().join(format!("sessions/{id}.json"));
        let mut record = sandbox.record(id);
        record["commits"] = shas.iter().map(|sha| commit(sha)).collect();
        record["open_questions"] = questions;
        fs::write(&path, record.to_string()).expect("it can be written");
        ok(&sandbox, "cs-session", &["event", id, "--message", "x", "-q"]);
        ok(&sandbox, "cs-session", &["park", id, "--reason", "x", "-q"]);
    };
    fill(&first, &["aaaaaaa", "bbbbbbb"], json!(["whose?", "which?", "when?"]));
    fill(&second, &["bbbbbbb"], json!(["which?"]));
    fill(&archived, &[], json!(["when?"]));
    let folder = sandbox.data().join("sessions");
    fs::create_dir_all(folder.join("archive")).expect("it can be created");
    let name = format!("{archived}.json");
    fs::rename(folder.join(&name), folder.join("archive").join(&name)).expect("it can be moved");
    let project = |wanted: (Value, Value)| {
        let slug = sandbox.record(&second)["project_slug"].as_str().expect("a text").to_owned();
        let state = sandbox.json(&format!("projects/{slug}.json"));
        let shas = state["recent_commits"].as_array().expect("a list").iter().map(|one| one["sha"].clone()).collect();
        assert_eq!((shas, state["open_questions"].clone()), wanted);
    };
    project((json!(["aaaaaaa", "bbbbbbb"]), json!(["whose?", "which?", "when?"])));
    for _ in ["once", "again"] {
        ok(&sandbox, "cs-session", &["delete", &first, "--yes"]);
        project((json!(["bbbbbbb"]), json!(["which?", "when?"])));
    }
}

#[test]
fn the_summary_of_the_usage_moves_with_the_last_session_of_its_conversation() {
    let sandbox = Sandbox::new();
    let first = create(&sandbox, &["--claude-session", CA5D]);
    ok(&sandbox, "cs-session", &["complete", &first, "-q"]);
    let sandbox = sandbox.with("CS_NOW", "2026-11-21T10:30:00Z");
    let second = create(&sandbox, &["--claude-session", CA5D]);
    let usage = sandbox.data().join(format!("usage/{CA5D}.json"));
    fs::create_dir_all(usage.parent().expect("a folder")).expect("it can be created");
    let text = json!({"claude_session_id": CA5D, "total_tokens": 7}).to_string();
    fs::write(&usage, &text).expect("it can be written");
    ok(&sandbox, "cs-session", &["delete", &first, "--yes"]);
    assert!(usage.exists(), "the second session shares it");
    ok(&sandbox, "cs-session", &["delete", &second, "--yes"]);
    assert!(!usage.exists());
    ok(&sandbox, "cs-session", &["restore", &second]);
    assert_eq!(fs::read_to_string(&usage).expect("it is back"), text);
    ok(&sandbox, "cs-session", &["delete", &second, &first, "--forget", "--yes"]);
    assert!(!usage.exists() && fs::read_dir(sandbox.data().join("quarantine")).expect("it is there").count() == 0);
}

#[test]
fn a_note_in_quarantine_cannot_name_another_place() {
    let sandbox = Sandbox::new();
    let id = create(&sandbox, &[]);
    ok(&sandbox, "cs-session", &["delete", &id, "--yes"]);
    let note = sandbox.data().join(format!("quarantine/sessions-{id}.json.note"));
    let text = fs::read_to_string(&note).expect("it is there");
    fs::write(&note, text.replace("sessions/", "../../")).expect("it can be written");
    let output = sandbox.cs("cs-session", &["restore", &id]);
    assert_eq!(status(&output), 1, "{}", stderr(&output));
    assert!(sandbox.records().is_empty() && !sandbox.home().join(format!("{id}.json")).exists());
}

#[test]
fn an_interrupted_restoration_is_finished_and_left_over_notes_do_not_matter() {
    let sandbox = Sandbox::new();
    let id = create(&sandbox, &["--claude-session", CA5D]);
    let quarantine = sandbox.data().join("quarantine");
    let usage = sandbox.data().join(format!("usage/{CA5D}.json"));
    fs::create_dir_all(usage.parent().expect("a folder")).expect("it can be created");
    fs::write(&usage, json!({"claude_session_id": CA5D}).to_string()).expect("it can be written");
    ok(&sandbox, "cs-session", &["delete", &id, "--yes"]);
    // Killed after the first step.
    let name = format!("sessions-{id}.json");
    fs::rename(quarantine.join(&name), sandbox.data().join(format!("sessions/{id}.json"))).expect("it is there");
    ok(&sandbox, "cs-session", &["restore", &id, "-q"]);
    assert!(usage.exists() && fs::read_dir(&quarantine).expect("it is there").count() == 0);
    // A deletion that was killed before its first step.
    let note = json!({"from": format!("sessions/{id}.json"), "reason": "deleted", "moved_by": "cs-session delete",
        "moved_at": "2026-11-21T10:00:00.000000+00:00", "session_id": id});
    fs::write(quarantine.join(format!("{name}.note")), note.to_string()).expect("it can be written");
    ok(&sandbox, "cs-session", &["delete", &id, "--yes"]);
    assert!(quarantine.join(format!("{name}.2")).exists(), "the first name is taken");
    ok(&sandbox, "cs-session", &["restore", &id, "-q"]);
    assert!(usage.exists() && fs::read_dir(&quarantine).expect("it is there").count() == 0);
    check(&sandbox);
}

#[test]
fn a_deletion_that_was_killed_does_not_stop_its_conversation() {
    let sandbox = Sandbox::new().with("CLAUDE_PID", std::process::id().to_string());
    hook(&sandbox, CA5D, "SessionStart", json!({"source": "startup"}));
    hook(&sandbox, CA5D, "UserPromptSubmit", json!({"prompt": "fix login", "prompt_id": "p1"}));
    hook(&sandbox, CA5D, "SessionEnd", json!({"reason": "other"}));
    let id = ok(&sandbox, "cs-session", &["show", "ca5d", "-q"]);
    let ended = fs::read(sandbox.data().join(format!("ended/{CA5D}.json"))).expect("it is there");
    ok(&sandbox, "cs-session", &["delete", id.trim(), "--yes", "-q"]);
    // As it was when only the record had been moved.
    fs::write(sandbox.data().join(format!("ended/{CA5D}.json")), ended).expect("it can be written");
    let sandbox = sandbox.with("CS_NOW", "2026-11-21T10:30:00Z");
    hook(&sandbox, CA5D, "SessionStart", json!({"source": "resume"}));
    hook(&sandbox, CA5D, "UserPromptSubmit", json!({"prompt": "go on", "prompt_id": "p2"}));
    assert_eq!(sandbox.records().iter().map(|new| new["intent"].clone()).collect::<Vec<_>>(), ["go on"]);
    check(&sandbox);
}
