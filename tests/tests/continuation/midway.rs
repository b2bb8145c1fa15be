//! A conversation that ends in the middle of a turn or a question.

use super::{records, stage, texts, told};
use cs_tests::replay::Stage;
use serde_json::json;

fn ask(stage: &Stage, at: u64) {
    told(stage, at).event("PermissionRequest", json!({"tool_name": "Bash", "tool_input": {"command": "make"}}));
}

#[test]
fn an_interrupted_turn_is_parked_without_an_older_answer() {
    for asks in [false, true] {
        let stage = stage();
        told(&stage, 80).prompt("migrate the database");
        if asks {
            ask(&stage, 81);
        }
        told(&stage, 90).end("other");
        let record = &records(&stage)[0];
        let what = if asks { "permission for Bash: make" } else { "migrate the database" };
        let facts = json!([record["status"], record["outcome"], record["parked_reason"]]);
        assert_eq!(facts, json!(["parked", null, format!("the conversation ended in the middle of: {what}")]));
        assert_eq!(texts(record, "events", "message"), [format!("ended in the middle of: {what}")]);
        // It continues where it was.
        told(&stage, 500).start("resume");
        told(&stage, 510).prompt("go on please");
        told(&stage, 520).stop("migrated");
        told(&stage, 530).end("other");
        let record = &records(&stage)[0];
        assert_eq!(json!([record["status"], record["outcome"]]), json!(["completed", "migrated"]));
        assert_eq!(record["intent"], "build the login page");
    }
}

#[test]
fn an_interrupted_unattended_turn_is_completed() {
    let stage = stage();
    told(&stage, 80).prompt("migrate the database");
    told(&stage, 90).with("CLAUDE_CODE_SESSION_ATTENDED", "0").end("other");
    let record = &records(&stage)[0];
    assert_eq!(json!([record["status"], record["outcome"]]), json!(["completed", null]));
    assert_eq!(texts(record, "events", "message"), ["ended in the middle of: migrate the database"]);
}

#[test]
fn a_killed_client_leaves_no_older_answer() {
    let mut stage = stage();
    told(&stage, 80).prompt("migrate the database");
    stage.kill_client();
    super::person(&stage, 200, &["cs-cleanup", "gone", "-q"]);
    let record = &records(&stage)[0];
    assert_eq!(json!([record["status"], record["outcome"]]), json!(["parked", null]));
    assert_eq!(record["parked_reason"], "the conversation's process ended in the middle of: migrate the database");
}

#[test]
fn an_answer_that_arrives_after_the_end_completes_the_session_and_keeps_what_was_open() {
    let stage = stage();
    told(&stage, 80).prompt("migrate the database");
    told(&stage, 90).end("other");
    told(&stage, 91).stop("migrated");
    let record = &records(&stage)[0];
    let facts = json!([record["status"], record["outcome"], record["parked_reason"], record["events"]]);
    assert_eq!(facts, json!(["completed", "migrated", null, []]));
    // An open task is a separate reason.
    let stage = super::stage();
    told(&stage, 79).task("1", "write tests");
    told(&stage, 80).prompt("migrate the database");
    told(&stage, 90).end("other");
    told(&stage, 91).stop("migrated");
    let record = &records(&stage)[0];
    let facts = json!([record["status"], record["parked_reason"], record["events"]]);
    assert_eq!(facts, json!(["parked", "the conversation ended with 1 open task", []]));
}
