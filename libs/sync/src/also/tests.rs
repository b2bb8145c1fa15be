//! Owns the tests of reading other machines' folders.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use super::*;
use crate::digest::Digest;
use crate::held::Held;
use crate::machine::Machine;
use crate::op::{Op, Sink};
use crate::row::{Row, Table};
use crate::source::Source;
use crate::{Folder, Visibility};
use cs_core::clock;
use serde_json::value::RawValue;
use std::time::{Duration, Instant};

const CONVERSATION: &str = "3c93296d-fab9-4844-ac62-7f673c1f02cc";
const OTHER: &str = "3c93296d-fab9-4844-ac62-7f673c1f02cd";
const SESSION: &str = "sess_20261130T1100_ca5d";

fn machine(id: char, label: &str) -> Machine {
    Machine { id: id.to_string().repeat(16), label: label.into() }
}

fn row(table: Table, id: &str, project: Option<&str>, body: &str) -> Row {
    let body = RawValue::from_string(body.into()).unwrap();
    let at = Some("2026-11-30T11:00:00.000000+00:00".into());
    let kind = (table == Table::Entry).then(|| "prompt".to_string());
    let (agent, conversation) = (Some("codex".into()), Some(CONVERSATION.into()));
    Row { table, id: id.into(), kind, at, project: project.map(str::to_string), agent, conversation, body }
}

fn write(dir: &Path, machine: &Machine, rows: &[(&str, Row)]) {
    let now = clock::parse("2026-11-30T12:00:00Z").unwrap();
    let mut folder = Folder::open(dir, machine, Some("mira"), now).unwrap();
    for (source, row) in rows {
        let source = Source::parse(source).unwrap();
        let mut digest = Digest::default();
        digest.add(&row.line());
        folder.take(&Op::Row(&source, 0, row)).unwrap();
        folder.take(&Op::Cut(&source, 1)).unwrap();
        let held = Held { pos: 1, digest: digest.text(), stamp: "s".into() };
        folder.take(&Op::Held(&source, &held, Some(Visibility::Team))).unwrap();
    }
    folder.commit().unwrap();
}

fn all_rows() -> Vec<(String, Row)> {
    let record = format!(
        r#"{{"session_id":"{SESSION}","project_slug":"api","status":"active","intent":"Fix the login","started_at":"2026-11-30T11:00:00+00:00","last_heartbeat":"2026-11-30T11:30:00+00:00"}}"#
    );
    let head = r#"{"title":"Fix the login","tags":["urgent"],"secrets":{"github-token":2}}"#;
    let used = r#"{"input_tokens":10,"output_tokens":5,"cache_creation_input_tokens":0,"cache_read_input_tokens":1,"cost_usd":0.5}"#;
    vec![
        (format!("record/{SESSION}"), row(Table::Record, SESSION, Some("api"), &record)),
        (format!("head/{CONVERSATION}"), row(Table::Conversation, CONVERSATION, Some("api"), head)),
        (format!("talk/{CONVERSATION}/agent-1"), row(Table::Entry, "b#0", None, r#"{"text":"in a thread"}"#)),
        (format!("talk/{CONVERSATION}/main"), row(Table::Entry, "a#0", None, r#"{"text":"Why is the LOGIN slow?"}"#)),
        ("usage/2026-11-30".into(), row(Table::UsageDay, "opus", Some("api"), used)),
    ]
}

fn fill(dir: &Path, machine: &Machine) {
    let rows = all_rows();
    let rows: Vec<(&str, Row)> = rows.iter().map(|(source, row)| (source.as_str(), row.clone())).collect();
    write(dir, machine, &rows);
}

#[test]
fn what_a_machine_wrote_is_read_by_another() {
    let dir = tempfile::tempdir().unwrap();
    let (laptop, own) = (machine('a', "laptop"), machine('b', "desk"));
    fill(dir.path(), &laptop);
    fill(dir.path(), &own);
    let only = [dir.path().join(&laptop.id)];
    for dirs in [&[dir.path().to_path_buf()][..], &only, &[dir.path().into(), dir.path().join(&laptop.id)]] {
        let also = Also::find(dirs, Some(&own.id)).unwrap();
        let names: Vec<(&str, Option<&str>)> = also.machines.iter().map(|one| (one.name(), one.owner())).collect();
        assert_eq!(names, [("laptop", Some("mira"))]);
        assert!(also.failures.is_empty());
    }
    let also = Also::find(&only, None).unwrap();
    let laptop = also.machine("laptop").unwrap();
    assert_eq!(laptop.news_at().unwrap(), "2026-11-30T12:00:00.000000+00:00");
    assert_eq!(laptop.visible().unwrap(), (1, 0));
    let mut sessions = Vec::new();
    let mut take = |session| {
        sessions.push(session);
        Ok(())
    };
    laptop.sessions(&mut |session, _| take(session)).unwrap();
    assert_eq!((sessions[0].id.as_str(), &*sessions[0].entry.intent), (SESSION, "Fix the login"));
    let mut heads = Vec::new();
    let mut take = |head| {
        heads.push(head);
        Ok(())
    };
    laptop.heads(&mut take).unwrap();
    assert_eq!((heads[0].title.as_deref(), heads[0].secrets["github-token"]), (Some("Fix the login"), 2));
    let usage = laptop.usage().unwrap();
    assert_eq!((usage[0].date.as_deref(), usage[0].amount.total_tokens), (Some("2026-11-30"), 16));
    let mut said = Vec::new();
    let mut take = |row: &Row| {
        said.push(row.id.clone());
        Ok(())
    };
    laptop.talk(CONVERSATION, &mut take).unwrap();
    assert_eq!(said, ["a#0", "b#0"], "the main thread comes first");
    laptop.talk("../../x", &mut |_| panic!("there is none")).unwrap();
}

fn mark(id: &str, op: &str, more: &str) -> Row {
    let body = format!(r#"{{"v":1,"id":"{id}","actor":"mira","op":"{op}"{more}}}"#);
    Row { kind: Some(op.into()), ..row(Table::Mark, id, None, &body) }
}

#[test]
fn what_people_said_on_several_machines_is_one() {
    let dir = tempfile::tempdir().unwrap();
    let said = |machine: &Machine, rows: Vec<Row>| {
        let sources = rows.iter().map(|row| (format!("mark/{CONVERSATION}"), row.clone()));
        let now = clock::parse("2026-11-30T12:00:00Z").unwrap();
        let mut folder = Folder::open(dir.path(), machine, None, now).unwrap();
        for (seq, (source, row)) in sources.enumerate() {
            let source = Source::parse(&source).unwrap();
            folder.take(&Op::Row(&source, seq as u64, &row)).unwrap();
            let held = Held { pos: seq as u64 + 1, digest: String::new(), stamp: "s".into() };
            folder.take(&Op::Held(&source, &held, Some(Visibility::Team))).unwrap();
        }
        folder.commit().unwrap();
    };
    fill(dir.path(), &machine('a', "laptop"));
    let tag = mark("m1", "tag", r#","with":"urgent""#);
    let wrong = mark("m2", "tag", r#","with":"wrong""#);
    let note = mark("m3", "note", r#","with":"so\nit is","entry":"a#0""#);
    let hidden = mark("m4", "redact", r#","entry":"a#0","field":"text""#);
    let undo = mark("m5", "undo", r#","of":"m2","reason":"no""#);
    let (no_op, no_body) = (mark("m6", "shout", ""), row(Table::Mark, "m7", None, "7"));
    said(&machine('b', "desk"), vec![tag.clone(), wrong.clone(), no_op, no_body]);
    said(&machine('c', "tower"), vec![tag, wrong, note, hidden, undo]);
    let also = Also::find(&[dir.path().into()], None).unwrap();
    let (marks, failures) = also.said(CONVERSATION);
    assert!(failures.is_empty(), "{failures:?}");
    let holding: Vec<(&str, Option<&str>)> =
        marks.holding().map(|mark| (mark.id.as_str(), mark.said.with.as_deref())).collect();
    assert_eq!(holding, [("m1", Some("urgent")), ("m3", Some("so\nit is")), ("m4", None)]);
    assert!(also.said(OTHER).0.all.is_empty());
    let laptop = also.machine("laptop").unwrap();
    assert_eq!(laptop.head(CONVERSATION).unwrap().unwrap().title.as_deref(), Some("Fix the login"));
    assert!(laptop.head(OTHER).unwrap().is_none());
    // A folder that cannot be read hides no other one.
    let bad = dir.path().join("b".repeat(16)).join("mark.jsonl");
    std::fs::remove_file(&bad).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", &bad).unwrap();
    let (marks, failures) = also.said(CONVERSATION);
    assert_eq!((marks.tags(), failures.len()), (vec!["urgent".to_string()], 1));
}

#[test]
fn what_was_said_is_found() {
    let dir = tempfile::tempdir().unwrap();
    fill(dir.path(), &machine('a', "laptop"));
    let also = Also::find(&[dir.path().into()], None).unwrap();
    let words = ["login".to_string(), "slow".to_string()];
    let until = Instant::now() + Duration::from_secs(60);
    let sought = Sought { words: &words, machine: None, owner: None, project: Some("api"), most: 10, until };
    let finding = also.search(&sought);
    let hit = &finding.hits[0];
    assert_eq!((hit.entry.as_str(), hit.parts.join("|")), ("a#0", "Why is the |LOGIN| slow?".to_string()));
    assert_eq!((finding.hits.len(), finding.is_cut, finding.is_late), (1, false, false));
    assert!(also.search(&Sought { project: Some("other"), ..sought }).hits.is_empty());
    // Who is not asked for takes no place among the first hits.
    let of = |owner| Sought { words: &words, machine: None, owner, project: None, most: 1, until };
    let owner = also.machines[0].owner().map(str::to_string);
    assert_eq!(also.search(&of(owner.as_deref())).hits.len(), 1);
    assert!(also.search(&of(Some("nobody"))).hits.is_empty() && !also.search(&of(Some("nobody"))).is_cut);
    assert!(
        also.search(&Sought { words: &[], most: 10, machine: None, owner: None, project: None, until }).hits.is_empty()
    );
    let late = Sought { words: &words, machine: None, owner: None, project: None, most: 10, until: Instant::now() };
    let finding = also.search(&late);
    assert_eq!((finding.is_late, finding.unseen), (true, Unseen { machines: 1, ..Unseen::default() }));
    let first = Sought { words: &words[..1], machine: None, owner: None, project: None, most: 0, until };
    let finding = also.search(&first);
    assert_eq!((finding.is_cut, finding.is_late, finding.unseen.conversations), (true, false, 1));
}

#[test]
fn a_search_ends_in_the_middle_of_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let laptop = machine('a', "laptop");
    fill(dir.path(), &laptop);
    let path = dir.path().join(&laptop.id).join(format!("talk/{CONVERSATION}/main.jsonl"));
    let line = std::fs::read_to_string(&path).unwrap().lines().next().unwrap().to_string() + "\n";
    // What is looked for is only at the end, where the search does not come.
    let last = line.replace("slow", "nothing");
    assert_ne!(last, line);
    std::fs::write(&path, line.repeat(300_000) + &last).unwrap();
    let also = Also::find(&[dir.path().into()], None).unwrap();
    let words = ["nothing".to_string()];
    let since = Instant::now();
    let sought = Sought {
        words: &words,
        machine: None,
        owner: None,
        project: None,
        most: 10,
        until: since + Duration::from_millis(100),
    };
    let finding = also.search(&sought);
    assert!(
        finding.hits.is_empty()
            && finding.is_late
            && finding.unseen == Unseen { conversations: 1, ..Unseen::default() },
        "{finding:?}"
    );
}

#[test]
fn machines_that_are_too_many_are_told() {
    let dir = tempfile::tempdir().unwrap();
    for n in 0..MACHINES + 2 {
        let id = format!("{n:016x}");
        std::fs::create_dir(dir.path().join(&id)).unwrap();
        std::fs::write(dir.path().join(&id).join("machine.json"), format!("{{\"id\":\"{id}\",\"label\":\"\"}}"))
            .unwrap();
    }
    let also = Also::find(&[dir.path().into()], None).unwrap();
    assert_eq!((also.machines.len(), also.failures.len()), (MACHINES, 1));
    assert!(also.failures[0].to_string().contains("has 502 machines, of which the first 500"), "{:?}", also.failures);
}

#[test]
fn what_others_wrote_is_bounded_and_leads_nowhere() {
    let dir = tempfile::tempdir().unwrap();
    let laptop = machine('a', "laptop");
    fill(dir.path(), &laptop);
    let folder = dir.path().join(&laptop.id);
    let records = folder.join("record.jsonl");
    let mut text = std::fs::read(&records).unwrap();
    text.extend_from_slice(
        b"{\"source\":\"record/../../x\",\"seq\":0,\"table\":\"record\",\"id\":\"x\",\"body\":{}}\n",
    );
    text.extend_from_slice(b"nothing\n\n{}\n\xff\xfe\n{\"source\":\"record/x\",\"seq\":0}\n");
    text.extend_from_slice(b"{\"source\":\"record/sess_20261130T1100_ca5e\",\"seq\":0,\"table\":\"rec");
    std::fs::write(&records, text).unwrap();
    // A folder of another name, one that is damaged, and a link.
    std::fs::create_dir(dir.path().join("c".repeat(16))).unwrap();
    std::fs::copy(folder.join("machine.json"), dir.path().join("c".repeat(16)).join("machine.json")).unwrap();
    std::fs::create_dir(dir.path().join("elsewhere")).unwrap();
    std::os::unix::fs::symlink(&folder, dir.path().join("d".repeat(16))).unwrap();
    let also = Also::find(&[dir.path().into()], None).unwrap();
    assert_eq!((also.machines.len(), also.failures.len()), (1, 2), "{:?}", also.failures);
    let mut ids = Vec::new();
    let mut take = |session: OtherSession| {
        ids.push(session.id.to_string());
        Ok(())
    };
    also.machines[0].sessions(&mut |session, _| take(session)).unwrap();
    assert_eq!(ids, [SESSION]);
    std::fs::remove_file(&records).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", &records).unwrap();
    assert!(also.machines[0].sessions(&mut |_, _| Ok(())).is_err());
    assert!(Also::find(&[dir.path().join("missing")], None).is_err());
    assert!(Also::find(&[records], None).is_err());
    assert!(Also::find(&[dir.path().join("elsewhere")], None).unwrap().machines.is_empty());
}
