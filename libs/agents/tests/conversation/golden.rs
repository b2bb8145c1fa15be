//! Each recording gives exactly the lines that were checked by hand once. `GOLDEN=renew cargo test -p agents --test
//! conversation` writes them anew; look at the difference.

use crate::support::{Recording, parsed, recordings, shown};
use agents::Agent;
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
fn what_the_client_sends_with_every_request_is_no_part() {
    for recording in recordings().iter().filter(|one| one.agent == Agent::Claude) {
        let text = String::from_utf8(shown_of(recording)).unwrap();
        for words in ["You are Claude Code, Anthropic's official", "Assist wi", "input_schema", "c2NyaXB0ZWQ="] {
            assert!(!text.contains(words), "{}: {words}", recording.name);
        }
    }
}
