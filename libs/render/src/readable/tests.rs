//! Tests of the layout.

use super::*;
use agents::entry::{Asked, CallEnd, Entry, Output, PlanItem, PlanStep, Tool, Via};
use agents::part::Numbering;

/// The lines of these entries, in a narrow room.
fn shown(kinds: Vec<Kind<'static>>, is_full: bool) -> Vec<String> {
    let mut readable = Readable::new(Reading { width: 40, is_full, is_raw: false, zone: Zone::system() });
    let (mut numbering, mut lines) = (Numbering::default(), Vec::new());
    numbering.begin_log("main", &mut |_| {});
    for (n, kind) in kinds.into_iter().enumerate() {
        numbering.take(Entry::of_line(kind), n as u64 + 1, "main", &mut |part| readable.add(part, &mut lines));
    }
    numbering.finish(&mut |part| readable.add(part, &mut lines));
    readable.finish(&mut lines);
    lines.into_iter().map(|line| line.into_iter().map(|(text, _)| text).collect::<String>()).collect()
}

fn run(id: &'static str, command: &'static str) -> Kind<'static> {
    let asked = Asked { name: "Bash".into(), ..Asked::default() };
    Kind::Call { id: id.into(), tool: Tool::Run(command.into()), asked }
}

fn result(id: &'static str, end: CallEnd, text: &'static str) -> Kind<'static> {
    let output = Output { exit: end.is_failure().then_some(1), ..Output::default() };
    Kind::Result { call: id.into(), end, text: text.into(), change: None, agent_id: None, output }
}

#[test]
fn a_turn_is_read_from_top_to_bottom() {
    let kinds = vec![
        Kind::Prompt("fix the login page".into(), Via::Typed),
        run("a", "cargo test"),
        run("b", "make everything that has a very long name of its own"),
        result("b", CallEnd::Failed, "no"),
        result("a", CallEnd::Done, "ok"),
        Kind::Answer("It works now,\n  since the session is kept when the page reloads.".into()),
        run("c", "sleep 100"),
        Kind::Stop(Stop::Interrupted, "".into()),
    ];
    assert_eq!(
        shown(kinds, false),
        [
            "── 1 ───────────────────────────────────",
            "> fix the login page",
            "",
            "  Bash make everythin… — failed (exit 1)",
            "  Bash cargo test — done",
            "",
            "It works now,",
            "  since the session is kept when the",
            "  page reloads.",
            "",
            "  Bash sleep 100 — no result",
            "  interrupted",
        ]
    );
}

#[test]
fn all_of_a_call_is_shown_on_demand() {
    let lines = shown(vec![run("a", "cat x"), result("a", CallEnd::Done, "one\ntwo")], true);
    assert_eq!(lines, ["  Bash cat x — done", "    $ cat x", "    | one", "    | two"]);
}

#[test]
fn tasks_keep_their_names() {
    let item = |id: &'static str, subject: Option<&'static str>, status: &'static str| PlanItem {
        id: Some(id.into()),
        subject: subject.map(Into::into),
        status: Some(status.into()),
    };
    let plan = |step, items| Kind::Plan { call: "".into(), step, items, text: "".into() };
    let kinds = vec![
        plan(PlanStep::Added, vec![item("1", Some("write tests"), "pending")]),
        plan(PlanStep::Changed, vec![item("1", None, "completed"), item("2", None, "pending")]),
    ];
    assert_eq!(shown(kinds, false), ["  [ ] write tests", "  [x] write tests", "  [ ] task 2"]);
}

#[test]
fn hostile_and_secret_texts_are_harmless_and_fit() {
    let secret = format!("ghp_{}", "Q7w8E9r0T1y2U3i4O5p6A7s8D9f0G1h2J3k4");
    let text = format!("\u{1b}[31m\u{202e}x{} {secret}\tq", "w".repeat(90));
    let leaked: &'static str = Box::leak(text.into_boxed_str());
    let kinds = vec![
        Kind::Prompt(leaked.into(), Via::Typed),
        Kind::Answer(leaked.into()),
        run("a", leaked),
        result("a", CallEnd::Failed, leaked),
        Kind::Gap { lack: Lack::TooLong, bytes: 5_000_000 },
    ];
    let lines = shown(kinds, true);
    assert!(lines.iter().all(|line| crate::width_of(line) <= 40), "{lines:#?}");
    let all = lines.join("");
    assert!(!all.contains(['\u{1b}', '\u{202e}', '\t']) && !all.contains("Q7w8") && all.contains("[masked]"), "{all}");
    assert!(all.contains("line 5 is missing here"), "{all}");
}

fn call(id: &'static str, name: &'static str, input: &'static str) -> Kind<'static> {
    let asked = Asked { name: name.into(), input: Some(input.into()), ..Asked::default() };
    Kind::Call { id: id.into(), tool: Tool::Other, asked }
}

#[test]
fn what_a_call_was_given_has_real_lines_and_an_edit_is_a_change() {
    let edit = r#"{"file_path":"/x","old_string":"a\n\n  b\nc","new_string":"a\n\n  B\n  b2\nc","replace_all":false}"#;
    let other = r#"{"zebra":"1\n2","apple":3}"#;
    let colored = "\u{1b}[1m\u{1b}[32mok\u{1b}[0m \u{1b}[2J";
    let kinds = vec![
        call("a", "Edit", edit),
        result("a", CallEnd::Done, colored),
        call("b", "X", other),
        result("b", CallEnd::Done, ""),
    ];
    assert_eq!(
        shown(kinds, true),
        [
            "  Edit — done",
            "      a",
            "",
            "    −   b",
            "    +   B",
            "    +   b2",
            "      c",
            "    $ replace_all: false",
            "    | ok ␛[2J",
            "  X — done",
            "    $ zebra:",
            "    $   1",
            "    $   2",
            "    $ apple: 3",
        ]
    );
}

#[test]
fn a_subagent_is_named_by_what_it_is_for_and_pictures_are_named() {
    let agent = Kind::Agent {
        call: "a".into(),
        thread: "agent-1".into(),
        agent_type: None,
        purpose: Some("find callers".into()),
    };
    let picture = Kind::Attachment { mime: Some("image/png".into()), bytes: Some(70), path: None };
    let compaction = Kind::Compaction { trigger: None, tokens_before: None, tokens_after: None, text: "".into() };
    let mut readable = Readable::new(Reading { width: 40, is_full: false, is_raw: false, zone: Zone::system() });
    let (mut numbering, mut lines) = (Numbering::default(), Vec::new());
    for (thread, kinds) in [
        ("main", vec![agent, picture, compaction, Kind::Prompt("next".into(), Via::Typed)]),
        ("agent-1", vec![Kind::Injected("find all".into(), Source::Task)]),
    ] {
        numbering.begin_log(thread, &mut |_| {});
        for (n, kind) in kinds.into_iter().enumerate() {
            numbering.take(Entry::of_line(kind), n as u64 + 1, thread, &mut |part| readable.add(part, &mut lines));
        }
        numbering.finish(&mut |part| readable.add(part, &mut lines));
    }
    let texts: Vec<String> =
        lines.into_iter().map(|line| line.into_iter().map(|(text, _)| text).collect::<String>()).collect();
    let texts: Vec<&str> = texts.iter().map(|line| line.trim_end_matches('─').trim_end()).collect();
    assert_eq!(
        texts,
        [
            "  subagent: find callers (thread agent-…",
            "  picture: image/png, 70 B",
            "",
            "── compacted",
            "",
            "── 1",
            "> next",
            "",
            "── find callers (thread agent-1)",
            "> find all",
            "",
        ]
    );
}
