//! Reads logs as parts, as every reader of a conversation does.

use agents::Agent;
use agents::entry::{Lack, Understood, Wanted};
use agents::lines::{self, Piece};
use agents::part::{End, Numbering, Part};
use agents::reader::{Reader, State};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// The parts of a log as lines of JSON, with the last line.
pub fn shown(agent: Agent, bytes: &[u8], thread: &str, conversation: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let end = each(agent, bytes, thread, &mut |part: &Part| part.write_json(conversation, false, &mut out));
    end.write_json(conversation, &mut out);
    out
}

/// Passes the parts of a log on; returns the last line.
pub fn each(agent: Agent, bytes: &[u8], thread: &str, each: &mut dyn FnMut(&Part)) -> End<'static> {
    let mut end = End { ends: "unknown", ..End::default() };
    let mut numbering = Numbering::default();
    numbering.begin_log(thread, each);
    let mut reader = Reader::new(State::new(agent), Wanted::Full);
    let mut number = 0;
    lines::read(bytes, |piece| {
        number += 1;
        let line = match piece {
            Piece::Line(line) | Piece::Rest(line) => line,
            Piece::TooLong(bytes) => {
                end.too_long += 1;
                return numbering.gap(Lack::TooLong, bytes, number, thread, each);
            }
        };
        let understood = reader.line(line, number, &mut |entry| numbering.take(entry, number, thread, each));
        if understood == Understood::Not && !line.is_empty() {
            end.not_understood += 1;
            numbering.gap(Lack::Broken, line.len() as u64, number, thread, each);
        }
    })
    .unwrap();
    reader.finish(&mut |entry| numbering.take(entry, number, thread, each));
    numbering.finish(each);
    end.entries = numbering.told();
    end
}

/// Lines of JSON as values.
pub fn parsed(lines: &[u8]) -> Vec<Value> {
    let lines = lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| serde_json::from_slice(line).unwrap()).collect()
}

/// A recorded log.
pub struct Recording {
    pub agent: Agent,
    /// Below the folder of its agent's recordings.
    pub name: String,
    pub thread: String,
    pub bytes: Vec<u8>,
}

/// All recorded logs.
pub fn recordings() -> Vec<Recording> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures");
    let mut all = Vec::new();
    for (agent, dir) in [
        (Agent::Claude, "claude-code/transcripts"),
        (Agent::Claude, "claude-code/conversations"),
        (Agent::Codex, "codex/rollouts"),
    ] {
        let root = fixtures.join(dir);
        for path in logs(&root).into_iter().filter(|path| !path.ends_with("history.jsonl")) {
            let name = path.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
            let name = name.replace("projects/-home-dev-repo/", "");
            let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
            let thread = if stem.starts_with("agent-") { stem } else { "main".to_string() };
            all.push(Recording { agent, name, thread, bytes: std::fs::read(path).unwrap() });
        }
    }
    assert!(all.len() > 10, "the recordings are not there");
    all
}

fn logs(dir: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(logs(&path));
        } else if path.extension().is_some_and(|end| end == "jsonl") {
            all.push(path);
        }
    }
    all.sort();
    all
}
