//! A client's process: which conversation it has, and which one it hands over to another process.

use super::{OTHER, Sender, UUID, id, records, run_command, sender, stage, state, window};
use cs_tests::replay::Stage;
use serde_json::{Value, json};

const THIRD: &str = "aaaaaaaa-0000-4000-8000-000000000003";

fn other(stage: &Stage, at: u64) -> Sender<'_> {
    Sender::new(stage, at, OTHER)
}

fn of<'a>(records: &'a [Value], uuid: &str) -> &'a Value {
    records.iter().find(|record| record["claude_session_id"] == uuid).expect("it is there")
}

#[test]
fn a_conversation_ends_when_its_process_begins_another_one() {
    for is_told in [true, false] {
        let stage = stage();
        sender(&stage, 71).task("1", "write tests");
        if is_told {
            other(&stage, 100).start("clear");
        }
        other(&stage, 110).prompt("new work");
        let records = records(&stage);
        assert_eq!(records.len(), 2);
        let (old, new) = (of(&records, UUID), of(&records, OTHER));
        assert_eq!(json!([old["status"], new["status"]]), json!(["parked", "active"]), "{is_told}");
        assert_eq!(old["parked_reason"], "its client began another conversation with 1 open task");
        assert_eq!(state(&stage, 120, id(new)), "working");
        // Its own end may still arrive, and late events.
        sender(&stage, 111).end("clear");
        sender(&stage, 112).stop("answer one");
        other(&stage, 120).stop("new answer");
        assert!(stage.live(UUID).is_none());
        // The person returns to it.
        sender(&stage, 200).start("resume");
        sender(&stage, 210).prompt("back");
        let records = super::records(&stage);
        let facts = json!([of(&records, UUID)["status"], of(&records, OTHER)["status"]]);
        assert_eq!(facts, json!(["active", "completed"]));
    }
}

#[test]
fn conversations_of_other_processes_go_on() {
    let stage = stage();
    let second = window(&stage);
    other(&stage, 100).from(&second).start("startup");
    other(&stage, 110).from(&second).prompt("beside it");
    // The process of a third one is unknown.
    Sender::new(&stage, 120, THIRD).with("CLAUDE_PID", "").start("startup");
    Sender::new(&stage, 121, THIRD).with("CLAUDE_PID", "").prompt("in between");
    let statuses: Vec<Value> = records(&stage).iter().map(|record| record["status"].clone()).collect();
    assert_eq!(statuses, ["active", "active", "active"]);
}

#[test]
fn a_conversation_that_is_open_in_another_window_stays_open() {
    let stage = stage();
    let second = window(&stage);
    sender(&stage, 80).from(&second).start("resume");
    other(&stage, 100).prompt("new work");
    let live = stage.live(UUID).expect("the second window has it");
    assert_eq!(live["pid"], second.pid());
    assert_eq!(of(&records(&stage), UUID)["status"], "active");
}

/// The client of the background job.
fn job<'a>(stage: &'a Stage, at: u64, window: &cs_tests::Running) -> Sender<'a> {
    let folder = stage.sandbox.home().join(".claude/jobs/2222");
    std::fs::create_dir_all(&folder).expect("it can be created");
    std::fs::write(folder.join("state.json"), r#"{"intent":"a job of its own","other":[1]}"#).expect("it is ours");
    let reported = other(stage, at).from(window).with("CLAUDE_CODE_SESSION_ATTENDED", "0");
    reported.with("CLAUDE_JOB_DIR", &folder.to_string_lossy())
}

#[test]
fn a_conversation_moved_to_the_background_continues() {
    for (in_turn, later) in [(true, 81), (true, 87), (false, 81)] {
        let stage = stage();
        sender(&stage, 71).task("1", "write tests");
        if in_turn {
            sender(&stage, 79).prompt("big refactoring");
        }
        sender(&stage, 80).end("prompt_input_exit");
        let background = window(&stage);
        job(&stage, later, &background).start("fork");
        let found = records(&stage);
        assert_eq!(found.len(), 2, "{found:#?}");
        let (old, new) = (of(&found, UUID), of(&found, OTHER));
        assert_eq!(json!([old["status"], old["resumed_as"]]), json!(["completed", new["session_id"]]));
        assert_ne!(old["outcome"], "answer one");
        let facts = json!([new["status"], new["resumed_from"], new["intent"], new["tasks"][0]["subject"]]);
        assert_eq!(facts, json!(["active", old["session_id"], "build the login page", "write tests"]));
        let expected = if in_turn { "working" } else { "idle" };
        assert_eq!(state(&stage, later + 1, id(new)), expected);
        let occupants = run_command(&stage, later + 1, &["cs-session", "occupants", "-q"]);
        assert_eq!(occupants, id(new));
        job(&stage, 100, &background).stop("refactored");
        job(&stage, 110, &background).end("other");
        let found = records(&stage);
        assert_eq!(
            json!([of(&found, OTHER)["status"], of(&found, OTHER)["outcome"]]),
            json!(["completed", "refactored"])
        );
    }
}

#[test]
fn a_background_job_with_an_unknown_start_gets_a_session_at_once() {
    let stage = stage();
    sender(&stage, 75).end("prompt_input_exit");
    let background = window(&stage);
    job(&stage, 80, &background).start("fork");
    let found = records(&stage);
    let new = of(&found, OTHER);
    assert_eq!(json!([new["intent"], new["resumed_from"]]), json!(["a job of its own", null]));
    // A fork made by a person gets a session with its first prompt, and is not a move.
    Sender::new(&stage, 81, THIRD).from(&window(&stage)).start("fork");
    assert_eq!(records(&stage).len(), 2);
}
