//! The ledger of redactions and the key of placeholders: a report is killed at each system call, or one of them fails.

#![cfg(target_os = "linux")]

use cs_tests::has;
use cs_tests::sandbox::Sandbox;
use serde_json::Value;
use soak::call::{Call, Kind};
use soak::trace;
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::Command;

const UUID: &str = "ca5d0d10-1111-4222-8333-123456789abc";
/// What a power failure left of a line.
const TORN: &str = "{\"v\":1,\"at\":\"2026-11-2";

/// Built at run time, so that scanners of secrets do not report this file.
fn secret() -> String {
    ["ghp", "Q7w8E9r0T1y2U3i4O5p6A7s8D9f0G1h2J3k4"].join("_")
}

/// A conversation in which two prompts have a secret.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new().with("CS_ACTOR", "Ann");
    let folder = sandbox.home().join(".claude/projects/-w-api");
    fs::create_dir_all(&folder).expect("it can be made");
    let prompt = |n: u32| {
        let text = format!("use {}", secret());
        format!(r#"{{"type":"user","uuid":"u{n}","cwd":"/w/api","message":{{"role":"user","content":"{text}"}}}}"#)
    };
    let lines = format!("{}\n{}\n", prompt(1), prompt(2));
    fs::write(folder.join(format!("{UUID}.jsonl")), lines).expect("it can be written");
    sandbox
}

fn report(sandbox: &Sandbox) -> Command {
    let mut command = sandbox.command("cs-report");
    command.args(["prompts", UUID, "--format", "jsonl"]);
    command
}

/// The files of the ledger.
fn files(sandbox: &Sandbox) -> Vec<PathBuf> {
    let all = fs::read_dir(sandbox.data().join("redactions")).into_iter().flatten().flatten().map(|entry| entry.path());
    all.filter(|path| path.extension().is_some_and(|ending| ending == "jsonl")).collect()
}

/// The lines about the secret, and how many are none.
fn lines(sandbox: &Sandbox) -> (Vec<Value>, usize) {
    let text: String = files(sandbox).iter().map(|path| fs::read_to_string(path).expect("it can be read")).collect();
    assert!(!text.contains(&secret()), "{text}");
    let all: Vec<_> = text.lines().map(serde_json::from_str::<Value>).collect();
    let broken = all.iter().filter(|line| line.is_err()).count();
    let of_secret = |line: &Value| line["rule"] == "github-pat";
    (all.into_iter().flatten().filter(of_secret).collect(), broken)
}

/// How many lines of the ledger are about the secret in one report: one for each prompt, and one for the title.
const LINES: usize = 3;

const CASES: [&str; 3] = ["nothing was reported", "something was reported", "the last line is torn"];

fn case(name: &str) -> Sandbox {
    let sandbox = sandbox();
    if name != CASES[0] {
        assert!(report(&sandbox).output().expect("it can be run").status.success());
    }
    if name == CASES[2] {
        let path = files(&sandbox).remove(0);
        let text = fs::read_to_string(&path).expect("it is there");
        fs::write(&path, text + TORN).expect("it can be written");
    }
    sandbox
}

/// What is wrong after a report that was perhaps made.
fn check(name: &str, sandbox: &Sandbox, output: &std::process::Output, trouble: &str) {
    let given = String::from_utf8_lossy(&output.stdout);
    assert!(!given.contains(&secret()), "{name} {trouble}");
    let before = LINES * usize::from(name != CASES[0]);
    let (all, broken) = lines(sandbox);
    let ours = all.len() - before;
    assert!(ours == 0 || ours == LINES, "{name} {trouble}: {ours} lines");
    assert!(ours == LINES || !given.contains("[github-pat:"), "{name} {trouble}: given out, and not in the ledger");
    assert_eq!(broken, usize::from(name == CASES[2]), "{name} {trouble}: {all:?}");
    let key = sandbox.data().join("redact.key");
    if let Ok(bytes) = fs::read(&key) {
        assert_eq!(bytes.len(), 65, "{name} {trouble}: a part of a key");
        let mode = fs::metadata(&key).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name} {trouble}");
    }
    // The next report is made, with the same key.
    let after = report(sandbox).output().expect("it can be run");
    assert!(after.status.success(), "{name} {trouble}: {after:?}");
    let (all, broken) = lines(sandbox);
    assert_eq!((all.len(), broken), (before + ours + LINES, usize::from(name == CASES[2])), "{name} {trouble}");
    let placeholders: BTreeSet<String> = all.iter().map(|line| line["placeholder"].to_string()).collect();
    assert_eq!(placeholders.len(), 1, "{name} {trouble}: {placeholders:?}");
}

#[test]
fn a_report_that_is_killed_at_any_call_is_in_the_ledger_whole_or_not_given_out() {
    if !has(trace::is_possible()) {
        return;
    }
    for name in CASES {
        for n in 0.. {
            let sandbox = case(name);
            let output = trace::run(report(&sandbox), "", trace::kill_at(n, sandbox.data()));
            let output = output.expect("it can be traced");
            let survived = output.status.signal().is_none();
            assert!(!survived || output.status.success(), "{name} {n}: {output:?}");
            check(name, &sandbox, &output, &format!("killed at call {n}"));
            if survived {
                assert!(n > 15, "{name}: only {n} calls");
                break;
            }
        }
    }
}

/// Errors, and the calls that can return them.
const ERRORS: [(i32, &[Kind]); 3] = [
    (libc::ENOSPC, &[Kind::Create, Kind::Write, Kind::Sync, Kind::Rename, Kind::MakeDir]),
    (
        libc::EIO,
        &[Kind::Write, Kind::Sync, Kind::Rename, Kind::Read, Kind::Open, Kind::Stat, Kind::StatOpened, Kind::Lock],
    ),
    (libc::EROFS, &[Kind::Create, Kind::Rename, Kind::MakeDir]),
];

#[test]
#[cfg_attr(not(target_arch = "x86_64"), ignore = "calls can be made to fail on x86_64 only")]
fn a_report_of_which_any_call_fails_is_in_the_ledger_whole_or_not_given_out() {
    if !has(trace::is_possible()) {
        return;
    }
    // The ledger, the key, and what the two are made from.
    let is_of_ledger = |path: &std::path::Path, data: &std::path::Path| {
        path.strip_prefix(data).is_ok_and(|path| path.to_string_lossy().contains("redact"))
    };
    for name in CASES {
        for (error, kinds) in ERRORS {
            for n in 0.. {
                let sandbox = case(name);
                let data = sandbox.data();
                let is_counted = |call: &Call| {
                    kinds.contains(&call.kind()) && call.path().is_some_and(|path| is_of_ledger(&path, &data))
                };
                let run = trace::run_failing(report(&sandbox), "", (n, error), is_counted);
                let (output, hit) = run.expect("it can be traced");
                let trouble = format!("error {error} at {n}: {hit:?}, {output:?}");
                assert!(matches!(output.status.code(), Some(0 | 1 | 65 | 74)), "{name} {trouble}");
                check(name, &sandbox, &output, &trouble);
                if hit.is_none() {
                    break;
                }
            }
        }
    }
}

#[test]
fn a_ledger_for_which_there_is_no_room_gets_no_part_of_a_line() {
    let sandbox = sandbox();
    // Reports until the next one does not fit into 4 blocks of 1,024 bytes.
    while files(&sandbox).first().is_none_or(|path| fs::metadata(path).expect("it is there").len() < 3_600) {
        assert!(report(&sandbox).output().expect("it can be run").status.success());
    }
    let path = files(&sandbox).remove(0);
    let whole = fs::read(&path).expect("it can be read");
    let reporter = report(&sandbox);
    let mut shell = Command::new("bash");
    shell.args(["-c", "trap '' XFSZ; ulimit -f 4; exec \"$@\"", "bash"]).arg(reporter.get_program());
    shell.env_clear().envs(reporter.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = shell.args(reporter.get_args()).output().expect("bash can be run");
    assert_eq!(output.status.code(), Some(74), "{output:?}");
    assert_eq!(fs::read(&path).expect("it can be read"), whole);
    assert!(!String::from_utf8_lossy(&output.stdout).contains("[github-pat:"), "{output:?}");
}
