//! A folder in which several machines share what they recorded, as `cs-sync push --into` writes it.

use cs_core::clock;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::path::Path;
use sync::{Digest, Folder, Held, Machine, Op, Row, Sink, Source, Table, Visibility};

/// A source with its rows.
pub type Rows = (String, Vec<Row>);

/// A machine with this label. Its id is one digit.
pub fn machine(digit: char, label: &str) -> Machine {
    Machine { id: digit.to_string().repeat(16), label: label.into() }
}

/// A row with this body, whose fields are told by it as far as it has them.
pub fn row(table: Table, id: &str, body: &Value) -> Row {
    let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
    Row {
        table,
        id: id.into(),
        kind: text("kind").or_else(|| text("status")),
        at: text("at").or_else(|| text("started_at")),
        project: text("project").or_else(|| text("project_slug")),
        agent: text("agent"),
        conversation: text("claude_session_id"),
        body: RawValue::from_string(body.to_string()).expect("it is JSON"),
    }
}

/// A session's record.
pub fn record(id: &str, status: &str, intent: &str, at: &str, conversation: &str) -> Rows {
    let ended = (status != "active").then_some(at);
    let body = json!({
        "session_id": id, "project_slug": "api", "status": status, "intent": intent, "started_at": at,
        "last_heartbeat": at, "ended_at": ended, "claude_session_id": conversation, "agent": "codex", "schema_version": 4,
    });
    (format!("record/{id}"), vec![row(Table::Record, id, &body)])
}

/// The first line of a conversation.
pub fn head(conversation: &str, title: &str, secrets: &Value) -> Rows {
    let body = json!({
        "v": 1, "kind": "head", "conversation": conversation, "agent": "codex", "project": "api", "title": title,
        "started_at": "2026-11-21T08:00:00.000000+00:00", "tags": ["urgent"], "secrets": secrets,
    });
    (format!("head/{conversation}"), vec![row(Table::Conversation, conversation, &body)])
}

/// What was said in the main thread of a conversation, prompts and answers in turn.
pub fn talk(conversation: &str, texts: &[&str]) -> Rows {
    let line = |(n, text): (usize, &&str)| {
        let kind = if n % 2 == 0 { "prompt" } else { "answer" };
        let entry = format!("u{n}#0");
        let body = json!({
            "v": 1, "kind": kind, "conversation": conversation, "entry": entry, "seq": n, "turn": n / 2 + 1,
            "thread": "main", "at": format!("2026-11-21T08:{n:02}:00.000000+00:00"), "text": text,
        });
        row(Table::Entry, &entry, &body)
    };
    (format!("talk/{conversation}/main"), texts.iter().enumerate().map(line).collect())
}

/// What people said about a conversation: operations with more fields, as `cs-sync` sends them, one a minute.
pub fn marks(conversation: &str, said: &[(&str, Value)]) -> Rows {
    let mark = |(n, (op, more)): (usize, &(&str, Value))| {
        let (id, at) = (format!("m{n:012}"), format!("2026-11-21T08:{n:02}:00.000000+00:00"));
        let mut body = json!({"v": 1, "id": id, "at": at, "actor": "ada", "op": op});
        let (fields, more) = (body.as_object_mut().expect("an object"), more.as_object().expect("an object"));
        fields.extend(more.clone());
        Row { kind: Some((*op).to_owned()), ..row(Table::Mark, &id, &body) }
    };
    (format!("mark/{conversation}"), said.iter().enumerate().map(mark).collect())
}

/// What a model used on a day.
pub fn usage(day: &str, project: &str, model: &str, tokens: u64, cost_usd: f64) -> Rows {
    let body = json!({
        "project": project, "model": model, "input_tokens": tokens, "output_tokens": 0,
        "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0, "total_tokens": tokens, "cost_usd": cost_usd,
    });
    (format!("usage/{day}"), vec![row(Table::UsageDay, model, &body)])
}

/// Writes rows as a run does that knows what the folder has: only what is new. Returns how many rows were changed.
pub fn push(dir: &Path, machine: &Machine, owner: Option<&str>, sources: &[Rows]) -> u64 {
    let now = clock::parse("2026-11-21T09:30:00Z").expect("it is an instant");
    let mut folder = Folder::open(dir, machine, owner, now).expect("the folder can be written");
    let known = folder.known();
    folder.take(&Op::Machine(machine)).expect("it is its folder");
    for (name, rows) in sources {
        let source = Source::parse(name).expect("it is a source");
        let held = known.sources.get(&source).cloned().unwrap_or_default();
        let mut digests = vec![Digest::default()];
        for row in rows {
            let mut next = digests.last().cloned().unwrap_or_default();
            next.add(&row.line());
            digests.push(next);
        }
        let there = usize::try_from(held.pos).expect("it is small");
        let is_same = digests.get(there).is_some_and(|digest| digest.text() == held.digest);
        let from = if is_same { there } else { 0 };
        for (seq, row) in rows.iter().enumerate().skip(from) {
            folder.take(&Op::Row(&source, seq as u64, row)).expect("a row is taken");
        }
        if held.pos > 0 && !is_same {
            folder.take(&Op::Cut(&source, rows.len() as u64)).expect("rows are cut");
        }
        let digest = digests.last().map(Digest::text).unwrap_or_default();
        let held = Held { pos: rows.len() as u64, digest, stamp: "s".into() };
        folder.take(&Op::Held(&source, &held, Some(Visibility::Team))).expect("a source is held");
    }
    folder.commit().expect("it is stored")
}

/// Forgets a conversation.
pub fn forget(dir: &Path, machine: &Machine, id: &str) {
    let now = clock::parse("2026-11-21T09:40:00Z").expect("it is an instant");
    let mut folder = Folder::open(dir, machine, None, now).expect("the folder can be written");
    folder.take(&Op::Forget(id)).expect("it is taken");
    folder.commit().expect("it is stored");
}
