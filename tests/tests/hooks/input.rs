//! Input that no client sends: nothing, too much, too late, something else.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::process::{Child, ChildStdin, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use cs_tests::replay::{Client, Stage, check_store, fixtures, program};
use cs_tests::{entries, status, stderr, stdout};
use serde_json::{Value, json};

use super::{OTHER, TIMEOUT, UUID, check_quiet, contents, log, payload, stage};

const PROGRAMS: [&str; 2] = ["cs-hook", "cs-heartbeat"];
const MIB: usize = 1 << 20;

/// How a program ended.
pub struct Ended {
    pub code: Option<i32>,
    pub said: String,
    pub took: Duration,
    /// Its peak memory, in KiB.
    pub peak: i64,
}

/// Starts a program in HOME/work, which belongs to no project, lets `feed` write its input and waits for it to end.
pub fn fed(stage: &Stage, program: &str, feed: impl FnOnce(ChildStdin) + Send) -> Ended {
    let begun = Instant::now();
    let mut command = stage.sandbox.command(program);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program can be started");
    let input = child.stdin.take().expect("its input is a pipe");
    thread::scope(|scope| {
        scope.spawn(move || feed(input));
        ended(child, begun)
    })
}

/// Waits for a program to end.
pub fn ended(mut child: Child, begun: Instant) -> Ended {
    let mut status = 0;
    // SAFETY: rusage is plain numbers, and both pointers are to values of ours that outlive the call.
    let (got, usage) = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        (libc::wait4(child.id() as libc::pid_t, &mut status, 0, &mut usage), usage)
    };
    assert_eq!(got, child.id() as libc::pid_t);
    let took = begun.elapsed();
    let mut said = String::new();
    child.stdout.take().map(|mut pipe| pipe.read_to_string(&mut said));
    child.stderr.take().map(|mut pipe| pipe.read_to_string(&mut said));
    let unit = if cfg!(target_os = "macos") { 1024 } else { 1 };
    let code = libc::WIFEXITED(status).then(|| libc::WEXITSTATUS(status));
    Ended { code, said, took, peak: usage.ru_maxrss / unit }
}

#[test]
fn input_that_is_not_a_payload_changes_nothing() {
    let stage = stage();
    let before = contents(&stage);
    let id = |id: &str| json!({"session_id": id, "hook_event_name": "UserPromptSubmit", "cwd": "/", "prompt": "x"});
    let deep = "[".repeat(100_000);
    let mut inputs: Vec<Vec<u8>> = [
        "",
        " \n",
        "x",
        "{",
        "}",
        "[]",
        "[{}]",
        "{}",
        "null",
        "true",
        "7",
        "\"text\"",
        "{\"session_id\"",
        "{\"a\":}",
        "\0",
        "\0\0\0\0",
        "{\0}",
        &deep,
        &format!("{{\"x\":{deep}"),
        &"{\"a\":".repeat(100_000),
    ]
    .iter()
    .map(|text| text.as_bytes().to_vec())
    .collect();
    inputs.push(b"\xff\xfe{\"session_id\":1}".to_vec());
    inputs.push(b"\xef\xbb\xbf{}".to_vec());
    for bad in [
        "../../etc/passwd",
        "/etc/passwd",
        "..",
        "",
        "aaaaaaaa-0000-4000-8000-00000000000",
        "aaaaaaaa-0000-4000-8000-0000000000011",
        "aaaaaaaa/0000-4000-8000-000000000001",
        "aaaaaaaa-0000-4000-8000-00000000000\0",
        "../aaaaa-0000-4000-8000-000000000001",
        "aaaaaaaa-0000-4000-8000-00000000000\u{0661}",
    ] {
        inputs.push(id(bad).to_string().into_bytes());
    }
    for input in &inputs {
        for name in PROGRAMS {
            let noted = log(&stage).lines().count();
            let ended = fed(&stage, name, |mut pipe| drop(pipe.write_all(input)));
            let shown = String::from_utf8_lossy(&input[..input.len().min(60)]).into_owned();
            assert_eq!((ended.code, ended.said.as_str()), (Some(0), ""), "{name} {shown}");
            assert_eq!(contents(&stage), before, "{name} {shown}");
            // No input at all means a call by hand.
            let lines = log(&stage).lines().count() - noted;
            assert_eq!(lines, usize::from(!input.is_empty()), "{name} {shown}: {}", log(&stage));
        }
    }
    assert!(!log(&stage).contains("defect"), "{}", log(&stage));
}

#[test]
fn an_endless_payload_costs_neither_time_nor_memory() {
    let stage = stage();
    let begin = |event: &str, field: &str| {
        let whole = payload(&stage, OTHER, event, json!({field: ""})).to_string();
        let all = whole.replace(&format!("\"{field}\":\"\""), "");
        let all = all.trim_end_matches('}').trim_end_matches(',').replace(",,", ",");
        format!("{all},\"{field}\":\"")
    };
    let cases = [
        ("cs-hook", begin("UserPromptSubmit", "prompt"), "very long "),
        ("cs-hook", begin("PermissionRequest", "tool_name"), "y"),
        ("cs-hook", begin("Notification", "message"), "y"),
        ("cs-hook", begin("SessionStart", "source"), "y"),
        ("cs-hook", begin("PreCompact", "trigger"), "y"),
        ("cs-heartbeat", begin("Stop", "last_assistant_message"), "é"),
        ("cs-heartbeat", begin("StopFailure", "error"), "y"),
        ("cs-hook", begin("PostToolUse", "tool_response"), "\\n"),
        ("cs-hook", String::new(), "x"),
        ("cs-hook", String::new(), "\n"),
        ("cs-hook", String::new(), "["),
        ("cs-hook", "{".into(), "\"a\":[{},"),
        ("cs-heartbeat", String::new(), "\0"),
    ];
    for (name, head, filling) in cases {
        let ended = fed(&stage, name, |mut pipe| {
            let chunk = filling.repeat(MIB / filling.len());
            let mut written = pipe.write_all(head.as_bytes());
            for _ in 0..100 {
                written = written.and_then(|()| pipe.write_all(chunk.as_bytes()));
            }
        });
        let place = format!("{name} {head}{filling}…");
        // A SessionStart that was parsed up to the cut is told who else works here.
        let said = ended.said.lines().next().unwrap_or_default();
        assert_eq!(
            (ended.code, said),
            (Some(0), if head.contains("Start") { "claude-sessions:" } else { "" }),
            "{place}"
        );
        assert!(ended.took < TIMEOUT, "{place}: {:?}", ended.took);
        assert!(ended.peak < 64 * 1024, "{place}: {} KiB", ended.peak);
    }
    check_store(&stage.sandbox);
    let begun = stage.record_of(OTHER).expect("the start of a prompt is a prompt");
    let intent = begun["intent"].as_str().unwrap_or_default();
    assert!(intent.starts_with("very long very long") && intent.chars().count() <= 120, "{intent}");
    for (path, bytes) in contents(&stage) {
        assert!(bytes.len() < 64 * 1024, "{}: {} bytes", path.display(), bytes.len());
    }
    assert!(!log(&stage).contains("defect"), "{}", log(&stage));
}

#[test]
fn a_complete_payload_is_handled_before_the_pipe_closes() {
    let stage = stage();
    let (held, release) = std::sync::mpsc::channel::<ChildStdin>();
    let more = json!({"prompt": "go on", "prompt_id": "p"});
    let whole = payload(&stage, UUID, "UserPromptSubmit", more).to_string();
    // The best of three, since other tests run at the same time.
    let took = (0..3).map(|_| {
        let (keep, whole) = (held.clone(), whole.clone());
        let ended = fed(&stage, "cs-hook", move |mut pipe| {
            pipe.write_all(whole.as_bytes()).expect("a pipe takes a few bytes");
            keep.send(pipe).expect("the test waits");
        });
        assert_eq!((ended.code, ended.said.as_str()), (Some(0), ""));
        ended.took
    });
    let took = took.min().unwrap_or_default();
    assert!(took < Duration::from_millis(150), "a complete payload is handled at once: {took:?}");
    assert_eq!(stage.record_of(UUID).expect("it is there")["current_activity"], "go on");
    drop(release);
}

/// Values of every type, few of which fit a field.
fn junk(n: usize) -> Value {
    let all = [
        json!(null),
        json!(7),
        json!(-1.5e300),
        json!(true),
        json!([]),
        json!({}),
        json!([[["x"], {"a": 1}], null]),
        json!({"id": [], "question": 1, "status": {"from": 3}}),
        json!("\u{0}\u{1b}[31m\u{202e}\n"),
        json!("…".repeat(5000)),
    ];
    all[n % all.len()].clone()
}

#[test]
fn values_of_wrong_types_are_harmless() {
    let stage = stage();
    let mut runs = 0;
    for agent in ["claude-code", "codex"] {
        for path in entries(&fixtures().join(agent).join("hooks")) {
            let text = stage.placed(&fs::read_to_string(&path).expect("a payload can be read"));
            let recorded: Value = serde_json::from_str(&text).expect("a payload is JSON");
            for (n, pointer) in pointers(&recorded, "").into_iter().enumerate() {
                let mut odd = recorded.clone();
                *odd.pointer_mut(&pointer).expect("it was just found") = junk(runs * 3 + n);
                check_odd(&stage, recorded["hook_event_name"].as_str().unwrap_or_default(), &odd);
                runs += 1;
            }
        }
    }
    assert!(runs > 500, "only {runs} runs");
    check_store(&stage.sandbox);
    assert!(!log(&stage).contains("defect"), "{}", log(&stage));
    let untouched = stage.record_of(UUID).expect("it is there");
    assert_eq!((&untouched["intent"], &untouched["current_activity"]), (&json!("do it"), &json!("do it")));
}

fn check_odd(stage: &Stage, event: &str, odd: &Value) {
    let name = program(event).expect("only registered events are recorded here");
    let mut command = stage.command(name, 100_000, Client::Interactive);
    command.env_remove("CLAUDE_PID");
    let answer = cs_tests::run(command, &odd.to_string());
    if event == "SessionStart" {
        let context = cs_tests::stdout(&answer);
        assert!(context.is_empty() || context.starts_with("claude-sessions:\n"), "{odd}: {context}");
        assert_eq!((cs_tests::status(&answer), cs_tests::stderr(&answer)), (0, String::new()), "{odd}");
    } else {
        check_quiet(&answer, &odd.to_string());
    }
}

/// The JSON pointers of all values inside a value.
fn pointers(value: &Value, at: &str) -> BTreeSet<String> {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(key, value)| (key.replace('/', "~1"), value)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(n, item)| (n.to_string(), item)).collect(),
        _ => Vec::new(),
    };
    let below = children.into_iter().flat_map(|(key, child)| {
        let here = format!("{at}/{key}");
        let mut all = pointers(child, &here);
        all.insert(here);
        all
    });
    below.collect()
}

#[test]
fn control_characters_and_nul_bytes_reach_no_file() {
    let stage = Stage::new();
    let text = "fix\u{0} the \u{1b}[31mred\u{7} page";
    super::prompt(&stage, 1, UUID, text);
    super::create_task(&stage, 2, UUID, "1\u{0}", "a\u{0}b\u{1b}c");
    let command = json!({"tool_name": "Bash\u{0}", "tool_input": {"command": "printf '\u{0}\u{1b}'"}});
    super::send_silently(&stage, 3, UUID, "PermissionRequest", command);
    let edit = json!({"tool_name": "Edit", "tool_input": {"file_path": "/a\u{0}b\u{1b}"}});
    super::send_silently(&stage, 4, UUID, "PostToolUse", edit);
    let record = stage.record_of(UUID).expect("it is there");
    assert_eq!(record["intent"], "fix the [31mred page");
    assert_eq!(record["tasks"][0]["subject"], "a b c");
    let shown =
        [&record["intent"], &record["awaiting_action"], &record["files_changed"], &record["tasks"][0]["subject"]];
    for value in shown {
        assert!(!value.to_string().contains("\\u00"), "{value}");
    }
    check_store(&stage.sandbox);
}

#[test]
fn a_person_who_asks_is_told_what_a_hook_program_is_and_nothing_is_written() {
    let stage = stage();
    let before = contents(&stage);
    for name in PROGRAMS {
        for word in ["--help", "-h"] {
            let output = stage.sandbox.feed(name, &[word], "{\"hook_event_name\":\"Stop\"}");
            let said = stdout(&output);
            assert!(
                said.starts_with(&format!("Usage: {name} <PAYLOAD\n")) && said.contains("cs-setup install"),
                "{said}"
            );
            assert_eq!((status(&output), stderr(&output)), (0, String::new()));
        }
    }
    assert_eq!(contents(&stage), before);
}
