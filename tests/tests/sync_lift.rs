//! A file of SQLite is lifted into PostgreSQL with one line of shell.

use cs_tests::postgres::{Postgres, ROLES};
use cs_tests::{can_run, has, process};
use std::path::Path;
use std::process::Command;
use sync::sqlite::{Database, Script};
use sync::{Digest, Held, Machine, Op, Row, Sink, Source, Visibility};

/// What a careless copy would take for an end, a null, or another field.
const TEXTS: [&str; 9] = ["", "it's", "a\n\\.\nb", "\r\n x\r", "\t\\N\\.", "\u{1}\u{2}", "☃ '\u{7f}", "\\N", "a\\tb"];

fn shell(line: &str) {
    let mut command = Command::new("sh");
    command.args(["-c", line]);
    let output = process::run(command, "");
    let complaint = cs_tests::stderr(&output);
    assert!(output.status.success() && complaint.is_empty(), "{line}: {complaint}");
}

fn row(table: &str, text: &str) -> Row {
    let body = format!(r#"{{"text":{},"n":1.10,"n":2}}"#, serde_json::Value::from(format!("{text}\0")));
    let text = serde_json::Value::from(text);
    let at = "2026-11-21T03:37:00.123456+00:00";
    let fields = format!(r#""id":{text},"kind":"prompt","at":"{at}","project":{text},"agent":{text}"#);
    Row::parse(format!(r#"{{"table":"{table}",{fields},"body":{body}}}"#).as_bytes()).expect("it is a row")
}

/// The text of a push.
fn text() -> Vec<u8> {
    let machine = Machine { id: "00000000000000a1".into(), label: "lap\\top".into() };
    let mut script = Script::new(Vec::new(), "anna");
    script.begin().expect("it is written");
    let mut take = |op: Op| script.take(&op).expect("it is written");
    take(Op::Machine(&machine));
    for (name, table) in [("head/c1", "conversation"), ("talk/c1/main", "entry"), ("audit/2026-11-21", "audit")] {
        let source = Source::parse(name).expect("it is a source");
        let mut digest = Digest::default();
        for (seq, text) in (0..).zip(TEXTS) {
            let row = row(table, text);
            digest.add(&row.line());
            take(Op::Row(&source, seq, &row));
        }
        let held = Held { pos: TEXTS.len() as u64, digest: digest.text(), stamp: "a\tb".into() };
        take(Op::Held(&source, &held, Some(Visibility::Team)));
    }
    take(Op::Forget("c9"));
    script.end().expect("it is written");
    script.into_out()
}

/// What a pull told: a line for each operation.
fn told(owner: &str, op: &Op) -> String {
    match op {
        Op::Machine(machine) => format!("{owner} {machine:?}"),
        Op::Row(source, seq, row) => format!("{source} {seq} {}", String::from_utf8_lossy(&row.line())),
        Op::Cut(source, seq) => format!("{source} cut {seq}"),
        Op::Held(source, held, visibility) => format!("{source} {held:?} {visibility:?}"),
        Op::Forget(id) => format!("forget {id}"),
    }
}

#[test]
fn everything_of_a_person_is_lifted_byte_for_byte() {
    if !has(can_run("sqlite3", &["--version"], "sqlite3")) {
        return;
    }
    let Some(server) = Postgres::start(&[]) else { return };
    let schema = sync::postgres::schema(None, None).expect("there is one");
    server.ask("admin", &schema);
    server.ask("admin", ROLES);
    let dir = tempfile::tempdir().expect("a folder can be made");
    let path = |name: &str| dir.path().join(name).display().to_string();
    std::fs::write(path("schema"), sync::sqlite::schema(None, None).expect("there is one")).expect("it is ours");
    std::fs::write(path("push"), text()).expect("it is ours");
    shell(&format!("cat {} {} | sqlite3 {} > /dev/null", path("schema"), path("push"), path("all.db")));
    let line = format!(
        "sqlite3 {} \"select line from outgoing_copy where owner = 'anna'\" | psql -Xq {} -c 'copy cs.incoming from stdin'",
        path("all.db"),
        server.arguments("ada"),
    );
    shell(&line);
    shell(&line);
    let database = Database { program: Path::new("sqlite3").into(), file: path("all.db").into() };
    let (mut below, mut above) = (Vec::new(), Vec::new());
    let failures = sync::sqlite::pull(&database, &[], &mut |pulled| {
        below.push(told("ada", &pulled.op));
        Ok(())
    });
    assert!(failures.expect("it can be read").is_empty());
    let failures = sync::postgres::pull(&server.arguments("ada"), &[], &mut |pulled| {
        above.push(told(pulled.owner, &pulled.op));
        Ok(())
    });
    assert!(failures.expect("it can be read").is_empty());
    assert_eq!(below.len(), 1 + 3 * (TEXTS.len() + 2) + 1);
    below.sort();
    above.sort();
    assert_eq!(above, below);
}
