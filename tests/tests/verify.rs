//! Verifying reports: one changed byte is seen in every format; a forged digest hides no secret, no escape does, and no row
//! is left out unseen; logs are compared where they are.

use std::fs;
use std::path::PathBuf;

use cs_tests::{Sandbox, status, stderr, stdout};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const UUID: &str = "e998145e-4e5d-40c9-a3a6-681ad5bd51c9";
const FORMATS: [&str; 5] = ["md", "html", "csv", "json", "jsonl"];

/// Put together here, so that this file has no token.
fn token() -> String {
    format!("ghp_{}", "016C7dEfGhIjKlMnOpQrStUvWxYz01234567")
}

fn line(kind: &str, number: usize, content: Value) -> String {
    let line = json!({
        "type": kind, "uuid": format!("{number:08x}-0000-4000-8000-000000000000"), "sessionId": UUID,
        "timestamp": "2026-11-21T09:00:00.000Z", "cwd": "/srv/api", "version": "2.1.332",
        "message": {"id": format!("m{number}"), "role": kind, "model": "claude-opus-4-5", "content": content,
            "usage": {"input_tokens": 10, "output_tokens": 5}},
    });
    format!("{line}\n")
}

fn log(sandbox: &Sandbox) -> PathBuf {
    sandbox.home().join(format!(".claude/projects/-srv-api/{UUID}.jsonl"))
}

fn place() -> Sandbox {
    let sandbox = Sandbox::new();
    let path = log(&sandbox);
    fs::create_dir_all(path.parent().expect("it has one")).expect("it can be created");
    let call = |id: &str, line: &str| json!({"type": "tool_use", "id": id, "name": "Bash", "input": {"command": line}});
    let result = |id: &str, failed: bool| json!([{"type": "tool_result", "tool_use_id": id, "is_error": failed, "content": "x"}]);
    let log = [
        line("user", 1, json!(format!("ANCHOR use {}", token()))),
        line("assistant", 2, json!([{"type": "text", "text": "I test."}, call("t1", "make check")])),
        line("user", 3, result("t1", true)),
        line("assistant", 4, json!([call("t2", "cargo test"), call("t3", "ls")])),
        line("user", 5, result("t2", false)),
        line("user", 6, result("t3", true)),
        line("user", 7, json!("thanks")),
    ];
    fs::write(path, log.concat()).expect("it can be written");
    sandbox
}

/// Makes a report; returns its text.
fn make(sandbox: &Sandbox, mode: &str, name: &str) -> String {
    let output = sandbox.cs("cs-report", &[mode, UUID, "-o", name, "-q"]);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    fs::read_to_string(sandbox.work().join(name)).expect("it was made")
}

/// The answer about one report, and the exit code.
fn verify(sandbox: &Sandbox, name: &str) -> (i32, Value) {
    let output = sandbox.cs("cs-report", &["verify", name, "--json"]);
    (status(&output), serde_json::from_str(&stdout(&output)).unwrap_or_default())
}

fn problems(answer: &Value) -> Vec<&str> {
    answer["problems"].as_array().into_iter().flatten().filter_map(|one| one["problem"].as_str()).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The report with a new digest, as a forger makes it.
fn sealed(text: &str) -> String {
    let from = text.find("content_digest").expect("it has one");
    let at = from
        + text[from..].find(|c: char| c.is_ascii_digit()).map_or(0, |_| {
            let rest = text[from + "content_digest".len()..].find(|c: char| c.is_ascii_hexdigit()).expect("digits");
            "content_digest".len() + rest
        });
    let (before, after) = (&text[..at], &text[at + 64..]);
    let digest = hex(&Sha256::digest(format!("{before}{}", hex(&Sha256::digest(after)))));
    format!("{before}{digest}{after}")
}

#[test]
fn reports_verify_and_every_changed_byte_is_seen() {
    let sandbox = place();
    let mut changed = Vec::new();
    for mode in ["prompts", "actions", "full", "tokens", "evidence"] {
        for format in FORMATS {
            let name = format!("{mode}.{format}");
            let text = make(&sandbox, mode, &name);
            let (code, answer) = verify(&sandbox, &name);
            assert_eq!((code, &answer["verifies"], problems(&answer)), (0, &json!(true), vec![]), "{name}: {answer}");
            let known = ["same_sources", "missing_sources", "same_rules"].map(|field| answer[field].clone());
            assert_eq!(known, [json!(1), json!(0), json!(true)], "{name}");
            // The digest is that of the definition, which others can compute.
            assert_eq!(sealed(&text), text, "{name}");
            for n in 0..7 {
                let mut bytes = text.clone().into_bytes();
                let at = bytes.len() * (2 * n + 1) / 14;
                bytes[at] = if bytes[at] == b'x' { b'y' } else { b'x' };
                let other = format!("changed-{n}-{name}");
                fs::write(sandbox.work().join(&other), bytes).expect("it can be written");
                changed.push(other);
            }
        }
    }
    let mut args = vec!["verify", "-q"];
    args.extend(changed.iter().map(String::as_str));
    let output = sandbox.cs("cs-report", &args);
    assert_eq!(status(&output), 1);
    assert_eq!(stdout(&output).lines().collect::<Vec<_>>(), changed, "all of them fail");
}

#[test]
fn a_forged_digest_and_escapes_hide_no_secret() {
    let sandbox = place();
    let secret = token();
    let escaped = |format: &str| match format {
        "md" => vec![
            secret.clone(),
            secret.replace('_', "\\_"),
            secret.replace('_', "&#95;"),
            format!("x{secret}").replace('x', "\\*"),
        ],
        "html" => vec![secret.clone(), secret.replace('g', "&#x67;"), secret.replace('_', "&#95;")],
        "csv" => vec![secret.clone()],
        _ => vec![
            secret.clone(),
            secret.replace('_', "\\u005f"),
            format!("{{\\\"k\\\":\\\"{}\\\"}}", secret.replace('_', "\\\\u005f")),
        ],
    };
    for format in FORMATS {
        let name = format!("full.{format}");
        let text = make(&sandbox, "full", &name);
        for hidden in escaped(format) {
            let forged = sealed(&text.replacen("ANCHOR", &hidden, 1));
            assert_ne!(forged, text, "{name}");
            fs::write(sandbox.work().join("forged"), forged).expect("it can be written");
            let output = sandbox.cs("cs-report", &["verify", "forged", "--json"]);
            let answer: Value = serde_json::from_str(&stdout(&output)).expect("JSON");
            assert_eq!((status(&output), problems(&answer)), (1, vec!["found"]), "{name} {hidden}: {answer}");
            assert_eq!(answer["problems"][0]["rule"], "github-pat");
            let line = answer["problems"][0]["line"].as_u64().expect("a number") as usize;
            assert!(text.lines().nth(line - 1).is_some_and(|line| line.contains("ANCHOR")), "{name}: line {line}");
            assert!(!(stdout(&output) + &stderr(&output)).contains(&secret), "the text of a find is never told");
        }
    }
}

#[test]
fn a_row_that_is_left_out_is_seen_in_formats_with_rows() {
    let sandbox = place();
    for format in ["csv", "json", "jsonl"] {
        let text = make(&sandbox, "actions", &format!("rows.{format}"));
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let at = lines.iter().position(|line| line.contains("ls") && line.contains("Bash")).expect("there is a call");
        let less = sealed(&[&lines[..at], &lines[at + 1..]].concat().concat());
        fs::write(sandbox.work().join("less"), less).expect("it can be written");
        let (code, answer) = verify(&sandbox, "less");
        assert_eq!((code, problems(&answer)), (1, vec!["counts"]), "{format}: {answer}");
    }
}

#[test]
fn a_raw_report_and_what_is_no_report_fail() {
    let sandbox = place();
    let raw = sandbox.cs("cs-report", &["prompts", UUID, "--raw", "--i-know", "-o", "raw.md", "-q"]);
    assert_eq!(status(&raw), 0, "{}", stderr(&raw));
    let (code, answer) = verify(&sandbox, "raw.md");
    assert_eq!((code, problems(&answer)), (1, vec!["raw", "found"]), "{answer}");
    for text in ["", "# a report\n", "{}", "\u{0}\u{1}"] {
        fs::write(sandbox.work().join("none"), text).expect("it can be written");
        assert_eq!(problems(&verify(&sandbox, "none").1), ["unreadable"], "{text:?}");
    }
    // What cannot be read does not hide the others.
    make(&sandbox, "prompts", "good.md");
    let output = sandbox.cs("cs-report", &["verify", "gone.md", "good.md", "--table"]);
    assert_eq!((status(&output), stdout(&output).contains("good.md: verifies")), (74, true), "{}", stderr(&output));
}

#[test]
fn logs_are_compared_where_they_are() {
    let sandbox = place();
    make(&sandbox, "prompts", "one.md");
    let path = log(&sandbox);
    let text = fs::read_to_string(&path).expect("it is there");
    fs::write(&path, text.clone() + &line("user", 8, json!("more"))).expect("it can be written");
    assert_eq!(verify(&sandbox, "one.md").1["same_sources"], 1, "a log that has grown is the same");
    fs::write(&path, text.replace("thanks", "thanxs")).expect("it can be written");
    let (code, answer) = verify(&sandbox, "one.md");
    assert_eq!((code, problems(&answer)), (1, vec!["source"]), "{answer}");
    fs::remove_file(&path).expect("it is there");
    let (code, answer) = verify(&sandbox, "one.md");
    assert_eq!((code, &answer["missing_sources"]), (0, &json!(1)), "{answer}");
}

#[test]
fn evidence_counts_what_was_done_and_leaves_unknown_cells_empty() {
    let sandbox = place();
    let text = make(&sandbox, "evidence", "one.json");
    let report: Value = serde_json::from_str(&text).expect("JSON");
    let row = &report["rows"][0];
    let counts =
        ["prompts", "calls", "failed_calls", "test_runs", "failed_test_runs", "denied", "total_tokens", "subagents"];
    let counts: Vec<u64> = counts.iter().filter_map(|name| row[name].as_u64()).collect();
    assert_eq!(counts, [2, 3, 2, 2, 1, 0, 30, 0], "{row}");
    assert_eq!(
        (&row["who"], &row["agent"], &row["models"]),
        (&json!("user"), &json!("claude-code"), &json!(["claude-opus-4-5"]))
    );
    for unknown in ["files", "asked", "destructive", "sensitive", "guard_asked", "sessions", "commits"] {
        assert!(row.get(unknown).is_none_or(Value::is_null), "{unknown}: {row}");
    }
    assert!(!text.contains(&token()));
    // Marks are counted, and a log of tools fills its columns.
    let made = sandbox.sh(&format!(
        "cs-mark tag {UUID} release -q >/dev/null && echo ANCHOR | cs-mark redact {UUID} all --match-stdin --reason x -q >/dev/null"
    ));
    assert_eq!(status(&made), 0, "{}", stderr(&made));
    let report: Value = serde_json::from_str(&make(&sandbox, "evidence", "two.json")).expect("JSON");
    let row = &report["rows"][0];
    assert_eq!((&row["tags"], &row["redacted_by_hand"]), (&json!(["release"]), &json!(1)), "{row}");
}
