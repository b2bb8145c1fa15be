//! What a machine has, and pushing it as `cs-sync` does.

use cs_core::error::Result;
use cs_tests::postgres::Postgres;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use sync::{Digest, Held, Known, Machine, Op, Row, Sink, Source, Table, Visibility, postgres};

/// The bodies that a database likes least.
pub const HOSTILE: [&str; 8] = [
    r#"{"text":"\u0000 half \ud800 and \\u0000","n":1.10,"n":2}"#,
    r#"{"text":"\\.","b":"a\tb\nc","c":1e400}"#,
    r#"{"text":"'; drop schema cs cascade; --","d":"$$ :x :'x' $cs$"}"#,
    r#"{"text":"é 日本 \u2028 😀","e":[],"f":{}}"#,
    "{\"text\":\"\u{7f}\u{85}\u{2028}\"}",
    r#"{"text":"\\\n\\.\n\\! echo"}"#,
    r#"{ "text" : "blanks",  "z" : 0, "a" : -0.0 }"#,
    r#"{"text":""}"#,
];

/// A machine, and the rows of its sources.
#[derive(Clone)]
pub struct Content {
    pub machine: Machine,
    pub sources: BTreeMap<Source, Vec<Row>>,
    pub visibility: Option<Visibility>,
}

pub fn source(name: &str) -> Source {
    Source::parse(name).unwrap_or_else(|| panic!("{name} is no source"))
}

pub fn row(table: Table, id: &str, kind: Option<&str>, body: &str) -> Row {
    Row {
        table,
        id: id.into(),
        kind: kind.map(Into::into),
        at: Some("2026-11-21T03:37:00.000001+00:00".into()),
        project: Some("api".into()),
        agent: Some("codex".into()),
        conversation: None,
        body: RawValue::from_string(body.into()).expect("it is JSON"),
    }
}

impl Content {
    pub fn new(id: u64, label: &str) -> Content {
        let machine = Machine { id: format!("{id:016x}"), label: label.into() };
        Content { machine, sources: BTreeMap::new(), visibility: None }
    }

    /// With conversations, of so many lines each, and one row of every other kind.
    pub fn with(mut self, conversations: &[&str], lines: usize) -> Content {
        for id in conversations {
            let head = r#"{"title":"a head","cwd":"/w","secrets":{"aws":2},"parent":"p"}"#;
            self.sources.insert(source(&format!("head/{id}")), vec![row(Table::Conversation, id, None, head)]);
            self.grow(id, lines);
            let mark = row(Table::Mark, "m1", Some("note"), r#"{"text":"look at it"}"#);
            self.sources.insert(source(&format!("mark/{id}")), vec![mark]);
            let mut record = row(Table::Record, &format!("sess_{id}"), Some("active"), r#"{"intent":"fix the login"}"#);
            record.conversation = Some((*id).into());
            self.sources.insert(source(&format!("record/sess_{id}")), vec![record]);
            let mut audit = row(Table::Audit, "d", Some("call"), r#"{"tool":"Bash"}"#);
            audit.conversation = Some((*id).into());
            self.sources.entry(source("audit/2026-11-21")).or_default().push(audit);
        }
        let usage = row(Table::UsageDay, "gpt", None, r#"{"total_tokens":12,"cost_usd":1.5}"#);
        self.sources.insert(source("usage/2026-11-21"), vec![usage]);
        self.sources.insert(source("limit/a"), vec![row(Table::LimitReading, "", None, r#"{"percent":3}"#)]);
        self
    }

    /// Adds lines to a conversation.
    pub fn grow(&mut self, id: &str, lines: usize) {
        let rows = self.sources.entry(source(&format!("talk/{id}/main"))).or_default();
        for _ in 0..lines {
            let seq = rows.len();
            let body = format!(r#"{{"kind":"prompt","turn":1,"text":"line {seq} of {id} word{seq}"}}"#);
            rows.push(row(Table::Entry, &format!("e{seq}"), Some("prompt"), &body));
        }
    }

    /// The rows of a conversation's main thread.
    pub fn talk(&mut self, id: &str) -> &mut Vec<Row> {
        self.sources.entry(source(&format!("talk/{id}/main"))).or_default()
    }

    pub fn rows(&self) -> u64 {
        self.sources.values().map(|rows| rows.len() as u64).sum()
    }

    /// The operations of a run, as they come: nothing of a source that is held, else what is missing, else all of it.
    pub fn send(&self, known: &Known, sink: &mut dyn Sink) -> Result<()> {
        sink.take(&Op::Machine(&self.machine))?;
        for (source, rows) in &self.sources {
            let now = held(rows);
            let before = known.sources.get(source).cloned().unwrap_or_default();
            if before == now && self.visibility.is_none() {
                continue;
            }
            let kept = usize::try_from(before.pos).expect("it fits");
            let is_prefix = rows.get(..kept).is_some_and(|rows| held(rows).digest == before.digest);
            let from = if is_prefix { kept } else { 0 };
            for (seq, row) in (0..).zip(rows).skip(from) {
                sink.take(&Op::Row(source, seq, row))?;
            }
            if from == 0 {
                sink.take(&Op::Cut(source, now.pos))?;
            }
            sink.take(&Op::Held(source, &now, self.visibility))?;
        }
        Ok(())
    }

    /// Pushes it as a role, asking first; returns the number of changes.
    pub fn push(&self, server: &Postgres, role: &str) -> Result<u64> {
        let mut session = postgres::Session::open(&server.arguments(role))?;
        let known = session.known(&self.machine)?;
        self.send(&known, &mut session)?;
        session.commit()
    }

    /// The text of a push.
    pub fn script(&self) -> String {
        let mut text = Vec::new();
        let mut script = postgres::Script::begin(&mut text, &self.machine).expect("memory");
        self.send(&Known::default(), &mut script).expect("memory");
        script.end().expect("memory");
        String::from_utf8(text).expect("it is UTF-8")
    }
}

pub fn held(rows: &[Row]) -> Held {
    let mut digest = Digest::default();
    rows.iter().for_each(|row| digest.add(&row.line()));
    Held { pos: rows.len() as u64, digest: digest.text(), stamp: format!("stamp {}", rows.len()) }
}

/// Everything in the database, with who changed it when.
pub fn everything(server: &Postgres) -> String {
    server.ask(
        "admin",
        "select * from cs.outgoing order by 1, 2, 3, 4; select * from cs.cursor order by 1, 2, 3;
         select owner, machine, label from cs.machine order by 1, 2; select * from cs.forgotten order by 1, 2;",
    )
}

/// A server with the schema and the roles.
pub fn server() -> Option<Postgres> {
    server_with(&[])
}

pub fn server_with(settings: &[&str]) -> Option<Postgres> {
    let server = Postgres::start(settings)?;
    server.ask("admin", &postgres::schema(None, None).expect("there is one"));
    server.ask("admin", cs_tests::postgres::ROLES);
    Some(server)
}
