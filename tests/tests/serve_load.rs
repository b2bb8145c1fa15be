//! Readers of the dashboard beside writers of the store: every answer is complete, and none is an error.
//!
//! `CS_LOAD_SECONDS=60 cargo test --release -p cs-tests --test serve_load -- --nocapture` is the long form, with 8
//! writers and 50 readers; without the variable the test is short, with fewer of both. Response times are printed, not
//! judged.

use std::env;
use std::io::{BufReader, Write};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use cs_tests::http::{Answer, Served};
use cs_tests::{Sandbox, run, status, stderr, stdout};

struct Plan {
    time: Duration,
    writers: usize,
    readers: usize,
}

fn plan() -> Plan {
    match env::var("CS_LOAD_SECONDS").ok().and_then(|text| text.parse().ok()) {
        Some(seconds) => Plan { time: Duration::from_secs(seconds), writers: 8, readers: 50 },
        None => Plan { time: Duration::from_secs(5), writers: 3, readers: 12 },
    }
}

#[test]
fn readers_get_complete_answers_while_others_write() {
    let sandbox = Sandbox::new().without("CS_NOW");
    let ids: Vec<String> = (0..20).map(|n| create(&sandbox, n)).collect();
    let served = Served::start(&sandbox, &[]);
    let plan = plan();
    let (stopped, written) = (AtomicBool::new(false), AtomicUsize::new(0));
    let end = Instant::now() + plan.time;
    let mut times: Vec<Duration> = thread::scope(|scope| {
        let writers = ids.chunks(ids.len().div_ceil(plan.writers)).map(|mine| {
            let (sandbox, stopped, written) = (&sandbox, &stopped, &written);
            scope.spawn(move || write(sandbox, mine, stopped, written))
        });
        let writers: Vec<_> = writers.collect();
        let (served, ids) = (&served, &ids);
        let readers: Vec<_> = (0..plan.readers).map(|n| scope.spawn(move || read(served, ids, n, end))).collect();
        let times =
            readers.into_iter().flat_map(|reader| reader.join().expect("the reader found nothing wrong")).collect();
        stopped.store(true, Ordering::SeqCst);
        writers.into_iter().for_each(|writer| writer.join().expect("a writer found nothing wrong"));
        times
    });
    times.sort();
    let at = |part: f64| times[((times.len() - 1) as f64 * part) as usize];
    let changes = written.load(Ordering::SeqCst);
    println!(
        "{} answers beside {changes} changes in {:?}: median {:?}, p99 {:?}, longest {:?}; {} KiB resident, at most {}",
        times.len(),
        plan.time,
        at(0.5),
        at(0.99),
        at(1.0),
        served.memory("VmRSS").unwrap_or_default(),
        served.memory("VmHWM").unwrap_or_default(),
    );
    assert!(times.len() > plan.readers && changes > plan.writers, "nothing continued");
    let shown = served.json("/api/sessions?limit=500&include_archived=true");
    assert_eq!(shown["total"].as_u64(), Some(sandbox.records().len() as u64), "afterwards they agree");
    assert!(served.own_memory().is_none_or(|memory| memory < 12 * 1024), "{:?} KiB", served.own_memory());
}

fn create(sandbox: &Sandbox, number: usize) -> String {
    let project = format!("project-{}", number % 3);
    let output = sandbox.cs("cs-session", &["create", "--project", &project, "--intent", "under load", "-q"]);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    stdout(&output).trim().to_owned()
}

/// Changes its sessions again and again, as people and hooks do. A resumed session continues under a new id.
fn write(sandbox: &Sandbox, ids: &[String], stopped: &AtomicBool, written: &AtomicUsize) {
    let mut ids = ids.to_vec();
    for round in 0.. {
        for id in &mut ids {
            if stopped.load(Ordering::SeqCst) {
                return;
            }
            match round % 4 {
                0 => drop(call(sandbox, &["cs-session", "event", id, "--message", "went on with é \"quotes\" <b>"])),
                1 => drop(call(sandbox, &["cs-session", "park", id, "--reason", "lunch"])),
                2 => *id = call(sandbox, &["cs-session", "resume", id, "-q"]).trim().to_owned(),
                _ => drop(call(sandbox, &["cs-task", "add", id, "--subject", "one more thing, again"])),
            };
            written.fetch_add(1, Ordering::SeqCst);
        }
    }
}

fn call(sandbox: &Sandbox, words: &[&str]) -> String {
    let mut command = sandbox.command(words[0]);
    command.args(&words[1..]);
    let output = run(command, "");
    assert_eq!(status(&output), 0, "{words:?}: {}", stderr(&output));
    stdout(&output)
}

/// Requests everything in turn over one connection, and checks every answer.
fn read(served: &Served, ids: &[String], number: usize, end: Instant) -> Vec<Duration> {
    let mut times = Vec::new();
    let mut reader = BufReader::new(served.connect());
    let mut tag = String::new();
    for round in number.. {
        if Instant::now() >= end {
            return times;
        }
        let path = path(ids, round);
        let text = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nIf-None-Match: {tag}\r\n\r\n");
        let begin = Instant::now();
        reader.get_mut().write_all(text.as_bytes()).expect("the server accepts a request");
        let answer = Answer::read(&mut reader, false).unwrap_or_else(|| panic!("{path}: no answer"));
        times.push(begin.elapsed());
        check(&path, &answer);
        tag = answer.field("etag").unwrap_or_default().to_owned();
    }
    times
}

fn path(ids: &[String], round: usize) -> String {
    let id = &ids[round % ids.len()];
    match round % 9 {
        0 | 1 => "/api/overview".to_owned(),
        2 => "/".to_owned(),
        3 => format!("/api/session/{id}"),
        4 => format!("/session/{id}"),
        5 => "/api/sessions?status=parked&limit=5".to_owned(),
        6 => "/api/sessions?q=again".to_owned(),
        7 => "/api/project/project-1".to_owned(),
        _ => format!("/api/export/session/{id}?format=json"),
    }
}

fn check(path: &str, answer: &Answer) {
    assert!(matches!(answer.status, 200 | 304), "{path}: {}: {}", answer.status, answer.text());
    if answer.status == 304 {
        return;
    }
    if !path.starts_with("/api/") {
        assert!(answer.text().trim_end().ends_with("</html>"), "{path} is torn");
        return;
    }
    let value = answer.json();
    match path {
        "/api/overview" => {
            assert_eq!(value["damaged"], serde_json::json!([]));
            let counts = &value["counts"];
            let sum: u64 = ["active", "parked", "completed"].iter().filter_map(|kind| counts[kind].as_u64()).sum();
            assert!(sum >= 20, "sessions are missing: {counts}");
        }
        _ if path.starts_with("/api/session/") => assert!(path.ends_with(value["session_id"].as_str().unwrap())),
        _ => {}
    }
}
