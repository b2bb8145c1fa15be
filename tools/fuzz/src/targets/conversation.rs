//! Logs of both clients as conversations: parts as lines of JSON that the schema accepts, whichever way a log grows.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, OnceLock};

use agents::Agent;
use agents::part::Part;
use conversations::{Conversation, Cursor, Log, MAIN, Place, Step, Summary, Wish};
use serde_json::Value;
use tempfile::TempDir;

use super::{parts, transcript};
use crate::Target;

#[path = "../../../../libs/agents/tests/conversation/checker.rs"]
mod checker;

pub const TARGET: Target =
    Target { name: "conversation", check, words: WORDS, seeds: transcript::seeds, most: 24 << 10, runs: 8_000 };

const WORDS: &[&str] = &[
    "{\"type\":\"user\",\"uuid\":\"u1\",\"message\":{\"content\":",
    "{\"type\":\"assistant\",\"uuid\":\"u2\",\"parentUuid\":\"u1\",\"message\":{\"content\":[",
    "{\"type\":\"text\",\"text\":\"",
    "{\"type\":\"thinking\",\"thinking\":\"",
    "{\"type\":\"tool_use\",\"id\":\"c1\",\"name\":\"Bash\",\"input\":{\"command\":\"ls\"}}",
    "{\"type\":\"tool_result\",\"tool_use_id\":\"c1\",\"content\":\"",
    "\"toolUseResult\":{\"stdout\":\"",
    "\"parentUuid\":\"u1\"",
    "\"isCompactSummary\":true",
    "\"subtype\":\"compact_boundary\",\"compactMetadata\":{\"preTokens\":",
    "\"forkedFrom\":{\"sessionId\":\"",
    "\"attachment\":{\"type\":\"queued_command\",\"prompt\":\"",
    "\"type\":\"continued-in\",\"continuedInSessionId\":\"",
    "\"isSidechain\":true,\"agentId\":\"",
    "\"session_meta\"",
    "\"response_item\",\"payload\":{\"type\":\"message\",\"role\":\"assistant\",\"content\":[",
    "\"item_completed\"",
    "\"function_call_output\",\"call_id\":\"",
    "password=hunter2",
    "\u{202e}",
    "\u{feff}",
    "\\ud83d",
    "\0",
    "}\n",
    "\n{",
    "\r\n",
];

static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
    let path = cs_tests::workspace().join("docs/conversation.schema.json");
    serde_json::from_slice(&fs::read(path).expect("the schema is there")).expect("it is JSON")
});

/// A file in memory if possible.
fn place() -> &'static Path {
    static PLACE: OnceLock<(TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = PLACE.get_or_init(|| {
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() };
        let folder = folder.expect("a temporary folder can be created");
        let path = folder.path().join("log.jsonl");
        (folder, path)
    });
    path
}

fn check(bytes: &[u8]) {
    let parts = parts(bytes);
    let chance = cs_core::id::fnv1a(bytes) as usize;
    for (agent, at) in [(Agent::Claude, 0), (Agent::Codex, 1)] {
        one(agent, parts.get(at).copied().unwrap_or_default(), chance);
    }
}

/// Reads a log at once, and while it grows.
fn one(agent: Agent, bytes: &[u8], chance: usize) {
    put(bytes);
    let (whole, summary) = read(agent, &mut |_| {});
    let cut = cut(bytes, chance % (bytes.len() + 1));
    put(&bytes[..cut]);
    let (grown, again) = read(agent, &mut |step| {
        if step == 0 {
            let mut file = File::options().append(true).open(place()).expect("it was just written");
            file.write_all(&bytes[cut..]).expect("our file can be written");
        }
    });
    // Damaged lines may be told otherwise while a log grows.
    let is_sound = summary.not_understood == 0 && !String::from_utf8_lossy(&whole).contains("\"repaired\":true");
    if is_sound {
        assert_eq!(without_held(&grown), without_held(&whole), "cut at {cut}");
    }
    assert_eq!((again.not_understood, again.too_long), (summary.not_understood, summary.too_long), "cut at {cut}");
    assert!(whole.len() <= bytes.len() * 400 + 4096, "{} bytes from {}", whole.len(), bytes.len());
    lines(&whole);
}

/// Where a log ends for a while: anywhere in a whole line; half of a damaged one may look like another line.
fn cut(bytes: &[u8], at: usize) -> usize {
    let begin = bytes[..at].iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let end = bytes[at..].iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |end| at + end);
    let is_whole = matches!(serde_json::from_slice(&bytes[begin..end]), Ok(Value::Object(_)));
    if is_whole { at } else { begin }
}

fn put(bytes: &[u8]) {
    fs::write(place(), bytes).expect("our folder can be written");
}

/// The lines without those that wait for a later line, or for the end: they come earlier if the log ends for a while. What
/// surrounds a damaged line may be told once more then.
fn without_held(lines: &[u8]) -> Vec<Value> {
    let lines = lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let parts = lines.map(|line| serde_json::from_slice(line).expect("each line is JSON"));
    let mut parts: Vec<Value> = parts
        .filter(|part: &Value| !matches!(part["kind"].as_str(), Some("usage" | "compaction" | "context")))
        .collect();
    parts.iter_mut().for_each(|part| part["seq"] = Value::Null);
    parts
}

/// The parts as lines of JSON; `grow` is called after each step that found the end.
fn read(agent: Agent, grow: &mut dyn FnMut(usize)) -> (Vec<u8>, Summary) {
    let uuid = "00000000-0000-4000-8000-000000000001".to_string();
    let log = Log { path: place().into(), thread: MAIN.to_string(), bytes: 0, modified: 0, is_kept: false };
    let mut of = Conversation::new(agent, uuid, Place::Live);
    of.logs.push(log);
    let wish = Wish { copies: true, ..Wish::default() };
    let (mut cursor, mut out) = (Cursor::new(&of), Vec::new());
    let mut each = |part: &Part| part.write_json("c", false, &mut out);
    for step in 0..2 {
        while cursor.step(&wish, &mut each).expect("our file can be read") == Step::More {}
        grow(step);
    }
    cursor.close(&wish, &mut each);
    (out, cursor.summary())
}

/// Panics unless each line is what the contract promises.
fn lines(all: &[u8]) {
    let mut results: HashMap<String, bool> = HashMap::new();
    for (seq, line) in all.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).enumerate() {
        let part: Value = serde_json::from_slice(line).expect("each line is JSON");
        assert_eq!(checker::wrong(&SCHEMA, &SCHEMA, &part), None, "{part}");
        assert_eq!(part["seq"], seq, "{part}");
        assert!(part["entry"].as_str().is_some_and(|anchor| !anchor.is_empty()), "{part}");
        let call = part["call"].as_str().unwrap_or_default();
        if call.is_empty() || part.get("copy").is_some() {
            continue;
        }
        match part["kind"].as_str() {
            Some("call") => _ = results.insert(call.to_string(), false),
            Some("result") => {
                let before = results.insert(call.to_string(), true);
                assert_ne!(before, Some(true), "a second result: {part}");
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    /// Recordings as they are, and damaged at a few places.
    #[test]
    fn recordings_and_damaged_ones_pass() {
        for seed in (super::TARGET.seeds)() {
            super::check(&seed);
            for part in 1..4 {
                let at = seed.len() * part / 4;
                super::check(&seed[at..]);
                super::check(&[&seed[..at], b"\n\"\x00", &seed[at..]].concat());
            }
        }
    }
}
