//! Hooks, the counting of both agents' logs, and the transcript on the page agree on what a person typed.

use crate::*;

/// A prompt, and whether a person typed it. A lone `/model` in tags is the client's own, and no hook is called for it.
const PROMPTS: [(&str, bool); 13] = [
    ("fix the login page", true),
    ("<ide_opened_file>a.rs</ide_opened_file>\nfix it", true),
    ("<pasted_content id=\"1\">\nerror: no such file</pasted_content>", true),
    ("# Context from my IDE setup:\n\n## Open tabs:\n- a\n\n## My request for Codex:\nfix it", true),
    ("<command-message>a:b</command-message>\n<command-name>/a:b</command-name>", true),
    ("why does <system-reminder> show up?", true),
    ("<system-reminder>a</system-reminder>", false),
    ("<ide_selection>a</ide_selection>", false),
    ("<task-notification>a</task-notification>", false),
    ("[Cross-session idle notice] b is idle", false),
    ("<cross-session-message from=\"a\">b</cross-session-message>", false),
    ("[Request interrupted by user]", false),
    ("<environment_context>\n<cwd>/x</cwd>\n</environment_context>", false),
];

/// The number of turns that `cs-usage` finds.
#[track_caller]
fn turns(stage: &Stage) -> u64 {
    let line = parsed(&run_command(stage, 600, &["cs-usage", "session", "--json"]));
    line["turns"].as_u64().expect("a count")
}

fn log(stage: &Stage, path: &str, lines: &[Value]) {
    let path = stage.sandbox.home().join(path);
    fs::create_dir_all(path.parent().expect("it is in a folder")).expect("it can be created");
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    fs::write(path, text).expect("it can be written");
}

fn of_claude(stage: &Stage, content: &Value) {
    let common = json!({"sessionId": UUID, "timestamp": "2026-11-21T10:02:00Z", "cwd": "/home/dev/repo"});
    let line = |kind: &str, uuid: u8, message: Value| {
        let mut line = common.clone();
        (line["type"], line["message"]) = (json!(kind), message);
        line["uuid"] = json!(format!("bbbbbbbb-0000-4000-8000-00000000000{uuid}"));
        line
    };
    let usage = json!({"input_tokens": 9, "output_tokens": 9});
    let answer =
        json!({"id": "m", "model": "claude-opus-5-5", "usage": usage, "content": [{"type": "text", "text": "Done."}]});
    let lines = [line("user", 1, json!({"role": "user", "content": content})), line("assistant", 2, answer)];
    log(stage, &format!(".claude/projects/-home-dev-repo/{UUID}.jsonl"), &lines);
}

fn of_codex(stage: &Stage, event: Value) {
    let line =
        |kind: &str, payload: Value| json!({"timestamp": "2026-11-21T10:02:00Z", "type": kind, "payload": payload});
    let total = json!({"total_token_usage": {"input_tokens": 1000, "total_tokens": 1000}});
    let lines = [
        line("session_meta", json!({"id": UUID, "cwd": "/p"})),
        line("event_msg", event),
        line("event_msg", json!({"type": "token_count", "info": total})),
    ];
    log(stage, &format!(".codex/sessions/rollout-2026-11-21T10-00-00-{UUID}.jsonl"), &lines);
}

#[test]
fn hooks_usage_and_pages_find_the_same_typed_prompts() {
    for (text, is_typed) in PROMPTS {
        let expected = u64::from(is_typed);
        let hook = begun();
        prompt(&hook, 60, text);
        assert_eq!(hook.record_of(UUID).is_some(), is_typed, "a hook: {text:?}");
        for content in [json!(text), json!([{"type": "text", "text": text}])] {
            let stage = Stage::new();
            of_claude(&stage, &content);
            assert_eq!(turns(&stage), expected, "Claude Code's log: {content}");
        }
        for event in [
            json!({"type": "user_message", "message": text}),
            json!({"type": "item_completed", "item": {"type": "UserMessage", "id": "i", "content": [{"type": "text", "text": text}]}}),
        ] {
            let stage = Stage::new();
            of_codex(&stage, event.clone());
            assert_eq!(turns(&stage), expected, "Codex's log: {event}");
        }
    }
}
