//! Much of it: time, size and growth; and machines whose clocks differ.

use crate::content::{Content, row, server_with, source};
use cs_tests::postgres::Postgres;
use std::io::Write;
use std::process::Stdio;
use std::time::{Duration, Instant};
use sync::{Held, Known, Op, Sink, Table, postgres};

/// Lines of one thread.
const LINES: u64 = 300;

/// Sends so many lines, as if nothing was known, and returns how long it took.
fn fill(server: &Postgres, threads: u64, machine: &Content) -> (Duration, String) {
    let mut psql = server.psql("ada");
    psql.stdin(Stdio::piped()).stdout(Stdio::piped());
    let begun = Instant::now();
    let mut child = psql.spawn().unwrap();
    let input = std::io::BufWriter::with_capacity(1 << 16, child.stdin.take().unwrap());
    let mut script = postgres::Script::begin(input, &machine.machine).unwrap();
    script.take(&Op::Machine(&machine.machine)).unwrap();
    let words = "the login page answers slowly when somebody asks for the list of all sessions of a project";
    for thread in 0..threads {
        let name = source(&format!("talk/c{thread}/main"));
        for seq in 0..LINES {
            let kind = ["prompt", "call", "answer"][usize::try_from(seq % 3).unwrap()];
            let body = format!(
                r#"{{"v":1,"kind":"{kind}","conversation":"c{thread}","entry":"e{seq}#0","seq":{seq},"turn":{},"text":"{words} {} {} {}"}}"#,
                seq / 3,
                thread % 977,
                seq * 31,
                (thread * LINES + seq) * 7919 % 100_003
            );
            script.take(&Op::Row(&name, seq, &row(Table::Entry, &format!("e{seq}#0"), Some(kind), &body))).unwrap();
        }
        let held = Held { pos: LINES, digest: "d".into(), stamp: "s".into() };
        script.take(&Op::Cut(&name, LINES)).unwrap();
        script.take(&Op::Held(&name, &held, None)).unwrap();
    }
    script.end().unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    (begun.elapsed(), String::from_utf8_lossy(&output.stdout).trim().to_string())
}

fn mebibytes(server: &Postgres) -> u64 {
    server.ask("admin", "select pg_database_size('postgres') / 1048576").parse().unwrap()
}

fn measure(entries: u64) -> (Duration, Duration, u64, u64) {
    let Some(server) = server_with(&["max_wal_size=4GB"]) else { return Default::default() };
    let machine = Content::new(1, "large");
    let before = mebibytes(&server);
    let (first, told) = fill(&server, entries / LINES, &machine);
    assert_eq!(told, format!("{} rows changed", entries / LINES * LINES));
    let size = mebibytes(&server) - before;
    let (again, told) = fill(&server, entries / LINES, &machine);
    assert_eq!(told, "0 rows changed");
    let growth = mebibytes(&server) - before - size;
    println!("{entries} entries: {first:?}, {size} MiB; again {again:?}, {growth} MiB more");
    let begun = Instant::now();
    let mut session = postgres::Session::open(&server.arguments("ada")).unwrap();
    let known: Known = session.known(&machine.machine).unwrap();
    assert_eq!(known.sources.len() as u64, entries / LINES);
    session.take(&Op::Machine(&machine.machine)).unwrap();
    assert_eq!(session.commit().unwrap(), 0);
    println!("nothing new: {:?}", begun.elapsed());
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    let begun = Instant::now();
    let mut rows = 0;
    let failures = postgres::pull(&server.arguments("ada"), &[], &mut |pulled| {
        rows += u64::from(matches!(pulled.op, Op::Row(..)));
        Ok(())
    });
    // Their digests are made up here, so each source is one; but all its rows come.
    assert_eq!((failures.unwrap().len() as u64, rows), (entries / LINES, entries / LINES * LINES));
    println!("pull of all: {:?}", begun.elapsed());
    std::io::stdout().flush().unwrap();
    (first, again, size, growth)
}

#[test]
fn thirty_thousand_entries_take_seconds() {
    let (first, again, size, growth) = measure(30_000);
    assert!(first < Duration::from_secs(15) && again < Duration::from_secs(10), "{first:?} {again:?}");
    assert!(size < 60 && growth <= 1, "{size} MiB, and then {growth} MiB");
}

#[test]
#[ignore = "takes minutes; prints figures"]
fn a_million_entries() {
    let (_, _, size, growth) = measure(1_000_000);
    assert!(growth * 100 <= size, "{size} MiB, and then {growth} MiB");
}

#[test]
fn clocks_that_differ_change_nothing() {
    let Some(server) = server_with(&[]) else { return };
    let times =
        ["1999-01-01T00:00:00.000000+00:00", "2026-11-21T03:37:00.000000+00:00", "9999-12-31T23:59:59.999999+00:00"];
    for (id, at) in (1..).zip(times) {
        let mut machine = Content::new(id, "").with(&["c1"], 2);
        machine.sources.values_mut().flatten().for_each(|row| row.at = Some(at.into()));
        assert_eq!(machine.push(&server, "ada").unwrap(), machine.rows());
        assert_eq!(machine.push(&server, "ada").unwrap(), 0);
        assert_eq!(server.ask("ada", &format!("select distinct at from cs.outgoing where machine like '%{id}'")), at);
    }
    // When something came is told by the clock of the server.
    assert_eq!(server.ask("ada", "select count(*) from cs.machine where seen_at > now() - interval '1 hour'"), "3");
    assert_eq!(server.ask("ada", "select count(*) from cs.find('line')"), "6");
}
