//! Simultaneous runs, and programs that hang, do not read, or leave something running.

use std::thread;
use std::time::Duration;

use cs_tests::{Held, eventually, has, strace};
use serde_json::{Value, json};

use super::*;

#[test]
fn simultaneous_runs_notify_once() {
    let sandbox = sandbox(json!({"command": ["slow"], "at_once": 100}));
    program(&sandbox, "slow", &RECORDER.replace("#!/bin/sh\n", "#!/bin/sh\nsleep 0.1\n"));
    let all: Vec<String> = (0..8).map(|n| parked(&sandbox, n, "some work", "later")).collect();
    let outputs: Vec<Output> = thread::scope(|scope| {
        let start = |_| scope.spawn(|| sandbox.cs("cs-notify", &["-q"]));
        let runs: Vec<_> = (0..4).map(start).collect();
        runs.into_iter().map(|run| run.join().expect("a run does not panic")).collect()
    });
    let mut said: Vec<String> = outputs.iter().flat_map(ids).collect();
    said.sort();
    assert_eq!(said, all, "each is printed by one run");
    assert_eq!(received(&sandbox).len(), all.len(), "each is reported once");
    let mut noted: Vec<String> =
        sandbox.json("notify_state.json").as_object().expect("an object").keys().cloned().collect();
    noted.sort();
    assert_eq!(noted, all);
}

#[test]
fn a_run_that_waits_too_long_reports_it_and_notifies_nobody() {
    let sandbox = sandbox(json!({"command": ["tell"]}));
    parked(&sandbox, 1, "some work", "later");
    let lock = Held::take(&sandbox.data().join("notify_state.lock"));
    let output = sandbox.cs("cs-notify", &[]);
    assert_eq!((status(&output), stdout(&output)), (75, String::new()));
    assert!(stderr(&output).contains("try again"));
    assert!(received(&sandbox).is_empty());
    drop(lock);
    assert_eq!(ids(&sandbox.cs("cs-notify", &["-q"])).len(), 1);
}

#[test]
fn a_hanging_command_is_killed_with_its_children_and_retried() {
    let sandbox = sandbox(json!({"command": ["hang"], "timeout_seconds": 1}));
    program(&sandbox, "hang", "#!/bin/sh\nsleep 600 &\necho $$ $! >~/pids\nwait\n");
    parked(&sandbox, 1, "some work", "later");
    let output = sandbox.cs("cs-notify", &["--json"]);
    assert_eq!(status(&output), 1);
    assert!(stderr(&output).contains("did not end within 1 s and was killed"), "{}", stderr(&output));
    let row: Value = serde_json::from_str(&stdout(&output)).expect("one line");
    assert_eq!(row["result"], "failed");
    let pids = fs::read_to_string(sandbox.home().join("pids")).expect("it ran");
    for pid in pids.split_whitespace().map(|pid| pid.parse::<i32>().expect("a number")) {
        // SAFETY: signal 0 only checks whether the process exists.
        let gone = || unsafe { libc::kill(pid, 0) } != 0 || is_zombie(pid);
        assert!(eventually(Duration::from_secs(5), gone), "{pid} still runs");
    }
    assert!(!sandbox.data().join("notify_state.json").exists(), "an undelivered notification is not noted");
    assert!(!sandbox.data().join("notify_state.lock").exists(), "a lock without a record does not stay");
    program(&sandbox, "hang", RECORDER);
    assert_eq!(ids(&sandbox.cs("cs-notify", &["-q"])).len(), 1);
}

/// Whether a process has ended and waits for its parent to reap it, which may never happen in a container.
fn is_zombie(pid: i32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(')').is_some_and(|(_, rest)| rest.trim_start().starts_with('Z'))
}

#[test]
fn a_command_that_does_not_read_its_input_succeeds() {
    for script in ["#!/bin/sh\nexec <&-\nsleep 0.2\n", "#!/bin/sh\nexit 0\n", "#!/bin/sh\nsleep 0.2\n"] {
        let sandbox = sandbox(json!({"command": ["deaf"], "at_once": 1}));
        program(&sandbox, "deaf", script);
        for number in 0..300 {
            parked(&sandbox, number, &"long ".repeat(90), "later");
        }
        let output = sandbox.cs("cs-notify", &["--json"]);
        let row = stdout(&output);
        assert!(row.len() > 128 * 1024, "larger than a pipe: {}", row.len());
        assert_eq!((status(&output), stderr(&output)), (0, String::new()), "{script}");
        assert_eq!(serde_json::from_str::<Value>(&row).expect("one line")["result"], "sent");
    }
}

#[test]
fn a_background_process_of_a_command_is_not_waited_for() {
    let sandbox = sandbox(json!({"command": ["fork"]}));
    program(&sandbox, "fork", "#!/bin/sh\nsleep 600 &\necho $! >~/pid\nexit 0\n");
    parked(&sandbox, 1, "some work", "later");
    assert_eq!(ids(&sandbox.cs("cs-notify", &["-q"])).len(), 1);
    sandbox.sh("kill $(cat ~/pid)");
}

/// A handler that hangs holds up neither the others, nor another run, nor does another run repeat its notices.
#[test]
fn a_handler_that_hangs_holds_up_nobody() {
    let handlers = json!([{"command": ["hang"]}, {"command": ["tell"]}]);
    let sandbox = sandbox(json!({"via": "none", "handlers": handlers, "at_once": 100, "timeout_seconds": 8}));
    program(&sandbox, "hang", "#!/bin/sh\necho >>~/tried\nsleep 600\n");
    let (first, second) = (parked(&sandbox, 1, "some work", "later"), "sess_20261118T1000_0002");
    let got = |count: usize| eventually(Duration::from_secs(4), || received(&sandbox).len() == count);
    thread::scope(|scope| {
        let run = || scope.spawn(|| sandbox.cs("cs-notify", &["--json"]));
        let one = run();
        assert!(got(1), "the other handler does not wait");
        assert!(eventually(Duration::from_secs(4), || sandbox.json("notify_state.json")[&first].get("told").is_some()));
        let state = sandbox.json("notify_state.json");
        assert_eq!(state[&first]["told"]["parked"]["left"], json!(["hang"]));
        assert!(state[&first]["sending"]["parked"].get("hang").is_some(), "{state}");
        let rehearsal = sandbox.cs("cs-notify", &["--dry-run", "--table"]);
        assert!(stdout(&rehearsal).contains("being sent"), "{}", stdout(&rehearsal));
        assert_eq!(parked(&sandbox, 2, "more work", "later"), second);
        let two = run();
        assert!(got(2), "the other run does not wait");
        let outputs = [one, two].map(|run| run.join().expect("a run does not panic"));
        let by_run = outputs.each_ref().map(|output| stdout(output).matches("\"via\"").count());
        assert_eq!((outputs.each_ref().map(status), by_run), ([1, 1], [2, 2]), "{outputs:?}");
    });
    let tried = fs::read_to_string(sandbox.home().join("tried")).expect("it ran");
    assert_eq!((tried.lines().count(), received(&sandbox).len()), (2, 2), "each once");
    assert!(!sandbox.json("notify_state.json").to_string().contains("sending"), "no claim stays");
}

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "only Linux has strace")]
fn the_record_of_a_session_that_was_told_is_not_read_again() {
    if !has(strace::is_possible()) {
        return;
    }
    let sandbox = sandbox(json!({"command": ["tell"]}));
    for _ in 0..4 {
        let made =
            at(&sandbox, "18T10:00:00", "cs-session", &["create", "--project", "api", "--intent", "x", "-q"], "");
        let [id] = &ids(&made)[..] else { panic!("one id") };
        assert_eq!(status(&at(&sandbox, "18T10:01:00", "cs-session", &["park", id, "--reason", "later"], "")), 0);
    }
    let reads = || {
        let (input, log) = (sandbox.root().join("input"), sandbox.root().join("log"));
        fs::write(&input, "").expect("it can be written");
        let (output, log) = strace::run(&sandbox.command("cs-notify"), &input, &[], &log);
        assert_eq!((status(&output), stderr(&output)), (0, String::new()));
        let calls = strace::calls(&log);
        let count = |part: &str| calls.iter().filter(|call| call.starts_with("open") && call.contains(part)).count();
        (count("/sessions/sess_"), count("/spool/sess_"))
    };
    let (first, told) = (reads(), received(&sandbox).len());
    assert_eq!((told, reads(), received(&sandbox).len()), (4, (0, 0), 4));
    // Once before it is claimed and once after that; the folder of notes is looked at once for all.
    assert_eq!(first, (8, 0));
}
