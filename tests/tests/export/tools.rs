//! What tools did, in exports: commands may contain anything.

use crate::{export, hostile, id, parse, record, store};
use audit::Entry;
use cs_core::visible::visible;
use cs_tests::Sandbox;
use cs_tests::called::{Called, End};
use serde_json::Value;

/// The conversation of every [`record`], half an hour after the session's start.
const UUID: &str = "1efc27bb-f68f-47d0-bb52-fc872cee82d8";
const AT: &str = "2026-11-21T08:30:00Z";
const FORMATS: [&str; 5] = ["json", "jsonl", "csv", "markdown", "html"];

/// A session with a destructive call, and one that does not stand out.
fn exported(command: &str) -> [String; 5] {
    let sandbox = Sandbox::new();
    store(&sandbox, &[record(0)]);
    let of = Entry { claude_session_id: Some(UUID.to_owned()), ..Entry::default() };
    let mut called = Called::of(&sandbox);
    called.call(AT, &of, "Bash", "ls", End::Failed(3));
    called.call(AT, &of, "Bash", command, End::Done(1200));
    FORMATS.map(|format| export(&sandbox, &[&id(0), "--format", format]))
}

#[test]
fn every_format_shows_what_tools_did() {
    let [json, jsonl, csv, markdown, html] = exported("rm -rf build");
    for text in [&json, &jsonl] {
        let row: Value = serde_json::from_str(text).expect("JSON");
        assert_eq!((&row["audit"]["calls"], &row["audit"]["failed"]), (&2.into(), &1.into()));
        assert_eq!(row["audit"]["named"][0]["input"]["command"], "rm -rf build");
    }
    let rows = parse::csv(&csv);
    let of = |name: &str| rows[0].iter().position(|title| title == name).map(|at| rows[1][at].as_str());
    let columns =
        ["tool_calls", "failed_calls", "denied_calls", "destructive_calls", "sensitive_calls", "opaque_calls"];
    assert_eq!(columns.map(of), ["2", "1", "0", "1", "0", "0"].map(Some));
    for text in [&parse::markdown(&markdown)[0].text, &parse::html(&html).text] {
        for part in ["2 calls, 1 failed, 1 destructive", "rm -rf build", "destructive: rm-recursive; done after 1.2 s"]
        {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
}

#[test]
fn a_session_without_logged_calls_has_no_zeros() {
    let sandbox = Sandbox::new();
    store(&sandbox, &[record(0)]);
    let rows = parse::csv(&export(&sandbox, &[&id(0), "--format", "csv"]));
    let at = rows[0].iter().position(|title| title == "tool_calls").expect("the column is there");
    assert_eq!(rows[1][at..], [""; 6]);
    assert!(!export(&sandbox, &[&id(0), "--format", "json"]).contains("\"audit\""));
}

#[test]
fn hostile_commands_break_no_format() {
    let [_, _, csv, markdown, html] = exported("rm -rf harmless");
    for (raw, _) in hostile::all() {
        let command = format!("rm -rf harmless; {raw}");
        let found = exported(&command);
        for (found, expected) in parse::markdown(&found[3]).iter().zip(parse::markdown(&markdown)) {
            assert_eq!(found.structure, expected.structure, "{raw:?}");
        }
        let page = parse::html(&found[4]);
        assert_eq!(page.structure, parse::html(&html).structure, "{raw:?}");
        // The log keeps line ends; other control characters are spaces there.
        let logged: String = raw.chars().map(|c| if c.is_control() && c != '\n' { ' ' } else { c }).collect();
        let shown = visible(&logged);
        let first = shown.split_whitespace().next().unwrap_or_default();
        assert!(page.text.contains(first), "{raw:?}: {}", page.text);
        assert_eq!(parse::csv(&found[2])[0], parse::csv(&csv)[0], "{raw:?}");
    }
}
