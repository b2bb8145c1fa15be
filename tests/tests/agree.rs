//! All programs say the same about a conversation: what a turn is, how many commits were made, and which conversation
//! decides the state of a session are each decided in one place.

use std::fs;

use cs_tests::{Sandbox, status, stderr, stdout};
use serde_json::{Value, json};

const UUID: &str = "1efc27bb-f68f-47d0-bb52-fc872cee82d8";

/// A line of a transcript.
fn line(second: u32, kind: &str, mut more: Value) -> String {
    let fields = more.as_object_mut().expect("more fields are an object");
    fields.insert("type".into(), json!(kind));
    fields.insert("uuid".into(), json!(format!("00000000-0000-4000-8000-0000000000{second:02}")));
    fields.insert("sessionId".into(), json!(UUID));
    fields.insert("timestamp".into(), json!(format!("2026-11-21T10:00:{second:02}Z")));
    format!("{more}\n")
}

fn said(second: u32, content: Value) -> String {
    line(second, "user", json!({"message": {"content": content}}))
}

fn ran(second: u32, id: &str, command: &str, output: &str) -> String {
    let usage = json!({"input_tokens": 10, "output_tokens": 1});
    let call = json!({"type": "tool_use", "id": id, "name": "Bash", "input": {"command": command}});
    let message = json!({"id": format!("msg_{id}"), "model": "claude-opus-5-5", "usage": usage, "content": [call]});
    let result = json!([{"type": "tool_result", "tool_use_id": id, "content": output}]);
    line(second, "assistant", json!({"message": message})) + &said(second + 1, result)
}

/// Two turns and two commits, among lines that are neither.
fn transcript() -> String {
    [
        said(1, json!("fix the login")),
        ran(2, "a", "git commit -m one && git -C sub commit -m two", "[main 1a2b3c4] one\n[main 2b3c4d5] two"),
        ran(4, "b", "echo 'git commit -m three'", "git commit -m three"),
        ran(6, "c", "git commit -m four", "nothing to commit, working tree clean"),
        said(8, json!("<system-reminder>nobody typed this \\ud83d</system-reminder>")),
        said(9, json!("<task-notification>done</task-notification>")),
        said(10, json!("<command-name>/model</command-name>\n<command-args></command-args>")),
        said(11, json!([{"type": "text", "text": "[Request interrupted by user]"}])),
        line(12, "user", json!({"isMeta": true, "message": {"content": "the client's own"}})),
        line(13, "user", json!({"origin": {"kind": "task"}, "message": {"content": "a program's"}})),
        line(14, "user", json!({"isSidechain": true, "message": {"content": "the agent's"}})),
        said(15, json!([{"type": "image", "source": {"data": "x"}}])),
        line(16, "assistant", json!({"message": {"content": [{"type": "text", "text": "It is a login page."}]}})),
    ]
    .concat()
}

/// A sandbox in which the conversation has a session and a transcript.
fn recorded() -> Sandbox {
    let sandbox = Sandbox::new();
    let folder = sandbox.home().join(".claude/projects/-work");
    fs::create_dir_all(&folder).expect("a fresh folder can be written");
    let log = folder.join(format!("{UUID}.jsonl"));
    fs::write(&log, transcript()).expect("a fresh folder can be written");
    let prompt = json!({
        "session_id": UUID, "hook_event_name": "UserPromptSubmit", "cwd": sandbox.work(), "prompt": "fix the login",
        "transcript_path": log,
    });
    assert_eq!(status(&sandbox.hook("cs-hook", &prompt.to_string())), 0);
    sandbox
}

#[test]
fn turns_and_commits_of_a_transcript_are_the_same_in_every_program() {
    let sandbox = recorded();
    let report = sandbox.cs("cs-usage", &["session", "--json"]);
    assert_eq!(status(&report), 0, "{}", stderr(&report));
    let rows: Vec<Value> =
        stdout(&report).lines().map(|line| serde_json::from_str(line).expect("it is JSON")).collect();
    let [row] = &rows[..] else { panic!("one conversation has one row: {rows:?}") };
    assert_eq!(row["turns"], 2, "{row}");

    let id = sandbox.records()[0]["session_id"].as_str().expect("it has an id").to_string();
    let ended = sandbox.cs("cs-session", &["complete", &id, "--outcome", "done"]);
    assert_eq!(status(&ended), 0, "only ended sessions have notes: {}", stderr(&ended));
    let export = sandbox.cs("cs-export", &["--all", "--output-dir", "notes"]);
    assert_eq!(status(&export), 0, "{}", stderr(&export));
    let note = fs::read_to_string(sandbox.work().join(format!("notes/{id}.md"))).expect("there is a note");
    let conversation = note.split("## Conversation").nth(1).expect("the note has the conversation");
    assert!(conversation.contains("2 of 2 turns."), "{conversation}");
    assert!(conversation.contains("2 commits"), "{conversation}");
}

#[test]
fn every_list_takes_the_state_from_the_most_recent_conversation() {
    let sandbox = recorded();
    let id = sandbox.records()[0]["session_id"].as_str().expect("it has an id").to_string();
    let live = sandbox.json(&format!("live/{UUID}.json"));
    let other = "2efc27bb-f68f-47d0-bb52-fc872cee82d8";
    let (mut earlier, mut later) = (live.clone(), live);
    earlier["last_event_at"] = json!("2026-11-21T00:00:00.000000+00:00");
    later["claude_session_id"] = json!(other);
    later["state"] = json!("idle");
    later["last_event"] = json!("Stop");
    let data = sandbox.data();
    for (uuid, file) in [(UUID, &earlier), (other, &later)] {
        fs::write(data.join(format!("live/{uuid}.json")), file.to_string()).expect("it can be written");
    }
    fs::create_dir_all(data.join("statusline")).expect("it can be written");
    for (uuid, used) in [(UUID, 97.0), (other, 3.0)] {
        let reading = json!({"claude_session_id": uuid, "at": "2026-11-21T10:20:00.000000+00:00", "context_used_percentage": used, "day": "2026-11-21", "cost_before_day_usd": 0.0});
        fs::write(data.join(format!("statusline/{uuid}.json")), reading.to_string()).expect("it can be written");
    }
    let states: Vec<String> = [
        ("cs-session", vec!["list", "--json"]),
        ("cs-session", vec!["show", &id, "--json"]),
        ("cs-export", vec![&id, "--format", "jsonl"]),
    ]
    .into_iter()
    .map(|(program, args)| {
        let shown: Value = serde_json::from_str(stdout(&sandbox.cs(program, &args)).trim()).expect("it is JSON");
        shown["state"].as_str().or(shown["session"]["state"].as_str()).unwrap_or("none").to_string()
    })
    .collect();
    assert!(states.iter().all(|state| *state == states[0] && state != "working"), "{states:?}");
    let table = stdout(&sandbox.cs("cs-session", &["list", "--table"]));
    assert!(table.contains("3%") && !table.contains("97%"), "{table}");
}
