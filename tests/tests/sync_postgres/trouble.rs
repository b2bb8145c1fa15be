//! What must not stop a push, a view or a person who forgets: two at once, rows of others, a server that does not answer.

use crate::content::{Content, row, server, source};
use cs_core::error::Error;
use std::net::TcpListener;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};
use sync::{Op, Sink, Table, Visibility, postgres};

#[test]
fn of_two_that_forget_at_once_one_is_told_to_come_again() {
    let Some(server) = server() else { return };
    let both = [Content::new(1, "").with(&["c1"], 2), Content::new(2, "").with(&["c2"], 2)];
    both.iter().for_each(|content| assert!(content.push(&server, "ada").unwrap() > 0));
    let begin = |content: &Content| {
        let mut session = postgres::Session::open(&server.arguments("ada")).unwrap();
        session.known(&content.machine).unwrap();
        session
    };
    let forget = |mut session: postgres::Session, id: &str| {
        session.take(&Op::Forget(id)).unwrap();
        session.commit()
    };
    let (one, two) = (begin(&both[0]), begin(&both[1]));
    let done = thread::scope(|scope| {
        let other = scope.spawn(|| forget(one, "c1"));
        let own = forget(two, "c2");
        [other.join().unwrap(), own]
    });
    let is_busy = |done: &cs_core::error::Result<u64>| matches!(done, Err(Error::Busy(_)));
    assert_eq!(done.iter().filter(|done| is_busy(done)).count(), 1, "{done:?}");
    assert_eq!(done.iter().filter(|done| done.is_ok()).count(), 1, "{done:?}");
    for ((done, content), id) in done.iter().zip(&both).zip(["c1", "c2"]) {
        if is_busy(done) {
            forget(begin(content), id).unwrap();
        }
    }
    assert_eq!(server.ask("ada", "select count(*) from cs.entry"), "0");
}

#[test]
fn lines_of_a_machine_that_nothing_names_are_forgotten_too() {
    let Some(server) = server() else { return };
    let machines = [1, 2, 3].map(|id| Content::new(id, "").with(&["c1", "c10"], 2));
    machines.iter().for_each(|content| assert!(content.push(&server, "ada").unwrap() > 0));
    machines[2].push(&server, "bob").unwrap();
    server.ask("ada", "delete from cs.machine where machine like '%2'; delete from cs.machine where machine like '%3'");
    server.ask("ada", "delete from cs.cursor where machine like '%3'");
    let mut session = postgres::Session::open(&server.arguments("ada")).unwrap();
    session.known(&machines[0].machine).unwrap();
    session.take(&Op::Forget("c1")).unwrap();
    session.commit().unwrap();
    let left = "select owner, source, count(*) from cs.entry group by 1, 2 order by 1, 2";
    let expected = "ada|talk/c10/main|6\nbob|talk/c1/main|2\nbob|talk/c10/main|2";
    assert_eq!(server.ask("admin", left), expected);
}

#[test]
fn a_row_of_somebody_stops_no_view_of_others() {
    let Some(server) = server() else { return };
    let mut content = Content::new(1, "").with(&["c1", "c2"], 1);
    content.visibility = Some(Visibility::Team);
    for (id, tokens) in [("c1", "1e30"), ("c2", "-1e99")] {
        let body = format!(r#"{{"turn":1e99,"total_tokens":{tokens}}}"#);
        content.talk(id).push(row(Table::Entry, "u", Some("usage"), &body));
    }
    content.push(&server, "bob").unwrap();
    server.ask(
        "bob",
        "update cs.entry set at = 'infinity' where id = 'e0'; update cs.entry set at = '-infinity' where id = 'u'",
    );
    server.ask("bob", "update cs.conversation set at = 'infinity'");
    for view in ["outgoing", "spend", "secrets"]
        .map(|name| format!("cs.{name}"))
        .into_iter()
        .chain(["threads", "thread_items", "thread_turns", "thread_spawn_edges"].map(|name| format!("codex.{name}")))
    {
        server.ask("ada", &format!("select * from {view}"));
    }
    let threads = server.ask("ada", "select id, tokens_used, created_at from codex.threads order by 1");
    assert_eq!(threads, "c1|9223372036854775807|\nc2|0|");
}

#[test]
fn a_time_that_the_database_cannot_have_stops_no_push() {
    let Some(server) = server() else { return };
    let mut content = Content::new(1, "").with(&["c1"], 1);
    for at in
        ["0000-01-01T00:00:00.000000+00:00", "0001-01-01T00:00:00.000000+00:00", "9999-12-31T23:59:59.999999+00:00"]
    {
        let mut row = row(Table::Entry, at, Some("answer"), "{}");
        row.at = Some(at.into());
        content.talk("c1").push(row);
    }
    assert_eq!(content.push(&server, "ada").unwrap(), content.rows());
    let kept = server.ask("ada", "select seq, coalesce(at, 'none') from cs.outgoing where kind = 'answer' order by 1");
    let expected = "1|none\n2|0001-01-01T00:00:00.000000+00:00\n3|9999-12-31T23:59:59.999999+00:00";
    assert_eq!(kept, expected);
}

#[test]
fn a_push_that_still_reads_is_not_idle() {
    let Some(server) = server() else { return };
    let content = Content::new(1, "");
    let mut session = postgres::Session::open(&server.arguments("ada")).unwrap();
    session.known(&content.machine).unwrap();
    session.take(&Op::Machine(&content.machine)).unwrap();
    let state = || server.ask("admin", "select state, left(query, 16) from pg_stat_activity where usename = 'ada'");
    assert!(cs_tests::eventually(Duration::from_secs(20), || state() == "active|copy cs.incoming"), "{}", state());
    session.take(&Op::Cut(&source("head/c1"), 0)).unwrap();
    assert_eq!(session.commit().unwrap(), 0);
}

#[test]
fn a_server_that_does_not_answer_is_not_waited_for_without_end() {
    // It takes connections, and says nothing.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let arguments = format!("-h 127.0.0.1 -p {} -U ada", listener.local_addr().unwrap().port());
    if cs_tests::postgres::programs().is_err() {
        return;
    }
    let begun = Instant::now();
    let failed = postgres::pull(&arguments, &[], &mut |_| Ok(())).unwrap_err();
    assert!(matches!(failed, Error::Io { .. }) && failed.to_string().contains("timeout"), "{failed}");
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
}

#[test]
fn a_password_in_the_arguments_is_refused_by_all() {
    let arguments = "postgresql://ada:hunter2@127.0.0.1:1/x";
    let opened = postgres::Session::open(arguments).map(|_| ());
    let pulled = postgres::pull(arguments, &[], &mut |_| Ok(())).map(|_| ());
    for refused in [opened, pulled] {
        let Err(Error::Invalid(told)) = refused else { panic!("{refused:?}") };
        assert!(told.contains("~/.pgpass") && !told.contains("hunter2"), "{told}");
    }
}

#[test]
fn a_table_that_somebody_has_locked_is_not_waited_for_without_end() {
    let Some(server) = server() else { return };
    let content = Content::new(1, "").with(&["c1"], 2);
    let lock = "begin; lock table cs.meta, cs.entry in access exclusive mode; select pg_sleep(60)";
    server.ask("admin", "alter role ada set lock_timeout = '200ms'");
    let arguments = server.arguments("admin");
    let mut holder =
        Command::new("sh").args(["-c", &format!("exec psql -q {arguments} -c \"{lock}\"")]).spawn().unwrap();
    let held = "select count(*) from pg_locks where mode = 'AccessExclusiveLock' and relation = 'cs.entry'::regclass";
    assert!(cs_tests::eventually(Duration::from_secs(20), || server.ask("admin", held) == "1"));
    let pushed = content.push(&server, "ada");
    let pulled = postgres::pull(&server.arguments("ada"), &[], &mut |_| Ok(()));
    holder.kill().unwrap();
    holder.wait().unwrap();
    assert!(matches!(pushed, Err(Error::Busy(_))), "{pushed:?}");
    assert!(matches!(pulled, Err(Error::Busy(_))), "{:?}", pulled.err());
}

#[test]
fn whoever_holds_the_lock_of_a_push_is_named() {
    let Some(server) = server() else { return };
    let content = Content::new(1, "").with(&["c1"], 2);
    server.ask("admin", "alter role ada set lock_timeout = '200ms'");
    // Any role can take it.
    let lock =
        format!("select pg_advisory_lock(hashtextextended('cs/ada/{}', 0)); select pg_sleep(60)", content.machine.id);
    let arguments = server.arguments("bob");
    let mut holder =
        Command::new("sh").args(["-c", &format!("exec psql -q {arguments} -c \"{lock}\"")]).spawn().unwrap();
    let held = "select count(*) from pg_locks where locktype = 'advisory'";
    assert!(cs_tests::eventually(Duration::from_secs(20), || server.ask("admin", held) == "1"));
    let pushed = content.push(&server, "ada");
    holder.kill().unwrap();
    holder.wait().unwrap();
    let told = pushed.as_ref().err().map(ToString::to_string).unwrap_or_default();
    assert!(matches!(pushed, Err(Error::Busy(_))) && told.contains("held by bob, process "), "{told}");
}
