//! Interrupted moves, and which of ten thousand records `all` reads.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Stdio;
use std::thread;

use bench::measure::Bench;
use bench::trace;

use super::*;

const SESSIONS: usize = 60;
const ROUNDS: u64 = 30;
const LONG_AGO: &str = "2026-09-01T09:00:00.000000+00:00";

fn id(number: usize) -> String {
    format!("sess_20260901T0800_{number:04x}")
}

fn names(sandbox: &Sandbox, folder: &str) -> BTreeSet<String> {
    let listing = fs::read_dir(sandbox.data().join(folder)).into_iter().flatten().flatten();
    let names = listing.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter(|name| name.starts_with("sess_") && name.ends_with(".json")).collect()
}

#[test]
fn a_killed_archiver_leaves_every_record_in_one_place() {
    let sandbox = Sandbox::new();
    let mut killed = 0;
    for round in 0..ROUNDS {
        fs::remove_dir_all(sandbox.data()).ok();
        let texts: BTreeMap<String, String> =
            (0..SESSIONS).map(|n| (format!("{}.json", id(n)), completed(&id(n), LONG_AGO))).collect();
        texts.iter().for_each(|(name, text)| put(&sandbox, &format!("sessions/{name}"), text));
        ok(&sandbox, "cs-cleanup", &["index"]);
        let mut command = sandbox.command("cs-cleanup");
        let mut child = command.arg("archive").stdout(Stdio::null()).spawn().expect("it can be started");
        thread::sleep(Duration::from_micros(1500 + round * 700));
        child.kill().expect("it can be killed");
        let in_time = child.wait().expect("it can be waited for").code().is_none();
        let (left, moved) = (names(&sandbox, "sessions"), names(&sandbox, "sessions/archive"));
        killed += usize::from(in_time && !left.is_empty() && !moved.is_empty());
        assert!(left.is_disjoint(&moved), "round {round}: a record is in two places");
        assert_eq!(
            left.union(&moved).cloned().collect::<BTreeSet<_>>(),
            texts.keys().cloned().collect(),
            "round {round}"
        );
        let listed = sandbox.cs("cs-session", &["list", "-q"]);
        assert_eq!(stdout(&listed).lines().count(), left.len(), "round {round}: readers do not see what is there");
        ok(&sandbox, "cs-cleanup", &["all"]);
        assert!(names(&sandbox, "sessions").is_empty(), "round {round}");
        for (name, text) in &texts {
            let archived = fs::read_to_string(sandbox.data().join("sessions/archive").join(name)).expect("it is there");
            assert_eq!(archived, *text, "round {round}: not byte for byte the same");
        }
        check_in_order(&sandbox);
    }
    assert!(killed >= 3, "only {killed} archivers were killed in the middle");
}

/// Where a disk cannot rename without replacing, a move is link and unlink: in between, one file has two names.
#[test]
fn one_record_with_two_names_is_repaired_and_two_records_are_not() {
    let sandbox = Sandbox::new();
    put(&sandbox, &format!("sessions/{}.json", id(1)), &completed(&id(1), LONG_AGO));
    put(&sandbox, &format!("sessions/{}.json", id(2)), &completed(&id(2), LONG_AGO));
    put(&sandbox, &format!("sessions/archive/{}.json", id(2)), &completed(&id(2), "2026-09-01T09:00:01Z"));
    let (from, to) = (format!("sessions/{}.json", id(1)), format!("sessions/archive/{}.json", id(1)));
    fs::hard_link(sandbox.data().join(&from), sandbox.data().join(&to)).expect("a link can be created");
    let before = ["sessions", "sessions/archive"]
        .map(|folder| fs::read(sandbox.data().join(format!("{folder}/{}.json", id(2)))).expect("it is there"));
    ok(&sandbox, "cs-cleanup", &["index"]);
    assert_eq!(status(&sandbox.cs("cs-cleanup", &["check"])), 1);
    for repair in [false, true] {
        let output =
            if repair { sandbox.cs("cs-cleanup", &["check", "--repair"]) } else { sandbox.cs("cs-cleanup", &["all"]) };
        assert_eq!(status(&output), 1, "two records with one id need a person");
        let moved = stdout(&output).contains(&format!("\"action\":\"archived\",\"session_id\":\"{}\"", id(1)));
        assert_eq!(moved, !repair, "{}", stdout(&output));
        assert!(!sandbox.data().join(&from).exists() && sandbox.data().join(&to).exists());
        let after = ["sessions", "sessions/archive"]
            .map(|folder| fs::read(sandbox.data().join(format!("{folder}/{}.json", id(2)))).expect("it is there"));
        assert_eq!(after, before, "neither is overwritten");
    }
}

#[test]
fn a_session_whose_conversation_is_open_is_not_archived_by_age() {
    let sandbox = Sandbox::new();
    let client = sandbox.start("sleep", &["600"]);
    send_hook(&sandbox, client.pid(), CA5D, "UserPromptSubmit", r#","prompt":"fix login","prompt_id":"p1""#);
    ok(&sandbox, "cs-session", &["complete", "ca5d", "-q"]);
    assert_eq!(at(&sandbox, "2027-03-01T10:00:00Z", "cs-cleanup", &["all"]), "");
    drop(client);
    let done = done(&at(&sandbox, "2027-03-01T10:00:00Z", "cs-cleanup", &["all"]));
    assert_eq!(done, ["ended sess_20261121T1000_ca5d", "archived sess_20261121T1000_ca5d"]);
    check_in_order(&sandbox);
}

/// The records that a run opens, by name.
fn opened(bench: &Bench, args: &[&str]) -> BTreeSet<String> {
    let mut command = bench.sandbox.command("cs-cleanup");
    command.args(args);
    let (_, log) = trace::trace(&bench.sandbox, &command, Path::new("/dev/null"));
    assert!(log.contains("sessions/_index.json"), "strace did not see what it opened:\n{log}");
    let opens = log.lines().filter(|line| line.contains("open") && line.contains("/sessions/sess_"));
    let name = |line: &str| Some(line.split("/sessions/").nth(1)?.split('"').next()?.to_owned());
    opens.filter_map(name).filter(|name| name.ends_with(".json")).collect()
}

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "only Linux has strace")]
fn records_that_the_index_rules_out_are_not_read() {
    if !cs_tests::has(cs_tests::strace::is_possible()) {
        return;
    }
    let bench = Bench::new(10_000);
    put(&bench.sandbox, "config.json", r#"{"version": 1, "settings": {"archive_after_days": 100000}}"#);
    assert_eq!(ok(&bench.sandbox, "cs-cleanup", &["all"]), "");
    for command in ["stale", "archive"] {
        assert_eq!(opened(&bench, &[command]), BTreeSet::new(), "{command}");
    }
    // One active session has gone silent, and one was completed long ago: only these two are read.
    let index = bench.sandbox.json("sessions/_index.json");
    let active: Vec<&String> = index
        .as_object()
        .expect("an object")
        .iter()
        .filter(|(_, e)| e["status"] == "active")
        .map(|(id, _)| id)
        .collect();
    let old = index.as_object().expect("an object").keys().next().expect("there are some");
    let lives: BTreeSet<String> = bench
        .store
        .running()
        .map(|n| bench.store.live(n)["session_id"].as_str().unwrap_or_default().to_owned())
        .collect();
    let silent = active.into_iter().find(|id| !lives.contains(*id)).expect("half of them have no conversation");
    let text = fs::read_to_string(bench.sandbox.data().join("sessions/_index.json")).expect("it is there");
    let line = text.lines().find(|line| line.starts_with(&format!("\"{silent}\""))).expect("it is in the index");
    let heartbeat = index[silent]["last_heartbeat"].as_str().expect("it has one");
    put(
        &bench.sandbox,
        "sessions/_index.json",
        &text.replace(line, &line.replace(heartbeat, "2026-11-01T10:00:00.000000+00:00")),
    );
    let age = 250;
    put(&bench.sandbox, "config.json", &format!(r#"{{"version": 1, "settings": {{"archive_after_days": {age}}}}}"#));
    let wanted = index.as_object().expect("an object").iter().filter(|(_, e)| {
        e["status"] == "completed" && e["ended_at"].as_str().is_some_and(|at| at <= "2026-03-16T10:00:00.000000+00:00")
    });
    let mut wanted: BTreeSet<String> = wanted.map(|(id, _)| format!("{id}.json")).collect();
    assert!(wanted.contains(&format!("{old}.json")) && wanted.len() < 1000, "{}", wanted.len());
    wanted.insert(format!("{silent}.json"));
    let read = ["stale", "archive"].map(|command| opened(&bench, &[command, "--dry-run"]));
    assert_eq!(read.into_iter().flatten().collect::<BTreeSet<_>>(), wanted);
}

/// A batch that is stored as a whole has all projects counted: the index is read for all of them, not for each.
#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "only Linux has strace")]
fn the_index_is_read_a_few_times_for_many_projects() {
    if !cs_tests::has(cs_tests::strace::is_possible()) {
        return;
    }
    let bench = Bench::with(120, 80, Sandbox::new());
    let mut command = bench.sandbox.command("cs-cleanup");
    command.args(["stale", "-q"]);
    let (_, log) = trace::trace(&bench.sandbox, &command, Path::new("/dev/null"));
    let index = bench.sandbox.json("sessions/_index.json");
    let active = index.as_object().expect("an object").values().filter(|entry| entry["status"] == "active").count();
    assert_eq!(active, 20, "the stale ones were closed");
    let reads = log.lines().filter(|line| line.contains("open") && line.contains("sessions/_index.json\"")).count();
    assert!((1..=10).contains(&reads), "{reads} for 20 projects");
}
