//! Owns the tests of a machine's folder.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use super::*;
use crate::digest::Digest;
use crate::row::{Row, Table};
use serde_json::value::RawValue;

const CONVERSATION: &str = "3c93296d-fab9-4844-ac62-7f673c1f02cc";
const OTHER: &str = "4d0ce72a-cf20-4226-b18f-a85105f16643";

fn machine() -> Machine {
    Machine { id: "0123456789abcdef".into(), label: "laptop".into() }
}

fn now() -> Instant {
    clock::parse("2026-11-30T12:00:00Z").unwrap()
}

fn open(dir: &Path) -> Folder {
    Folder::open(dir, &machine(), None, now()).unwrap()
}

fn source(text: &str) -> Source {
    Source::parse(text).unwrap()
}

fn row(table: Table, text: &str, conversation: Option<&str>) -> Row {
    Row {
        table,
        id: text.into(),
        kind: None,
        at: None,
        project: None,
        agent: None,
        conversation: conversation.map(str::to_string),
        body: RawValue::from_string(format!("{{\"text\":\"{text}\"}}")).unwrap(),
    }
}

/// Sends rows from `from` on, as a run does that found the first ones unchanged.
fn send(folder: &mut Folder, source: &Source, rows: &[Row], from: usize) {
    let mut digest = Digest::default();
    for (seq, row) in rows.iter().enumerate() {
        digest.add(&row.line());
        if seq >= from {
            folder.take(&Op::Row(source, seq as u64, row)).unwrap();
        }
    }
    if from == 0 {
        folder.take(&Op::Cut(source, rows.len() as u64)).unwrap();
    }
    let held = Held { pos: rows.len() as u64, digest: digest.text(), stamp: format!("{} rows", rows.len()) };
    folder.take(&Op::Held(source, &held, None)).unwrap();
}

fn entries(texts: &[&str]) -> Vec<Row> {
    texts.iter().map(|text| row(Table::Entry, text, None)).collect()
}

/// The ids of a source's rows that are there.
fn ids(dir: &Path, source: &Source) -> Vec<String> {
    let place = Place::new(dir, &machine().id).unwrap();
    let mut ids = Vec::new();
    live::rows(&place.rows(source), &|one| one == source, &mut |_, seq, text| {
        ids.push(format!("{seq}{}", Row::parse(text).unwrap().id));
        Ok(())
    })
    .unwrap();
    ids
}

fn file_of(dir: &Path, source: &Source) -> PathBuf {
    Place::new(dir, &machine().id).unwrap().rows(source)
}

mod gone;
mod killed;

#[test]
fn rows_behind_those_that_are_sent_again_stay_unless_they_are_cut() {
    let dir = tempfile::tempdir().unwrap();
    let talk = source(&format!("talk/{CONVERSATION}/main"));
    let mut folder = open(dir.path());
    send(&mut folder, &talk, &entries(&["a", "b", "c"]), 0);
    folder.commit().unwrap();
    let mut folder = open(dir.path());
    for (seq, row) in entries(&["x", "y"]).iter().enumerate() {
        folder.take(&Op::Row(&talk, seq as u64, row)).unwrap();
    }
    let held = Held { pos: 3, ..Held::default() };
    folder.take(&Op::Held(&talk, &held, None)).unwrap();
    folder.commit().unwrap();
    assert_eq!(ids(dir.path(), &talk), ["0x", "1y", "2c"]);
    let mut folder = open(dir.path());
    assert_eq!(folder.known().sources[&talk], held);
    send(&mut folder, &talk, &entries(&["x", "y"]), 0);
    folder.commit().unwrap();
    assert_eq!(ids(dir.path(), &talk), ["0x", "1y"]);
}

#[test]
fn what_was_written_is_held_and_more_is_appended() {
    let dir = tempfile::tempdir().unwrap();
    let (talk, record) = (source(&format!("talk/{CONVERSATION}/main")), source("record/sess_a"));
    let mut folder = open(dir.path());
    assert!(folder.known().sources.is_empty());
    send(&mut folder, &talk, &entries(&["a", "b"]), 0);
    send(&mut folder, &record, &[row(Table::Record, "one", None)], 0);
    assert_eq!(folder.commit().unwrap(), 3);
    let before = std::fs::read(file_of(dir.path(), &talk)).unwrap();

    let mut folder = open(dir.path());
    let known = folder.known();
    assert_eq!((known.sources[&talk].pos, known.sources[&record].pos), (2, 1));
    assert_eq!(known.sources[&talk].stamp, "2 rows");
    send(&mut folder, &talk, &entries(&["a", "b", "c"]), 2);
    send(&mut folder, &record, &[row(Table::Record, "two", None)], 0);
    assert_eq!(folder.commit().unwrap(), 2);
    assert!(std::fs::read(file_of(dir.path(), &talk)).unwrap().starts_with(&before));
    assert_eq!(ids(dir.path(), &talk), ["0a", "1b", "2c"]);
    assert_eq!(ids(dir.path(), &record), ["0two"]);
    assert_eq!(open(dir.path()).known().sources[&talk].pos, 3);
    assert!(open(dir.path()).commit().unwrap() == 0);
    assert!(!dir.path().join(&machine().id).join(".lock").exists());
}

#[test]
fn a_source_is_written_anew_only_when_it_is_complete() {
    let dir = tempfile::tempdir().unwrap();
    let talk = source(&format!("talk/{CONVERSATION}/main"));
    let mut folder = open(dir.path());
    send(&mut folder, &talk, &entries(&["a", "b", "c"]), 0);
    folder.commit().unwrap();
    // A run that breaks off.
    let mut folder = open(dir.path());
    folder.take(&Op::Row(&talk, 0, &entries(&["x"])[0])).unwrap();
    drop(folder);
    assert_eq!(ids(dir.path(), &talk), ["0a", "1b", "2c"]);
    // One that fails, and goes on with another source.
    let mut folder = open(dir.path());
    folder.take(&Op::Row(&talk, 0, &entries(&["x"])[0])).unwrap();
    send(&mut folder, &source(&format!("talk/{OTHER}/main")), &entries(&["o"]), 0);
    folder.commit().unwrap();
    assert_eq!(ids(dir.path(), &talk), ["0a", "1b", "2c"]);
    // One that begins again, and completes it.
    let mut folder = open(dir.path());
    folder.take(&Op::Row(&talk, 3, &entries(&["d"])[0])).unwrap();
    send(&mut folder, &talk, &entries(&["x", "y"]), 0);
    folder.commit().unwrap();
    assert_eq!(ids(dir.path(), &talk), ["0x", "1y"]);
    assert_eq!(open(dir.path()).known().sources[&talk].pos, 2);
}

#[test]
fn a_torn_or_shortened_file_is_repaired() {
    let dir = tempfile::tempdir().unwrap();
    let (talk, head) = (source(&format!("talk/{CONVERSATION}/main")), source(&format!("head/{CONVERSATION}")));
    let mut folder = open(dir.path());
    send(&mut folder, &talk, &entries(&["a", "b"]), 0);
    send(&mut folder, &head, &[row(Table::Conversation, "h", None)], 0);
    folder.commit().unwrap();
    // A run that was killed in the middle of a line.
    let mut text = std::fs::read(file_of(dir.path(), &talk)).unwrap();
    text.extend_from_slice(b"{\"source\":\"talk/");
    std::fs::write(file_of(dir.path(), &talk), &text).unwrap();
    let mut folder = open(dir.path());
    assert_eq!(folder.known().sources.len(), 2);
    send(&mut folder, &talk, &entries(&["a", "b", "c"]), 2);
    folder.commit().unwrap();
    assert_eq!(ids(dir.path(), &talk), ["0a", "1b", "2c"]);
    // A carrier that copied a part of it.
    std::fs::write(file_of(dir.path(), &talk), &text[..30]).unwrap();
    std::fs::remove_file(file_of(dir.path(), &head)).unwrap();
    let mut folder = open(dir.path());
    assert!(folder.known().sources.is_empty());
    send(&mut folder, &talk, &entries(&["a", "b", "c"]), 0);
    send(&mut folder, &head, &[row(Table::Conversation, "h", None)], 0);
    folder.commit().unwrap();
    assert_eq!(ids(dir.path(), &talk), ["0a", "1b", "2c"]);
    assert_eq!(open(dir.path()).known().sources.len(), 2);
}

#[test]
fn what_is_forgotten_is_gone_and_the_rest_is_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let audit = source("audit/2026-11-30");
    let mut folder = open(dir.path());
    for id in [CONVERSATION, OTHER] {
        send(&mut folder, &source(&format!("talk/{id}/main")), &entries(&["a"]), 0);
        send(&mut folder, &source(&format!("head/{id}")), &[row(Table::Conversation, id, None)], 0);
        send(&mut folder, &source(&format!("record/sess_{id}")), &[row(Table::Record, "r", Some(id))], 0);
    }
    let lines = [CONVERSATION, OTHER, CONVERSATION].map(|id| row(Table::Audit, &id[..2], Some(id)));
    send(&mut folder, &audit, &lines, 0);
    folder.commit().unwrap();

    let mut folder = open(dir.path());
    folder.known();
    folder.take(&Op::Forget(CONVERSATION)).unwrap();
    assert_eq!(folder.commit().unwrap(), 5, "talk, head, record, two lines of the log");
    let mut folder = open(dir.path());
    let known = folder.known();
    assert_eq!(known.forgotten, BTreeSet::from([CONVERSATION.to_string()]));
    let mut left: Vec<String> = known.sources.keys().map(Source::to_string).collect();
    left.sort();
    let of_other = [format!("head/{OTHER}"), format!("record/sess_{OTHER}"), format!("talk/{OTHER}/main")];
    assert_eq!(left, [&[audit.to_string()], &of_other[..]].concat());
    assert_eq!(ids(dir.path(), &audit), [format!("0{}", &OTHER[..2])]);
    let mut digest = Digest::default();
    digest.add(&lines[1].line());
    assert_eq!(known.sources[&audit], Held { pos: 1, digest: digest.text(), stamp: String::new() });
    let place = Place::new(dir.path(), &machine().id).unwrap();
    for path in [place.held(), place.shared(Kind::Head), place.shared(Kind::Record), place.rows(&audit)] {
        assert!(!std::fs::read_to_string(&path).unwrap().contains(CONVERSATION), "{}", path.display());
    }
    assert!(!place.talk(CONVERSATION).unwrap().exists());
}

#[test]
fn only_one_program_writes_and_nothing_through_a_link() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let dir = tempfile::tempdir().unwrap();
    let talk = source(&format!("talk/{CONVERSATION}/main"));
    let mut folder = open(dir.path());
    let other = Machine { id: "f".repeat(16), label: String::new() };
    assert!(folder.take(&Op::Machine(&other)).is_err());
    send(&mut folder, &talk, &entries(&["a"]), 0);
    let lock = Place::new(dir.path(), &machine().id).unwrap().lock();
    assert!(matches!(lock::acquire(&lock, std::time::Duration::ZERO), Err(Error::Busy(_))));
    folder.commit().unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let path = file_of(dir.path(), &talk);
    let place = Place::new(dir.path(), &machine().id).unwrap();
    assert_eq!((mode(&path), mode(path.parent().unwrap()), mode(place.dir())), (0o600, 0o700, 0o700));
    assert_eq!((mode(&place.held()), mode(&place.machine())), (0o600, 0o600));

    let elsewhere = tempfile::tempdir().unwrap();
    std::fs::rename(place.dir().join("talk"), elsewhere.path().join("talk")).unwrap();
    symlink(elsewhere.path().join("talk"), place.dir().join("talk")).unwrap();
    let before = std::fs::read(elsewhere.path().join(format!("talk/{CONVERSATION}/main.jsonl"))).unwrap();
    let mut folder = open(dir.path());
    assert!(folder.take(&Op::Row(&talk, 1, &entries(&["b"])[0])).is_err());
    drop(folder);
    assert_eq!(std::fs::read(elsewhere.path().join(format!("talk/{CONVERSATION}/main.jsonl"))).unwrap(), before);
    symlink(place.dir(), dir.path().join("f".repeat(16))).unwrap();
    assert!(Folder::open(dir.path(), &other, None, now()).is_err());
}

#[test]
fn files_of_which_most_no_longer_counts_are_written_anew() {
    let dir = tempfile::tempdir().unwrap();
    let usage = source("usage/2026-11-30");
    let long = "x".repeat(20_000);
    for n in 0..120 {
        let mut folder = open(dir.path());
        send(&mut folder, &usage, &[row(Table::UsageDay, &format!("{n}{long}"), None)], 0);
        folder.commit().unwrap();
    }
    let size = std::fs::metadata(file_of(dir.path(), &usage)).unwrap().len();
    assert!(size < 2 * 1024 * 1024, "{size}");
    assert_eq!(ids(dir.path(), &usage), [format!("0119{long}")]);
    assert_eq!(open(dir.path()).known().sources[&usage].pos, 1);
    let mut folder = open(dir.path());
    folder.write_anew();
    send(&mut folder, &usage, &[row(Table::UsageDay, "last", None)], 0);
    folder.commit().unwrap();
    assert_eq!(std::fs::read_to_string(file_of(dir.path(), &usage)).unwrap().lines().count(), 1);
    assert_eq!((ids(dir.path(), &usage), open(dir.path()).known().sources.len()), (vec!["0last".to_string()], 1));
}

#[test]
#[ignore = "prints how long it takes to write a folder and to see what it has, and the memory for that"]
fn what_a_large_folder_has_is_seen_quickly() {
    let dir = tempfile::tempdir().unwrap();
    let since = std::time::Instant::now();
    let mut folder = open(dir.path());
    let stamp = "1234567@1795256400123456789 345@1795256400123456789 0123456789abcdef".to_string();
    let held = |pos| Held { pos, digest: "0".repeat(64), stamp: stamp.clone() };
    for n in 0..10_000 {
        let uuid = format!("5e1f0000-0000-4000-8000-{n:012x}");
        send(&mut folder, &source(&format!("head/{uuid}")), &entries(&["h"]), 0);
        folder.take(&Op::Row(&source(&format!("talk/{uuid}/main")), 0, &entries(&["a"])[0])).unwrap();
        folder.take(&Op::Held(&source(&format!("talk/{uuid}/main")), &held(1), None)).unwrap();
        send(&mut folder, &source(&format!("record/sess_{n}")), &entries(&["r"]), 0);
    }
    folder.commit().unwrap();
    let written = since.elapsed();
    let memory = || {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with("VmRSS")).map(str::to_string).unwrap_or_default();
        line.split_whitespace().nth(1).and_then(|text| text.parse::<u64>().ok()).unwrap_or_default()
    };
    let (before, since) = (memory(), std::time::Instant::now());
    let mut folder = open(dir.path());
    let known = folder.known();
    let text = format!(
        "{} sources, written in {written:?}: {:?}, {} KiB more",
        known.sources.len(),
        since.elapsed(),
        memory() - before
    );
    assert_eq!(known.sources.len(), 30_000);
    let since = std::time::Instant::now();
    send(&mut folder, &source("record/sess_7"), &entries(&["s"]), 0);
    folder.commit().unwrap();
    let text = format!("{text}; one is replaced: {:?}", since.elapsed());
    assert!(std::io::Write::write_all(&mut std::io::stderr(), format!("{text}\n").as_bytes()).is_ok());
}

#[test]
fn only_who_a_machine_belongs_to_removes_it() {
    let dir = tempfile::tempdir().unwrap();
    let now = clock::parse("2026-11-30T12:00:00Z").unwrap();
    let machine = Machine { id: "b".repeat(16), label: "bobs".into() };
    let is_removed = |owner| own::remove_machine(dir.path(), own::Asker { owner, this: "a" }, &machine).is_ok();
    Folder::open(dir.path(), &machine, None, now).unwrap().commit().unwrap();
    assert!(!is_removed(Some("ada")) && is_removed(None) && !dir.path().join(&machine.id).exists());
    Folder::open(dir.path(), &machine, Some("bob"), now).unwrap().commit().unwrap();
    assert!(!is_removed(Some("ada")) && !is_removed(None) && is_removed(Some("bob")));
    Folder::open_pulled(dir.path(), &machine, "bob", "psql", None, now).unwrap().commit().unwrap();
    assert!(!is_removed(Some("bob")));
}
