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
