//! Owns files with tables, and operations to send there.

use serde_json::value::RawValue;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use sync::sqlite::{Database, Script, Session, schema};
use sync::{Digest, Held, Known, Machine, Op, Row, Sink, Source, Table, Visibility};

/// Texts that a careless writer of SQL, or a program that reads lines, would take for something else.
pub const HOSTILE: [&str; 16] = [
    "",
    "it's",
    "''",
    "a\n.quit\nb",
    ";\n/\ngo\n;",
    "\r\n x\r",
    "-- '",
    "/* '",
    "\u{1}\u{2}",
    "\t\\N\\.",
    "#x\n.exit\n",
    "☃ \u{202e}'\u{7f}",
    "nul \0 nul",
    "');\ncommit;\n",
    "\u{1b}[31m",
    "\u{1}0\u{2}\r",
];

/// A file with tables, in a folder of its own.
pub struct File {
    dir: tempfile::TempDir,
    pub database: Database,
}

impl File {
    /// `None`, and it is told, if there is no `sqlite3`. In CI that is a failure.
    pub fn new() -> Option<File> {
        let file = File::empty()?;
        let made = file.run(&schema(None, None).unwrap());
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        Some(file)
    }

    /// Without tables.
    pub fn empty() -> Option<File> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let found = std::env::split_paths(&path).map(|dir| dir.join("sqlite3")).find(|file| file.is_file());
        let Some(program) = found else {
            assert!(std::env::var("CI").as_deref() != Ok("true"), "CI=true, but sqlite3 is missing");
            println!("skipped: sqlite3 is missing; apt-get install sqlite3");
            return None;
        };
        let dir = tempfile::tempdir().unwrap();
        let database = Database { program, file: dir.path().join("all.db") };
        Some(File { dir, database })
    }

    pub fn beside(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Lets `sqlite3` carry out a text.
    pub fn run(&self, text: &str) -> Output {
        run(&self.database, text)
    }

    /// The same, which must succeed; what it prints.
    pub fn say(&self, text: &str) -> String {
        let output = self.run(text);
        let (said, complaint) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success() && complaint.is_empty(), "{complaint}");
        said
    }

    /// All that is in it, but instants of its own.
    pub fn content(&self) -> String {
        self.say(
            "select json_array(owner, machine, source, seq, tab, id, kind, at, project, agent, conversation, said, body)
               from outgoing order by owner, machine, source, seq;
             select json_array(owner, machine, source, pos, digest, stamp, visibility) from cursor;
             select json_array(owner, conversation) from forgotten;
             select json_array(owner, machine, label) from machine;",
        )
    }

    /// Sends the text of a push through the program, and returns what it prints.
    pub fn pipe(&self, owner: &str, ops: &[Sent]) -> String {
        self.say(&script(owner, ops))
    }

    /// Pushes through a session; the number of changes.
    pub fn push(&self, owner: &str, ops: &[Sent]) -> u64 {
        let mut session = Session::open(&self.database, owner).unwrap();
        ops.iter().for_each(|one| session.take(&one.op()).unwrap());
        session.commit().unwrap()
    }

    pub fn known(&self, owner: &str, machine: &Machine) -> Known {
        Session::open(&self.database, owner).unwrap().known(machine).unwrap()
    }
}

pub fn run(database: &Database, text: &str) -> Output {
    let mut command = Command::new(&database.program);
    command.args(["-batch", "-init", "/dev/null"]).arg(&database.file);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let text = text.to_string();
    let writer = std::thread::spawn(move || drop(input.write_all(text.as_bytes())));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

/// The text of a push.
pub fn script(owner: &str, ops: &[Sent]) -> String {
    let mut script = Script::new(Vec::new(), owner);
    script.begin().unwrap();
    ops.iter().for_each(|one| script.take(&one.op()).unwrap());
    script.end().unwrap();
    String::from_utf8(script.into_out()).unwrap()
}

/// An operation that owns what it is about.
#[derive(Clone, Debug)]
pub enum Sent {
    Machine(Machine),
    Row(Source, u64, Row),
    Cut(Source, u64),
    Held(Source, Held, Option<Visibility>),
    Forget(String),
}

impl Sent {
    pub fn op(&self) -> Op<'_> {
        match self {
            Sent::Machine(machine) => Op::Machine(machine),
            Sent::Row(source, seq, row) => Op::Row(source, *seq, row),
            Sent::Cut(source, seq) => Op::Cut(source, *seq),
            Sent::Held(source, held, visibility) => Op::Held(source, held, *visibility),
            Sent::Forget(id) => Op::Forget(id),
        }
    }

    pub fn of(op: &Op) -> Sent {
        match op {
            Op::Machine(machine) => Sent::Machine((*machine).clone()),
            Op::Row(source, seq, row) => Sent::Row((*source).clone(), *seq, (*row).clone()),
            Op::Cut(source, seq) => Sent::Cut((*source).clone(), *seq),
            Op::Held(source, held, visibility) => Sent::Held((*source).clone(), (*held).clone(), *visibility),
            Op::Forget(id) => Sent::Forget((*id).to_string()),
        }
    }
}

pub fn machine(number: u8) -> Machine {
    Machine { id: format!("{number:016x}"), label: format!("machine's {number}") }
}

pub fn source(name: &str) -> Source {
    Source::parse(name).unwrap()
}

/// A row with this text in all of its fields.
pub fn row(source: &Source, text: &str) -> Row {
    let body = serde_json::json!({"v": 1, "text": text, "title": text, "turn": 1}).to_string();
    let some = || Some(text.replace('\0', ""));
    let table = sync::columns::table_of(source.kind());
    let kind = if table == Table::Entry { Some("prompt".to_string()) } else { some() };
    let id = text.replace('\0', "");
    let at = Some("2026-11-21T03:37:00.123456+00:00".to_string());
    let conversation = if table == Table::Entry { None } else { some() };
    let body = RawValue::from_string(body).unwrap();
    Row { table, id, kind, at, project: some(), agent: some(), conversation, body }
}

/// A source with these rows, held.
pub fn whole(name: &str, rows: &[Row], visibility: Option<Visibility>) -> Vec<Sent> {
    let source = source(name);
    let mut digest = Digest::default();
    rows.iter().for_each(|row| digest.add(&row.line()));
    let held = Held { pos: rows.len() as u64, digest: digest.text(), stamp: "size 3\n'x'".into() };
    let numbered = (0..).zip(rows).map(|(seq, row)| Sent::Row(source.clone(), seq, row.clone()));
    let mut ops: Vec<Sent> = numbered.collect();
    ops.push(Sent::Cut(source.clone(), held.pos));
    ops.push(Sent::Held(source, held, visibility));
    ops
}

/// A machine with one source of every kind, in which hostile texts stand.
pub fn everything(number: u8) -> Vec<Sent> {
    let mut ops = vec![Sent::Machine(machine(number))];
    let names = [
        "head/c1",
        "talk/c1/main",
        "talk/c1/agent-2",
        "record/s1",
        "mark/c1",
        "usage/2026-11-21",
        "limit/five",
        "audit/2026-11-21",
    ];
    for name in names {
        let rows: Vec<Row> = HOSTILE.iter().map(|text| row(&source(name), text)).collect();
        ops.extend(whole(name, &rows, None));
    }
    ops
}

/// A machine with a long talk.
pub fn talk(number: u8, name: &str, entries: u64) -> Vec<Sent> {
    let one = source(name);
    let rows: Vec<Row> = (0..entries).map(|seq| row(&one, &format!("entry {seq} of a talk, it's said"))).collect();
    let mut ops = vec![Sent::Machine(machine(number))];
    ops.extend(whole(name, &rows, None));
    ops
}

/// The size of a file and of what SQLite keeps beside it.
pub fn size(file: &Path) -> u64 {
    std::fs::metadata(file).unwrap().len()
}
