//! Each recording gives exactly the lines that were checked by hand once. `GOLDEN=renew cargo test -p agents --test
//! conversation` writes them anew; look at the difference.

use crate::support::{Recording, parsed, recordings, shown};
use agents::Agent;
use agents::history::remembered;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

fn path(recording: &Recording) -> PathBuf {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    dir.join(recording.agent.word()).join(recording.name.replace('/', "."))
}

fn shown_of(recording: &Recording) -> Vec<u8> {
    shown(recording.agent, &recording.bytes, &recording.thread, "c")
}

#[test]
fn each_recording_gives_the_lines_that_were_checked() {
    let renew = std::env::var("GOLDEN").is_ok_and(|value| value == "renew");
    let mut different = Vec::new();
    // Those of Codex are in `tests/codex.rs`.
    for recording in recordings().into_iter().filter(|one| one.agent == Agent::Claude) {
        let (path, new) = (path(&recording), shown_of(&recording));
        if renew {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &new).unwrap();
        }
        // What is not recorded yet is compared with nothing, and therefore fails.
        let old = std::fs::read(&path).unwrap_or_default();
        if old != new {
            let line = old.split(|b| *b == b'\n').zip(new.split(|b| *b == b'\n')).position(|(a, b)| a != b);
            different.push(format!("{}: line {}", path.display(), line.map_or(0, |n| n + 1)));
        }
    }
    assert!(different.is_empty(), "{different:#?}");
}

#[test]
fn a_call_has_one_result_at_most_and_usage_counts_once() {
    for recording in recordings() {
        let mut seen = HashSet::new();
        for part in parsed(&shown_of(&recording)) {
            if part.get("copy").is_some() {
                continue;
            }
            let kind = part["kind"].as_str().unwrap().to_string();
            let key = match kind.as_str() {
                // The recordings' server counts its calls from the beginning when it is started again.
                "call" | "result" => format!("{} {}", part["call"], part["turn"]),
                "usage" => format!("{} {} {}", part["message"], part["model"], part["entry"]),
                _ => continue,
            };
            assert!(seen.insert((kind.clone(), key.clone())), "{}: {kind} {key} twice", recording.name);
        }
    }
}

#[test]
fn a_person_goes_back_only_where_it_was_recorded() {
    let went_back = |one: &Recording| parsed(&shown_of(one)).iter().any(|part| part["kind"] == "rewind");
    let names: Vec<String> = recordings().into_iter().filter(went_back).map(|one| one.name).collect();
    assert!(names.len() == 1 && names[0].starts_with("rewind/"), "{names:?}");
}

#[test]
fn what_the_client_sends_with_every_request_is_no_part() {
    for recording in recordings().iter().filter(|one| one.agent == Agent::Claude) {
        let text = String::from_utf8(shown_of(recording)).unwrap();
        for words in ["You are Claude Code, Anthropic's official", "Assist wi", "input_schema", "c2NyaXB0ZWQ="] {
            assert!(!text.contains(words), "{}: {words}", recording.name);
        }
    }
}

/// The prompts that a person typed in a folder of conversations, each once: copies in other logs have the same anchor.
fn typed_in(name: &str) -> Vec<String> {
    let mut anchors = HashSet::new();
    let mut texts = Vec::new();
    let logs = recordings().into_iter().filter(|one| one.name.starts_with(&format!("{name}/")));
    for recording in logs.filter(|one| one.thread == "main") {
        for part in parsed(&shown_of(&recording)) {
            let is_typed = part["kind"] == "prompt" && ["typed", "queued"].contains(&part["via"].as_str().unwrap());
            if is_typed && anchors.insert(part["entry"].to_string()) {
                texts.push(part["text"].as_str().unwrap().to_string());
            }
        }
    }
    texts.sort();
    texts
}

#[test]
fn prompts_are_those_that_the_client_remembers() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/claude-code/conversations");
    // What was pasted stands alone in the log, and in the middle of a line in the client's memory.
    let mut compared = 0;
    for entry in std::fs::read_dir(root).unwrap() {
        let dir = entry.unwrap();
        let name = dir.file_name().to_string_lossy().into_owned();
        let history = std::fs::read(dir.path().join("history.jsonl")).unwrap_or_default();
        let lines = history.split(|byte| *byte == b'\n');
        let remembered = lines.filter_map(|line| remembered(line, &mut Vec::new()).map(|one| one.text));
        // Commands of the client and of its shell begin no turn.
        let mut remembered: Vec<String> = remembered.filter(|text| !text.starts_with(['/', '!'])).collect();
        let words = |text: &String| text.split_whitespace().collect::<Vec<_>>().join(" ");
        remembered = remembered.iter().map(words).collect();
        remembered.sort();
        compared += remembered.len();
        let typed: Vec<String> = typed_in(&name).iter().map(words).collect();
        assert_eq!(typed, remembered, "{name}");
    }
    assert!(compared > 20, "{compared}");
}
