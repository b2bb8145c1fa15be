//! The model itself: known faults are found, and correct sequences pass.

use std::path::PathBuf;

use soak::power::Depth;
use soak::power::judge::{Promise, Verdict, judge};
use soak::power::record::Run;
use soak::power::step::Step;
use soak::power::tree::{Node, Tree};

const CONFIG: &str = ".claude/dashboard/config.json";
const TEMP: &str = ".claude/dashboard/.tmp-1";
const DIR: &str = ".claude/dashboard";

fn path(text: &str) -> PathBuf {
    PathBuf::from(text)
}

fn open(text: &str) -> Step {
    Step::Open { path: path(text), truncates: false, appends: false }
}

fn write(text: &str, bytes: &str) -> Step {
    Step::Write { path: path(text), bytes: bytes.as_bytes().to_vec(), at: None }
}

fn sync(text: &str) -> Step {
    Step::Sync { path: path(text) }
}

fn rename(from: &str, to: &str) -> Step {
    Step::Rename { from: path(from), to: path(to) }
}

/// A data directory with settings.
fn furnished() -> Tree {
    let dirs = [".claude", DIR].map(|dir| (path(dir), Node::Dir));
    Tree(dirs.into_iter().chain([(path(CONFIG), Node::File(b"{\"a\":1}".as_slice().into()))]).collect())
}

fn tried(steps: Vec<Step>, promise: Promise) -> Verdict {
    let run = Run { name: "it".to_owned(), steps, after: Tree::default() };
    judge(&furnished(), &[(&run, promise)], Depth::Full)
}

fn whats(verdict: &Verdict) -> Vec<&str> {
    verdict.faults.iter().map(|fault| fault.what.as_str()).collect()
}

const NEW: &str = "{\"a\":2}";

#[test]
fn syncing_a_file_and_then_its_directory_is_safe() {
    let steps = vec![open(TEMP), write(TEMP, NEW), sync(TEMP), rename(TEMP, CONFIG), sync(DIR)];
    let verdict = tried(steps, Promise::Done);
    assert_eq!(whats(&verdict), [""; 0], "{:#?}", verdict.faults);
    assert!(verdict.states > 4, "{}", verdict.states);
}

#[test]
fn renaming_an_unsynced_file_can_destroy_the_old_one() {
    let steps = || vec![open(TEMP), write(TEMP, NEW), rename(TEMP, CONFIG), sync(DIR)];
    for promise in [Promise::Done, Promise::Nothing] {
        let verdict = tried(steps(), promise);
        assert!(whats(&verdict).contains(&"config.json cannot be read"), "{:#?}", verdict.faults);
    }
    let exchange = Step::Exchange { one: path(TEMP), other: path(CONFIG) };
    let steps = vec![open(TEMP), write(TEMP, NEW), exchange, Step::Remove { path: path(TEMP) }];
    assert!(whats(&tried(steps, Promise::Nothing)).contains(&"config.json cannot be read"));
}

#[test]
fn a_rename_can_be_lost_until_its_directory_is_synced() {
    let steps = || vec![open(TEMP), write(TEMP, NEW), sync(TEMP), rename(TEMP, CONFIG)];
    let verdict = tried(steps(), Promise::Done);
    assert_eq!(whats(&verdict), ["config.json was promised but is lost"], "{:#?}", verdict.faults);
    assert!(verdict.faults[0].how.contains("step 4 (rename"), "{:#?}", verdict.faults);
    assert_eq!(whats(&tried(steps(), Promise::Nothing)), [""; 0], "a program that promises nothing may lose it");
    let elsewhere = [steps(), vec![sync(".claude")]].concat();
    assert_eq!(tried(elsewhere, Promise::Done).faults.len(), 1, "another directory does not help");
}

#[test]
fn appended_bytes_can_be_lost_until_they_are_synced() {
    const NOTES: &str = "work/notes";
    let mut before = furnished();
    before.0.extend([(path("work"), Node::Dir), (path(NOTES), Node::File(b"old\n".as_slice().into()))]);
    let append = || vec![Step::Open { path: path(NOTES), truncates: false, appends: true }, write(NOTES, "new\n")];
    let judged = |steps| {
        let run = Run { name: "it".to_owned(), steps, after: Tree::default() };
        judge(&before, &[(&run, Promise::Done)], Depth::Quick(0))
    };
    let lost = judged(append());
    let found: Vec<&str> = lost.faults.iter().map(|fault| fault.how.as_str()).collect();
    assert!(found.iter().all(|how| how.contains("old\\n")), "synced bytes were lost: {found:#?}");
    assert!(!found.is_empty());
    // Acknowledged bytes are safe then; before that, half a line may be found.
    let synced = judged([append(), vec![sync(NOTES)]].concat());
    assert!(whats(&synced).iter().all(|what| *what == "work/notes is neither old nor new"), "{:#?}", synced.faults);
}

#[test]
fn a_new_directory_and_its_contents_can_be_lost_until_its_parent_is_synced() {
    const NEW_FILE: &str = "out/export";
    let make = || {
        let make = Step::MakeDir { path: path("out") };
        vec![make, open(NEW_FILE), write(NEW_FILE, "text"), sync(NEW_FILE), sync("out")]
    };
    let verdict = tried(make(), Promise::Done);
    assert!(whats(&verdict).contains(&"out/export was promised but is lost"), "{:#?}", verdict.faults);
    let root = [make(), vec![sync("")]].concat();
    assert!(!whats(&tried(root, Promise::Done)).contains(&"out/export was promised but is lost"));
}

#[test]
fn a_record_that_moves_is_always_in_one_of_the_two_directories() {
    const FROM: &str = ".claude/dashboard/sessions/sess_20261121T0337_ca5d.json";
    const TO: &str = ".claude/dashboard/sessions/archive/sess_20261121T0337_ca5d.json";
    let dirs = [".claude/dashboard/sessions", ".claude/dashboard/sessions/archive"];
    let mut before = furnished();
    before.0.extend(dirs.map(|dir| (path(dir), Node::Dir)));
    before.0.insert(path(FROM), Node::File(b"{}".as_slice().into()));
    let judged = |steps: Vec<Step>| {
        let run = Run { name: "it".to_owned(), steps, after: Tree::default() };
        judge(&before, &[(&run, Promise::Nothing)], Depth::Full)
    };
    assert_eq!(whats(&judged(vec![rename(FROM, TO)])), [""; 0]);
    let link = || Step::Link { from: path(FROM), to: path(TO) };
    let remove = || Step::Remove { path: path(FROM) };
    let lost = judged(vec![link(), remove()]);
    assert_eq!(whats(&lost), ["session is gone"], "the removed name may be the only durable one: {:#?}", lost.faults);
    assert_eq!(whats(&judged(vec![link(), sync(dirs[1]), remove()])), [""; 0]);
}

#[test]
fn a_removed_file_may_come_back() {
    let verdict = tried(vec![Step::Remove { path: path(CONFIG) }], Promise::Done);
    assert_eq!(whats(&verdict), ["config.json was promised but is lost"]);
    assert_eq!(whats(&tried(vec![Step::Remove { path: path(CONFIG) }, sync(DIR)], Promise::Done)), [""; 0]);
}
