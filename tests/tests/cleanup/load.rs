//! Cleanup in a loop beside eight writers, with a clock that makes everything look old: it closes sessions under the
//! writers' hands and archives at once. In the end every acknowledged change is there. `CLEANUP_SECONDS` sets the
//! duration (10).

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Instant;

use super::*;

/// The acknowledged changes of one session.
#[derive(Debug, Default)]
struct Acknowledged {
    events: Vec<String>,
    tasks: Vec<String>,
    parked: bool,
    completed: bool,
    from: Option<String>,
}

type Sessions = BTreeMap<String, Acknowledged>;

/// Cleanup's clock is two days ahead: every session without a running process is stale.
const LATER: &str = "2026-11-23T10:00:00Z";

/// Runs a change; returns its output if it was acknowledged. It may be refused, since the session may be archived.
fn acknowledged(sandbox: &Sandbox, program: &str, args: &[&str]) -> Option<String> {
    let output = sandbox.cs(program, args);
    assert!([0, 1].contains(&status(&output)), "{program} {args:?}: {}", stderr(&output));
    (status(&output) == 0).then(|| stdout(&output).trim().to_owned())
}

/// The life of one session, from its beginning to its end.
fn live_one(sandbox: &Sandbox, worker: usize, round: usize, sessions: &mut Sessions) {
    // Not empty, so that cleanup does not remove it.
    let id = create(sandbox, &["--roadmap-ref", "v2"]);
    let mut known = Acknowledged::default();
    for n in 0..4 {
        let text = format!("{worker} {round} {n}");
        let said = acknowledged(sandbox, "cs-session", &["event", &id, "--message", &text, "-q"]);
        known.events.extend(said.map(|_| text.clone()));
        if n == 1 && round.is_multiple_of(2) {
            let added = acknowledged(sandbox, "cs-task", &["add", &id, "--subject", &text, "-q"]);
            known.tasks.extend(added.map(|_| text));
        }
    }
    match round % 3 {
        0 => known.parked = acknowledged(sandbox, "cs-session", &["park", &id, "--reason", "later", "-q"]).is_some(),
        1 => known.completed = acknowledged(sandbox, "cs-session", &["complete", &id, "-q"]).is_some(),
        _ => {}
    }
    if round % 4 == 3
        && let Some(new) = acknowledged(sandbox, "cs-session", &["resume", &id, "-q"])
    {
        let from = Some(id.clone());
        sessions.insert(new, Acknowledged { from, ..Acknowledged::default() });
    }
    sessions.insert(id, known);
}

/// The life of one conversation; either its process is killed, or it reports its end.
fn converse(sandbox: &Sandbox, worker: usize, round: usize) -> String {
    let uuid = format!("{worker:08x}-0000-4000-8000-{round:012x}");
    let client = sandbox.start("sleep", &["600"]);
    let task =
        r#","tool_name":"TaskCreate","tool_input":{"subject":"write tests"},"tool_response":{"task":{"id":"1"}}"#;
    send_hook(sandbox, client.pid(), &uuid, "SessionStart", r#","source":"startup""#);
    send_hook(sandbox, client.pid(), &uuid, "UserPromptSubmit", &format!(r#","prompt":"of {uuid}","prompt_id":"p1""#));
    send_hook(sandbox, client.pid(), &uuid, "PostToolUse", task);
    send_hook(sandbox, client.pid(), &uuid, "Stop", "");
    if round.is_multiple_of(2) {
        send_hook(sandbox, client.pid(), &uuid, "SessionEnd", r#","reason":"other""#);
    }
    uuid
}

/// Cleans up until `ends` is set; returns how often it ran and what it did.
fn clean(sandbox: &Sandbox, ends: &AtomicBool) -> (usize, BTreeSet<String>) {
    let (mut runs, mut actions) = (0, BTreeSet::new());
    while !ends.load(Ordering::Relaxed) {
        let reported = at(sandbox, LATER, "cs-cleanup", &["all"]);
        actions.extend(done(&reported).iter().filter_map(|line| Some(line.split(' ').next()?.to_owned())));
        runs += 1;
    }
    (runs, actions)
}

/// Makes locks look unused.
fn backdate(sandbox: &Sandbox, ends: &AtomicBool) {
    while !ends.load(Ordering::Relaxed) {
        for folder in ["sessions", "live"] {
            let listing = fs::read_dir(sandbox.data().join(folder)).into_iter().flatten().flatten();
            let locks =
                listing.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|of| of == "lock"));
            let then = SystemTime::now() - Duration::from_secs(2 * HOUR);
            locks.for_each(|path| {
                drop(File::options().append(true).open(path).and_then(|file| file.set_modified(then)))
            });
        }
        thread::sleep(Duration::from_millis(20));
    }
}

/// The record with this id, which must exist exactly once.
#[track_caller]
fn the_record(sandbox: &Sandbox, id: &str) -> Value {
    let places = ["sessions", "sessions/archive"].map(|folder| sandbox.data().join(format!("{folder}/{id}.json")));
    let found: Vec<Value> = places
        .iter()
        .filter_map(|path| fs::read(path).ok())
        .map(|bytes| serde_json::from_slice(&bytes).expect("a record is complete"))
        .collect();
    assert_eq!(found.len(), 1, "{id}: in {} places", found.len());
    found.into_iter().next().unwrap_or_default()
}

/// Texts of a field of a record's list.
fn texts(record: &Value, list: &str, field: &str) -> Vec<String> {
    let items = record[list].as_array().into_iter().flatten();
    items.filter_map(|item| Some(item[field].as_str()?.to_owned())).collect()
}

#[test]
fn cleanup_beside_eight_writers_loses_nothing() {
    let seconds = env::var("CLEANUP_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(10);
    let sandbox = Sandbox::new();
    put(&sandbox, "config.json", r#"{"version": 1, "settings": {"archive_after_days": 0}}"#);
    let (ends, begin) = (AtomicBool::new(false), Instant::now());
    let goes_on = || begin.elapsed() < Duration::from_secs(seconds);
    let (sessions, uuids, (runs, actions)) = thread::scope(|scope| {
        let (sandbox, ends) = (&sandbox, &ends);
        let cleaner = scope.spawn(move || clean(sandbox, ends));
        scope.spawn(move || backdate(sandbox, ends));
        let people = (0..6).map(|worker| {
            scope.spawn(move || {
                let mut sessions = Sessions::new();
                (0..).take_while(|_| goes_on()).for_each(|round| live_one(sandbox, worker, round, &mut sessions));
                sessions
            })
        });
        let people: Vec<_> = people.collect();
        let agents = (6..8).map(|worker| {
            scope.spawn(move || {
                (0..).take_while(|_| goes_on()).map(|round| converse(sandbox, worker, round)).collect::<Vec<_>>()
            })
        });
        let agents: Vec<_> = agents.collect();
        let sessions: Sessions =
            people.into_iter().flat_map(|worker| worker.join().expect("a worker does not panic")).collect();
        let uuids: Vec<String> =
            agents.into_iter().flat_map(|worker| worker.join().expect("a worker does not panic")).collect();
        ends.store(true, Ordering::Relaxed);
        (sessions, uuids, cleaner.join().expect("cleanup does not fail"))
    });
    let changes: usize = sessions.values().map(|known| known.events.len() + known.tasks.len()).sum();
    println!(
        "{seconds} s: {runs} cleanups, {} sessions, {changes} changes, {} conversations, {actions:?}",
        sessions.len(),
        uuids.len()
    );
    assert!(runs >= 2 && changes >= 50, "{runs} cleanups, {changes} changes: too few to say anything");
    for action in ["archived", "parked"] {
        assert!(actions.contains(action), "{action} never happened: {actions:?}");
    }
    check_sessions(&sandbox, &sessions);
    check_conversations(&sandbox, &uuids);
    check_in_order(&sandbox);
}

fn check_sessions(sandbox: &Sandbox, sessions: &Sessions) {
    for (id, known) in sessions {
        let record = the_record(sandbox, id);
        let mut events = texts(&record, "events", "message");
        events.retain(|event| !event.starts_with("closed by cs-cleanup") && !event.starts_with("reopened"));
        assert_eq!(events, known.events, "{id}: each once, in order");
        let tasks = texts(&record, "tasks", "subject");
        assert!(known.tasks.iter().all(|task| tasks.contains(task)), "{id}: {tasks:?} {known:?}");
        if known.completed {
            assert_eq!(record["status"], "completed", "{id}");
        }
        if known.parked && record["resumed_as"].is_null() {
            assert_eq!((&record["status"], &record["parked_reason"]), (&json!("parked"), &json!("later")), "{id}");
        }
        if known.from.is_some() {
            assert_eq!(record["resumed_from"].as_str(), known.from.as_deref(), "{id}");
        }
    }
}

/// Panics unless everything that the hooks were sent is recorded.
fn check_conversations(sandbox: &Sandbox, uuids: &[String]) {
    let log = fs::read_to_string(sandbox.data().join("logs/hook.log")).unwrap_or_default();
    let others: Vec<&str> = log.lines().filter(|line| !line.contains("continued without the lock")).collect();
    assert_eq!(others, Vec::<&str>::new());
    let folders = ["sessions", "sessions/archive"].map(|folder| sandbox.data().join(folder));
    let files = folders.iter().flat_map(|folder| cs_tests::entries(folder));
    let files = files.filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().ends_with(".json")));
    let records = files.map(|path| cs_tests::replay::whole(&path));
    let of: BTreeMap<String, Value> =
        records.filter_map(|record| Some((record["claude_session_id"].as_str()?.to_owned(), record))).collect();
    for uuid in uuids {
        let record = of.get(uuid).unwrap_or_else(|| panic!("{uuid} has no session: {log}"));
        assert_eq!(record["intent"], format!("of {uuid}"));
        assert_eq!(texts(record, "tasks", "subject"), ["write tests"], "{uuid}: {log}");
    }
}
