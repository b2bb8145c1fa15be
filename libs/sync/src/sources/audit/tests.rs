//! Lines of the log of tools, as rows.

use super::*;
use crate::memory::Memory;
use crate::sources::sandbox::{Sandbox, TALK, secret};
use ::audit::{Input, Log};
use std::time::Duration;

const DAY: &str = "audit/2026-11-30";

fn log(sandbox: &Sandbox, command: &str, change: impl FnOnce(&mut Entry)) {
    let input = Input { command: Some(command.into()), ..Input::default() };
    let mut entry = Entry {
        claude_session_id: Some(TALK.into()),
        tool: Some("Bash".into()),
        tool_use_id: Some("toolu_01".into()),
        input_sha256: Some("ab".repeat(32)),
        input: Some(input),
        project: Some("api".into()),
        cwd: Some("/home/ann/api".into()),
        ..Entry::new(::audit::Kind::Attempt, sandbox.now())
    };
    change(&mut entry);
    Log::of(&sandbox.store.home, Duration::from_secs(1)).append(entry, sandbox.now()).unwrap();
}

fn push(sandbox: &Sandbox, to: &mut Memory) -> crate::Scanned {
    sandbox.push(to, &Request::default())
}

#[test]
fn a_line_is_a_row_with_its_hash_and_without_secrets() {
    let (sandbox, mut to) = (Sandbox::new(), Memory::default());
    log(&sandbox, "ls", |_| {});
    log(&sandbox, "ls", |entry| {
        entry.input = Some(Input { command: Some(format!("curl -H 'x: {}'", secret())), ..Input::default() });
        entry.target = Some(secret());
        entry.input.iter_mut().for_each(|input| input.paths.push(format!("/home/ann/{}", secret())));
    });
    assert_eq!(push(&sandbox, &mut to).rows[&Table::Audit], 2);
    let row = &to.of(DAY)[0];
    let body: Entry = serde_json::from_str(row.body.get()).unwrap();
    let text = std::fs::read_to_string(sandbox.store.home.audit_dir().join("2026-11-30.jsonl")).unwrap();
    let stored: Entry = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    let known = |entry: Entry| Entry { cwd: None, input_sha256: None, prev: String::new(), ..entry };
    assert_eq!(known(body), known(stored));
    let facts = [&row.kind, &row.at, &row.project, &row.conversation].map(|fact| fact.as_deref().unwrap_or_default());
    assert_eq!(facts, ["attempt", "2026-11-30T10:00:00.000000+00:00", "api", TALK]);
    assert!(!to.text().contains(&secret()) && !to.text().contains("/home/ann"), "{}", to.text());
    to.news();
    log(&sandbox, "pwd", |_| {});
    push(&sandbox, &mut to);
    assert_eq!(to.news().0, 1, "the day has grown");
    push(&sandbox, &mut to);
    assert_eq!(to.news(), (0, 1));
}

#[test]
fn what_a_person_redacted_is_not_in_commands() {
    let (sandbox, mut to) = (Sandbox::new(), Memory::default());
    sandbox.say("please call Jane Roe today");
    log(&sandbox, "call 'Jane Roe'", |_| {});
    log(&sandbox, "call 'Jane Roe'", |entry| {
        entry.claude_session_id = Some("0efc27bb-f68f-47d0-bb52-fc872cee82d8".into())
    });
    push(&sandbox, &mut to);
    sandbox.redact("please call Jane Roe today", "Jane Roe");
    push(&sandbox, &mut to);
    let rows = to.of(DAY);
    assert_eq!([0, 1].map(|n: usize| rows[n].body.get().contains("Jane Roe")), [false, true], "in this conversation");
}

#[test]
fn lines_of_a_conversation_that_was_forgotten_are_left_out() {
    let (sandbox, mut to) = (Sandbox::new(), Memory::default());
    log(&sandbox, "one", |_| {});
    log(&sandbox, "two", |entry| entry.claude_session_id = None);
    push(&sandbox, &mut to);
    assert_eq!(to.of(DAY).len(), 2);
    crate::forget(&sandbox.store.home, &[TALK.to_string()], sandbox.now()).unwrap();
    push(&sandbox, &mut to);
    let rows = to.of(DAY);
    assert!(rows.len() == 1 && rows[0].body.get().contains("two"), "{}", to.text());
}

#[test]
fn what_is_masked_cannot_be_confirmed_from_a_row() {
    let (sandbox, mut to) = (Sandbox::new(), Memory::default());
    let bytes = ::audit::Bytes { input: Some(77_123), response: Some(12) };
    log(&sandbox, "mysql -p*** app", |entry| entry.bytes = Some(bytes));
    log(&sandbox, "ls", |_| {});
    push(&sandbox, &mut to);
    let rows = to.of(DAY);
    assert!(!to.text().contains(&"ab".repeat(32)) && !to.text().contains("input_sha256"), "{}", to.text());
    assert!(!to.text().contains("77123") && rows[0].body.get().contains(r#""response":12"#), "{}", to.text());
    let text = std::fs::read_to_string(sandbox.store.home.audit_dir().join("2026-11-30.jsonl")).unwrap();
    let key = redaction::Key::of_store(&sandbox.store.home).unwrap();
    let mut before = None;
    for (line, row) in text.lines().zip(rows) {
        let stored: serde_json::Value = serde_json::from_str(line).unwrap();
        let sent: serde_json::Value = serde_json::from_str(row.body.get()).unwrap();
        let hash = stored["hash"].as_str().unwrap();
        assert!(!to.text().contains(hash), "a hash over the line tells what the line was");
        assert_eq!(row.id, key.digest(hash), "who has the key finds the line");
        assert!(before.is_none_or(|id| sent["prev"] == id), "the chain can be followed");
        before = Some(serde_json::Value::from(row.id.clone()));
    }
}
