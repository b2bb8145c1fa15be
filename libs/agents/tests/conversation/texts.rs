//! No text of others is written that the caller has not seen: each stands where the caller's answer is now.

use agents::entry::{
    Asked, CallClass, CallEnd, Change, Context, Entry, Kind, Lack, Link, Output, PlanItem, PlanStep, Question,
    Response, Source, Stop, Tool, Via,
};
use agents::part::{Head, Part, PartKind, Show};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// What stands in every text.
const CANARY: &str = "CANARY";
/// What is written instead.
const SHOWN: &str = "shown";

fn text<'a>() -> Cow<'a, str> {
    Cow::Borrowed(CANARY)
}

fn some<'a>() -> Option<Cow<'a, str>> {
    Some(text())
}

/// Every kind of entry that is a part, with every text filled.
fn kinds<'a>() -> Vec<Kind<'a>> {
    let asked = Asked {
        name: text(),
        files: vec![text(), text()],
        purpose: some(),
        agent_type: some(),
        change: None,
        class: CallClass::Run,
        input: Some(Cow::Borrowed(r#"{"CANARY":["CANARY",1]}"#)),
    };
    let output = Output { exit: Some(1), bytes: None, is_cut: false, spilled: some() };
    let response = Response {
        message: text(),
        part: Some(CANARY.into()),
        is_named: true,
        request: some(),
        reference: some(),
        model: text(),
        class: Default::default(),
        lines: 1,
        searches: 1,
        tokens: Default::default(),
        cost_pico_usd: 0,
    };
    let context = Context {
        cwd: some(),
        branch: some(),
        mode: some(),
        model: some(),
        client: some(),
        is_copy: false,
        is_message: false,
    };
    let question = Question { text: text(), options: vec![text()], answer: some() };
    let item = PlanItem { id: some(), subject: some(), status: some() };
    vec![
        Kind::Context(context),
        Kind::Prompt(text(), Via::Typed),
        Kind::Injected(text(), Source::Task),
        Kind::Answer(text()),
        Kind::Reasoning(text()),
        Kind::Call { id: text(), tool: Tool::Run(text()), asked },
        Kind::Result {
            call: text(),
            end: CallEnd::Denied,
            text: text(),
            change: Some(Change::default()),
            agent_id: some(),
            output,
        },
        Kind::Response(response),
        Kind::Plan { call: text(), step: PlanStep::Whole, items: vec![item], text: text() },
        Kind::Ask { call: text(), questions: vec![question] },
        Kind::Agent { call: text(), thread: text(), agent_type: some(), purpose: some() },
        Kind::Compaction { trigger: some(), tokens_before: Some(1), tokens_after: Some(1), text: text() },
        Kind::Stop(Stop::Failed, text()),
        Kind::Attachment { mime: some(), bytes: Some(1), path: some() },
        Kind::Title(CANARY.into()),
        Kind::Renamed(CANARY.into()),
        Kind::Relation(Link::ForkedFrom, text()),
        Kind::Rewind { to: text(), turn: 1 },
        Kind::Gap { lack: Lack::Broken, bytes: 1 },
    ]
}

fn part(kind: Kind) -> Part {
    Part {
        kind: PartKind::of(&kind).unwrap(),
        anchor: CANARY.into(),
        line: 1,
        seq: 7,
        turn: 1,
        thread: text(),
        is_copy: false,
        entry: Entry { at: Some(0), ..Entry::of_line(kind) },
    }
}

/// All texts of a value, but not its names.
fn texts(value: &Value, all: &mut Vec<String>) {
    match value {
        Value::String(text) => all.push(text.clone()),
        Value::Array(list) => list.iter().for_each(|one| texts(one, all)),
        Value::Object(fields) => fields.values().for_each(|one| texts(one, all)),
        _ => {}
    }
}

fn written(parts: &[Part], show: &mut Show) -> String {
    let mut out = Vec::new();
    parts.iter().for_each(|part| part.write_shown(CANARY, 3, show, &mut out));
    let ids = [CANARY.to_string()];
    let head = Head {
        conversation: CANARY,
        agent: "codex",
        client: Some(CANARY),
        project: Some(CANARY),
        cwd: Some(CANARY),
        branch: Some(CANARY),
        title: Some(CANARY),
        started_at: Some("2026-11-21T03:58:32.618000+00:00"),
        source: "live",
        forked_from: Some(CANARY),
        parent: Some(CANARY),
        session_ids: &ids,
        is_anew: false,
    };
    head.write_shown(show, &mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn no_text_of_any_kind_is_written_unseen() {
    let parts: Vec<Part> = kinds().into_iter().map(part).collect();
    let there: BTreeSet<PartKind> = parts.iter().map(|part| part.kind).collect();
    let all = PartKind::ALL.into_iter().filter(|kind| !matches!(kind, PartKind::Head | PartKind::End));
    assert_eq!(there, all.collect(), "a kind is missing here");
    let shown = written(&parts, &mut |_, text| {
        assert!(text.contains(CANARY), "{text}");
        Some(Cow::Borrowed(SHOWN))
    });
    assert!(!shown.contains(CANARY), "{shown}");
    let lines: Vec<Value> = shown.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), parts.len() + 1);
    assert!(lines.iter().take(parts.len()).all(|line| line["seq"] == 3));
    let none = written(&parts, &mut |_, _| None);
    assert!(!none.contains(CANARY) && none.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()), "{none}");
    // As they are, all of them are there.
    let same = written(&parts, &mut |_, text| Some(Cow::Borrowed(text)));
    let mut out = Vec::new();
    parts.iter().for_each(|part| Part { seq: 3, ..part.clone() }.write_json(CANARY, true, &mut out));
    assert!(same.starts_with(&String::from_utf8(out).unwrap()));
}

#[test]
fn every_text_of_every_recording_is_seen() {
    let words: BTreeSet<&str> =
        "prompt injected answer reasoning call result plan ask context usage agent compaction stop \
        attachment title relation rewind gap typed command queued mention sdk unknown news reminder hook instructions \
        environment message task client run read edit web mcp other denied interrupted whole added changed proposed \
        failed ended_by_model person forked_from continued_in continues derived_from parent too_long broken unreadable"
            .split_whitespace()
            .collect();
    for recording in crate::support::recordings() {
        let mut lines = Vec::new();
        crate::support::each(recording.agent, &recording.bytes, &recording.thread, &mut |part: &Part| {
            part.write_shown("c", 0, &mut |_, _| Some(Cow::Borrowed(SHOWN)), &mut lines);
        });
        for line in crate::support::parsed(&lines) {
            let mut all = Vec::new();
            texts(&line, &mut all);
            let at = line["at"].as_str().unwrap_or_default();
            let unseen = all.iter().find(|text| *text != SHOWN && *text != at && !words.contains(text.as_str()));
            assert_eq!(unseen, None, "{}: {line}", recording.name);
        }
    }
}

#[test]
fn an_input_that_is_no_json_any_more_is_a_text() {
    let input = |shown: &'static str| {
        let asked = Asked { input: Some(Cow::Borrowed("{\"a\":1}")), ..Asked::default() };
        let (mut out, call) = (Vec::new(), Kind::Call { id: text(), tool: Tool::Other, asked });
        let show = |name: &str, text: &str| -> Option<Cow<'static, str>> {
            Some(if name == "input" { Cow::Borrowed(shown) } else { Cow::Owned(text.to_string()) })
        };
        part(call).write_shown("c", 0, &mut |name, text| show(name, text), &mut out);
        serde_json::from_slice::<Value>(&out).unwrap()["input"].clone()
    };
    assert_eq!(input("{\"a\":[2]}"), serde_json::json!({"a": [2]}));
    assert_eq!(input("[redacted:0123]"), "[redacted:0123]");
    assert_eq!(input("{\"a\":\"[x\n]"), "{\"a\":\"[x\n]");
}
