//! The hook that logs what tools did, with the built program: recorded and hostile payloads of both clients, what is
//! logged of them, and what never is.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::process::{Output, Stdio};
use std::thread;
use std::time::Duration;

use cs_tests::pty::OnTerminal;
use cs_tests::replay::{Client, Delivery, Event, Recording, Stage};
use cs_tests::seat::{self, SEAT};
use cs_tests::{Held, eventually, run, status, stderr, stdout};
use serde_json::{Value, json};

const UUID: &str = "1efc27bb-f68f-47d0-bb52-fc872cee82d8";
const AUDITED: [&str; 5] = ["PreToolUse", "PostToolUse", "PostToolUseFailure", "SubagentStart", "SubagentStop"];

/// The lines of the log, in order.
fn lines(stage: &Stage) -> Vec<Value> {
    let folder = stage.sandbox.data().join("audit");
    let days = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut days: Vec<_> = days.filter(|path| path.extension().is_some_and(|end| end == "jsonl")).collect();
    days.sort();
    let text: String = days.iter().map(|day| fs::read_to_string(day).expect("it is text")).collect();
    text.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect()
}

/// Everything in the data directory, as text.
fn everything(stage: &Stage) -> String {
    let found = stage.sandbox.sh("find $CS_HOME -type f -exec cat {} +; find $CS_HOME");
    stdout(&found)
}

fn log(stage: &Stage) -> String {
    fs::read_to_string(stage.sandbox.data().join("logs/hook.log")).unwrap_or_default()
}

#[track_caller]
fn check_quiet(output: &Output) {
    assert_eq!((status(output), stdout(output), stderr(output)), (0, String::new(), String::new()));
}

#[track_caller]
fn send_text(stage: &Stage, at: u64, text: &str) {
    check_quiet(&run(stage.command("cs-audit", at * 1000, Client::Interactive), text));
}

fn payload(stage: &Stage, event: &str, more: Value) -> Value {
    let mut payload = json!({"session_id": UUID, "cwd": stage.repository("repo"), "hook_event_name": event,
        "transcript_path": format!("/home/dev/.claude/projects/-home-dev-repo/{UUID}.jsonl")});
    for (field, value) in more.as_object().expect("more is an object") {
        payload[field] = value.clone();
    }
    payload
}

#[track_caller]
fn send(stage: &Stage, at: u64, event: &str, more: Value) {
    send_text(stage, at, &payload(stage, event, more).to_string());
}

fn bash(command: &str) -> Value {
    json!({"tool_name": "Bash", "tool_use_id": "toolu_1", "tool_input": {"command": command}})
}

#[track_caller]
fn check_intact(stage: &Stage) {
    let verified = stage.sandbox.cs("cs-audit", &["verify"]);
    assert_eq!((status(&verified), stderr(&verified)), (0, String::new()), "{}", stdout(&verified));
}

/// Plays a recording as a client does: each event to the program that it is for, and audited ones to the log, too.
fn play(stage: &Stage, recording: &Recording) {
    let client = recording.client();
    for event in &recording.events {
        if cs_tests::replay::program(event.name()).is_some_and(|program| program != "cs-audit") {
            stage.send(event, client, Delivery::Once);
        }
        if AUDITED.contains(&event.name()) {
            check_quiet(&run(stage.command("cs-audit", event.at, client), &stage.placed(&event.payload.to_string())));
        }
    }
}

fn of<'a>(recording: &'a Recording, names: &[&str]) -> Vec<&'a Event> {
    recording.events.iter().filter(|event| names.contains(&event.name())).collect()
}

fn text<'a>(line: &'a Value, key: &str) -> &'a str {
    line[key].as_str().unwrap_or_default()
}

fn of_kind<'a>(lines: &'a [Value], kind: &str) -> Vec<&'a Value> {
    lines.iter().filter(|line| line["kind"] == kind).collect()
}

#[test]
fn each_recorded_call_is_an_attempt_and_a_result_with_the_same_id() {
    let mut calls = 0;
    for name in Recording::all() {
        let (recording, stage) = (Recording::load(&name), Stage::new());
        play(&stage, &recording);
        let lines = lines(&stage);
        let (attempts, results) = (of_kind(&lines, "attempt"), of_kind(&lines, "result"));
        let (before, after) = (of(&recording, &["PreToolUse"]), of(&recording, &AUDITED[1..3]));
        assert_eq!((attempts.len(), results.len()), (before.len(), after.len()), "{name}");
        for (line, event) in attempts.iter().zip(&before).chain(results.iter().zip(&after)) {
            for key in ["tool_use_id", "agent_id", "agent_type"] {
                assert_eq!(text(line, key), event.field(key), "{name}: {key} of {line}");
            }
            assert_eq!(line["tool"], event.payload["tool_name"], "{name}");
            assert_eq!(line["claude_session_id"], event.payload["session_id"], "{name}");
            assert_eq!(line["cwd"], stage.placed(event.field("cwd")), "{name}");
        }
        for result in &results {
            // The recorded model counted its calls anew in each run of the client.
            let is_before = |attempt: &&&Value| {
                let keys = ["claude_session_id", "tool_use_id", "agent_id"];
                keys.iter().all(|key| attempt[key] == result[key]) && attempt["seq"].as_u64() < result["seq"].as_u64()
            };
            let same = attempts.iter().rfind(is_before);
            // A client adds to the input of these: a person's answer, and where a subagent runs.
            let is_added_to = ["AskUserQuestion", "Agent"].map(Value::from).contains(&result["tool"]);
            if let Some(attempt) = same.filter(|_| !is_added_to) {
                assert_eq!((&attempt["input"], &attempt["target"]), (&result["input"], &result["target"]), "{name}");
                assert_eq!(attempt["input_sha256"], result["input_sha256"], "{name}: {attempt} {result}");
                assert!(result["bytes"]["input"].is_u64(), "{name}: {result}");
            }
        }
        assert_eq!(of_kind(&lines, "subagent_start").len(), of(&recording, &["SubagentStart"]).len(), "{name}");
        assert_eq!(of_kind(&lines, "subagent_stop").len(), of(&recording, &["SubagentStop"]).len(), "{name}");
        check_intact(&stage);
        assert_eq!(log(&stage), "", "{name}");
        calls += results.len();
    }
    assert!(calls > 60, "only {calls} calls were logged");
}

#[test]
fn subagents_and_what_came_of_a_call_are_told_apart() {
    let stage = Stage::new();
    play(&stage, &Recording::load("claude-code/interactive"));
    let all = lines(&stage);
    let failed: Vec<&Value> = all.iter().filter(|line| line["ok"] == json!(false)).collect();
    assert_eq!(
        (failed.len(), of_kind(&all, "result").iter().filter(|line| line["ok"] == json!(true)).count()),
        (2, 18)
    );
    assert!(of_kind(&all, "result").iter().all(|line| line["ms"].is_u64()), "Claude Code tells how long calls took");
    let started = of_kind(&all, "subagent_start");
    assert!(started.iter().all(|line| line["agent_id"].is_string() && line["agent_type"].is_string()), "{started:?}");
    let own = all.iter().filter(|line| line["kind"] == "attempt" && line["agent_id"].is_null()).count();
    let theirs = of_kind(&all, "attempt").len() - own;
    assert!(own > 10 && theirs > 0, "{own} calls of the conversation, {theirs} of subagents");
    assert!(all.iter().all(|line| line["project"] == "repo"), "the project is that of the conversation: {all:#?}");

    let stage = Stage::new();
    play(&stage, &Recording::load("codex/tools"));
    let all = lines(&stage);
    assert!(all.iter().all(|line| line["agent"] == "codex"), "{all:#?}");
    // What a command of Codex printed does not tell whether it succeeded. A patch that failed is not reported.
    let known = |tool: &str| -> Vec<Value> {
        of_kind(&all, "result").into_iter().filter(|line| line["tool"] == tool).map(|line| line["ok"].clone()).collect()
    };
    assert!(known("Bash").len() > 3 && known("Bash").iter().all(Value::is_null), "{:?}", known("Bash"));
    assert!(!known("apply_patch").is_empty() && known("apply_patch").iter().all(|ok| *ok == json!(true)));
}

#[test]
fn an_interrupted_call_is_one_of_which_nobody_knows_whether_it_succeeded() {
    let stage = Stage::new();
    let ended = |interrupted: bool| {
        let mut call = bash("sleep 60");
        call["tool_response"] = json!({"stdout": "", "stderr": "", "interrupted": interrupted});
        call
    };
    send(&stage, 1, "PostToolUse", ended(true));
    send(&stage, 2, "PostToolUse", ended(false));
    let mut failure = bash("sleep 60");
    failure["is_interrupt"] = json!(true);
    failure["error"] = json!("The user doesn't want to proceed");
    send(&stage, 3, "PostToolUseFailure", failure);
    let said: Vec<(Value, Value)> =
        lines(&stage).iter().map(|line| (line["ok"].clone(), line["interrupted"].clone())).collect();
    let (yes, no) = (json!(true), json!(false));
    assert_eq!(said, [(no.clone(), yes.clone()), (yes.clone(), Value::Null), (no, yes)]);
}

#[test]
fn a_command_or_the_names_of_files_are_logged_with_what_the_rules_say() {
    let stage = Stage::new();
    send(&stage, 1, "PreToolUse", bash("cd /work && rm -rf build && git push --force"));
    let file = |path: &str| json!({"tool_name": "Read", "tool_input": {"file_path": path}, "tool_use_id": "toolu_2"});
    send(&stage, 2, "PreToolUse", file("/home/dev/repo/.env"));
    send(&stage, 3, "PreToolUse", file("/home/dev/repo/src/main.rs"));
    let patch = "*** Begin Patch\n*** Update File: a.txt\n+rm -rf /\n*** Delete File: .ssh/id_rsa\n*** End Patch\n";
    send(&stage, 4, "PreToolUse", json!({"tool_name": "apply_patch", "tool_input": {"command": patch}}));
    let search = json!({"pattern": "token", "path": "/home/dev/.aws/credentials"});
    send(&stage, 5, "PreToolUse", json!({"tool_name": "Grep", "tool_input": search}));
    let lines = lines(&stage);
    let rules = |n: usize| -> Vec<&str> {
        let said = lines[n]["verdicts"].as_array().into_iter().flatten();
        said.map(|said| said["verdict"].as_str().expect("a word")).collect()
    };
    assert_eq!(rules(0), ["destructive", "destructive"]);
    assert!(text(&lines[0], "target").starts_with("git push"), "the worst one: {}", lines[0]);
    assert_eq!((&lines[1]["input"]["path"], rules(1)), (&json!("/home/dev/repo/.env"), vec!["sensitive"]));
    assert_eq!((text(&lines[2], "target"), rules(2)), ("/home/dev/repo/src/main.rs", vec![]));
    assert_eq!(lines[3]["input"], json!({"path": "a.txt", "paths": [".ssh/id_rsa"]}));
    assert_eq!(rules(3), ["sensitive"], "a patch is no command: {}", lines[3]);
    assert_eq!((text(&lines[4], "target"), rules(4)), ("/home/dev/.aws/credentials", vec!["sensitive"]));
    // The hash is that of the bytes that the client sent.
    send_text(
        &stage,
        6,
        r#"{"session_id":"1efc27bb-f68f-47d0-bb52-fc872cee82d8","hook_event_name":"PreToolUse","tool_input": {"command" : "ls"} ,"tool_name":"Bash"}"#,
    );
    let last = self::lines(&stage).pop().expect("a line");
    let expected = stdout(&stage.sandbox.sh(r#"printf '{"command" : "ls"}' | sha256sum | cut -d ' ' -f 1"#));
    assert_eq!((text(&last, "input_sha256"), &last["bytes"]), (expected.trim(), &json!({"input": 18})));
}

/// Secrets of several shapes, assembled at run time, so that secret scanners do not flag the sources.
fn secrets() -> Vec<String> {
    vec![
        format!("{}{}", "gh", "p_A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"),
        format!("{}{}", "sk-ant-", "api03-Zyxwvutsrqponmlkjihgfedcba0123456789"),
        format!("{}{}", "AK", "IAQWERTYUIOPASDFGH"),
        format!("{}.{}.{}", "eyJhbGciOiJIUzI1NiJ9", "eyJzdWIiOiIxMjM0NTY3ODkwIn0", "SflKxwRJSMeKKF2QT4fwpMeJf36POk"),
    ]
}

#[test]
fn no_secret_is_in_the_log_whatever_field_it_is_in() {
    let stage = Stage::new();
    for (n, secret) in secrets().into_iter().enumerate() {
        // Also where the words of a target end, and where those of a command do.
        for blanks in [1, 60, 120, 150, 160, 165, 170, 175, 180, 185, 190, 195, 1950, 1960, 1970, 1980, 1990] {
            let filler = "x ".repeat(blanks / 2);
            send(&stage, 1, "PreToolUse", bash(&format!("rm -rf {filler} {secret} y")));
            send(&stage, 1, "PreToolUse", bash(&format!("echo {filler} '{secret}' | sh")));
        }
        let words = ["session_id", "cwd", "tool_name", "tool_use_id", "agent_id", "agent_type", "prompt_id", "model"];
        for key in words {
            let mut call = bash("ls");
            call[key] = json!(if key == "cwd" { format!("/home/{secret}/x") } else { secret.clone() });
            AUDITED.iter().for_each(|event| send_any(&stage, event, &call));
        }
        for key in ["file_path", "notebook_path", "path", "description", "content", "pattern", "url", "query"] {
            let call = json!({"tool_name": "Read", "tool_input": {key: format!("/home/{secret}/.env")}});
            AUDITED.iter().for_each(|event| send_any(&stage, event, &call));
        }
        let patch = format!("*** Begin Patch\n*** Add File: {secret}\n+{secret}\n*** Add File: b/{secret}\n");
        send(&stage, 3, "PreToolUse", json!({"tool_name": "apply_patch", "tool_input": {"command": patch}}));
        let variables =
            json!({"tool_name": "Bash", "tool_input": {"command": format!("curl -u ada:{secret} x"), "env": secret}});
        send(&stage, 4, "PreToolUse", variables);
        assert!(!everything(&stage).contains(&secret), "secret {n} is in {}", everything(&stage));
        let part: String = secret.chars().take(16).collect();
        assert!(!everything(&stage).contains(&part), "half of secret {n} is in {}", everything(&stage));
    }
    check_intact(&stage);
    let passphrases =
        ["--password='open sesame now'", "--password=\"open sesame now\"", "--password 'open sesame now'"];
    for passphrase in passphrases {
        send(&stage, 5, "PreToolUse", bash(&format!("mysql {passphrase} -e 'DROP DATABASE shop'")));
        let line = lines(&stage).pop().expect("a line");
        assert!(line["verdicts"].is_array() && line["target"].is_string(), "{line}");
        assert!(!line.to_string().contains("sesame"), "{line}");
    }
}

/// Sends a payload with any fields; one without a usable conversation is refused, and that is logged.
fn send_any(stage: &Stage, event: &str, more: &Value) {
    let mut payload = payload(stage, event, more.clone());
    if payload["session_id"] != UUID {
        payload["transcript_path"] = json!(format!("/x/{UUID}.jsonl"));
    }
    send_text(stage, 2, &payload.to_string());
}

#[test]
fn no_contents_and_no_answers_are_in_the_log() {
    let stage = Stage::new();
    let mark = "MARK-of-contents";
    let fields = json!({"file_path": "/home/dev/repo/a", "content": mark, "new_string": mark, "old_string": mark,
        "edits": [{"old_string": mark, "new_string": mark}], "new_source": mark, "prompt": mark, "description": mark,
        "questions": [{"question": mark}], "todos": [{"content": mark}], "query": mark, "pattern": mark, "url": mark});
    for tool in
        ["Write", "Edit", "MultiEdit", "NotebookEdit", "Read", "Agent", "AskUserQuestion", "mcp__a__b", "WebFetch"]
    {
        for event in AUDITED {
            let more = json!({"tool_name": tool, "tool_use_id": "toolu_3", "tool_input": fields, "error": mark,
                "last_assistant_message": mark, "prompt": mark, "message": mark, "agent_id": "a1", "duration_ms": 3,
                "tool_response": {"stdout": mark, "stderr": mark, "content": mark, "file": {"content": mark}}});
            send(&stage, 1, event, more);
        }
    }
    let patch = format!("*** Begin Patch\n*** Update File: a.txt\n@@ {mark}\n-{mark}\n+{mark}\n*** End Patch");
    for answer in [json!(mark), json!([{"type": "text", "text": mark}])] {
        let more = json!({"tool_name": "apply_patch", "tool_input": {"command": patch}, "tool_response": answer});
        send(&stage, 2, "PostToolUse", more);
    }
    assert_eq!(lines(&stage).len(), 9 * 5 + 2);
    let all = everything(&stage);
    assert!(!all.contains(mark), "{all}");
    let mut recorded = BTreeMap::new();
    for name in Recording::all() {
        let (recording, stage) = (Recording::load(&name), Stage::new());
        for event in of(&recording, &AUDITED) {
            check_quiet(&run(stage.command("cs-audit", event.at, recording.client()), &event.payload.to_string()));
            let answer = &event.payload["tool_response"];
            let said = answer["stdout"].as_str().or(answer.as_str()).or(event.payload["error"].as_str());
            let said = said.into_iter().chain(event.payload["last_assistant_message"].as_str());
            recorded.extend(said.filter(|said| said.len() > 24).map(|said| (said.to_string(), name.clone())));
        }
        let all: String = lines(&stage).iter().map(Value::to_string).collect();
        for said in recorded.keys() {
            assert!(!all.contains(said.as_str()), "{name}: {said}");
        }
    }
    assert!(recorded.len() > 10, "{recorded:?}");
}

#[test]
fn payloads_that_no_client_sends_do_no_harm() {
    let stage = Stage::new();
    let whole = payload(&stage, "PreToolUse", bash("rm -rf /")).to_string();
    for text in
        ["", "{", "[]", "null", "\u{feff}{}", "{\"session_id\":7}", "not JSON", "{\"hook_event_name\":\"PreToolUse\"}"]
    {
        send_text(&stage, 1, text);
    }
    assert_eq!(lines(&stage).len(), 0, "nothing names a conversation");
    for (at, _) in whole.char_indices().step_by(7) {
        send_text(&stage, 2, &whole[..at]);
    }
    check_intact(&stage);
    let torn = lines(&stage).len();
    assert!(torn > 0, "what can be read of a torn payload is logged");
    assert!(lines(&stage).iter().all(|line| line["input_sha256"].is_null() || line["input"]["command"] == "rm -rf /"));
    let odd = json!({"tool_name": {"a": 1}, "tool_use_id": ["x"], "tool_input": 7, "agent_id": {}, "agent_type": 1.5,
        "duration_ms": -4, "is_interrupt": "yes", "tool_response": [[[]]], "cwd": null, "transcript_path": 9});
    AUDITED.iter().for_each(|event| send(&stage, 3, event, odd.clone()));
    let hostile = "\u{1b}[2J\u{1b}]0;x\u{7}\u{202e}txt.exe\u{2066}\u{0}\r\nrm -rf / <script>alert(1)</script>";
    for key in ["tool_name", "tool_use_id", "agent_id", "agent_type"] {
        let mut call = bash(hostile);
        call[key] = json!(hostile);
        send(&stage, 4, "PreToolUse", call);
    }
    for line in lines(&stage).iter().skip(torn + 5) {
        let has_control = line.to_string().contains("\\u001b") || line.to_string().contains("\\u0000");
        assert!(!has_control && line["verdicts"].is_array(), "{line}");
    }
    send(
        &stage,
        5,
        "PreToolUse",
        json!({"tool_name": "x".repeat(100_000), "tool_use_id": "y".repeat(100_000),
        "agent_id": "z".repeat(100_000), "tool_input": {"command": "w ".repeat(400_000)}}),
    );
    let long = lines(&stage).pop().expect("a line").to_string();
    assert!(long.len() < 5_000, "{} bytes", long.len());
    send(&stage, 6, "Stop", json!({}));
    send(&stage, 7, "SessionEnd", json!({}));
    assert_eq!(lines(&stage).len(), torn + 5 + 4 + 1, "other events are not logged");
    check_intact(&stage);
}

#[test]
fn what_was_not_received_whole_says_so() {
    let stage = Stage::new();
    let huge = "x".repeat(3 << 20);
    let mut call = bash("rm -rf build");
    call["tool_response"] = json!({"stdout": huge});
    send(&stage, 1, "PostToolUse", call);
    send(&stage, 2, "PreToolUse", bash(&format!("cat >a <<'END'\n{huge}\nEND\nrm -rf build")));
    let write = json!({"file_path": "/home/dev/repo/a", "content": "y\n".repeat(800_000)});
    send(&stage, 3, "PreToolUse", json!({"tool_name": "Write", "tool_use_id": "toolu_4", "tool_input": write}));
    let all = lines(&stage);
    assert_eq!(all.len(), 3);
    for line in &all {
        assert!(line["input_sha256"].is_null() && line["bytes"].is_null(), "{line}");
    }
    let verdicts = |n: usize| all[n]["verdicts"].to_string();
    assert!(verdicts(0).contains("rm-recursive") && !verdicts(0).contains("opaque"), "{}", all[0]);
    assert!(verdicts(1).contains("opaque-long"), "what follows was not read: {}", all[1]);
    assert_eq!((&all[2]["input"], &all[2]["tool_use_id"]), (&json!({"path": "/home/dev/repo/a"}), &json!("toolu_4")));
}

#[test]
fn it_is_on_unless_it_is_switched_off() {
    let stage = Stage::new();
    let config = |text: &str| {
        fs::create_dir_all(stage.sandbox.data()).expect("it can be made");
        fs::write(stage.sandbox.data().join("config.json"), text).expect("it can be written");
    };
    for (text, logged) in [
        ("{\"audit\": {\"enabled\": false}}", 0),
        ("{\"audit\": {\"enabled\": \"off\"}}", 0),
        ("{\"audit\": 7}", 0),
        ("{\"audit\": ", 0),
        ("{\"audit\": {\"enabled\": true}}", 1),
        ("{\"audit\": {}}", 2),
        ("{}", 3),
    ] {
        config(text);
        send(&stage, 1, "PreToolUse", bash("ls"));
        assert_eq!(lines(&stage).len(), logged, "{text}");
    }
    assert!(stage.sandbox.data().join("audit").exists());
    config("{\"audit\": {\"rules\": [{\"id\": \"deploy\", \"program\": [\"deploy\"], \"verdict\": \"destructive\"}]}}");
    send(&stage, 1, "PreToolUse", bash("./deploy now"));
    let line = lines(&stage).pop().expect("a line");
    assert_eq!((&line["verdicts"][0]["rule"], text(&line, "target")), (&json!("deploy"), "./deploy now"));
}

/// A client that writes to nobody gets an error.
#[test]
fn also_switched_off_it_reads_everything() {
    let stage = Stage::new();
    fs::create_dir_all(stage.sandbox.data()).expect("it can be made");
    fs::write(stage.sandbox.data().join("config.json"), "{\"audit\": {\"enabled\": false}}")
        .expect("it can be written");
    let mut command = stage.command("cs-audit", 1, Client::Interactive);
    let mut child = command.stdin(Stdio::piped()).spawn().expect("it can be run");
    let large = payload(&stage, "PreToolUse", bash(&"x".repeat(3_000_000))).to_string();
    let written = child.stdin.take().expect("a pipe").write_all(large.as_bytes());
    assert!(written.is_ok() && child.wait().expect("it ends").success(), "{written:?}");
    assert_eq!(lines(&stage).len(), 0);
}

#[test]
fn called_by_hand_it_tells_what_it_is_only_on_a_terminal() {
    let stage = Stage::new();
    send_text(&stage, 1, "");
    let mut terminal = OnTerminal::start(stage.sandbox.command("cs-audit"));
    terminal.wait();
    assert!(eventually(Duration::from_secs(5), || terminal.shown().contains("verify")), "{}", terminal.shown());
    let shown = terminal.shown();
    assert!(shown.contains("Usage: cs-audit"), "{shown}");
    assert!(!stage.sandbox.data().join("audit").exists(), "nothing is logged");
}

#[test]
fn the_seat_is_that_of_the_client_that_calls() {
    let stage = Stage::new();
    let log = |own: u32, client: u32| {
        seat::write(&stage.sandbox, SEAT, own, json!({}));
        let mut command = stage.command("cs-audit", 1000, Client::Interactive);
        command.env("CS_AGENT", SEAT).env("CLAUDE_PID", client.to_string());
        check_quiet(&run(command, &payload(&stage, "PreToolUse", bash("ls")).to_string()));
        lines(&stage).pop().expect("a line")["agent_seat"].clone()
    };
    let own = std::process::id();
    assert_eq!(log(own, own), SEAT);
    assert_eq!(log(own, stage.client()), Value::Null, "a client that the agent started in its own shell");
    let mut command = stage.command("cs-audit", 1000, Client::Interactive);
    command.env("CS_AGENT", "../../etc").env("CLAUDE_PID", own.to_string());
    check_quiet(&run(command, &payload(&stage, "PreToolUse", bash("ls")).to_string()));
    assert_eq!(lines(&stage).pop().expect("a line")["agent_seat"], Value::Null);
}

#[test]
fn the_project_is_that_of_the_conversation_also_before_and_after_it() {
    let stage = Stage::new();
    let project = || {
        send(&stage, 9, "PostToolUse", bash("ls"));
        lines(&stage).pop().expect("a line")["project"].clone()
    };
    assert_eq!(project(), Value::Null, "no project is registered");
    let hook = |event: &str, more: Value| {
        check_quiet(&run(stage.command("cs-hook", 0, Client::Interactive), &payload(&stage, event, more).to_string()));
    };
    hook("UserPromptSubmit", json!({"prompt": "build it", "prompt_id": "p1"}));
    assert_eq!(project(), "repo");
    hook("SessionEnd", json!({"reason": "other"}));
    assert_eq!(project(), "repo", "a hook that comes late");
    fs::remove_dir_all(stage.sandbox.data().join("ended")).expect("it is there");
    assert_eq!(project(), "repo", "from the folder, of a conversation that no other hook reported");
}

#[test]
fn hooks_at_the_same_time_lose_no_line() {
    let stage = Stage::new();
    let call = |n: usize| {
        let mut call = bash("ls");
        call["tool_use_id"] = json!(format!("toolu_{n}"));
        call
    };
    thread::scope(|scope| {
        let (stage, call) = (&stage, &call);
        for part in 0..8 {
            scope.spawn(move || (0..10).for_each(|n| send(stage, 1, "PreToolUse", call(part * 10 + n))));
        }
    });
    send(&stage, 2, "PreToolUse", call(80));
    let mut ids: Vec<String> = lines(&stage).iter().map(|line| text(line, "tool_use_id").to_string()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 81);
    check_intact(&stage);
}

#[test]
fn a_log_that_is_locked_holds_nobody_up() {
    let stage = Stage::new();
    send(&stage, 1, "PreToolUse", bash("ls"));
    {
        let _held = Held::take(&stage.sandbox.data().join("audit/.lock"));
        send(&stage, 2, "PreToolUse", bash("pwd"));
        assert_eq!(lines(&stage).len(), 1);
    }
    send(&stage, 3, "PreToolUse", bash("id"));
    let all = lines(&stage);
    let commands: Vec<&str> = all.iter().map(|line| text(&line["input"], "command")).collect();
    assert_eq!(commands, ["ls", "pwd", "id"]);
    assert!(all[1]["late"].is_string() && all[2]["late"].is_null(), "{all:#?}");
}
