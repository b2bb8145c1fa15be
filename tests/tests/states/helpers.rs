//! Subagents ask their own questions and never move the turn of their agent.

use crate::*;

fn ask_as(stage: &Stage, at: u64, helper: &str, command: &str) {
    let bash = json!({"tool_name": "Bash", "tool_input": {"command": command}, "agent_id": helper});
    send_event(stage, at, UUID, "PermissionRequest", bash);
}

fn end_as(stage: &Stage, at: u64, helper: &str, command: &str) {
    let bash = json!({"tool_name": "Bash", "tool_input": {"command": command}, "agent_id": helper});
    send_event(stage, at, UUID, "PostToolUse", bash);
}

fn awaited(stage: &Stage) -> Value {
    stage.record_of(UUID).expect("it is recorded")["awaiting_action"].clone()
}

#[test]
fn answering_one_of_two_subagents_leaves_the_other_waiting() {
    let stage = stage();
    ask_as(&stage, 70, "x2", "mkdir 2");
    ask_as(&stage, 71, "x1", "mkdir 1");
    write_registry(&stage, 70, UUID, "waiting");
    assert_state(&stage, 74, UUID, "waiting", "permission for Bash: mkdir 2 and 1 more");
    end_as(&stage, 75, "x2", "mkdir 2");
    assert_eq!(awaited(&stage), "permission for Bash: mkdir 1");
    let done = json!({"prompt": "<task-notification>x", "prompt_id": "b"});
    send_event(&stage, 76, UUID, "UserPromptSubmit", done);
    send_event(&stage, 77, UUID, "Stop", json!({"background_tasks": [{"id": "x1", "type": "subagent"}]}));
    assert_state(&stage, 80, UUID, "waiting", "permission for Bash: mkdir 1 (asked by a subagent 9 s ago)");
    assert_eq!(awaited(&stage), "permission for Bash: mkdir 1");
    // Approved, which only the client's registry shows until the tool has ended.
    write_registry(&stage, 82, UUID, "busy");
    assert_state(&stage, 85, UUID, "background", "1 background tasks");
    end_as(&stage, 90, "x1", "mkdir 1");
    assert_state(&stage, 95, UUID, "background", "1 background tasks");
    assert_eq!(awaited(&stage), Value::Null);
}

#[test]
fn subagents_with_the_same_question_are_distinguished() {
    let stage = stage();
    let (long, longer) = ("x".repeat(5000), format!("y{}", "x".repeat(5000)));
    ask_as(&stage, 70, &long, "make");
    ask_as(&stage, 71, &longer, "make");
    end_as(&stage, 72, &long, "make");
    assert_state(&stage, 75, UUID, "waiting", "permission for Bash: make (asked by a subagent 4 s ago)");
    end_as(&stage, 76, &longer, "make");
    assert_state(&stage, 80, UUID, "working", "UserPromptSubmit");
    assert_eq!(awaited(&stage), Value::Null);
}

#[test]
fn the_end_of_the_turn_does_not_answer_a_subagent() {
    for tasks in [json!({}), json!({"background_tasks": [{"id": "x1"}]})] {
        let stage = stage();
        ask_as(&stage, 70, "x1", "mkdir x");
        send_event(&stage, 75, UUID, "Stop", tasks);
        assert_state(&stage, 80, UUID, "waiting", "permission for Bash: mkdir x");
        assert_eq!(awaited(&stage), "permission for Bash: mkdir x");
    }
    let stage = stage();
    ask_as(&stage, 70, "x1", "mkdir x");
    send_event(&stage, 75, UUID, "Stop", json!({"background_tasks": []}));
    assert_state(&stage, 80, UUID, "idle", "your turn");
    assert_eq!(awaited(&stage), Value::Null, "no subagent is left");
}

#[test]
fn events_of_a_subagent_do_not_move_the_turn() {
    let stage = stage();
    write_registry(&stage, 65, UUID, "idle");
    assert_state(&stage, 70, UUID, "idle", "ended without Stop");
    end_as(&stage, 75, "x1", "ls");
    assert_state(&stage, 76, UUID, "idle", "ended without Stop");
    let before = stage.live(UUID);
    for event in ["SessionStart", "PreCompact", "SessionEnd", "UserPromptSubmit", "Stop", "StopFailure"] {
        let more = json!({"agent_id": "x1", "source": "resume", "prompt": "go", "prompt_id": "q", "error": "no"});
        send_event(&stage, 80, UUID, event, more);
        assert_eq!(stage.live(UUID), before, "{event}");
    }
    ask_as(&stage, 85, "x1", "mkdir x");
    let live = stage.live(UUID).expect("it runs");
    assert_eq!((&live["last_event"], &live["state"]), (&json!("UserPromptSubmit"), &json!("working")));
}

#[test]
fn questions_of_the_agent_and_its_subagents_do_not_answer_each_other() {
    let stage = stage();
    ask(&stage, 70, UUID);
    ask_as(&stage, 71, "x1", "make");
    end_as(&stage, 72, "x1", "make");
    assert_state(&stage, 75, UUID, "waiting", "permission for Bash: make (PermissionRequest 5 s ago)");
    ask_as(&stage, 76, "x1", "make");
    send_event(&stage, 77, UUID, "PostToolUse", json!({"tool_name": "Bash", "tool_input": {"command": "make"}}));
    assert_state(&stage, 80, UUID, "waiting", "asked by a subagent 4 s ago");
    write_registry(&stage, 81, UUID, "idle");
    assert_state(&stage, 85, UUID, "idle", "your turn");
    lists::check_asks_nothing(&stage, 85, UUID);
}
