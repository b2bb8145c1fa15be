//! A conversation that ends in the middle of a turn or a question.

use super::{records, sender, stage, texts};
use cs_tests::replay::Stage;
use serde_json::json;

fn ask(stage: &Stage, at: u64) {
    sender(stage, at).event("PermissionRequest", json!({"tool_name": "Bash", "tool_input": {"command": "make"}}));
}

#[test]
fn an_interrupted_turn_is_parked_without_an_older_answer() {
    for asks in [false, true] {
        let stage = stage();
        sender(&stage, 80).prompt("migrate the database");
        if asks {
            ask(&stage, 81);
        }
        sender(&stage, 90).end("other");
        let record = &records(&stage)[0];
        let what = if asks { "permission for Bash: make" } else { "migrate the database" };
        let facts = json!([record["status"], record["outcome"], record["parked_reason"]]);
        assert_eq!(facts, json!(["parked", null, format!("the conversation ended in the middle of: {what}")]));
        assert_eq!(texts(record, "events", "message"), [format!("ended in the middle of: {what}")]);
        // It continues where it was.
        sender(&stage, 500).start("resume");
        sender(&stage, 510).prompt("go on please");
        sender(&stage, 520).stop("migrated");
        sender(&stage, 530).end("other");
        let record = &records(&stage)[0];
        assert_eq!(json!([record["status"], record["outcome"]]), json!(["completed", "migrated"]));
        assert_eq!(record["intent"], "build the login page");
    }
}

#[test]
fn an_interrupted_unattended_turn_is_completed() {
    let stage = stage();
    sender(&stage, 80).prompt("migrate the database");
    sender(&stage, 90).with("CLAUDE_CODE_SESSION_ATTENDED", "0").end("other");
    let record = &records(&stage)[0];
    assert_eq!(json!([record["status"], record["outcome"]]), json!(["completed", null]));
    assert_eq!(texts(record, "events", "message"), ["ended in the middle of: migrate the database"]);
}

#[test]
fn a_killed_client_leaves_no_older_answer() {
    let mut stage = stage();
    sender(&stage, 80).prompt("migrate the database");
    stage.kill_client();
    super::run_command(&stage, 200, &["cs-cleanup", "gone", "-q"]);
    let record = &records(&stage)[0];
    assert_eq!(json!([record["status"], record["outcome"]]), json!(["parked", null]));
    assert_eq!(record["parked_reason"], "the conversation's process ended in the middle of: migrate the database");
}

#[test]
fn an_answer_that_arrives_after_the_end_completes_the_session_and_keeps_what_was_open() {
    let stage = stage();
    sender(&stage, 80).prompt("migrate the database");
    sender(&stage, 90).end("other");
    sender(&stage, 91).stop("migrated");
    let record = &records(&stage)[0];
    let facts = json!([record["status"], record["outcome"], record["parked_reason"], record["events"]]);
    assert_eq!(facts, json!(["completed", "migrated", null, []]));
    // An open task is a separate reason.
    let stage = super::stage();
    sender(&stage, 79).task("1", "write tests");
    sender(&stage, 80).prompt("migrate the database");
    sender(&stage, 90).end("other");
    sender(&stage, 91).stop("migrated");
    let record = &records(&stage)[0];
    let facts = json!([record["status"], record["parked_reason"], record["events"]]);
    assert_eq!(facts, json!(["parked", "the conversation ended with 1 open task", []]));
}
