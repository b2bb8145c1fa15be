//! What is replaced is nowhere: not in the report, the ledger, or a file of the system's.

use crate::{UUID, line, report, with_log};
use cs_tests::{Sandbox, entries};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// A key of a known shape, which no source contains.
fn key() -> String {
    format!("gh{}_{}", 'p', "Q7w8E9r0T1y2U3i4O5p6A7s8D9f0G1h2J3k4")
}

/// A conversation with the key, an address and a customer's name in every place.
fn conversation() -> Sandbox {
    let text = format!("use {} of anna.lee@corp.io for Wonderland Ltd", key());
    let answer = json!([
        {"type": "thinking", "thinking": text},
        {"type": "text", "text": text},
        {"type": "tool_use", "id": "t1", "name": "Edit", "input": {"file_path": format!("/srv/{}", key()), "old_string": text, "new_string": format!("a\n{}\n\"b\"", key())}},
        {"type": "tool_use", "id": "t2", "name": "Bash", "input": {"command": text, "description": text}},
    ]);
    let result = json!([{"type": "tool_result", "tool_use_id": "t2", "content": text}]);
    let title = format!("{}\n", json!({"type": "custom-title", "customTitle": text, "sessionId": UUID}));
    let log = [line("user", 1, json!(text)), line("assistant", 2, answer), line("user", 3, result), title].concat();
    with_log(&log.replace("\"main\"", &json!(format!("branch-{}", key())).to_string()))
}

fn all_files(folder: &Path) -> Vec<String> {
    let read = |path: &Path| String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned();
    let of = |path: std::path::PathBuf| if path.is_dir() { all_files(&path) } else { vec![read(&path)] };
    entries(folder).into_iter().flat_map(of).collect()
}

#[test]
fn a_secret_is_nowhere_in_any_report() {
    let sandbox = conversation().with("CS_ACTOR", "anna.lee@corp.io");
    let temporary = sandbox.root().join("temporary");
    fs::create_dir(&temporary).unwrap();
    let sandbox = sandbox.with("TMPDIR", temporary.as_os_str());
    for mode in ["prompts", "actions", "full", "tokens", "evidence"] {
        for format in ["md", "csv", "json", "jsonl", "html"] {
            let mut args = vec![mode, UUID, "--format", format];
            if ["actions", "full"].contains(&mode) {
                args.extend(["--with", "reasoning,results"]);
            }
            let text = report(&sandbox, &args);
            for secret in [key().as_str(), "Q7w8E9r0", "anna.lee", "corp.io"] {
                assert!(!text.contains(secret), "{mode} {format} has {secret}: {text}");
            }
        }
    }
    let stored = [all_files(&sandbox.data()), all_files(&temporary)].concat();
    // The ledger, which stays here, says who made the report.
    let stored: Vec<String> = stored.iter().map(|text| text.replace("\"actor\":\"anna.lee@corp.io\"", "")).collect();
    assert!(stored.iter().any(|text| text.contains("\"rule\":\"github")), "the ledger has lines");
    assert!(stored.iter().all(|text| !text.contains("Q7w8E9r0") && !text.contains("anna.lee")), "{stored:?}");
}

#[test]
fn what_a_person_redacts_is_in_no_field_of_its_entry_and_not_in_the_title() {
    let sandbox = conversation();
    let anchors = ["00000001-0000-4000-8000-000000000000#0", "00000002-0000-4000-8000-000000000000#0"];
    let more = (1..4).map(|block| format!("00000002-0000-4000-8000-000000000000#{block}"));
    let all: Vec<String> = anchors.map(str::to_string).into_iter().chain(more).collect();
    let all = all.into_iter().chain(["00000003-0000-4000-8000-000000000000#0".to_string()]);
    for anchor in all {
        let args = ["redact", UUID, &anchor, "--match-stdin", "--reason", "a customer"];
        let output = sandbox.feed("cs-mark", &args, "Wonderland");
        assert!(output.status.success(), "{anchor}: {output:?}");
    }
    let text = report(&sandbox, &["full", UUID, "--format", "jsonl", "--with", "reasoning,results"]);
    assert!(!text.contains("Wonderland"), "{text}");
    let head: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    let manual: u64 = head["manual"].as_object().unwrap().values().map(|count| count.as_u64().unwrap()).sum();
    assert!(manual >= 5, "{head}");
}

#[test]
fn a_text_that_has_changed_since_it_was_marked_is_withheld_and_counted() {
    let sandbox = with_log(&line("user", 1, json!("the plan of Wonderland")));
    let marked = sandbox.feed("cs-mark", &["redact", UUID, "00000001", "--match-stdin", "--reason", "x"], "Wonderland");
    assert!(marked.status.success(), "{marked:?}");
    let log = sandbox.home().join(format!(".claude/projects/-srv-api/{UUID}.jsonl"));
    fs::write(&log, line("user", 1, json!("the old plan of Wonderland"))).unwrap();
    let text = report(&sandbox, &["prompts", UUID, "--format", "jsonl"]);
    let head: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    assert_eq!((head["withheld"].as_u64(), text.contains("plan")), (Some(4), false), "{text}");
}
