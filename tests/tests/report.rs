//! Reports: whatever a log says stays text in every format; nothing secret is anywhere; bounded memory; files that are not
//! ours, and work trees with a raw report, are left alone.

#[path = "report/commits.rs"]
mod commits;
#[path = "report/files.rs"]
mod files;
#[path = "report/golden.rs"]
mod golden;
#[path = "export/hostile.rs"]
mod hostile;
#[path = "report/secrets.rs"]
mod secrets;

use cs_tests::{Sandbox, parse, status, stderr, stdout};
use serde_json::{Value, json};
use std::fs;

const UUID: &str = "e998145e-4e5d-40c9-a3a6-681ad5bd51c9";

/// A line of a conversation's log.
fn line(kind: &str, number: usize, content: Value) -> String {
    let line = json!({
        "type": kind, "uuid": format!("{number:08x}-0000-4000-8000-000000000000"), "sessionId": UUID,
        "timestamp": "2026-11-21T09:00:00.000Z", "cwd": "/srv/api", "gitBranch": "main", "version": "2.1.332",
        "message": {"id": format!("m{number}"), "role": kind, "model": "claude-opus-4-5", "content": content,
            "usage": {"input_tokens": 10, "output_tokens": 5}},
    });
    format!("{line}\n")
}

/// A conversation with this text as prompt, answer, thought, command, what a call was given, result and question.
fn talk(text: &str) -> String {
    let answer = json!([
        {"type": "thinking", "thinking": text},
        {"type": "text", "text": text},
        {"type": "tool_use", "id": "t1", "name": "Bash", "input": {"command": text, "description": "x"}},
    ]);
    let ask = json!([{"type": "tool_use", "id": "t2", "name": "AskUserQuestion",
        "input": {"questions": [{"question": text, "header": "h", "options": [{"label": "yes"}]}]}}]);
    let result = json!([{"type": "tool_result", "tool_use_id": "t1", "content": text}]);
    let title = format!("{}\n", json!({"type": "custom-title", "customTitle": "a title", "sessionId": UUID}));
    [
        line("user", 1, json!(text)),
        line("assistant", 2, answer),
        line("user", 3, result),
        line("assistant", 4, ask),
        line("user", 5, json!("harmless")),
        title,
    ]
    .concat()
}

/// A data directory with one conversation.
fn with_log(log: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    let folder = sandbox.home().join(".claude/projects/-srv-api");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(format!("{UUID}.jsonl")), log).unwrap();
    sandbox
}

fn report(sandbox: &Sandbox, args: &[&str]) -> String {
    let output = sandbox.cs("cs-report", args);
    assert_eq!(status(&output), 0, "{args:?}: {}", stderr(&output));
    stdout(&output)
}

/// The report about a conversation in which this was said, raw, so that only the format decides.
fn raw(text: &str, format: &str) -> String {
    let all = ["full", UUID, "--with", "reasoning,results", "--raw", "--i-know", "--format", format];
    report(&with_log(&talk(text)), &all)
}

/// Only letters that are not space: how a format breaks lines is its own affair.
fn squeezed(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '\u{1}' | '␊' | '␉')).collect()
}

#[test]
fn no_text_changes_the_structure_of_markdown() {
    let structure = |text: &str| {
        let text = raw(text, "md");
        parse::markdown(parse::front(&text).1)
    };
    let harmless = structure("harmless");
    for (text, shown) in hostile::all().filter(|(text, _)| !text.trim().is_empty()) {
        for (parsed, expected) in structure(text).iter().zip(&harmless) {
            assert_eq!(parsed.structure, expected.structure, "{text:?}");
            let count = squeezed(&parsed.text).matches(&squeezed(shown.trim_start_matches('␍'))).count();
            assert!(count >= 6, "{text:?} is shown {count} times: {}", parsed.text);
        }
    }
}

#[test]
fn no_text_changes_the_structure_of_a_page() {
    let harmless = parse::html(&raw("harmless", "html"));
    let without_digest = |parsed: &parse::Parsed| {
        parsed.structure.iter().filter(|element| !element.starts_with("comment ")).cloned().collect::<Vec<_>>()
    };
    assert!(harmless.structure.iter().all(|element| !element.contains(" script")), "{:?}", harmless.structure);
    for (text, shown) in hostile::all().filter(|(text, _)| !text.trim().is_empty()) {
        let parsed = parse::html(&raw(text, "html"));
        assert_eq!(without_digest(&parsed), without_digest(&harmless), "{text:?}");
        let count = squeezed(&parsed.text).matches(&squeezed(shown.trim_start_matches('␍'))).count();
        assert!(count >= 6, "{text:?} is shown {count} times");
    }
}

#[test]
fn no_text_breaks_a_row_or_is_a_formula() {
    let rows = |text: &str| parse::csv(&raw(text, "csv"));
    let names = |rows: &[Vec<String>]| rows.iter().map(|row| row[0].clone()).collect::<Vec<_>>();
    let harmless = rows("harmless");
    for (text, _) in hostile::all().filter(|(text, _)| !text.trim().is_empty()) {
        let found = rows(text);
        assert_eq!(names(&found), names(&harmless), "{text:?}");
        let is_formula = |cell: &String| cell.trim_start().starts_with(['=', '+', '@', '＝']);
        assert!(!found.iter().flatten().any(is_formula), "{text:?}");
    }
}

#[test]
fn json_has_every_text_as_it_is() {
    for (text, _) in hostile::all().filter(|(text, _)| !text.trim().is_empty()) {
        let whole: Value = serde_json::from_str(&raw(text, "json")).unwrap();
        let lines = raw(text, "jsonl");
        let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(whole["rows"].as_array().unwrap(), &lines[1..], "{text:?}");
        assert_eq!(lines[0]["row"], "head");
        let prompt = lines.iter().find(|line| line["row"] == "prompt").unwrap();
        // The client's readers trim what was typed.
        assert_eq!(prompt["text"].as_str().map(str::trim), Some(text.trim()));
    }
}

#[test]
fn tokens_are_those_of_cs_usage() {
    let lines: String = (1..40).map(|n| line(if n % 2 == 0 { "assistant" } else { "user" }, n, json!("x"))).collect();
    let sandbox = with_log(&format!("{lines}{}", line("assistant", 2, json!("x"))));
    let rows = report(&sandbox, &["tokens", UUID, "--format", "jsonl"]);
    let rows: Vec<Value> = rows.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let usage: Value = serde_json::from_str(stdout(&sandbox.cs("cs-usage", &["session", "--json"])).trim()).unwrap();
    for name in ["session", "day", "model"] {
        let row = rows.iter().find(|row| row["row"] == name).unwrap();
        assert_eq!(row["total_tokens"], usage["total_tokens"], "{name}: {usage}");
        assert_eq!(row["output_tokens"], 19 * 5);
    }
}

#[test]
fn a_long_conversation_needs_little_memory() {
    let text = "word ".repeat(20_000);
    let lines: String = (1..400).map(|n| line(if n % 2 == 0 { "assistant" } else { "user" }, n, json!(text))).collect();
    let sandbox = with_log(&lines);
    let size = lines.len() / 1024;
    assert!(size > 38_000, "{size}");
    // 24 MiB of address space for data, less than the log and less than the report.
    let script = format!("ulimit -d 24576; cs-report full {UUID} --format md >report.md && wc -c <report.md");
    let output = sandbox.sh(&script);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    assert!(stdout(&output).trim().parse::<usize>().unwrap() > 38_000_000, "{}", stdout(&output));
}
