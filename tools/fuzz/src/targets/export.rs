//! Free text in every field of an export of every format: real parsers must find the same structure as with harmless
//! texts, and get the text back.

use std::ops::Range;
use std::sync::LazyLock;

use cs_core::project::Roadmap;
use cs_core::record::Session;
use cs_core::state::{State, Verdict};
use cs_core::usage::{ModelUsage, Usage};
use cs_core::visible::visible;
use cs_tests::parse::{self, Parsed};
use render::{Document, Format, Project};
use serde_json::{Value, json};

use super::{parts, text};
use crate::Target;

pub const TARGET: Target = Target { name: "export", check, words: WORDS, seeds, most: 3 << 10, runs: 4_000 };

const WORDS: &[&str] = &[
    "\n",
    "\r\n",
    "|",
    "\\|",
    "`",
    "```\n",
    "~~~",
    "# ",
    "- ",
    "1. ",
    "> ",
    "> [!NOTE]\n",
    "---",
    "===",
    "[x] ",
    "[a](b)",
    "[a]: b",
    "[^1]: ",
    "[[w|x]]",
    "<b>",
    "</",
    "<!--",
    "<![CDATA[",
    "</style><script>",
    "</title>",
    "&amp;",
    "&#x0;",
    "*b*",
    "_d_",
    "$x$",
    "{#id}",
    ": d",
    "    ",
    "\t",
    "=1+1",
    "\u{ff1d}",
    "\"",
    "'",
    ",",
    "\u{a0}",
    "\u{3000}",
    "\u{85}",
    "\u{301}",
];

fn seeds() -> Vec<Vec<u8>> {
    let texts: [&[u8]; 8] = [
        b"fix the login page",
        b"a|b\n|---|\xff`\xff# x #\xff<script>alert(1)</script>\xff=1+1",
        b"&amp; [a](b) *c* _d_ ~~e~~ $f$ ^g^\xff    code\n\ttab",
        b"> [!NOTE]\n> x\xff- [ ] task\n1. one\xff: definition",
        b"\"quoted\", and\r\nmore\xff'\xff\xe3\x80\x80x",
        b"a\\\xff\\\\|\xff``\xff x ",
        b"</title><img src=x>\xff--!>\xff\x00\x1b[31m\xe2\x80\xae",
        b"{#id}\xff{{ x }}\xff[^1]: x\xff[[w|x]]",
    ];
    texts.map(<[u8]>::to_vec).into()
}

/// How much of a text a place has room for.
#[derive(Clone, Copy)]
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

/// Every place that holds foreign text, and its room. The first and the last are not fields of a record: the reason of
/// the state and the name of a model.
const PLACES: [(&str, Room); 21] = [
    ("reason", Room::Line),
    ("/intent", Room::Line),
    ("/project_slug", Room::Line),
    ("/roadmap_ref", Room::Line),
    ("/current_activity", Room::Line),
    ("/awaiting_action", Room::Line),
    ("/git_branch", Room::Line),
    ("/worktree_root", Room::Line),
    ("/claude_session_id", Room::Line),
    ("/agent", Room::Line),
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
    ("model", Room::Line),
];

/// The text in a place of the harmless record; it occurs nowhere else in a document.
fn harmless(place: usize) -> String {
    format!("Harmless{place:02}Text")
}

fn record() -> Value {
    json!({
        "session_id": "sess_20261121T0800_ca5d", "status": "completed", "started_at": "2026-11-21T08:00:00+00:00",
        "last_heartbeat": "2026-11-21T09:00:00+00:00", "ended_at": "2026-11-21T09:30:00+00:00",
        "roadmap_ref": "", "intent": "", "project_slug": "", "git_branch": "", "agent": "",
        "outcome": "", "parked_reason": "", "current_activity": "", "awaiting_action": "", "worktree_root": "",
        "claude_session_id": "", "files_changed": [""], "decisions": [""], "open_questions": [""], "next_steps": [""],
        "commits": [{"sha": "1a2b3c4", "message": ""}],
        "events": [{"timestamp": "2026-11-21T08:30:00+00:00", "message": ""}],
        "tasks": [
            {"id": "t00000001", "subject": "", "status": "completed", "added_at": "", "updated_at": ""},
            {"id": "t00000002", "subject": "", "status": "pending", "added_at": "", "updated_at": ""},
        ],
        "schema_version": 4,
    })
}

/// The fields of a record among [`PLACES`].
const FIELDS: Range<usize> = 1..PLACES.len() - 1;

/// A session, the reason of its state, and its usage.
struct Exported(Session, Verdict, Usage);

impl Exported {
    fn with(texts: &[String]) -> Exported {
        let mut record = record();
        for ((field, _), text) in PLACES[FIELDS].iter().zip(&texts[FIELDS]) {
            *record.pointer_mut(field).expect("the record has the field") = text.as_str().into();
        }
        let session = Session::read(record.to_string().as_bytes()).expect("a record");
        let reason = texts[0].clone();
        let one = ModelUsage { input_tokens: 12, total_tokens: 12, cost_usd: Some(0.5), ..ModelUsage::default() };
        let models = [(texts[FIELDS.end].clone(), one)].into();
        let usage = Usage { input_tokens: 12, total_tokens: 12, cost_usd: Some(0.5), models, ..Usage::default() };
        Exported(session, Verdict::new(State::Completed, &reason), usage)
    }

    fn document(&self) -> Document<'_> {
        Document::new(&self.0, Some(&self.1), true, Some(&self.2))
    }
}

/// The parsed harmless record.
struct Expected {
    markdown: [Parsed; 2],
    html: Parsed,
    csv: Vec<Vec<String>>,
    project: ([Parsed; 2], Parsed),
}

static EXPECTED: LazyLock<Expected> = LazyLock::new(|| {
    let texts: Vec<String> = (0..PLACES.len()).map(harmless).collect();
    let exported = Exported::with(&texts);
    let shown = |format| render::render_session(format, &exported.document());
    Expected {
        markdown: parse::markdown(&shown(Format::Markdown)),
        html: parse::html(&shown(Format::Html)),
        csv: parse::csv(&shown(Format::Csv)),
        project: of_project("harmless", &exported),
    }
});

fn check(bytes: &[u8]) {
    let parts: Vec<String> = parts(bytes).into_iter().map(text).collect();
    // Without text there is no row and no section, which is another structure.
    let is_blank = |text: &str| text.trim().is_empty() || visible(text).trim().is_empty();
    let filled = |text: &String| if is_blank(text) { "nothing".to_string() } else { text.clone() };
    let texts: Vec<String> = parts.iter().map(filled).cycle().take(PLACES.len()).collect();
    let exported = Exported::with(&texts);
    let shown = |format| render::render_session(format, &exported.document());
    check_json(&shown(Format::Json), &texts);
    let line = shown(Format::Jsonl);
    assert_eq!((line.matches('\n').count(), line.ends_with('\n')), (1, true), "one line");
    check_json(&line, &texts);
    check_csv(&shown(Format::Csv), &texts);
    for (found, expected) in parse::markdown(&shown(Format::Markdown)).iter().zip(&EXPECTED.markdown) {
        same(found, expected, &texts, in_markdown);
    }
    let page = shown(Format::Html);
    same(&parse::html(&page), &EXPECTED.html, &texts, in_html);
    let (markdown, html) = of_project(&texts[0], &exported);
    for (found, expected) in markdown.iter().zip(&EXPECTED.project.0) {
        assert_eq!(found.structure, expected.structure, "of a project");
    }
    assert_eq!(html.structure, EXPECTED.project.1.structure, "of a project");
}

/// Two sessions of a project with the same texts.
fn of_project(text: &str, exported: &Exported) -> ([Parsed; 2], Parsed) {
    let list = vec![text.to_string()];
    let roadmap = Roadmap { completed: list.clone(), in_progress: list.clone(), next_up: list, ..Roadmap::default() };
    let project = Project { slug: text, name: text, current_phase: text, roadmap_summary: &roadmap };
    let documents = [exported.document(), exported.document()];
    let shown = |format| render::render_sessions(format, Some(&project), &documents);
    (parse::markdown(&shown(Format::Markdown)), parse::html(&shown(Format::Html)))
}

fn check_json(json: &str, texts: &[String]) {
    let value: Value = serde_json::from_str(json).expect("the export is JSON");
    assert_eq!(value["state_reason"], texts[0].as_str());
    assert_eq!(value["usage"]["models"][&texts[FIELDS.end]]["total_tokens"], 12);
    for ((field, _), text) in PLACES[FIELDS].iter().zip(&texts[FIELDS]) {
        assert_eq!(value.pointer(field).and_then(Value::as_str), Some(text.as_str()), "{field}");
    }
}

/// The harmless document with these texts in place of the harmless ones.
fn saying(expected: &str, texts: &[String], read: impl Fn(&str, Room) -> String) -> String {
    let mut said = String::with_capacity(expected.len());
    let mut rest = expected;
    while let Some((before, after)) = rest.split_once("Harmless") {
        let place: usize = after[..2].parse().expect("a place");
        said.push_str(before);
        // After other words a text has one line.
        let is_behind = ["completed: ", "new task: ", "done: "].iter().any(|words| before.ends_with(words));
        let room = if is_behind { Room::Line } else { PLACES[place].1 };
        said.push_str(&read(&visible(&texts[place]), room));
        rest = &after["00Text".len()..];
    }
    said + rest
}

#[track_caller]
fn same(found: &Parsed, expected: &Parsed, texts: &[String], read: fn(&str, Room) -> String) {
    let difference = found.structure.iter().zip(&expected.structure).find(|(found, expected)| found != expected);
    assert_eq!(difference, None, "the structure");
    assert_eq!(found.structure.len(), expected.structure.len(), "the structure");
    let one_line = |text: &str| text.replace(['\n', '\t'], " ");
    let said = saying(&expected.text, texts, read);
    let pieces = |text: &str| text.split('\u{1}').map(one_line).collect::<Vec<_>>();
    let (found, said) = (pieces(&found.text), pieces(&said));
    let difference = found.iter().zip(&said).find(|(found, said)| found != said);
    assert_eq!(difference, None, "the text");
}

fn in_markdown(shown: &str, room: Room) -> String {
    match room {
        Room::Block => shown.trim().into(),
        Room::Item => shown.trim_matches('\n').into(),
        Room::Line => shown.replace(['\n', '\t'], " "),
        Room::Code => shown.replace('\n', "␊").replace('\t', "␉"),
    }
}

fn in_html(shown: &str, room: Room) -> String {
    match room {
        Room::Block => shown.trim().into(),
        Room::Item | Room::Line | Room::Code => shown.into(),
    }
}

/// Panics unless there is one row under the header, whose cells contain the texts and are not formulas.
fn check_csv(csv: &str, texts: &[String]) {
    let rows = parse::csv(csv);
    assert!(render::is_own_csv(csv) && rows.len() == 2, "{} rows", rows.len());
    assert_eq!(rows[0], EXPECTED.csv[0]);
    for (cell, plain) in rows[1].iter().zip(&EXPECTED.csv[1]) {
        let said = saying(plain, texts, |shown, _| shown.to_string());
        assert!(*cell == said || *cell == format!("'{said}"), "{cell:?}, not {said:?}");
        let begins = cell.trim_start_matches([' ', '\n']).chars().next().unwrap_or('x');
        assert!(!"=+-@\t\r\u{ff1d}\u{ff0b}\u{ff0d}\u{ff20}".contains(begins), "a formula: {cell:?}");
    }
}
