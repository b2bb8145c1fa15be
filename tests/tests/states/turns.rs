//! Turns that end without a Stop event or begin without a person.

use crate::*;
use std::io::Write;

/// A conversation with one prompt and a log in this folder.
fn logged(folder: &str, more: Value) -> (Stage, std::path::PathBuf) {
    let stage = Stage::new();
    let log = stage.sandbox.home().join(folder).join(format!("{UUID}.jsonl"));
    fs::create_dir_all(log.parent().expect("a folder")).expect("the folder can be created");
    fs::write(&log, "").expect("the log can be written");
    let mut start = json!({"source": "startup", "transcript_path": log});
    more.as_object().expect("an object").iter().for_each(|(key, value)| start[key] = value.clone());
    send_event(&stage, 0, UUID, "SessionStart", start);
    prompt(&stage, 60, UUID);
    (stage, log)
}

fn append(log: &Path, line: &str) {
    let mut file = fs::OpenOptions::new().append(true).open(log).expect("the log is there");
    writeln!(file, "{line}").expect("the log can be written");
}

fn line(second: u32, kind: &str, text: &str, aside: bool) -> String {
    let at = format!("2026-11-21T10:01:{second:02}.500Z");
    let content = [json!({"type": "text", "text": text})];
    json!({"type": kind, "isSidechain": aside, "timestamp": at, "message": {"role": kind, "content": content}})
        .to_string()
}

const INTERRUPTED: &str = "[Request interrupted by user]";

#[test]
fn without_a_registry_an_interrupt_is_read_from_the_end_of_the_log() {
    let (stage, log) = logged(".claude/projects/x", json!({}));
    append(&log, &line(1, "user", "go", false));
    assert_state(&stage, 65, UUID, "working", "UserPromptSubmit");
    append(&log, &line(6, "user", INTERRUPTED, true));
    assert_state(&stage, 68, UUID, "working", "UserPromptSubmit");
    append(&log, &line(10, "user", "[Request interrupted by user for tool use]", false));
    append(&log, r#"{"type":"file-history-snapshot"}"#);
    assert_state(&stage, 75, UUID, "idle", "the turn was interrupted (the log says so 4 s ago)");
    // It continues, although no hook reported it.
    append(&log, &line(20, "assistant", "Well then.", false));
    assert_state(&stage, 85, UUID, "working", "UserPromptSubmit");
    append(&log, &line(30, "user", INTERRUPTED, false));
    prompt(&stage, 91, UUID);
    assert_state(&stage, 95, UUID, "working", "UserPromptSubmit 4 s ago");
    // The registry takes precedence.
    append(&log, &line(40, "user", INTERRUPTED, false));
    write_registry(&stage, 101, UUID, "busy");
    assert_state(&stage, 105, UUID, "working", "UserPromptSubmit");
}

#[test]
fn a_menu_opened_after_a_dismissed_question_is_not_a_question() {
    for asked in ["AskUserQuestion", "ExitPlanMode", "Bash"] {
        let (stage, log) = logged(".claude/projects/x", json!({}));
        let input = json!({"questions": [{"question": "Which one?"}], "plan": "1. go", "command": "make"});
        send_event(&stage, 61, UUID, "PermissionRequest", json!({"tool_name": asked, "tool_input": input}));
        append(&log, &line(5, "user", "[Request interrupted by user for tool use]", false));
        append(&log, &line(6, "user", "<command-name>/model</command-name>", false));
        write_registry_waiting(&stage, 66, UUID, "dialog open");
        assert_state(&stage, 70, UUID, "idle", "the turn was interrupted");
        lists::check_asks_nothing(&stage, 70, UUID);
        // The next question opens a dialog again.
        prompt(&stage, 71, UUID);
        send_event(&stage, 72, UUID, "PermissionRequest", json!({"tool_name": "AskUserQuestion", "tool_input": input}));
        write_registry_waiting(&stage, 72, UUID, "dialog open");
        assert_state(&stage, 76, UUID, "waiting", "answer: Which one?");
    }
}

#[test]
fn an_unclassified_failure_is_shown_in_the_clients_words() {
    let said = "API Error: 400 scripted failure";
    for (more, why) in [
        (json!({"error": "unknown", "last_assistant_message": said}), said),
        (json!({"last_assistant_message": said}), said),
        (json!({"error": "rate_limit", "last_assistant_message": said}), "rate_limit"),
        (json!({"error": "unknown", "last_assistant_message": " "}), "unknown"),
    ] {
        let stage = stage();
        send_event(&stage, 70, UUID, "StopFailure", more);
        assert_state(&stage, 75, UUID, "idle", &format!("the turn failed: {why} ("));
    }
}

#[test]
fn a_compaction_between_turns_is_work_until_it_is_done_or_interrupted() {
    for background in [json!([]), json!([{"id": "a"}])] {
        let stage = stage();
        let after = if background == json!([]) { "idle" } else { "background" };
        send_event(&stage, 70, UUID, "Stop", json!({"background_tasks": background}));
        write_registry(&stage, 80, UUID, "busy");
        send_event(&stage, 81, UUID, "PreCompact", json!({"trigger": "manual"}));
        assert_state(&stage, 82, UUID, "working", "the client says busy");
        assert_state(&stage, 90, UUID, "working", "the client says busy");
        write_registry(&stage, 91, UUID, "idle");
        assert_state(&stage, 92, UUID, after, "");
        write_registry(&stage, 80, UUID, "busy");
        send_event(&stage, 93, UUID, "SessionStart", json!({"source": "compact"}));
        assert_state(&stage, 94, UUID, after, "");
    }
}

#[test]
fn a_codex_compaction_between_turns_is_work_until_its_log_ends_it() {
    let stage = Stage::new();
    let log = stage.sandbox.home().join(format!("rollout-x-{UUID}.jsonl"));
    let turn = |at: &str, kind: &str| {
        let payload = json!({"type": kind, "turn_id": "t2"});
        json!({"timestamp": at, "type": "event_msg", "payload": payload}).to_string()
    };
    let tells = |at: u64, event: &str, mut more: Value| {
        more["transcript_path"] = json!(log);
        send_event_as(&stage, at, UUID, event, more, Client::Codex, &[]);
    };
    fs::write(&log, "").expect("it can be written");
    tells(60, "UserPromptSubmit", json!({"prompt": "do it", "turn_id": "t1"}));
    tells(62, "Stop", json!({"turn_id": "t1"}));
    append(&log, &turn("2026-11-21T10:01:05.100Z", "task_started"));
    tells(65, "PreCompact", json!({"trigger": "manual", "turn_id": "t2"}));
    assert_state(&stage, 68, UUID, "working", "sums up the conversation (the log says so since 2 s)");
    append(&log, &turn("2026-11-21T10:01:09.100Z", "task_complete"));
    assert_state(&stage, 75, UUID, "idle", "your turn");
}

#[test]
fn only_the_end_of_a_log_is_read() {
    let (stage, log) = logged(".claude/projects/x", json!({}));
    append(&log, &line(10, "user", INTERRUPTED, false));
    append(&log, &format!("{{\"type\":\"system\",\"content\":\"{}\"}}", "x".repeat(70_000)));
    assert_state(&stage, 75, UUID, "working", "UserPromptSubmit");
    append(&log, &line(11, "user", INTERRUPTED, false));
    assert_state(&stage, 75, UUID, "idle", "interrupted");
}

#[test]
fn a_failed_codex_request_ends_the_turn_unless_it_is_retried() {
    let stage = Stage::new();
    let rollout = format!("/home/dev/.codex/sessions/2026/11/21/rollout-x-{UUID}.jsonl");
    let codex = |at: u64, event: &str, mut more: Value| {
        more["transcript_path"] = json!(rollout);
        more["turn_id"] = json!("t1");
        send_event_as(&stage, at, UUID, event, more, Client::Codex, &[]);
    };
    codex(60, "UserPromptSubmit", json!({"prompt": "do it"}));
    codex(61, "PostModelRequest", json!({"status": "completed", "error": null}));
    assert_state(&stage, 62, UUID, "working", "UserPromptSubmit 2 s ago");
    codex(70, "PostModelRequest", json!({"status": "failed", "error": "usage limit", "attempt_number": 1}));
    assert_state(&stage, 75, UUID, "idle", "the last request failed: usage limit (PostModelRequest 5 s ago)");
    codex(80, "PostModelRequest", json!({"status": "failed", "error": r#"{"error":{"message":"bad gateway"}}"#}));
    assert_state(&stage, 81, UUID, "idle", "the last request failed: bad gateway");
    codex(82, "PostModelRequest", json!({"status": "completed", "error": null}));
    assert_state(&stage, 85, UUID, "working", "PostModelRequest");
    codex(90, "PostModelRequest", json!({"status": "failed", "error": "again"}));
    codex(95, "PostToolUse", json!({"tool_name": "Bash", "tool_input": {"command": "ls"}}));
    assert_state(&stage, 96, UUID, "working", "PostToolUse");
    codex(98, "PostModelRequest", json!({"status": "failed", "error": "of a helper", "agent_id": "x"}));
    assert_state(&stage, 99, UUID, "working", "PostToolUse");
}

#[test]
fn a_rollout_shows_the_end_of_a_turn_that_no_hook_reported() {
    let turn = |second: u32, kind: &str, more: Value| {
        let mut payload = json!({"type": kind, "turn_id": "t1"});
        more.as_object().expect("an object").iter().for_each(|(key, value)| payload[key] = value.clone());
        json!({"timestamp": format!("2026-11-21T10:01:{second:02}.500Z"), "type": "event_msg", "payload": payload})
    };
    let nested = json!({"error": {"message": "You have hit your usage limit."}}).to_string();
    let failed = json!({"error": {"message": nested, "codex_error_info": "usage_limit_exceeded"}});
    let cases = [
        ("task_complete", failed, "idle", "the turn failed: You have hit your usage limit. (the log says so"),
        ("task_complete", json!({"error": null}), "idle", "the turn ended (the log says so"),
        ("turn_aborted", json!({"reason": "interrupted"}), "idle", "interrupted (the log says so"),
        ("token_count", json!({}), "working", "UserPromptSubmit"),
    ];
    for (kind, more, state, reason) in cases {
        let stage = Stage::new();
        let log = stage.sandbox.home().join(format!("rollout-x-{UUID}.jsonl"));
        fs::write(&log, format!("{}\n", turn(1, "task_started", json!({})))).expect("it can be written");
        let prompt = json!({"prompt": "do it", "turn_id": "t1", "transcript_path": log});
        send_event_as(&stage, 60, UUID, "UserPromptSubmit", prompt, Client::Codex, &[]);
        append(&log, &turn(10, kind, more).to_string());
        append(&log, &json!({"timestamp": "2026-11-21T10:01:11Z", "type": "response_item", "payload": {}}).to_string());
        assert_state(&stage, 75, UUID, state, reason);
    }
}

#[test]
fn a_codex_that_switched_conversations_has_left_the_old_one() {
    let stage = Stage::new();
    let start = |uuid: &str, at: u64| send_codex_event(&stage, uuid, at, "SessionStart", json!({"source": "startup"}));
    start(UUID, 0);
    send_codex_event(&stage, UUID, 60, "UserPromptSubmit", json!({"prompt": "one", "turn_id": "t1"}));
    send_codex_event(&stage, UUID, 70, "Stop", json!({"turn_id": "t1"}));
    assert_state(&stage, 75, UUID, "idle", "your turn");
    start(OTHER, 80);
    send_codex_event(&stage, OTHER, 85, "UserPromptSubmit", json!({"prompt": "two", "turn_id": "t2"}));
    let (state, why) = shown_state(&stage, 90, UUID);
    assert_eq!(state, "gone", "{why}");
    assert!(why.contains(&format!("its process continued with conversation {OTHER}")), "{why}");
    assert_eq!(shown_state(&stage, 90, OTHER).0, "working");
    // A person returned to it.
    send_codex_event(&stage, UUID, 95, "UserPromptSubmit", json!({"prompt": "three", "turn_id": "t3"}));
    send_codex_event(&stage, UUID, 96, "Stop", json!({"turn_id": "t3"}));
    assert_state(&stage, 99, UUID, "idle", "your turn");
}

/// State and reason according to `cs-session show`.
fn shown_state(stage: &Stage, at: u64, uuid: &str) -> (String, String) {
    let mut command = stage.command("cs-session", at * 1000, Client::Interactive);
    command.args(["show", &format!("claude:{uuid}"), "--json"]);
    let shown: Value = serde_json::from_str(&stdout(&run(command, ""))).expect("JSON");
    let word = |key: &str| shown[key].as_str().expect("a text").to_string();
    (word("state"), word("state_reason"))
}

fn send_codex_event(stage: &Stage, uuid: &str, at: u64, event: &str, mut more: Value) {
    more["transcript_path"] = json!(format!("/home/dev/.codex/sessions/rollout-x-{uuid}.jsonl"));
    send_event_as(stage, at, uuid, event, more, Client::Codex, &[]);
}

#[test]
fn a_scheduled_prompt_is_background_work_and_not_an_activity() {
    let stage = stage();
    let crons = json!([{"id": "x", "schedule": "* * * * *", "recurring": true, "prompt": "look again"}]);
    send_event(&stage, 70, UUID, "Stop", json!({"background_tasks": [], "session_crons": crons}));
    assert_state(&stage, 75, UUID, "background", "continues by itself every minute (Stop 5 s ago)");
    write_registry(&stage, 76, UUID, "idle");
    assert_state(&stage, 80, UUID, "background", "continues by itself every minute");
    send_event(&stage, 120, UUID, "UserPromptSubmit", json!({"prompt": "look again", "prompt_id": "c1"}));
    write_registry(&stage, 120, UUID, "busy");
    assert_state(&stage, 125, UUID, "working", "UserPromptSubmit");
    let record = stage.record_of(UUID).expect("it is recorded");
    assert_eq!(record["current_activity"], "do it", "the client's own prompt is no activity of the person");
    send_event(&stage, 130, UUID, "Stop", json!({"background_tasks": [], "session_crons": []}));
    write_registry(&stage, 130, UUID, "idle");
    assert_state(&stage, 135, UUID, "idle", "your turn");
    send_event(&stage, 140, UUID, "UserPromptSubmit", json!({"prompt": "look again", "prompt_id": "c2"}));
    let record = stage.record_of(UUID).expect("it is recorded");
    assert_eq!(record["current_activity"], "look again", "this time a person typed it");
}

#[test]
fn a_prompt_typed_during_a_turn_is_a_new_one_despite_its_id() {
    let stage = Stage::new();
    send_event(&stage, 0, UUID, "SessionStart", json!({"source": "startup"}));
    let prompt = |at, text| send_event(&stage, at, UUID, "UserPromptSubmit", json!({"prompt": text, "prompt_id": "a"}));
    let doing = || stage.record_of(UUID).expect("it is recorded")["current_activity"].clone();
    prompt(60, "first thing");
    prompt(61, "first thing");
    assert_eq!(doing(), "first thing");
    prompt(65, "no, the other thing");
    assert_eq!(doing(), "no, the other thing");
    assert_eq!(stage.sandbox.records().len(), 1);
    send_event(&stage, 70, UUID, "Stop", json!({}));
    assert_state(&stage, 75, UUID, "working", "the prompt that was typed meanwhile runs (Stop 5 s ago)");
    // Only the client knows whether it continues, since the ended turn may have included the prompt.
    write_registry(&stage, 50, UUID, "busy");
    assert_state(&stage, 76, UUID, "working", "the prompt that was typed meanwhile runs");
    write_registry(&stage, 70, UUID, "idle");
    assert_state(&stage, 76, UUID, "idle", "your turn (Stop 6 s ago)");
    write_registry(&stage, 70, UUID, "busy");
    send_event(&stage, 80, UUID, "Stop", json!({}));
    assert_state(&stage, 85, UUID, "idle", "your turn");
}
