//! The status line with recorded figures of a real client, and with nonsensical ones.

use std::fs;
use std::thread;

use cs_tests::replay::fixtures;
use cs_tests::{Sandbox, has, status, stderr, stdout, strace};
use serde_json::{Value, json};

const UUID: &str = "b6bf4e07-880d-4283-a7ce-d88772d6ae9b";

fn recorded() -> Vec<String> {
    let path = fixtures().join("claude-code/statusline/sequence.jsonl");
    fs::read_to_string(path).expect("the recording is there").lines().map(str::to_string).collect()
}

fn at(second: u64) -> String {
    format!("2026-11-21T10:{:02}:{:02}Z", second / 60, second % 60)
}

/// Panics unless the output is one non-empty line that fits the terminal.
#[track_caller]
fn check(answer: &std::process::Output, columns: usize) -> String {
    let text = stdout(answer);
    assert_eq!((status(answer), stderr(answer)), (0, String::new()), "{text}");
    let line = text.strip_suffix('\n').expect("the line ends");
    assert!(!line.trim().is_empty() && !line.contains('\n'), "{text:?}");
    // Every character here is one column wide.
    assert!(line.chars().count() <= columns, "{line:?} is wider than {columns}");
    assert!(!line.chars().any(char::is_control), "{line:?}");
    line.to_string()
}

#[test]
fn a_recorded_conversation_is_shown_and_kept() {
    let mut kept = Vec::new();
    let mut sandbox = Sandbox::new().with("NO_COLOR", "1").with("COLUMNS", "100");
    for (second, figures) in recorded().iter().enumerate() {
        sandbox = sandbox.with("CS_NOW", at(4 * second as u64));
        let line = check(&sandbox.feed("cs-statusline", &[], figures), 100);
        let reported: Value = serde_json::from_str(figures).expect("figures are JSON");
        assert!(line.contains(reported["model"]["display_name"].as_str().expect("a model")), "{line}");
        // The first figures show no usage yet; the first that do are stored at once.
        if reported["session_id"] == UUID && reported["cost"]["total_cost_usd"] == 0 {
            assert!(!sandbox.data().join(format!("statusline/{UUID}.json")).exists());
        } else if reported["session_id"] == UUID {
            kept.push(sandbox.json(&format!("statusline/{UUID}.json"))["at"].clone());
        }
    }
    kept.dedup();
    assert!(kept.len() > 1, "{kept:?}");
    let seconds = |at: &Value| -> f64 {
        let at = at.as_str().expect("an instant");
        at[14..16].parse::<f64>().expect("minutes") * 60.0 + at[17..26].parse::<f64>().expect("seconds")
    };
    assert!(kept.windows(2).all(|pair| seconds(&pair[1]) - seconds(&pair[0]) >= 10.0), "{kept:?}");
    let day = sandbox.json("statusline/2026-11-21.json");
    let conversations: std::collections::BTreeSet<String> = recorded()
        .iter()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON")["session_id"].to_string())
        .collect();
    assert_eq!(day.as_object().expect("an object").len(), conversations.len());
}

/// Client 2.1.332 with a subscription, whose server said with each answer that more was used.
#[test]
fn limits_that_a_real_client_reports_are_shown_and_recorded() {
    let path = fixtures().join("claude-code/statusline/limits.jsonl");
    let recorded = fs::read_to_string(path).expect("the recording is there");
    let mut sandbox = Sandbox::new().with("NO_COLOR", "1").with("COLUMNS", "100");
    let format = "5h {five_hour}[ {pace_5h}][ · 7d {limit:seven_day}]";
    let mut shown = Vec::new();
    for (minute, figures) in recorded.lines().enumerate() {
        sandbox = sandbox.with("CS_NOW", format!("2026-11-30T08:{:02}:00Z", 22 + minute));
        shown.push(check(&sandbox.feed("cs-statusline", &["--format", format], figures), 100));
    }
    let expected = [
        "5h 10% →11:00 0.2× · 7d 3% →Fri 02:00",
        "5h 18% →11:00 0.4× · 7d 6% →Fri 02:00",
        "5h 26% →11:00 0.5× · 7d 8% →Fri 02:00",
        "5h 34% →11:00 0.7× · 7d 11% →Fri 02:00",
    ];
    assert_eq!(shown, expected);
    let used = |window: &str| -> Vec<f64> {
        let text =
            fs::read_to_string(sandbox.data().join(format!("limits/claude-{window}.jsonl"))).expect("it is there");
        let line = |line: &str| serde_json::from_str::<Value>(line).expect("JSON")["used"].as_f64().expect("a number");
        text.lines().map(line).collect()
    };
    assert_eq!(used("five_hour"), [10.0, 18.0, 26.0, 34.0]);
    assert_eq!(used("seven_day"), [3.3, 6.0, 8.7, 11.3]);
}

#[test]
fn any_payload_gives_one_fitting_nonempty_line() {
    let whole = recorded().pop().expect("there are figures");
    let mut inputs: Vec<String> =
        ["", "null", "[]", "{}", "{", "7", "\u{0}", "{\"cwd\":7}"].into_iter().map(str::to_string).collect();
    inputs.extend((0..whole.len()).step_by(97).filter_map(|cut| whole.get(..cut).map(str::to_string)));
    let hostile = "\u{1b}]0;x\u{7}\n<b>\u{202e}\r".repeat(40);
    inputs.push(json!({"cwd": hostile, "model": {"display_name": hostile}, "session_id": "../../etc"}).to_string());
    let huge = json!({"used_percentage": 1e308, "context_window_size": u64::MAX, "total_input_tokens": u64::MAX, "total_output_tokens": 5});
    inputs.push(
        json!({"context_window": huge, "cost": {"total_cost_usd": 1e308, "total_duration_ms": u64::MAX}}).to_string(),
    );
    for columns in [1, 20, 80, 200] {
        let sandbox = Sandbox::new().with("NO_COLOR", "1").with("COLUMNS", columns.to_string());
        for input in &inputs {
            check(&sandbox.feed("cs-statusline", &[], input), columns);
        }
    }
}

#[test]
fn many_simultaneous_status_lines_succeed_and_lose_at_most_one_turn() {
    let sandbox = Sandbox::new().with("NO_COLOR", "1").with("COLUMNS", "100");
    let uuid = |n: usize| format!("aaaaaaaa-0000-4000-8000-{n:012}");
    let round = |second: u64| {
        thread::scope(|scope| {
            for n in 0..16 {
                let sandbox = &sandbox;
                scope.spawn(move || {
                    let figures =
                        json!({"session_id": uuid(n), "cost": {"total_cost_usd": 1.0, "total_duration_ms": 1000}});
                    let mut command = sandbox.command("cs-statusline");
                    command.env("CS_NOW", at(second));
                    check(&cs_tests::run(command, &figures.to_string()), 100);
                });
            }
        });
        sandbox.json("statusline/2026-11-21.json").as_object().map_or(0, |spent| spent.len())
    };
    let first = round(0);
    assert!(first >= 1);
    // A status line that was skipped tries again at once, since its figures were not stored.
    let all = (1..40).map(|n| round(n * 11)).find(|kept| *kept == 16);
    assert_eq!(all, Some(16));
}

#[test]
fn a_wrapped_command_that_reads_nothing_does_not_block() {
    let sandbox = Sandbox::new().with("NO_COLOR", "1");
    let figures = json!({"cwd": "/", "padding": "x".repeat(900_000)}).to_string();
    let answer = sandbox.feed("cs-statusline", &["--silent", "--wrap", "echo mine"], &figures);
    assert_eq!((status(&answer), stdout(&answer)), (0, "mine\n".into()), "{}", stderr(&answer));
    let answer = sandbox.feed("cs-statusline", &["--silent", "--wrap", "wc -c | tr -d ' '"], &figures);
    assert_eq!(stdout(&answer), format!("{}\n", figures.len() + 1), "a line of it");
    let answer = sandbox.feed("cs-statusline", &["--wrap", "read -r line && echo read"], "{\"model\":\"Opus\"}");
    assert_eq!(stdout(&answer).lines().next(), Some("read"));
}

#[test]
fn a_wrapped_command_that_hangs_does_not_block_for_long() {
    let sandbox = Sandbox::new().with("NO_COLOR", "1");
    let wrap = |command: &str| {
        let answer = sandbox.feed("cs-statusline", &["--format", "ours", "--wrap", command], "{}");
        (status(&answer), stdout(&answer))
    };
    // Its background process keeps the output open.
    assert_eq!(wrap("echo mine; sleep 60 &"), (0, "mine\nours\n".into()));
    assert_eq!(wrap("echo mine; exec sleep 60"), (0, "ours\n".into()));
    let (code, shown) = wrap("exec yes");
    assert_eq!((code, shown.len(), shown.lines().last()), (0, 64 * 1024 + "ours\n".len(), Some("ours")));
}

#[test]
fn files_of_killed_clients_do_not_hide_a_waiting_session() {
    let sandbox = Sandbox::new().with("NO_COLOR", "1").with("CLAUDE_PID", std::process::id().to_string());
    let uuid = "e998145e-4e5d-40c9-a3a6-681ad5bd51c9";
    for more in [r#""UserPromptSubmit","prompt":"x""#, r#""PermissionRequest","tool_name":"Bash","tool_use_id":"1""#] {
        let payload = format!(r#"{{"session_id":"{uuid}","cwd":{:?},"hook_event_name":{more}}}"#, sandbox.work());
        assert_eq!(status(&sandbox.hook("cs-hook", &payload)), 0);
    }
    // More than are read, and all of them older.
    let live = sandbox.data().join("live");
    let text = std::fs::read_to_string(live.join(format!("{uuid}.json"))).expect("it runs");
    let long_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(86_400);
    for n in 0..150 {
        let other = format!("{n:08x}-4e5d-40c9-a3a6-681ad5bd51c9");
        let path = live.join(format!("{other}.json"));
        std::fs::write(&path, text.replace(uuid, &other).replace("ca5d", "dead")).expect("it can be written");
        let file = std::fs::File::options().write(true).open(&path).expect("it is there");
        file.set_modified(long_ago).expect("it is ours");
    }
    let answer = sandbox.feed("cs-statusline", &["--format", "{others}"], "{}");
    assert_eq!((status(&answer), stdout(&answer)), (0, "1 waiting\n".into()), "{}", stderr(&answer));
}

/// Which files of the data directory, and of git, are opened for a format.
fn opened(sandbox: &Sandbox, format: &str) -> Vec<String> {
    let figures = recorded().pop().expect("there are some");
    let mut command = sandbox.command("cs-statusline");
    command.args(["--format", format]);
    let (input, log) = (sandbox.root().join("input"), sandbox.root().join("log"));
    fs::write(&input, figures).expect("it can be written");
    let (output, log) = strace::run(&command, &input, &[], &log);
    assert_eq!(status(&output), 0);
    let data = sandbox.data().display().to_string() + "/";
    let path = |call: &String| Some(call.strip_prefix("openat(")?.split('"').nth(1)?.to_string());
    let paths = strace::calls(&log).iter().filter_map(path).collect::<Vec<_>>();
    paths.iter().filter_map(|path| path.strip_prefix(&data).map(str::to_string)).collect()
}

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "only Linux has strace")]
fn a_line_reads_only_what_its_format_names() {
    if !has(strace::is_possible()) {
        return;
    }
    let sandbox = Sandbox::new().with("COLUMNS", "100").with("CS_NOW", "2026-11-21T10:00:00Z");
    let live = |number: usize, state: &str, event: &str| {
        let uuid = format!("00000000-0000-4000-8000-{number:012}");
        let id = format!("sess_20261121T0900_{number:04}");
        let at = "2026-11-21T09:59:00.000000+00:00";
        let text = json!({"claude_session_id": uuid, "session_id": id, "state": state, "since": at,
            "last_event": event, "last_event_at": at});
        fs::write(sandbox.data().join(format!("live/{uuid}.json")), text.to_string()).expect("it can be written");
        let record = json!({"session_id": id, "project_slug": "a", "status": "active", "intent": "b",
            "started_at": at, "last_heartbeat": at});
        fs::write(sandbox.data().join(format!("sessions/{id}.json")), record.to_string()).expect("it can be written");
    };
    for name in ["live", "sessions"] {
        fs::create_dir_all(sandbox.data().join(name)).expect("it can be created");
    }
    (0..150).for_each(|number| live(number, if number % 50 == 0 { "idle" } else { "working" }, "Stop"));
    let reads = |format: &str, part: &str| opened(&sandbox, format).iter().filter(|path| path.contains(part)).count();
    // The first call stores the figures.
    opened(&sandbox, "{model}");
    for format in ["{model} {context} {cost}", "only text", "{branch}"] {
        assert_eq!((reads(format, "live"), reads(format, "sessions/"), reads(format, "config")), (0, 0, 0), "{format}");
    }
    assert_eq!((reads("{tasks}", "live"), reads("{tasks}", "sessions/")), (1, 0), "its own conversation");
    // The folder, and the newest hundred; of the records only those that count.
    assert_eq!(reads("{others}", "live"), 101);
    assert!(reads("{others}", "sessions/") <= 3);
    let budget = json!({"version": 1, "projects": {}, "limits": {"budgets": [{"usd": 20, "per": "month"}]}});
    fs::write(sandbox.data().join("config.json"), budget.to_string()).expect("it can be written");
    assert_eq!(reads("{budget}", "config.json"), 1);
}
