//! Records of sessions as rows.

use super::*;
use crate::memory::Memory;
use crate::sources::sandbox::{Sandbox, TALK, secret};
use cs_core::clock;
use cs_core::record::Status;

const ID: &str = "sess_20261121T0337_ca5d";
const OTHER: &str = "sess_20261121T0338_0001";
const SAMPLE: &str = include_str!("../../../../../tests/samples/v4.json");

fn put(sandbox: &Sandbox, folder: &str, id: &str, change: impl FnOnce(&mut Session)) {
    let mut session = Session::read(SAMPLE.as_bytes()).unwrap();
    session.session_id = id.to_string();
    change(&mut session);
    sandbox.write(&format!("{folder}/{id}.json"), std::str::from_utf8(&session.to_bytes()).unwrap());
}

fn push(sandbox: &Sandbox, to: &mut Memory) -> crate::Scanned {
    sandbox.push(to, &Request::default())
}

fn value(row: &Row) -> serde_json::Value {
    serde_json::from_str(row.body.get()).unwrap()
}

#[test]
fn a_record_is_a_row_until_it_changes() {
    let (sandbox, mut to) = (Sandbox::new(), Memory::default());
    put(&sandbox, "sessions", ID, |_| {});
    put(&sandbox, "sessions/archive", OTHER, |session| session.status = Status::Completed);
    assert_eq!(push(&sandbox, &mut to).rows[&Table::Record], 2);
    assert_eq!(to.sources(), [format!("record/{ID}"), format!("record/{OTHER}")]);
    let row = &to.of(&format!("record/{ID}"))[0];
    let facts = [&row.kind, &row.at, &row.project, &row.agent, &row.conversation];
    let wanted = ["parked", "2026-11-21T03:37:00.000000+00:00", "api", "codex", TALK];
    assert_eq!(facts.map(|fact| fact.as_deref().unwrap_or_default()), wanted);
    let mut sample: serde_json::Value = serde_json::from_str(SAMPLE).unwrap();
    sample["worktree_root"] = value(row)["worktree_root"].clone();
    let key = redaction::Key::of_store(&sandbox.store.home).unwrap();
    let hash = sample["audit_head"]["hash"].as_str().unwrap().to_string();
    sample["audit_head"]["hash"] = key.digest(&hash).into();
    assert!(!to.text().contains(&hash), "it tells what the line was");
    assert_eq!(value(row), sample, "all of it, but a user's name in a path");
    assert!(!row.body.get().contains("/home/dev/"), "{}", row.body.get());
    to.news();
    push(&sandbox, &mut to);
    assert_eq!(to.news(), (0, 1), "only whose it is");
    put(&sandbox, "sessions", ID, |session| session.intent = "Fix the logout page".into());
    push(&sandbox, &mut to);
    assert!(to.news().0 == 1 && to.text().contains("Fix the logout page"));
    std::fs::remove_file(sandbox.store.home.root().join(format!("sessions/{ID}.json"))).unwrap();
    push(&sandbox, &mut to);
    assert_eq!(to.sources().len(), 2, "what is deleted here stays there");
}

#[test]
fn the_notes_of_hooks_are_part_of_a_record() {
    let (sandbox, mut to) = (Sandbox::new(), Memory::default());
    put(&sandbox, "sessions", ID, |_| {});
    push(&sandbox, &mut to);
    let note = r#"{"at":"2026-11-21T05:00:00.000000+00:00","nonce":"n1","change":"happened","message":"A cookie"}"#;
    sandbox.write(&format!("spool/{ID}.jsonl"), &format!("\n{note}\n"));
    to.news();
    push(&sandbox, &mut to);
    assert!(to.news().0 == 1 && to.text().contains("A cookie"), "{}", to.text());
}

#[test]
fn no_secret_leaves_wherever_it_is() {
    let (sandbox, mut to) = (Sandbox::new(), Memory::default());
    put(&sandbox, "sessions", ID, |session| {
        session.intent = format!("use {}", secret());
        session.files_changed.push(format!("/home/ann/{}", secret()));
        session.unknown.insert("more".into(), serde_json::json!({"deep": [secret(), {"password": "hunter2hunter3"}]}));
        session.tasks[0].unknown.insert("note".into(), secret().into());
    });
    let scanned = push(&sandbox, &mut to);
    let text = to.text();
    assert!(scanned.unsent.is_empty() && text.contains("[github-pat:"), "{text}");
    for gone in [&secret()[..], "/home/ann", "hunter2hunter3"] {
        assert!(!text.contains(gone), "{gone} in {text}");
    }
    let sample: serde_json::Value = serde_json::from_str(SAMPLE).unwrap();
    let row = value(&to.of(&format!("record/{ID}"))[0]);
    assert_eq!(row["commits"], sample["commits"], "names of commits stay");
}

#[test]
fn the_rules_of_every_project_hold_and_without_them_nothing_is_sent() {
    let (sandbox, mut to) = (Sandbox::new(), Memory::default());
    let folder = sandbox.store.home.root().join("api");
    let projects = serde_json::json!({"api": {"name": "api", "path": folder, "registered_at": ""}});
    sandbox.write("config.json", &serde_json::json!({"version": 1, "projects": projects}).to_string());
    sandbox.write("api/.claude-sessions/redact.toml", "[[rules]]\nid = \"codename\"\nregex = \"Blue Heron\"\n");
    put(&sandbox, "sessions", ID, |session| session.intent = "build Blue Heron".into());
    push(&sandbox, &mut to);
    assert!(to.text().contains("build [codename:") && !to.text().contains("Heron"), "{}", to.text());
    for (path, text) in [("api/.claude-sessions/redact.toml", "[[rules"), ("config.json", "{")] {
        sandbox.write(path, text);
        let mut none = Memory::default();
        assert!(sandbox.try_push(&mut none, &Request::default()).is_err() && none.text().is_empty(), "{path}");
    }
}

#[test]
fn a_secret_as_a_key_keeps_the_record_here() {
    let (sandbox, mut to) = (Sandbox::new(), Memory::default());
    put(&sandbox, "sessions", ID, |session| {
        session.unknown.insert(secret(), 1.into());
    });
    put(&sandbox, "sessions", OTHER, |_| {});
    let unsent = push(&sandbox, &mut to).unsent;
    assert_eq!(unsent.len(), 1);
    assert_eq!((unsent[0].source.to_string(), unsent[0].rule.as_str()), (format!("record/{ID}"), "github-pat"));
    assert_eq!(to.sources(), [format!("record/{OTHER}")]);
    assert_eq!(push(&sandbox, &mut to).unsent.len(), 1, "told each time");
}

#[test]
fn what_a_person_redacted_in_the_conversation_is_not_repeated() {
    let (sandbox, mut to) = (Sandbox::new(), Memory::default());
    let said = "please call Jane Roe today";
    put(&sandbox, "sessions", ID, |session| session.intent = said.into());
    sandbox.say(said);
    push(&sandbox, &mut to);
    assert!(to.text().contains("Jane Roe"));
    sandbox.redact(said, "Jane Roe");
    push(&sandbox, &mut to);
    assert!(!to.text().contains("Jane Roe") && to.text().contains("please call [redacted:"), "{}", to.text());
    to.news();
    push(&sandbox, &mut to);
    assert_eq!(to.news().0, 0);
}

#[test]
fn projects_are_known_without_reading_records() {
    let (sandbox, mut to) = (Sandbox::new(), Memory::default());
    put(&sandbox, "sessions", ID, |_| {});
    put(&sandbox, "sessions", OTHER, |session| session.project_slug = "web".into());
    put(&sandbox, "sessions/archive", "sess_20261121T0339_0001", |session| session.project_slug = "web".into());
    let request = Request { projects: Some(["web".to_string()].into()), ..Request::default() };
    sandbox.push(&mut to, &request);
    assert_eq!(to.sources(), [format!("record/{OTHER}"), "record/sess_20261121T0339_0001".into()]);
    let request = Request { team: Some(["api".to_string()].into()), ..Request::default() };
    sandbox.push(&mut to, &request);
    let seen = to.visible.iter().filter(|(_, visible)| **visible == crate::Visibility::Team);
    let seen: Vec<String> = seen.map(|(source, _)| source.to_string()).collect();
    assert_eq!(seen, [format!("record/{ID}")]);
}

#[test]
fn the_record_of_a_conversation_that_was_forgotten_is_not_sent() {
    let (sandbox, mut to) = (Sandbox::new(), Memory::default());
    put(&sandbox, "sessions", ID, |_| {});
    put(&sandbox, "sessions", OTHER, |session| session.claude_session_id = None);
    crate::forget(&sandbox.store.home, &[TALK.to_string(), OTHER.into()], clock::now()).unwrap();
    let scanned = push(&sandbox, &mut to);
    assert_eq!((to.sources(), scanned.forgotten), (vec![], 2));
}

#[test]
fn a_damaged_record_is_told_and_stays_as_it_was_sent() {
    let (sandbox, mut to) = (Sandbox::new(), Memory::default());
    put(&sandbox, "sessions", ID, |_| {});
    push(&sandbox, &mut to);
    sandbox.write(&format!("sessions/{ID}.json"), "{\"session_id\":");
    let before = to.text();
    assert_eq!(push(&sandbox, &mut to).failures.len(), 1);
    assert_eq!(to.text(), before);
}

#[test]
fn a_rule_that_finds_the_project_finds_it_in_all_of_a_row() {
    let (sandbox, mut to) = (Sandbox::new(), Memory::default());
    let rule = "[[rules]]\nid = \"customer\"\nregex = '''(?i)acme'''\n";
    sandbox.write("redact.toml", rule);
    put(&sandbox, "sessions", ID, |session| session.project_slug = "acme-shop".into());
    push(&sandbox, &mut to);
    assert!(to.of(&format!("record/{ID}"))[0].project.as_ref().is_some_and(|project| project.ends_with("-shop")));
    assert!(!to.text().contains("acme"), "{}", to.text());
}
