//! Marks: killed at each system call, with each system call failing, without room, and two markers at once.

#![cfg(target_os = "linux")]

use cs_tests::has;
use cs_tests::sandbox::Sandbox;
use serde_json::Value;
use soak::call::{Call, Kind};
use soak::trace::{self, Act};
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::Command;

const UUID: &str = "ca5d0d10-1111-4222-8333-123456789abc";
/// What a power failure left of a line.
const TORN: &str = "{\"v\":1,\"id\":\"m0123456789ab\",\"at\":\"2026-11-2";

/// A state in which something is said.
struct Case {
    name: &'static str,
    sandbox: Sandbox,
    torn: usize,
}

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new().with("CS_ACTOR", "ann@example.org");
    let folder = sandbox.home().join(".claude/projects/-w-api");
    fs::create_dir_all(&folder).expect("it can be made");
    let line = r#"{"type":"user","uuid":"u1","cwd":"/w/api","message":{"role":"user","content":"write to Jane Roe"}}"#;
    fs::write(folder.join(format!("{UUID}.jsonl")), format!("{line}\n")).expect("it can be written");
    sandbox
}

fn file(sandbox: &Sandbox) -> PathBuf {
    sandbox.data().join(format!("marks/{UUID}.jsonl"))
}

fn tag(sandbox: &Sandbox, name: &str) -> Command {
    let mut command = sandbox.command("cs-mark");
    command.args(["tag", UUID, name, "-q"]);
    command
}

fn redact(sandbox: &Sandbox) -> Command {
    let mut command = sandbox.command("cs-mark");
    command.args(["redact", UUID, "u1", "--words", "3..4", "--reason", "private", "-q"]);
    command
}

fn case(name: &'static str) -> Case {
    let sandbox = sandbox();
    let mut torn = 0;
    if name != "nothing was said" {
        assert!(tag(&sandbox, "before").status().expect("it can be run").success());
    }
    if name == "the last line is torn" {
        let text = fs::read_to_string(file(&sandbox)).expect("it is there");
        fs::write(file(&sandbox), text + TORN).expect("it can be written");
        torn = 1;
    }
    Case { name, sandbox, torn }
}

const CASES: [&str; 3] = ["nothing was said", "something was said", "the last line is torn"];

/// The lines, and how many are no mark.
fn lines(sandbox: &Sandbox) -> (Vec<Value>, usize) {
    let text = fs::read_to_string(file(sandbox)).unwrap_or_default();
    let all: Vec<_> = text.lines().map(serde_json::from_str::<Value>).collect();
    let broken = all.iter().filter(|line| line.is_err()).count();
    (all.into_iter().flatten().collect(), broken)
}

fn count(lines: &[Value], op: &str, with: Option<&str>) -> usize {
    lines.iter().filter(|line| line["op"] == op && with.is_none_or(|with| line["with"] == with)).count()
}

/// What is wrong after a redaction that was perhaps made.
fn check(case: &Case, must_have: bool, trouble: &str) {
    let Case { name, sandbox, torn } = case;
    let after = tag(sandbox, "after").output().expect("it can be run");
    assert!(after.status.success(), "{name} {trouble}: {after:?}");
    let (lines, broken) = lines(sandbox);
    let ours = count(&lines, "redact", None);
    assert!(ours <= 1 && (ours == 1 || !must_have), "{name} {trouble}: it is there {ours} times");
    assert_eq!(count(&lines, "tag", Some("before")), usize::from(*name != CASES[0]), "{name} {trouble}");
    assert_eq!(count(&lines, "tag", Some("after")), 1, "{name} {trouble}");
    assert_eq!(broken, *torn, "{name} {trouble}: {lines:?}");
    // What was redacted fits the text: the key was stored before the mark.
    let verified = sandbox.cs("cs-mark", &["verify", UUID, "-q"]);
    let expected = if *torn == 1 { "L2\n" } else { "" };
    assert_eq!(String::from_utf8_lossy(&verified.stdout), expected, "{name} {trouble}");
}

#[test]
fn a_mark_that_is_killed_at_any_call_is_there_whole_or_not_at_all() {
    if !has(trace::is_possible()) {
        return;
    }
    for name in CASES {
        for n in 0.. {
            let case = case(name);
            let output = trace::run(redact(&case.sandbox), "", trace::kill_at(n, case.sandbox.data()));
            let output = output.expect("it can be traced");
            let survived = output.status.signal().is_none();
            assert!(!survived || output.status.success(), "{name} {n}: {output:?}");
            check(&case, survived, &format!("killed at call {n}"));
            if survived {
                assert!(n > 15, "{name}: only {n} calls");
                break;
            }
        }
    }
}

/// Errors, and the calls that can return them.
const ERRORS: [(i32, &[Kind]); 5] = [
    (libc::ENOSPC, &[Kind::Create, Kind::Write, Kind::Sync, Kind::Rename, Kind::MakeDir]),
    (
        libc::EIO,
        &[
            Kind::Write,
            Kind::Sync,
            Kind::Rename,
            Kind::Read,
            Kind::Open,
            Kind::Stat,
            Kind::StatOpened,
            Kind::List,
            Kind::Lock,
        ],
    ),
    (libc::EMFILE, &[Kind::Open, Kind::Create]),
    (libc::EROFS, &[Kind::Create, Kind::Rename, Kind::MakeDir]),
    (libc::EACCES, &[Kind::Open, Kind::Create, Kind::Rename, Kind::MakeDir]),
];

#[test]
#[cfg_attr(not(target_arch = "x86_64"), ignore = "calls can be made to fail on x86_64 only")]
fn a_mark_of_which_any_call_fails_is_there_whole_or_not_at_all() {
    if !has(trace::is_possible()) {
        return;
    }
    for name in CASES {
        for (error, kinds) in ERRORS {
            for n in 0.. {
                let case = case(name);
                let data = case.sandbox.data();
                let is_counted = |call: &Call| {
                    kinds.contains(&call.kind()) && call.path().is_some_and(|path| path.starts_with(&data))
                };
                let run = trace::run_failing(redact(&case.sandbox), "", (n, error), is_counted);
                let (output, hit) = run.expect("it can be traced");
                let trouble = format!("error {error} at {n}: {hit:?}, {output:?}");
                assert!(matches!(output.status.code(), Some(0 | 1 | 65 | 74)), "{name} {trouble}");
                check(&case, output.status.success(), &trouble);
                if hit.is_none() {
                    break;
                }
            }
        }
    }
}

#[test]
fn a_mark_for_which_there_is_no_room_leaves_nothing_behind() {
    let sandbox = sandbox();
    while fs::metadata(file(&sandbox)).map_or(0, |meta| meta.len()) < 800 {
        let n = lines(&sandbox).0.len();
        assert!(tag(&sandbox, &format!("t{n}")).status().expect("it can be run").success());
    }
    let whole = fs::read(file(&sandbox)).expect("it can be read");
    let long = "x ".repeat(300);
    let mut marker = sandbox.command("cs-mark");
    marker.args(["note", UUID, &long]);
    // A file may grow to 1,024 bytes only: the write is cut short, and its rest fails.
    let mut shell = Command::new("bash");
    shell.args(["-c", "trap '' XFSZ; ulimit -f 1; exec \"$@\"", "bash"]).arg(marker.get_program());
    shell.env_clear().envs(marker.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = shell.args(marker.get_args()).output().expect("bash can be run");
    assert_eq!(output.status.code(), Some(74), "{output:?}");
    assert_eq!(fs::read(file(&sandbox)).expect("it can be read"), whole);
}

#[test]
fn two_markers_that_are_killed_at_any_call_lose_nothing_that_was_told() {
    if !has(trace::is_possible()) {
        return;
    }
    let sandbox = sandbox();
    assert!(tag(&sandbox, "first").status().expect("it can be run").success());
    let storm = &|worker: usize| {
        let (mut done, mut tried, mut n) = (Vec::new(), Vec::new(), worker);
        for round in 0..40 {
            let name = format!("t{worker}-{round}");
            let (data, mut left) = (sandbox.data(), n);
            let output = trace::run(tag(&sandbox, &name), "", |call| {
                match call.path().is_some_and(|path| path.starts_with(&data)) {
                    true if left == 0 => Act::Kill,
                    true => {
                        left -= 1;
                        Act::Go
                    }
                    false => Act::Go,
                }
            });
            let output = output.expect("it can be traced");
            tried.push(name.clone());
            match output.status.code() {
                Some(0) => {
                    done.push(name);
                    n = 0;
                }
                _ => n += 1,
            }
        }
        (done, tried)
    };
    let results: Vec<_> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..2).map(|worker| scope.spawn(move || storm(worker))).collect();
        workers.into_iter().map(|worker| worker.join().expect("it does not panic")).collect()
    });
    let (all, broken) = lines(&sandbox);
    let mut killed = 0;
    for (done, tried) in &results {
        for name in tried {
            let there = count(&all, "tag", Some(name));
            let told = done.contains(name);
            assert!(there <= 1 && (there == 1 || !told), "{name} is there {there} times, told: {told}");
            killed += usize::from(!told);
        }
    }
    assert!(killed > 20 && results.iter().all(|(done, _)| !done.is_empty()), "{results:?}");
    assert_eq!((broken, count(&all, "tag", Some("first"))), (0, 1));
}
