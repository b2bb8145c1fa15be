//! Every hostile text in every field, in every format.

use crate::hostile::{self, Hostile};
use crate::parse;
use crate::{export, id, record, store};
use cs_tests::Sandbox;
use serde_json::{Value, json};
use std::fs;

/// How much of a text a place has room for.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Room {
    /// Any number of lines, without space around.
    Block,
    /// Any number of lines.
    Item,
    /// One line; line ends become spaces.
    Line,
    /// Code on one line; line ends become signs.
    Code,
}

/// Every field that holds what people write: its JSON pointer in the record and its room.
const FIELDS: [(&str, Room); 16] = [
    ("/intent", Room::Line),
    ("/roadmap_ref", Room::Line),
    ("/current_activity", Room::Line),
    ("/awaiting_action", Room::Line),
    ("/git_branch", Room::Line),
    ("/worktree_root", Room::Line),
    ("/outcome", Room::Block),
    ("/parked_reason", Room::Block),
    ("/decisions/0", Room::Item),
    ("/open_questions/0", Room::Item),
    ("/next_steps/0", Room::Item),
    ("/events/0/message", Room::Item),
    ("/commits/0/message", Room::Item),
    ("/tasks/0/subject", Room::Item),
    ("/tasks/1/subject", Room::Item),
    ("/files_changed/0", Room::Code),
];

/// The value of each field of the harmless record.
fn harmless(room: Room) -> String {
    format!("harmless {room:?}")
}

fn record_with(number: usize, text: impl Fn(Room) -> String) -> Value {
    let mut record = record(number);
    for (field, room) in FIELDS {
        *record.pointer_mut(field).expect("the record has the field") = text(room).into();
    }
    record
}

/// The document of a harmless session, and one for each hostile text.
fn exported(format: &str) -> (String, Vec<(Hostile, String)>) {
    let sandbox = Sandbox::new();
    let all: Vec<Hostile> = hostile::all().collect();
    let mut records = vec![record_with(0, harmless)];
    records.extend(all.iter().enumerate().map(|(n, (raw, _))| record_with(n + 1, |_| raw.to_string())));
    store(&sandbox, &records);
    let document = |n| export(&sandbox, &[&id(n), "--format", format]).replace(&id(n), &id(0));
    (document(0), all.into_iter().enumerate().map(|(n, text)| (text, document(n + 1))).collect())
}

/// The harmless document with another text in place of the harmless one. After other words, the text has one line.
fn saying(harmless_text: &str, shown: &str, read: impl Fn(&str, Room) -> String) -> String {
    let rooms = [Room::Block, Room::Item, Room::Line, Room::Code];
    let behind = |text: String, words: &str| {
        let line = format!("{words}{}", read(shown, Room::Line));
        rooms.into_iter().fold(text, |text, room| text.replace(&format!("{words}{}", harmless(room)), &line))
    };
    let text = ["completed: ", "new task: ", "done: "].into_iter().fold(harmless_text.to_owned(), behind);
    rooms.into_iter().fold(text, |text, room| text.replace(&harmless(room), &read(shown, room)))
}

fn split(text: &str) -> Vec<String> {
    text.split('\u{1}').map(str::to_owned).collect()
}

/// Panics with the first difference between two lists.
#[track_caller]
fn check_same(found: &[String], expected: &[String], raw: &str) {
    let difference = found.iter().zip(expected).find(|(found, expected)| found != expected);
    assert_eq!(difference, None, "with {raw:?}");
    assert_eq!(found.len(), expected.len(), "with {raw:?}");
}

/// How a text must be read back from Markdown.
fn read_in_markdown(shown: &str, room: Room) -> String {
    match room {
        Room::Block => shown.trim().trim_matches('\n').into(),
        Room::Item => shown.trim_matches('\n').into(),
        Room::Line => shown.replace(['\n', '\t'], " "),
        Room::Code => shown.replace('\n', "␊").replace('\t', "␉"),
    }
}

#[test]
fn markdown_keeps_its_structure_and_the_text() {
    let (harmless, all) = exported("markdown");
    let expected = parse::markdown(&harmless);
    for ((raw, shown), text) in all {
        for (found, expected) in parse::markdown(&text).iter().zip(&expected) {
            check_same(&found.structure, &expected.structure, raw);
            check_same(&split(&found.text), &split(&saying(&expected.text, shown, read_in_markdown)), raw);
        }
    }
}

#[test]
fn html_keeps_its_structure_and_the_text() {
    let (harmless, all) = exported("html");
    let expected = parse::html(&harmless);
    let active = ["script", "iframe", "img", "link", "object", "form"];
    let elements: Vec<&str> = expected.structure.iter().filter_map(|line| line.split(' ').nth(1)).collect();
    assert!(elements.contains(&"article") && !elements.iter().any(|name| active.contains(name)), "{elements:?}");
    let read = |shown: &str, room: Room| match room {
        Room::Block => shown.trim().to_owned(),
        Room::Item | Room::Line | Room::Code => shown.to_owned(),
    };
    for ((raw, shown), text) in all {
        let found = parse::html(&text);
        check_same(&found.structure, &expected.structure, raw);
        // The title and the heading are one line; everything else keeps its line breaks.
        let one_line = |text: &str| text.replace(['\n', '\t'], " ");
        check_same(&split(&one_line(&found.text)), &split(&one_line(&saying(&expected.text, shown, read))), raw);
        assert!(!shown.trim().contains('\n') || found.text.contains(shown.trim()), "{raw:?}\n{text}");
    }
}

#[test]
fn csv_is_one_row_without_formulas() {
    let (harmless, all) = exported("csv");
    let rows = parse::csv(&harmless);
    for ((raw, shown), text) in all {
        let found = parse::csv(&text);
        assert_eq!((found.len(), &found[0]), (2, &rows[0]), "{raw:?}\n{text}");
        for (cell, plain) in found[1].iter().zip(&rows[1]) {
            let expected = saying(plain, shown, |shown, _| shown.to_owned());
            assert!(*cell == expected || *cell == format!("'{expected}"), "{raw:?}: {cell:?}, not {expected:?}");
            let begins = cell.trim_start_matches([' ', '\n']).chars().next().unwrap_or('x');
            assert!(!"=+-@\t\r＝".contains(begins), "{raw:?}: {cell:?}");
        }
        assert_eq!((text.matches("\r\n").count(), text.ends_with("\r\n")), (2, true), "{raw:?}: {text:?}");
    }
}

#[test]
fn json_preserves_every_text_exactly() {
    for format in ["json", "jsonl"] {
        for ((raw, _), text) in exported(format).1 {
            let value: Value = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}"));
            for (field, _) in FIELDS {
                assert_eq!(value.pointer(field).and_then(Value::as_str), Some(raw), "{format} {field}");
            }
            assert_eq!((&value["task_summary"]["completed"], &value["duration_seconds"]), (&1.into(), &5400.into()));
            assert_eq!(text.lines().count() == 1, format == "jsonl", "{text}");
        }
    }
}

#[test]
fn many_sessions_are_as_safe_as_one() {
    let sandbox = Sandbox::new();
    let hostile: Vec<Hostile> = hostile::all().collect();
    let records: Vec<Value> =
        hostile.iter().enumerate().map(|(n, (raw, _))| record_with(n, |_| raw.to_string())).collect();
    store(&sandbox, &records);
    let page = parse::html(&export(&sandbox, &["api", "--format", "html"]));
    let articles = page.structure.iter().filter(|line| line.split(' ').nth(1) == Some("article")).count();
    assert_eq!(articles, hostile.len());
    let [_, markdown] = parse::markdown(&export(&sandbox, &["--all", "--format", "markdown"]));
    let titles = markdown.structure.iter().filter(|line| line.contains("level: H2")).count();
    // Each has its own heading and nine sections one level below.
    assert_eq!(titles, hostile.len(), "{:?}", &markdown.structure[..40]);
    let rows = parse::csv(&export(&sandbox, &["--all", "--format", "csv"]));
    assert_eq!(rows.len(), hostile.len() + 1);
    let all: Value = serde_json::from_str(&export(&sandbox, &["--project", "api", "--format", "json"])).expect("JSON");
    assert_eq!(all["sessions"].as_array().map(Vec::len), Some(hostile.len()));
    assert_eq!(export(&sandbox, &["--all", "--format", "jsonl"]).lines().count(), hostile.len());
}

#[test]
fn a_project_export_keeps_what_people_wrote() {
    let sandbox = Sandbox::new();
    store(&sandbox, &[record(0)]);
    fs::create_dir_all(sandbox.data().join("projects")).expect("a fresh home can be written");
    let documents = |text: &str| {
        let roadmap = json!({"completed": [text], "in_progress": [text], "next_up": [text]});
        let state = json!({"project_slug": "api", "current_phase": text, "roadmap_summary": roadmap});
        let config = json!({"version": 1, "projects": {"api": {"name": text, "path": "/srv/api"}}});
        fs::write(sandbox.data().join("projects/api.json"), state.to_string()).expect("it can be written");
        fs::write(sandbox.data().join("config.json"), config.to_string()).expect("it can be written");
        let as_format = |format| export(&sandbox, &["api", "--format", format]);
        (parse::markdown(&as_format("markdown")), parse::html(&as_format("html")))
    };
    let (markdown, html) = documents("harmless");
    for (raw, shown) in hostile::all() {
        let (found, page) = documents(raw);
        for (found, expected) in found.iter().zip(&markdown) {
            check_same(&found.structure, &expected.structure, raw);
            assert!(found.text.contains(&read_in_markdown(shown, Room::Item)), "{raw:?}: {:?}", found.text);
        }
        check_same(&page.structure, &html.structure, raw);
        assert!(page.text.contains(shown), "{raw:?}: {:?}", page.text);
    }
}
