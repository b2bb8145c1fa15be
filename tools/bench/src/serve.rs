//! Measures the dashboard: answers on a store of any size, and its memory.
//!
//! Times run from sending a request to the last byte of its answer, on an open connection, except for the first answer,
//! which counts from starting the program.

use std::fs;
use std::io::{BufReader, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use cs_tests::http::{Answer, Served};

use super::measure::{Bench, median};
use super::report::{Table, millis, thousands};

/// One measurement: its name, its budget, the times.
type ServeRow = (&'static str, Option<f64>, Vec<Duration>);

/// The measurements on one store.
pub struct Costs {
    sessions: usize,
    rows: Vec<ServeRow>,
    /// In KiB, at the end; `None` if the system does not report it.
    memory: Option<u64>,
}

/// Starts the dashboard of a store and sends each request `runs` times; `None` if there is no such program.
pub fn measure(bench: &Bench, runs: usize) -> Option<Costs> {
    if !cs_tests::programs().join("cs-serve").is_file() {
        return None;
    }
    let start = || {
        let begin = Instant::now();
        let served = Served::start(&bench.sandbox, &[]);
        let mut client = Client::new(&served);
        client.ask("/healthz", "");
        let started = begin.elapsed();
        let begin = Instant::now();
        client.ask("/api/overview", "");
        (started, begin.elapsed())
    };
    let (started, cold): (Vec<_>, Vec<_>) = (0..runs).map(|_| start()).unzip();
    let served = Served::start(&bench.sandbox, &[]);
    let mut client = Client::new(&served);
    let mut rows = vec![("start to first answer", Some(20.0), started), ("/api/overview, cold", Some(30.0), cold)];
    // The stamps of files that were just written are not trusted.
    std::thread::sleep(Duration::from_millis(200));
    rows.extend([
        ("/api/overview, nothing changed", Some(2.0), client.times(runs, "/api/overview", false)),
        ("/, nothing changed", Some(2.0), client.times(runs, "/", false)),
        ("/api/overview, 304", Some(0.5), client.times(runs, "/api/overview", true)),
        ("/api/overview, a record changed", None, (0..runs).map(|_| changed(bench, &mut client)).collect()),
        ("/api/sessions?limit=50", None, client.times(runs, "/api/sessions?limit=50", false)),
        ("/api/sessions?q=…, never asked before", None, searched(&mut client, runs.min(5))),
    ]);
    Some(Costs { sessions: bench.store.sessions, rows, memory: served.memory("VmRSS") })
}

fn changed(bench: &Bench, client: &mut Client) -> Duration {
    let (name, text) = bench.store.record(0);
    let path = bench.sandbox.data().join(name);
    let temp = path.with_file_name(".tmp-bench");
    fs::write(&temp, text).and_then(|()| fs::rename(&temp, &path)).expect("the sandbox can be written");
    client.ask("/api/overview", "").0
}

fn searched(client: &mut Client, runs: usize) -> Vec<Duration> {
    (0..runs).map(|run| client.ask(&format!("/api/sessions?q=invoice+{run}"), "").0).collect()
}

struct Client(BufReader<TcpStream>);

impl Client {
    fn new(served: &Served) -> Client {
        Client(BufReader::new(served.connect()))
    }

    fn ask(&mut self, path: &str, tag: &str) -> (Duration, Answer) {
        let text = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nIf-None-Match: {tag}\r\n\r\n");
        let begin = Instant::now();
        self.0.get_mut().write_all(text.as_bytes()).expect("the server accepts a request");
        let answer = Answer::read(&mut self.0, false).unwrap_or_else(|| panic!("{path}: no answer"));
        assert!(matches!(answer.status, 200 | 304), "{path}: {}", answer.status);
        (begin.elapsed(), answer)
    }

    fn times(&mut self, runs: usize, path: &str, tagged: bool) -> Vec<Duration> {
        let (_, first) = self.ask(path, "");
        let tag = if tagged { first.field("etag").unwrap_or_default() } else { "" };
        (0..runs).map(|_| self.ask(path, tag).0).collect()
    }
}

/// All stores side by side.
pub fn table(all: &[Costs]) -> Table {
    let mut heading = vec!["cs-serve".to_owned(), "budget".into()];
    heading.extend(all.iter().map(|costs| format!("{} sessions: ms", thousands(costs.sessions))));
    let mut rows = vec![heading];
    for (n, (what, most, _)) in all.first().map_or(&[][..], |costs| &costs.rows).iter().enumerate() {
        let budget = most.map_or_else(String::new, |most| format!("≤ {most} ms"));
        let mut row = vec![(*what).to_owned(), budget];
        row.extend(all.iter().filter_map(|costs| costs.rows.get(n)).map(|(_, _, times)| millis(median(times))));
        rows.push(row);
    }
    let memory = |costs: &Costs| costs.memory.map_or_else(|| "unknown".into(), |kib| thousands(kib as usize));
    let mut row = vec!["resident at the end, KiB".to_owned(), "≤ 15,360".into()];
    row.extend(all.iter().map(memory));
    rows.push(row);
    Table { rows }
}
