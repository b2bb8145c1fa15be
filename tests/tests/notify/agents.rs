//! Agents in seats: one that was spawned, ended or failed is told once; what the user did is not.

use cs_tests::seat_files::{seat, with};

use super::*;

const PLANNER: &str = "agent_20261121T0900_1f0c";
const BUILDER: &str = "agent_20261121T0930_2f0c";

fn put_seat(sandbox: &Sandbox, id: &str, name: &str, fields: Value) {
    put(sandbox, &format!("agents/{id}.json"), &with(seat(id, name), fields).to_string());
}

fn builder(more: Value) -> Value {
    let fields = json!({"parent": {"agent_id": PLANNER}, "spawned_by": PLANNER,
        "spawned_at": "2026-11-21T09:30:00.000000+00:00"});
    with(fields, more)
}

/// The reason, the seat and the title of each notice of a run.
fn told(sandbox: &Sandbox, now: &str) -> Vec<String> {
    let output = at(sandbox, now, "cs-notify", &["--json"], "");
    assert_eq!((status(&output), stderr(&output)), (0, String::new()));
    let line = |line: &str| {
        let row: Value = serde_json::from_str(line).expect("a line is an object");
        let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
        format!("{} {} {}", text("reason"), text("agent_id"), text("title"))
    };
    stdout(&output).lines().map(line).collect()
}

#[test]
fn a_spawn_and_an_end_are_told_once_and_those_of_the_user_never() {
    let sandbox = sandbox(json!({"command": ["tell"]}));
    put_seat(&sandbox, PLANNER, "planner", json!({}));
    put_seat(&sandbox, BUILDER, "builder", builder(json!({})));
    let spawned = [format!("agent_spawned {BUILDER} api: agent builder was spawned by planner")];
    assert_eq!(told(&sandbox, "21T10:00:00"), spawned);
    assert_eq!(told(&sandbox, "22T09:00:00"), [""; 0], "once, not after each cooldown");
    let end = "2026-11-22T09:00:00.000000+00:00";
    put_seat(&sandbox, BUILDER, "builder", builder(json!({"status": "ended", "ended_at": end, "ended_by": "client"})));
    let by_user = json!({"status": "killed", "ended_at": end, "ended_by": "user"});
    put_seat(&sandbox, PLANNER, "planner", by_user);
    assert_eq!(told(&sandbox, "22T09:01:00"), [format!("agent_ended {BUILDER} api: agent builder ended")]);
    assert_eq!(told(&sandbox, "22T09:02:00"), [""; 0]);
    put_seat(&sandbox, BUILDER, "builder", builder(json!({"status": "killed", "ended_at": end, "ended_by": PLANNER})));
    assert_eq!(told(&sandbox, "24T09:00:00"), [""; 0], "no news any more");
}

#[test]
fn each_reason_can_be_switched_off() {
    let off = json!({"agent_spawned": {"on": false}, "agent_ended": {"on": false}});
    let sandbox = sandbox(json!({"command": ["tell"], "reasons": off}));
    put_seat(&sandbox, BUILDER, "builder", builder(json!({})));
    assert_eq!(told(&sandbox, "21T10:00:00"), [""; 0]);
    let ended = json!({"status": "ended", "ended_at": "2026-11-21T10:00:00.000000+00:00", "ended_by": "client"});
    put_seat(&sandbox, BUILDER, "builder", builder(ended));
    assert_eq!(told(&sandbox, "21T10:01:00"), [""; 0]);
}

#[test]
fn the_end_of_a_turn_of_an_agent_that_another_leads_is_told_if_it_is_switched_on() {
    let reasons = |is_on: bool| json!({"agent_spawned": {"on": false}, "agent_done": {"on": is_on}});
    for (is_on, spawned_by) in [(true, PLANNER), (true, "user"), (false, PLANNER)] {
        let sandbox = sandbox(json!({"command": ["tell"], "reasons": reasons(is_on)}));
        let fields = json!({"session_id": SESSION, "claude_session_id": CA5D, "spawned_by": spawned_by});
        for (time, program, event) in
            [("10:00:00", "cs-hook", "UserPromptSubmit"), ("10:20:00", "cs-heartbeat", "Stop")]
        {
            let payload =
                json!({"session_id": CA5D, "cwd": "/", "hook_event_name": event, "prompt": "fix", "prompt_id": "p"});
            let ended = at(&sandbox, &format!("21T{time}"), program, &[], &payload.to_string());
            assert_eq!(status(&ended), 0, "{}", stderr(&ended));
        }
        put_seat(&sandbox, BUILDER, "builder", builder(fields));
        let done = told(&sandbox, "21T10:30:00");
        let (is_child, one) = (is_on && spawned_by == PLANNER, done.first().cloned().unwrap_or_default());
        assert!(done.len() == 1 && one.starts_with(if is_child { "agent_done " } else { "done " }), "{done:?}");
        assert!(!is_child || one.ends_with(": agent builder is done"), "{done:?}");
        assert_eq!(told(&sandbox, "21T10:31:00"), [""; 0], "once");
    }
}

#[test]
fn an_agent_that_did_not_start_and_a_turn_that_failed_are_failures_of_the_agent() {
    let sandbox = sandbox(json!({"command": ["tell"], "reasons": {"agent_spawned": {"on": false}}}));
    put_seat(&sandbox, PLANNER, "planner", builder(json!({"status": "starting"})));
    assert_eq!(told(&sandbox, "21T10:00:00"), [""; 0], "it may still start");
    assert_eq!(told(&sandbox, "21T11:00:00"), [format!("agent_failed {PLANNER} api: agent planner did not start")]);
    fs::remove_file(sandbox.data().join(format!("agents/{PLANNER}.json"))).expect("it is there");
    let run = |event: &str, more: &str| {
        let payload = format!(r#"{{"session_id":"{CA5D}","cwd":"/","hook_event_name":"{event}"{more}}}"#);
        let program = if event == "StopFailure" { "cs-heartbeat" } else { "cs-hook" };
        assert_eq!(status(&at(&sandbox, "21T10:00:00", program, &[], &payload)), 0);
    };
    run("UserPromptSubmit", r#","prompt":"fix login","prompt_id":"p1""#);
    run("StopFailure", r#","error":"rate_limit""#);
    let failed = told(&sandbox, "21T10:01:00");
    assert!(failed.len() == 1 && failed[0].starts_with("failed "), "{failed:?}");
    put_seat(&sandbox, BUILDER, "builder", builder(json!({"session_id": SESSION, "claude_session_id": CA5D})));
    let failed = told(&sandbox, "21T10:02:00");
    assert!(failed.len() == 1 && failed[0].starts_with(&format!("agent_failed {BUILDER}")), "{failed:?}");
    assert!(failed[0].contains("agent builder: the turn failed"), "{failed:?}");
}
