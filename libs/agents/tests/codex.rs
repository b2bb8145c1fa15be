//! Each recorded rollout gives the parts in its golden file, which was checked by hand. `GOLDEN=renew` writes them anew.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
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
    let all = below("rollouts");
    assert!(all.len() > 20);
    all
}

/// All rollouts in a folder.
fn below(folder: &str) -> Vec<(String, PathBuf)> {
    let root = fixtures().join(folder);
    let mut all = Vec::new();
    let mut dirs = vec![root.clone()];
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                dirs.push(path);
            } else if path.file_name().unwrap() != "history.jsonl" && path.file_name().unwrap() != "session_index.jsonl"
            {
                let name = path.strip_prefix(&root).unwrap().with_extension("").display().to_string();
                all.push((name.replace('/', "-"), path));
            }
        }
    }
    all.sort();
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
    reader.finish(&mut |entry| numbering.take(entry, number, "main", each));
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
    let mut compared = 0;
    for (folder, file) in [("rollouts", "history.jsonl"), ("conversations", "conversations/history.jsonl")] {
        let history = fs::read(fixtures().join(file)).unwrap();
        let lines = || history.split(|byte| *byte == b'\n');
        let all: Vec<(String, String)> = lines()
            .filter_map(|line| remembered(line, &mut Vec::new()).map(|one| (one.conversation, one.text)))
            .collect();
        for (name, path) in below(folder) {
            let (mut id, mut found) = (String::new(), Vec::new());
            parts(&path, &mut |part| {
                id = part.entry.conversation.to_string();
                if part.kind == PartKind::Prompt && !part.is_copy {
                    found.push(part.text().into_owned());
                }
            });
            // Only what was typed in a terminal is remembered.
            let known: Vec<&str> = all.iter().filter(|(of, _)| *of == id).map(|(_, text)| text.as_str()).collect();
            if !known.is_empty() {
                assert_eq!(found, known, "{name}");
                compared += found.len();
            }
        }
    }
    assert!(compared >= 10, "{compared}");
}

#[test]
fn each_call_has_one_result_at_most_and_each_anchor_is_one_s() {
    for (name, path) in rollouts().into_iter().chain(below("conversations")) {
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

/// The texts of a rollout's lines: each is a kind and a text.
fn told(lines: &[&str]) -> Vec<(&'static str, String)> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("rollout.jsonl");
    let stamped: Vec<String> = lines
        .iter()
        .enumerate()
        .map(|(n, line)| format!("{{\"timestamp\":\"2026-11-21T05:07:{:02}.000Z\",{line}}}", n))
        .collect();
    fs::write(&path, stamped.join("\n")).unwrap();
    let mut told = Vec::new();
    parts(&path, &mut |part| told.push((part.kind.word(), part.text().into_owned())));
    told.retain(|(kind, _)| *kind != "context");
    told
}

const META: &str = r#""type":"session_meta","payload":{"id":"01a1fc80-1cb9-7f02-86a4-9d49129be684","cwd":"/x","cli_version":"0.42.0"}"#;

#[test]
fn a_message_without_an_event_is_told_too() {
    let user = |text: &str| {
        format!(
            r#""type":"response_item","payload":{{"type":"message","role":"user","content":[{{"type":"input_text","text":"{text}"}}]}}"#
        )
    };
    let answer = r#""type":"response_item","payload":{"type":"message","role":"assistant","content":[{"type":"output_text","text":"yes"}]}"#;
    let of = |kind: &'static str, text: &str| (kind, text.to_string());
    let alone = [META, &user("<environment_context>x</environment_context>"), &user("is it?"), answer];
    let injected = of("injected", "<environment_context>x</environment_context>");
    assert_eq!(told(&alone), [injected, of("prompt", "is it?"), of("answer", "yes")]);

    // The client tells prompts here, so a message that it does not tell is not a person's.
    let event = r#""type":"event_msg","payload":{"type":"user_message","message":"is it?"}"#;
    let twice = [META, &user("is it?"), event, answer, &user("go on"), answer];
    let expected = [of("prompt", "is it?"), of("answer", "yes"), of("injected", "go on"), of("answer", "yes")];
    assert_eq!(told(&twice), expected);
}

#[test]
fn a_summary_is_no_answer_and_an_answer_is_told_once_in_either_order() {
    let answer = |text: &str| {
        format!(
            r#""type":"response_item","payload":{{"type":"message","role":"assistant","content":[{{"type":"output_text","text":"{text}"}}]}}"#
        )
    };
    let event = r#""type":"event_msg","payload":{"type":"agent_message","message":"done"}"#;
    let compacted = r#""type":"compacted","payload":{"message":"Before: all is well.","replacement_history":[{"type":"message","role":"user","content":"copy"}]}"#;
    let found = told(&[META, &answer("all is well."), compacted, &answer("done"), event, event, &answer("done")]);
    let expected = [("compaction", "Before: all is well."), ("answer", "done"), ("answer", "done")];
    assert_eq!(found, expected.map(|(kind, text)| (kind, text.to_string())));
}

#[test]
fn answers_without_ids_of_several_threads_are_all_told() {
    let line = |text: &str| {
        format!(
            r#"{{"timestamp":"2026-11-29T11:00:00Z","type":"response_item","payload":{{"type":"message","role":"assistant","content":[{{"type":"output_text","text":"{text}"}}]}}}}"#
        )
    };
    let mut told = Vec::new();
    let mut each = |part: &Part| told.push((part.anchor.clone(), part.line, part.text().into_owned(), part.is_copy));
    let mut numbering = Numbering::default();
    for (thread, texts) in [("main", ["one", "two"]), ("sub", ["three", "four"])] {
        numbering.begin_log(thread, &mut each);
        let mut reader = Reader::new(State::new(Agent::Codex), Wanted::Full);
        for (text, number) in texts.into_iter().zip(1..) {
            reader.line(line(text).as_bytes(), number, &mut |entry| numbering.take(entry, number, thread, &mut each));
        }
        reader.finish(&mut |entry| numbering.take(entry, 9, thread, &mut each));
    }
    numbering.finish(&mut each);
    let wanted = [("L1", 1, "one"), ("L2", 2, "two"), ("sub:L1", 1, "three"), ("sub:L2", 2, "four")];
    let wanted = wanted.map(|(anchor, line, text)| (anchor.to_string(), line, text.to_string(), false));
    assert_eq!(told, wanted);
}
