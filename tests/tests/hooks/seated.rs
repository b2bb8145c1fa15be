//! Conversations in seats: the conversation's file and its session name the seat, and only the seat's own client does
//! that.

use cs_tests::replay::{Client, Stage, program};
use cs_tests::seat::{self, PARENT, SEAT};
use cs_tests::{run, status, stderr};
use serde_json::{Value, json};

use super::{OTHER, UUID, payload, prompt, start};

/// Sends an event of a client that finds this seat in its environment.
fn send(stage: &Stage, at: u64, uuid: &str, event: &str, claim: &str, more: Value) {
    let mut command = stage.command(program(event).unwrap(), at * 1000, Client::Interactive);
    command.env("CS_AGENT", claim);
    let output = run(command, &payload(stage, uuid, event, more).to_string());
    assert_eq!((status(&output), stderr(&output)), (0, String::new()), "{event}");
}

fn begin(stage: &Stage, claim: &str) -> (Value, Value) {
    send(stage, 0, UUID, "SessionStart", claim, json!({"source": "startup"}));
    send(stage, 1, UUID, "UserPromptSubmit", claim, json!({"prompt": "build it", "prompt_id": "p1"}));
    (stage.live(UUID).expect("it runs"), stage.record_of(UUID).expect("it has a session"))
}

#[test]
fn the_session_of_a_seat_names_the_seat_and_the_parents_session() {
    let stage = Stage::new();
    start(&stage, 0, OTHER, "startup");
    prompt(&stage, 0, OTHER, "plan it");
    let parent = stage.record_of(OTHER).unwrap()["session_id"].clone();
    seat::write(&stage.sandbox, PARENT, stage.client(), json!({"session_id": parent}));
    seat::write(&stage.sandbox, SEAT, stage.client(), json!({"parent": {"agent_id": PARENT}}));
    let (live, record) = begin(&stage, SEAT);
    assert_eq!((&live["agent_id"], &record["agent_id"]), (&json!(SEAT), &json!(SEAT)));
    assert_eq!(record["parent_session_id"], parent);
}

#[test]
fn a_session_that_was_made_when_the_seat_was_spawned_is_used() {
    let stage = Stage::new();
    let add = stage.sandbox.cs("cs-session", &["create", "--json", "--intent", "made by a spawn"]);
    let made: Value = serde_json::from_slice(&add.stdout).unwrap_or_else(|e| panic!("{e}: {add:?}"));
    let id = made["session_id"].clone();
    seat::write(&stage.sandbox, SEAT, stage.client(), json!({"claude_session_id": UUID, "session_id": id}));
    send(&stage, 0, UUID, "SessionStart", SEAT, json!({"source": "startup"}));
    send(&stage, 1, UUID, "UserPromptSubmit", SEAT, json!({"prompt": "build it", "prompt_id": "p1"}));
    assert_eq!((stage.sandbox.records().len(), &stage.live(UUID).unwrap()["session_id"]), (1, &id));
}

#[test]
fn another_client_that_inherited_the_variable_is_not_in_the_seat() {
    for claim in [SEAT, "agent_20261121T1000_ffff", "../x", "", "builder"] {
        let stage = Stage::new();
        // The seat's client is this test, not the client that calls.
        seat::write(&stage.sandbox, SEAT, std::process::id(), json!({}));
        let (live, record) = begin(&stage, claim);
        assert_eq!((&live["agent_id"], &record["agent_id"]), (&Value::Null, &Value::Null), "{claim:?}");
    }
}
