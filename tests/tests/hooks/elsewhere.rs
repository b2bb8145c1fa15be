//! A conversation that goes into another repository stays a session of its own project.

use cs_tests::{run, stdout};
use serde_json::{Value, json};

use super::{UUID, payload, quiet, send, stage};

#[test]
fn a_session_keeps_its_project_in_another_repository() {
    let stage = stage();
    let (own, other) = (stage.repository("repo"), stage.repository("other"));
    super::in_repository(&stage, 70, "git init -q -b elsewhere ../other");
    let before = stage.record_of(UUID).expect("a session");
    for at in [120, 180, 240] {
        let more = json!({"cwd": other, "prompt": "go on there", "prompt_id": format!("there-{at}")});
        quiet(&send(&stage, at, &payload(&stage, UUID, "UserPromptSubmit", more)), "the prompt");
    }
    let record = stage.record_of(UUID).expect("a session");
    for field in ["project_slug", "worktree_root", "git_branch"] {
        assert_eq!(record[field], before[field], "{field}");
    }
    let notes = |record: &Value| {
        let events = record["events"].as_array().cloned().unwrap_or_default();
        events
            .iter()
            .filter(|event| event["message"].as_str().is_some_and(|text| text.starts_with("also works in ")))
            .count()
    };
    assert_eq!(notes(&record), 1, "{record}");
    assert_eq!(record["also_in"], json!([other]), "{record}");
    for place in [own, other] {
        let mut command = stage.sandbox.command("cs-session");
        command.args(["occupants", "--path"]).arg(&place);
        assert!(stdout(&run(command, "")).contains(UUID), "{}", place.display());
    }
}

#[test]
fn going_elsewhere_within_a_turn_is_noted() {
    let stage = stage();
    let other = stage.repository("other");
    super::in_repository(&stage, 70, "git init -q -b elsewhere ../other");
    let edit = json!({"cwd": other, "tool_name": "Write", "tool_input": {"file_path": other.join("a.txt")}});
    quiet(&send(&stage, 120, &payload(&stage, UUID, "PostToolUse", edit)), "the edit");
    let record = stage.record_of(UUID).expect("a session");
    assert_eq!(record["also_in"], json!([other]), "{record}");
    let files = record["files_changed"].as_array().cloned().unwrap_or_default();
    assert!(files.contains(&json!(other.join("a.txt"))), "{record}");
}

#[test]
fn a_successor_that_begins_elsewhere_stays_in_the_project() {
    let stage = stage();
    let other = stage.repository("other");
    super::in_repository(&stage, 70, "git init -q -b elsewhere ../other");
    let before = stage.record_of(UUID).expect("a session");
    let mut complete = stage.sandbox.command("cs-session");
    complete.args(["complete", before["session_id"].as_str().expect("an id"), "--outcome", "done", "-q"]);
    run(complete, "");
    let more = json!({"cwd": other, "prompt": "go on there", "prompt_id": "there"});
    quiet(&send(&stage, 120, &payload(&stage, UUID, "UserPromptSubmit", more)), "the prompt");
    let records = stage.sandbox.records();
    let new = records.iter().find(|record| record["resumed_from"] == before["session_id"]).expect("a successor");
    for field in ["project_slug", "worktree_root", "git_branch"] {
        assert_eq!(new[field], before[field], "{field}");
    }
    assert_eq!(new["also_in"], json!([other]), "{new}");
}
