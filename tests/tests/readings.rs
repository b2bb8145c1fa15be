//! Readings of limits that the status line appends: killed at each system call, with each system call failing, without
//! room, several at once, and what it opens for them.

#![cfg(target_os = "linux")]

use cs_tests::sandbox::Sandbox;
use cs_tests::{has, stderr, stdout, strace};
use serde_json::{Value, json};
use soak::call::{Call, Kind};
use soak::trace;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Command, Output};

/// What a power failure left of a line.
const TORN: &str = "{\"at\":\"2026-11-21T10:00:05.000000+00:00\",\"used\":7";
/// 2026-11-21T14:00:00Z.
const END: i64 = 1_795_269_600;
const CASES: [&str; 3] = ["nothing was said", "something was said", "the last line is torn"];

fn uuid(n: usize) -> String {
    format!("aaaaaaaa-0000-4000-8000-{n:012}")
}

/// What the client says: a conversation, and how much of the five hours is used.
fn said(conversation: usize, used: f64) -> String {
    json!({
        "session_id": uuid(conversation),
        "model": {"display_name": "Opus"},
        "cost": {"total_cost_usd": used, "total_duration_ms": 1000},
        "rate_limits": {"five_hour": {"used_percentage": used, "resets_at": END}},
    })
    .to_string()
}

fn sandbox() -> Sandbox {
    Sandbox::new().with("NO_COLOR", "1").with("COLUMNS", "100").with("CS_NOW", "2026-11-21T10:00:00Z")
}

fn file(sandbox: &Sandbox) -> PathBuf {
    sandbox.data().join("limits/claude-five_hour.jsonl")
}

fn line(sandbox: &Sandbox, minute: u32) -> Command {
    let mut command = sandbox.command("cs-statusline");
    command.env("CS_NOW", format!("2026-11-21T{:02}:{:02}:00Z", 10 + minute / 60, minute % 60));
    command
}

fn tell(sandbox: &Sandbox, minute: u32, said: &str) -> Output {
    cs_tests::run(line(sandbox, minute), said)
}

fn case(name: &str) -> Sandbox {
    let sandbox = sandbox();
    if name != CASES[0] {
        tell(&sandbox, 0, &said(0, 5.0));
    }
    if name == CASES[2] {
        let text = fs::read_to_string(file(&sandbox)).expect("it is there");
        fs::write(file(&sandbox), text + TORN).expect("it can be written");
    }
    sandbox
}

/// What was used by each line, and how many lines are none.
fn lines(sandbox: &Sandbox) -> (Vec<f64>, usize) {
    let text = fs::read_to_string(file(sandbox)).unwrap_or_default();
    let all: Vec<_> = text.lines().map(serde_json::from_str::<Value>).collect();
    let broken = all.iter().filter(|line| line.is_err()).count();
    (all.into_iter().flatten().map(|line| line["used"].as_f64().expect("a number")).collect(), broken)
}

/// What is wrong after a line that perhaps was appended: 20%, and after it one with 40%.
fn check(name: &str, sandbox: &Sandbox, must_have: bool, trouble: &str) {
    let after = tell(sandbox, 20, &said(1, 40.0));
    assert!(after.status.success(), "{name} {trouble}: {after:?}");
    let (used, broken) = lines(sandbox);
    let before: &[f64] = if name == CASES[0] { &[] } else { &[5.0] };
    let with: Vec<f64> = before.iter().copied().chain([20.0, 40.0]).collect();
    let without: Vec<f64> = before.iter().copied().chain([40.0]).collect();
    assert!(used == with || (used == without && !must_have), "{name} {trouble}: {used:?}");
    assert_eq!(broken, usize::from(name == CASES[2]), "{name} {trouble}");
}

#[test]
fn a_status_line_that_is_killed_at_any_call_leaves_whole_readings() {
    if !has(trace::is_possible()) {
        return;
    }
    for name in CASES {
        for n in 0.. {
            let sandbox = case(name);
            let output = trace::run(line(&sandbox, 10), &said(0, 20.0), trace::kill_at(n, sandbox.data()));
            let output = output.expect("it can be traced");
            let survived = output.status.signal().is_none();
            assert!(!survived || output.status.success(), "{name} {n}: {output:?}");
            check(name, &sandbox, survived, &format!("killed at call {n}"));
            if survived {
                assert!(n > 15, "{name}: only {n} calls");
                break;
            }
        }
    }
}

/// Errors, and the calls that can return them.
const ERRORS: [(i32, &[Kind]); 4] = [
    (libc::ENOSPC, &[Kind::Create, Kind::Write, Kind::MakeDir]),
    (libc::EIO, &[Kind::Write, Kind::Read, Kind::Open, Kind::Stat, Kind::StatOpened, Kind::Create]),
    (libc::EROFS, &[Kind::Create, Kind::MakeDir]),
    (libc::EACCES, &[Kind::Open, Kind::Create, Kind::MakeDir]),
];

#[test]
#[cfg_attr(not(target_arch = "x86_64"), ignore = "calls can be made to fail on x86_64 only")]
fn a_status_line_is_shown_whatever_fails_in_limits() {
    if !has(trace::is_possible()) {
        return;
    }
    for name in CASES {
        for (error, kinds) in ERRORS {
            for n in 0.. {
                let sandbox = case(name);
                let limits = sandbox.data().join("limits");
                let is_counted = |call: &Call| {
                    kinds.contains(&call.kind()) && call.path().is_some_and(|path| path.starts_with(&limits))
                };
                let run = trace::run_failing(line(&sandbox, 10), &said(0, 20.0), (n, error), is_counted);
                let (output, hit) = run.expect("it can be traced");
                let trouble = format!("error {error} at {n}: {hit:?}, {output:?}");
                let text = stdout(&output);
                assert!(output.status.success() && text.contains("Opus"), "{name} {trouble}");
                assert!(stderr(&output).is_empty(), "{name} {trouble}");
                // What it could not write, the next conversation says.
                check(name, &sandbox, hit.is_none(), &trouble);
                if hit.is_none() {
                    break;
                }
            }
        }
    }
}

#[test]
fn without_room_a_line_is_torn_and_the_next_one_begins_a_line() {
    let sandbox = sandbox();
    let full = (0..).find(|n| {
        tell(&sandbox, *n, &said(0, f64::from(*n) + 1.0));
        fs::metadata(file(&sandbox)).map_or(0, |meta| meta.len()) > 950
    });
    let (before, _) = lines(&sandbox);
    let command = line(&sandbox, 50);
    // A file may grow to 1,024 bytes only: the write is cut short.
    let mut shell = Command::new("bash");
    shell.args(["-c", "trap '' XFSZ; ulimit -f 1; exec \"$@\"", "bash"]).arg(command.get_program());
    shell.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = cs_tests::run(shell, &said(0, 50.0));
    assert!(output.status.success() && stdout(&output).contains("Opus"), "{full:?} {output:?}");
    assert_eq!(lines(&sandbox), (before.clone(), 1), "a part of the line is there");
    tell(&sandbox, 55, &said(1, 50.0));
    assert_eq!(lines(&sandbox), (before.into_iter().chain([50.0]).collect(), 1));
}

#[test]
fn status_lines_at_once_lose_no_reading_and_mix_none() {
    let sandbox = sandbox();
    let (rounds, workers) = (30, 6);
    std::thread::scope(|scope| {
        for worker in 0..workers {
            let sandbox = &sandbox;
            scope.spawn(move || {
                for round in 0..rounds {
                    // Each says what rises, late and early.
                    let used = (round * workers + (worker * 5) % workers) as f64 / 2.0;
                    let output = tell(sandbox, round as u32, &said(worker, used));
                    assert!(output.status.success(), "{output:?}");
                }
            });
        }
    });
    let (used, broken) = lines(&sandbox);
    assert_eq!(broken, 0);
    let highest = used.iter().copied().fold(0.0, f64::max);
    assert_eq!(highest.floor(), ((rounds * workers - 1) as f64 / 2.0).floor(), "{used:?}");
    assert!(used.len() <= rounds * workers, "{} lines", used.len());
}

#[test]
fn a_link_in_place_of_a_file_or_the_folder_is_not_written_through() {
    for is_folder in [false, true] {
        let sandbox = sandbox();
        let elsewhere = sandbox.home().join("elsewhere");
        fs::create_dir_all(&elsewhere).expect("it can be made");
        fs::write(elsewhere.join("claude-five_hour.jsonl"), "theirs\n").expect("it can be written");
        let limits = sandbox.data().join("limits");
        if is_folder {
            fs::create_dir_all(sandbox.data()).expect("it can be made");
            std::os::unix::fs::symlink(&elsewhere, &limits).expect("it can be linked");
        } else {
            fs::create_dir_all(&limits).expect("it can be made");
            let target = elsewhere.join("claude-five_hour.jsonl");
            std::os::unix::fs::symlink(target, file(&sandbox)).expect("it can be linked");
        }
        let output = tell(&sandbox, 1, &said(0, 5.0));
        assert!(output.status.success() && stdout(&output).contains("Opus"), "{output:?}");
        let theirs = fs::read_to_string(elsewhere.join("claude-five_hour.jsonl")).expect("it is there");
        assert_eq!(theirs, "theirs\n");
    }
}

/// The calls of a status line that concern `limits/`, by their names, and all its calls.
fn traced(sandbox: &Sandbox, minute: u32, said: &str) -> (Vec<String>, Vec<String>) {
    let (input, log) = (sandbox.root().join("input"), sandbox.root().join("strace"));
    fs::write(&input, said).expect("it can be written");
    let (output, log) = strace::run(&line(sandbox, minute), &input, &["-y"], &log);
    assert!(output.status.success(), "{output:?}");
    let all = strace::calls(&log);
    let ours = all.iter().filter(|call| call.contains("/limits/claude-five_hour"));
    (ours.filter_map(|call| call.split('(').next()).map(str::to_owned).collect(), all.clone())
}

#[test]
fn a_reading_costs_the_same_few_calls_whatever_the_history() {
    if !has(strace::is_possible()) {
        return;
    }
    let opened = ["openat", "fstat", "fstat", "pread64"].map(|name| if name == "fstat" { "statx" } else { name });
    let appended: Vec<&str> = opened.into_iter().chain(["write", "close"]).collect();
    let no_news: Vec<&str> = opened.into_iter().chain(["close"]).collect();
    for days in [0, 400] {
        let sandbox = sandbox();
        let history: String = (0..days * 100).map(|n| past(n, days)).collect();
        fs::create_dir_all(sandbox.data().join("limits")).expect("it can be made");
        fs::write(file(&sandbox), history).expect("it can be written");
        let (ours, all) = traced(&sandbox, 1, &said(0, 30.0));
        assert_eq!(ours, appended, "{days}");
        assert_eq!(traced(&sandbox, 2, &said(0, 30.4)).0, no_news, "{days}");
        assert!(traced(&sandbox, 2, &said(0, 30.6)).0.is_empty(), "{days}: figures are kept every 10 seconds only");
        assert_eq!(traced(&sandbox, 2, &said(0, 99.0)).0, appended, "{days}: but a whole percent at once");
        for call in &all {
            assert!(!call.starts_with("socket(") && !call.starts_with("connect("), "{call}");
            let is_secret = ["credential", "auth.json", "keychain", ".netrc", "token"];
            assert!(!is_secret.iter().any(|word| call.contains(word)), "{call}");
            assert!(!call.contains("/limits/") || !call.starts_with("fsync") && !call.starts_with("flock"), "{call}");
        }
    }
}

#[test]
fn the_last_percent_is_recorded_at_once_and_another_window_alone() {
    let sandbox = sandbox();
    let at = |second: u32, limits: Value| {
        let mut command = sandbox.command("cs-statusline");
        command.env("CS_NOW", format!("2026-11-21T10:00:{second:02}Z"));
        let said = json!({"session_id": uuid(0), "cost": {"total_cost_usd": 1}, "rate_limits": limits});
        let output = cs_tests::run(command, &said.to_string());
        assert!(output.status.success(), "{output:?}");
    };
    let used = |used: f64, opus: f64| {
        let of = |used| json!({"used_percentage": used, "resets_at": END});
        json!({"five_hour": of(used), "seven_day_opus": of(opus)})
    };
    at(0, used(99.0, 10.0));
    at(6, used(100.0, 10.0));
    assert_eq!(lines(&sandbox).0, [99.0, 100.0], "nothing may be reported after it");
    at(30, used(100.0, 20.0));
    at(31, used(100.0, 33.0));
    let opus = fs::read_to_string(sandbox.data().join("limits/claude-seven_day_opus.jsonl")).expect("it was reported");
    assert_eq!(opus.lines().count(), 3, "{opus}");
}

#[test]
fn a_conversation_that_is_idle_corrects_nothing() {
    let sandbox = sandbox();
    tell(&sandbox, 0, &said(0, 45.0));
    tell(&sandbox, 1, &said(1, 77.0));
    // The first one is drawn again hours later, with another model: its limits are what they were.
    let idle = said(0, 45.0).replace("Opus", "Sonnet");
    tell(&sandbox, 200, &idle);
    assert_eq!(lines(&sandbox).0, [45.0, 77.0]);
    tell(&sandbox, 201, &said(0, 50.0));
    assert_eq!(lines(&sandbox).0, [45.0, 77.0, 50.0], "what it says anew is a correction");
}

/// A line of a history of so many days with a hundred lines each.
fn past(n: usize, days: usize) -> String {
    let at = cs_core::clock::from_millis((END - 20_000 - ((days * 100 - n) * 864) as i64) * 1000).expect("an instant");
    let line = json!({
        "at": cs_core::clock::stamp(at),
        "used": (n % 100) as f64,
        "resets_at": cs_core::clock::stamp(at + cs_core::clock::TimeDelta::hours(4)),
    });
    format!("{line}\n")
}

/// A recorded rollout of Codex, with more used in later lines.
fn rollout(used: &[f64]) -> String {
    let path = cs_tests::replay::fixtures().join("codex/rollouts/tui.jsonl");
    let recorded = fs::read_to_string(path).expect("the recording is there");
    let told =
        recorded.lines().rfind(|line| line.contains("\"used_percent\":12.5")).expect("it tells limits").to_owned();
    let mut told: Value = serde_json::from_str(&told).expect("JSON");
    let mut text = recorded;
    for (n, used) in used.iter().enumerate() {
        told["timestamp"] = json!(format!("2026-11-21T09:{:02}:00.000Z", n + 1));
        told["payload"]["rate_limits"]["primary"] =
            json!({"used_percent": used, "window_minutes": 300, "resets_at": END});
        text += &format!("{told}\n");
    }
    text
}

fn used_in(sandbox: &Sandbox, name: &str) -> Vec<f64> {
    let text = fs::read_to_string(sandbox.data().join(format!("limits/{name}.jsonl"))).unwrap_or_default();
    let line = |line: &str| serde_json::from_str::<Value>(line).expect("JSON")["used"].as_f64().expect("a number");
    text.lines().map(line).collect()
}

#[test]
fn what_codex_logs_say_is_taken_in_by_the_reader_of_usage() {
    let sandbox = Sandbox::new();
    let folder = sandbox.home().join(".codex/sessions/2026/11/21");
    fs::create_dir_all(&folder).expect("it can be made");
    let log = folder.join("rollout-2026-11-21T05-10-14-01a0b1c2-0000-7000-8000-000000000001.jsonl");
    let read = |sandbox: &Sandbox, used: &[f64]| {
        fs::write(&log, rollout(used)).expect("it can be written");
        let output = sandbox.cs("cs-usage", &["daily", "--json"]);
        assert!(output.status.success(), "{output:?}");
        used_in(sandbox, "codex-five_hour")
    };
    let first = read(&sandbox, &[]);
    assert_eq!(first, [12.5], "the recorded limits, which all say the same");
    assert_eq!(read(&sandbox, &[20.0, 20.5, 31.0]), [12.5, 20.0, 31.0]);
    assert_eq!(read(&sandbox, &[20.0, 20.5, 31.0]), [12.5, 20.0, 31.0], "nothing is taken in twice");
    assert_eq!(read(&sandbox, &[20.0, 20.5, 31.0, 40.0]), [12.5, 20.0, 31.0, 40.0]);
    assert_eq!(used_in(&sandbox, "codex-seven_day"), [3.0]);
    let elsewhere = sandbox.home().join("work");
    fs::rename(sandbox.home().join(".codex"), &elsewhere).expect("it can be moved");
    let work = sandbox.with("CODEX_HOME", &elsewhere);
    assert!(work.cs("cs-usage", &["daily"]).status.success());
    let names = cs_tests::entries(&work.data().join("limits")).into_iter();
    let accounts = names.filter(|path| path.to_string_lossy().contains("/codex@"));
    assert_eq!(accounts.count(), 2, "another folder is another account");
}

#[test]
fn readings_of_400_days_are_kept_and_foreign_files_are_reported() {
    let sandbox = sandbox();
    fs::create_dir_all(sandbox.data().join("limits")).expect("it can be made");
    let history: String = (0..500 * 100).map(|n| past(n, 500)).collect();
    fs::write(file(&sandbox), &history).expect("it can be written");
    let all = |args: &[&str]| {
        let output = sandbox.cs("cs-cleanup", &[&["all", "--json"], args].concat());
        assert!(output.status.success(), "{output:?}");
        stdout(&output).lines().filter(|line| line.contains("older than 400 days")).count()
    };
    assert_eq!(all(&["--dry-run"]), 1);
    assert_eq!(fs::read_to_string(file(&sandbox)).expect("it is there"), history, "only shown");
    assert_eq!((all(&[]), all(&[])), (1, 0));
    let left = fs::read_to_string(file(&sandbox)).expect("it is there");
    assert!(history.ends_with(&left) && (39_900..=40_100).contains(&left.lines().count()), "{}", left.lines().count());
    let found = |name: &str| {
        let found = stdout(&sandbox.cs("cs-cleanup", &["check", "-q"]));
        found.lines().any(|line| line.ends_with(name))
    };
    fs::write(sandbox.data().join("limits/notes.txt"), "").expect("it can be written");
    assert!(found("limits/notes.txt") && !found("limits/claude-five_hour.jsonl"));
}
