//! A conversation whose client does not report prompts (editors): the other events prove that there was one.

use super::{UUID, id, records, run_command, sender, state, texts};
use cs_tests::replay::Stage;
use serde_json::json;

fn begun() -> Stage {
    let stage = Stage::new();
    sender(&stage, 0).start("startup");
    stage
}

fn edit(stage: &Stage, at: u64) {
    let file = stage.repository("repo").join("a.rs");
    sender(stage, at).event("PostToolUse", json!({"tool_name": "Edit", "tool_input": {"file_path": file}}));
}

#[test]
fn a_tool_call_that_changes_a_file_creates_the_session() {
    let stage = begun();
    sender(&stage, 5).event("PostToolUse", json!({"tool_name": "Bash", "tool_input": {"command": "ls"}}));
    assert!(records(&stage).is_empty(), "it may be the client's own question");
    edit(&stage, 90);
    let record = &records(&stage)[0];
    let facts = json!([record["intent"], record["started_at"], record["claude_session_id"]]);
    assert_eq!(facts, json!(["conversation in repo", "2026-11-21T10:00:00.000000+00:00", UUID]));
    assert_eq!(texts(record, "files_changed", ""), ["a.rs"]);
    sender(&stage, 100).stop("Login works again.");
    edit(&stage, 110);
    sender(&stage, 120).stop("And logout.");
    assert_eq!(state(&stage, 121, id(record)), "idle");
    sender(&stage, 130).end("other");
    let records = records(&stage);
    assert_eq!(records.len(), 1);
    assert_eq!(json!([records[0]["status"], records[0]["outcome"]]), json!(["completed", "And logout."]));
}

#[test]
fn a_turn_without_changes_creates_the_session_with_the_next_event() {
    for next in ["Notification", "SessionEnd", "PreCompact", "cs-cleanup all", "killed"] {
        let mut stage = begun();
        sender(&stage, 60).stop("It is a login page.");
        match next {
            "cs-cleanup all" => drop(run_command(&stage, 70, &["cs-cleanup", "all", "-q"])),
            "killed" => {
                stage.kill_client();
                run_command(&stage, 70, &["cs-cleanup", "gone", "-q"]);
            }
            "Notification" => {
                sender(&stage, 70).event(next, json!({"notification_type": "idle_prompt", "message": "?"}))
            }
            _ => sender(&stage, 70).event(next, json!({})),
        }
        let found = records(&stage);
        assert_eq!(found.len(), 1, "{next}");
        let message = if found[0]["status"] == "active" { "last_message" } else { "outcome" };
        assert_eq!(found[0][message], "It is a login page.", "{next}");
    }
}

#[test]
fn a_late_prompt_sets_the_intent() {
    let stage = begun();
    edit(&stage, 60);
    sender(&stage, 70).prompt("fix the login page");
    sender(&stage, 80).prompt("and the logout");
    let found = records(&stage);
    assert_eq!(found.len(), 1);
    assert_eq!(
        json!([found[0]["intent"], found[0]["current_activity"]]),
        json!(["fix the login page", "and the logout"])
    );
}

#[test]
fn a_conversation_without_a_turn_gets_no_session() {
    let stage = begun();
    sender(&stage, 60).end("other");
    assert!(records(&stage).is_empty());
    sender(&stage, 100).start("startup");
    sender(&stage, 110).prompt("<task-notification>\n<task-id>x</task-id>");
    sender(&stage, 120).stop("noted");
    sender(&stage, 130).end("other");
    assert!(records(&stage).is_empty(), "its prompts are reported, and nobody typed one");
}
