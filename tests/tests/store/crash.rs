//! Storms of changes, killed writers, and an index that missed a change.

use std::fs;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use cs_tests::{Sandbox, run, status, stderr};
use serde_json::{Value, json};

use super::*;

/// A random change of a session; many of them are refused.
fn live_on(sandbox: &Sandbox, id: &str, random: &mut Random) -> Command {
    let mut command = sandbox.command("cs-session");
    match random.below(5) {
        0 => command.args(["park", id, "--reason", "later", "-q"]),
        1 => command.args(["complete", id, "-q"]),
        2 => command.args(["resume", id, "-q"]),
        3 => command.args(["update", id, "--intent", &format!("work {}", random.below(1000)), "-q"]),
        _ => command.args(["create", "--project", "api", "--intent", "more work", "-q"]),
    };
    command
}

#[test]
fn the_index_and_the_counts_keep_up_with_a_storm_of_changes() {
    let sandbox = Sandbox::new();
    let ids: Vec<String> = (0..6).map(|_| create(&sandbox, &[])).collect();
    parallel(|worker| {
        let mut random = Random::new(worker);
        for _ in 0..40 {
            let id = &ids[random.below(6) as usize];
            let output = run(live_on(&sandbox, id, &mut random), "");
            assert!(status(&output) < 2, "{}", stderr(&output));
        }
    });
    check_index(&sandbox);
    check_counts(&sandbox);
    let records = sandbox.records();
    for old in records.iter().filter(|record| record["resumed_as"].is_string()) {
        let successors = records.iter().filter(|record| record["resumed_from"] == old["session_id"]);
        let successors: Vec<&Value> = successors.map(|record| &record["session_id"]).collect();
        assert_eq!(successors, [&old["resumed_as"]], "one successor each, however many tried");
    }
}

#[test]
fn killed_writers_leave_whole_records_a_correct_index_and_no_lock() {
    let sandbox = Sandbox::new();
    let ids: Vec<String> = (0..4).map(|_| create(&sandbox, &[])).collect();
    let killed: usize = parallel(|worker| {
        let mut random = Random::new(worker + 100);
        (0..40).filter(|_| is_killed(&sandbox, &ids[random.below(4) as usize], &mut random)).count()
    })
    .into_iter()
    .sum();
    assert!(killed >= 100, "only {killed} writers were still running when they were killed");
    check_list(&sandbox); // reads every record, too
    for id in &ids {
        let began = Instant::now();
        ok(&sandbox, "cs-session", &["event", id, "--message", "still here", "-q"]);
        assert!(began.elapsed() < Duration::from_secs(2), "no lock is still held");
    }
    create(&sandbox, &[]);
    check_index(&sandbox);
    check_counts(&sandbox);
}

/// Starts a change and kills it after a moment; returns whether it was killed in time.
fn is_killed(sandbox: &Sandbox, id: &str, random: &mut Random) -> bool {
    let mut command = live_on(sandbox, id, random);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it can be started");
    thread::sleep(Duration::from_micros(random.below(6000)));
    child.kill().expect("it can be killed");
    child.wait().expect("it can be waited for").code().is_none()
}

#[test]
fn an_index_entry_of_a_killed_writer_is_corrected() {
    let sandbox = Sandbox::new();
    let (one, two) = (create(&sandbox, &[]), create(&sandbox, &[]));
    edit(&sandbox, &one, |record| record["status"] = json!("parked"));
    fs::write(sandbox.data().join("sessions/_index.pending"), &one).expect("it can be written");
    check_list(&sandbox);
    ok(&sandbox, "cs-session", &["complete", &two, "-q"]);
    check_index(&sandbox);
}

#[test]
fn a_record_is_written_even_if_the_index_is_locked() {
    let sandbox = Sandbox::new();
    let (one, two) = (create(&sandbox, &[]), create(&sandbox, &[]));
    let held = Held::take(&sandbox.data().join("sessions/_index.lock"));
    let began = Instant::now();
    ok(&sandbox, "cs-session", &["park", &one, "--reason", "later", "-q"]);
    assert!(began.elapsed() < Duration::from_secs(3), "waiting for a cache is short");
    assert!(sandbox.data().join("sessions/_index.pending").exists());
    check_list(&sandbox);
    drop(held);
    ok(&sandbox, "cs-session", &["complete", &two, "-q"]);
    check_index(&sandbox);
    check_counts(&sandbox);
}
