//! Each recorded rollout gives the parts in its golden file, which was checked by hand. `GOLDEN=renew` writes them anew.

use agents::Agent;
use agents::entry::{Kind, Lack, Understood, Wanted};
use agents::history::remembered;
use agents::lines::{self, Piece};
use agents::part::{Numbering, Part, PartKind};
use agents::reader::{Reader, State};
use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/codex")
}

/// All recorded rollouts, with their names below their folder.
fn rollouts() -> Vec<(String, PathBuf)> {
    let root = fixtures().join("rollouts");
    let mut all = Vec::new();
    let mut dirs = vec![root.clone()];
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                dirs.push(path);
            } else {
                let name = path.strip_prefix(&root).unwrap().with_extension("").display().to_string();
                all.push((name.replace('/', "-"), path));
            }
        }
    }
    all.sort();
    assert!(all.len() > 20);
    all
}

/// The parts of a log, one line of JSON each.
fn parts(path: &Path, each: &mut dyn FnMut(&Part)) {
    let mut reader = Reader::new(State::new(Agent::Codex), Wanted::Full);
    let mut numbering = Numbering::default();
    numbering.begin_log("main", each);
    let mut number = 0;
    lines::read(fs::File::open(path).unwrap(), |piece| {
        number += 1;
        let (Piece::Line(line) | Piece::Rest(line)) = piece else { panic!("no line is too long") };
        let mut entries = 0;
        let understood = reader.line(line, number, &mut |entry| {
            entries += 1;
            numbering.take(entry, number, "main", each);
        });
        if understood == Understood::Not {
            numbering.gap(Lack::Broken, line.len() as u64, number, "main", each);
        }
    })
    .unwrap();
    numbering.finish(each);
}

fn json(path: &Path) -> String {
    let mut out = Vec::new();
    parts(path, &mut |part| part.write_json("", true, &mut out));
    String::from_utf8(out).unwrap()
}

#[test]
fn each_rollout_gives_its_golden_parts() {
    let golden = fixtures().join("golden");
    for (name, path) in rollouts() {
        let file = golden.join(format!("{name}.ndjson"));
        let found = json(&path);
        if std::env::var_os("GOLDEN").is_some_and(|word| word == "renew") {
            fs::write(file, found).unwrap();
            continue;
        }
        let expected = fs::read_to_string(&file).unwrap_or_default();
        for (number, (found, expected)) in found.lines().zip(expected.lines()).enumerate() {
            assert_eq!(found, expected, "{name}, line {}", number + 1);
        }
        assert_eq!(found.lines().count(), expected.lines().count(), "{name}");
    }
}

#[test]
fn prompts_are_those_that_the_client_remembers() {
    let history = fs::read(fixtures().join("history.jsonl")).unwrap();
    let mut compared = 0;
    for name in ["tui", "tui.2"] {
        let path = fixtures().join(format!("rollouts/{name}.jsonl"));
        let (mut id, mut found) = (String::new(), Vec::new());
        parts(&path, &mut |part| {
            id = part.entry.conversation.to_string();
            if part.kind == PartKind::Prompt {
                found.push(part.text().into_owned());
            }
        });
        let lines = history.split(|byte| *byte == b'\n');
        let remembered: Vec<String> = lines
            .filter_map(|line| remembered(line, &mut Vec::new()).map(|one| (one.conversation, one.text)))
            .filter(|(of, _)| *of == id)
            .map(|(_, text)| text)
            .collect();
        assert_eq!(found, remembered, "{name}");
        compared += found.len();
    }
    assert!(compared > 4, "{compared}");
}

#[test]
fn each_call_has_one_result_at_most_and_each_anchor_is_one_s() {
    for (name, path) in rollouts() {
        let (mut calls, mut results, mut anchors) = (HashSet::new(), HashSet::new(), HashSet::new());
        parts(&path, &mut |part| {
            match &part.entry.kind {
                Kind::Call { id, .. } => assert!(calls.insert(id.to_string()), "{name}: {id}"),
                Kind::Result { call, .. } => {
                    assert!(calls.contains(&**call), "{name}: {call} has no call");
                    assert!(results.insert(call.to_string()), "{name}: {call}");
                }
                _ => {}
            }
            assert!(anchors.insert((part.kind, part.anchor.clone())), "{name}: {}", part.anchor);
        });
    }
}
