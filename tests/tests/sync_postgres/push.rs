//! Pushing: nothing twice, all or nothing, two at once, hostile texts, and what is forgotten.

use crate::content::{Content, HOSTILE, everything, row, server, server_with, source};
use cs_core::error::Error;
use cs_tests::postgres::Postgres;
use cs_tests::{stderr, stdout};
use std::process::Command;
use std::thread;
use std::time::Duration;
use sync::{Op, Sink, Table, postgres};

#[test]
fn the_same_again_changes_nothing_and_growth_sends_its_rows() {
    let Some(server) = server_with(&["log_statement=ddl"]) else { return };
    let mut content = Content::new(1, "laptop").with(&["c1", "c2"], 5);
    let marked = server.log().len();
    assert_eq!(content.push(&server, "ada").unwrap(), content.rows());
    let first = everything(&server);
    assert_eq!(content.push(&server, "ada").unwrap(), 0);
    let again = server.run("ada", &content.script());
    assert_eq!((stdout(&again), stderr(&again)), ("0 rows changed\n".into(), String::new()));
    assert_eq!(everything(&server), first);
    content.grow("c1", 3);
    assert_eq!(content.push(&server, "ada").unwrap(), 3);
    content.grow("c2", 2);
    assert_eq!(stdout(&server.run("ada", &content.script())), "2 rows changed\n");
    // A thread that was written anew: one row differs, and the last three go.
    content.talk("c1").truncate(5);
    content.talk("c1")[1] = row(Table::Entry, "e1", Some("answer"), r#"{"text":"another"}"#);
    assert_eq!(content.push(&server, "ada").unwrap(), 4);
    assert_eq!(content.push(&server, "ada").unwrap(), 0);
    assert_eq!(server.ask("ada", "select count(*) from cs.entry where source = 'talk/c1/main'"), "5");
    let log = server.log();
    let lines: Vec<&str> = log[marked..].lines().filter(|line| line.contains("statement:")).collect();
    assert!(lines.is_empty(), "a push changed the form of something: {lines:?}");
    server.ask("admin", "create table seen ()");
    assert!(server.log().contains("create table seen"), "the log misses what it must show");
}

#[test]
fn two_pushes_of_a_machine_at_once_send_each_row_once() {
    let Some(server) = server() else { return };
    let content = Content::new(1, "").with(&["c1"], 3000);
    let mut changes: Vec<u64> = thread::scope(|scope| {
        let both: Vec<_> = (0..2).map(|_| scope.spawn(|| content.push(&server, "ada").unwrap())).collect();
        both.into_iter().map(|one| one.join().unwrap()).collect()
    });
    changes.sort_unstable();
    assert_eq!(changes, [0, content.rows()]);
    // Two machines do not wait for each other: the second is done while the first is not.
    let (one, two) = (Content::new(2, "").with(&["c2"], 2), Content::new(3, "").with(&["c2"], 2));
    let mut open = postgres::Session::open(&server.arguments("ada")).unwrap();
    let known = open.known(&one.machine).unwrap();
    assert_eq!(two.push(&server, "ada").unwrap(), two.rows());
    // Nor does somebody who only wants to know.
    let peeked = postgres::Session::open(&server.arguments("ada")).unwrap().peek(&one.machine).unwrap();
    assert!(peeked.sources.is_empty());
    one.send(&known, &mut open).unwrap();
    assert_eq!(open.commit().unwrap(), one.rows());
}

#[test]
fn a_text_that_ends_anywhere_changes_nothing() {
    let Some(server) = server() else { return };
    let mut content = Content::new(1, "").with(&["c1"], 2);
    content.push(&server, "ada").unwrap();
    let before = everything(&server);
    content.grow("c1", 2);
    content.talk("c1")[0] = row(Table::Entry, "e0", Some("answer"), r#"{"text":"another"}"#);
    let text = content.script();
    let lines: Vec<usize> = text.match_indices('\n').map(|(at, _)| at + 1).collect();
    let (last, ends) = lines.split_last().unwrap();
    assert_eq!(*last, text.len());
    // At each line, and within it.
    let cuts = ends.iter().flat_map(|end| [*end, end.saturating_sub(4)]).filter(|end| text.is_char_boundary(*end));
    for cut in cuts {
        server.run("ada", &text[..cut]);
        assert_eq!(
            everything(&server),
            before,
            "cut after {:?}",
            &text[..cut].chars().rev().take(40).collect::<String>()
        );
    }
    let done = server.run("ada", &text);
    assert_eq!(stdout(&done), "3 rows changed\n", "{}", stderr(&done));
}

#[test]
fn a_push_that_is_killed_anywhere_changes_nothing() {
    let Some(server) = server() else { return };
    let mut content = Content::new(1, "").with(&["c1"], 2);
    content.push(&server, "ada").unwrap();
    let before = everything(&server);
    content.grow("c1", 3);
    let mut count = Counter(0);
    content.send(&Default::default(), &mut count).unwrap();
    for stop in 0..=count.0 {
        for how in ["dropped", "the backend is ended", "psql is killed"] {
            let mut session = postgres::Session::open(&server.arguments("ada")).unwrap();
            session.known(&content.machine).unwrap();
            let mut sink = Until { session: &mut session, left: stop };
            let _ = content.send(&Default::default(), &mut sink);
            if how != "dropped" {
                match how {
                    "psql is killed" => kill_psql(&server),
                    _ => drop(server.ask("admin", ENDED)),
                }
                let failed = session.commit().unwrap_err();
                assert!(matches!(failed, Error::Io { .. }), "{failed}");
            }
            assert_eq!(everything(&server), before, "{how} after {stop} operations");
        }
    }
    let is_alone = || server.ask("admin", "select count(*) from pg_stat_activity where usename = 'ada'") == "0";
    assert!(cs_tests::eventually(Duration::from_secs(10), is_alone), "a connection is left");
    assert_eq!(content.push(&server, "ada").unwrap(), 3);
}

/// Ends the connections of ada.
const ENDED: &str = "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'ada'";

/// Kills the `psql` that is logged in as ada.
fn kill_psql(server: &Postgres) {
    let pattern = format!("psql .*{}", server.arguments("ada"));
    let killed = Command::new("pkill").args(["-KILL", "-f", &pattern]).status().unwrap();
    assert!(killed.success(), "no process is {pattern}");
}

struct Counter(usize);

impl Sink for Counter {
    fn take(&mut self, _: &Op) -> cs_core::error::Result<()> {
        self.0 += 1;
        Ok(())
    }
}

/// Passes some operations on, and then none.
struct Until<'u> {
    session: &'u mut postgres::Session,
    left: usize,
}

impl Sink for Until<'_> {
    fn take(&mut self, op: &Op) -> cs_core::error::Result<()> {
        if self.left == 0 {
            return Err(Error::Refused("stopped".into()));
        }
        self.left -= 1;
        self.session.take(op)
    }
}

#[test]
fn hostile_texts_change_nothing_but_their_rows() {
    let Some(server) = server() else { return };
    let mut content = Content::new(1, "l'a\"b\\ :x").with(&["c1"], 0);
    let long = format!(r#"{{"text":"{}"}}"#, "wörd ".repeat(400_000));
    let unique: String = (0..60_000).map(|n| format!("{n:x}-{n} ")).collect();
    let unique = format!(r#"{{"text":"{unique}"}}"#);
    for body in HOSTILE.iter().copied().chain([long.as_str(), unique.as_str()]) {
        content.talk("c1").push(row(Table::Entry, "x", Some("prompt"), body));
    }
    for id in ["", "\\.", "a\u{1}b\u{2}c", "'\"\\", "\\N", "\\! touch /tmp/x", "a\rb", ":id", "$1"] {
        let mut row = row(Table::Entry, id, Some(id), "{}");
        (row.project, row.agent, row.conversation) = (Some(id.into()), None, Some(id.into()));
        content.talk("c1").push(row);
    }
    let done = server.run("ada", &content.script());
    assert_eq!(stdout(&done), format!("{} rows changed\n", content.rows()), "{}", stderr(&done));
    assert_eq!(content.push(&server, "ada").unwrap(), 0);
    let bodies =
        server.ask("ada", "select body from cs.entry where length(body::text) < 1000 and id = 'x' order by seq");
    assert_eq!(bodies, HOSTILE.join("\n"));
    // Every view can be read, whatever is in the bodies.
    for view in ["cs.outgoing", "cs.spend", "cs.secrets", "codex.threads", "codex.thread_items", "codex.thread_turns"] {
        server.ask("ada", &format!("select * from {view}"));
    }
    assert_eq!(server.ask("ada", "select count(*) from cs.find('wörd')"), "1");
}

#[test]
fn what_is_forgotten_goes_on_all_machines_and_stays_away() {
    let Some(server) = server() else { return };
    let (one, two) = (Content::new(1, "").with(&["c1", "c2"], 2), Content::new(2, "").with(&["c1"], 2));
    for content in [&one, &two] {
        content.push(&server, "ada").unwrap();
    }
    two.push(&server, "bob").unwrap();
    let bobs = server.ask("bob", "select count(*) from cs.outgoing");
    let mut session = postgres::Session::open(&server.arguments("ada")).unwrap();
    session.known(&one.machine).unwrap();
    session.take(&Op::Machine(&one.machine)).unwrap();
    session.take(&Op::Forget("c1")).unwrap();
    // A head, two lines, a mark, a record and a call on each machine, and the note itself.
    assert_eq!(session.commit().unwrap(), 13);
    let left = "select count(*) from cs.outgoing where (source like '%c1%' or conversation = 'c1')";
    assert_eq!(server.ask("admin", &format!("{left} and owner = 'ada'")), "0");
    assert_eq!(server.ask("bob", "select count(*) from cs.outgoing"), bobs, "it is ada's");
    let mut session = postgres::Session::open(&server.arguments("ada")).unwrap();
    let known = session.known(&two.machine).unwrap();
    assert!(known.forgotten.contains("c1") && !known.sources.contains_key(&source("head/c1")));
    assert!(!known.sources.contains_key(&source("record/sess_c1")));
    assert_eq!(known.sources.get(&source("audit/2026-11-21")).map(|held| held.digest.as_str()), Some(""));
    drop(session);
    // A machine that does not know of it sends all of it again, and nothing is taken.
    let again = server.run("ada", &two.script());
    assert_eq!(stdout(&again), "0 rows changed\n", "{}", stderr(&again));
    assert_eq!(server.ask("admin", &format!("{left} and owner = 'ada'")), "0");
    let cursors = "select source from cs.cursor where owner = 'ada' and source like '%c1%'";
    assert_eq!(server.ask("admin", cursors), "");
    assert_eq!(server.ask("ada", "select conversation from cs.audit"), "c2", "the rest of the day is still there");
}

#[test]
fn rows_on_their_way_are_forgotten_too() {
    let Some(server) = server() else { return };
    let (one, two) = (Content::new(1, "").with(&["c1"], 2), Content::new(2, "").with(&["c1"], 2));
    one.push(&server, "ada").unwrap();
    let mut on_the_way = postgres::Session::open(&server.arguments("ada")).unwrap();
    let known = on_the_way.known(&two.machine).unwrap();
    two.send(&known, &mut on_the_way).unwrap();
    thread::scope(|scope| {
        let forgotten = scope.spawn(|| {
            let mut session = postgres::Session::open(&server.arguments("ada")).unwrap();
            session.known(&one.machine).unwrap();
            session.take(&Op::Forget("c1")).unwrap();
            session.commit().unwrap()
        });
        let waits = "select count(*) from pg_locks where locktype = 'advisory' and not granted";
        assert!(cs_tests::eventually(Duration::from_secs(20), || server.ask("admin", waits) == "1"));
        assert_eq!(on_the_way.commit().unwrap(), two.rows());
        assert_eq!(forgotten.join().unwrap(), 13);
    });
    assert_eq!(server.ask("ada", "select count(*) from cs.outgoing where source ~ 'c1'"), "0");
}
