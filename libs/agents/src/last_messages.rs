//! Owns the last messages of a conversation: what a person wrote and what the agent answered, from the end of its log.
//! Must stay true: at most the last [`TAIL`] bytes are read; what subagents say, and what programs put into the
//! conversation, is left out; a text is masked before it is shown.

use crate::agent::Agent;
use crate::entry::{Entry, Kind, Thread, Wanted};
use crate::evidence::long_tail;
use crate::reader::{Reader, State};
use cs_core::clock;
use cs_core::live::Live;
use cs_core::{masked, validate};
use serde::Serialize;
use std::path::Path;

/// Maximum number of bytes that are read at the end of a log.
const TAIL: u64 = 1024 * 1024;
/// Maximum number of characters of a message.
const TEXT: usize = 2000;

/// A message of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LastMessage {
    /// `user` or `agent`.
    pub from: &'static str,
    /// Instant, RFC 3339, UTC; absent if the log has no time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// The text, masked, at most 2,000 characters.
    pub text: String,
}

/// The last messages of a conversation, at most `most`, oldest first; none if its log is not known.
pub fn last_messages(live: &Live, most: usize) -> Vec<LastMessage> {
    live.transcript_path.as_deref().map(|path| in_log(Path::new(path), Agent::of(live), most)).unwrap_or_default()
}

/// What a person wrote last, and what the agent said last, if the end of the log has it.
pub fn last_words(path: &Path, agent: Agent) -> [Option<LastMessage>; 2] {
    let mut found = in_log(path, agent, usize::MAX);
    ["user", "agent"].map(|from| found.iter().rposition(|one| one.from == from).map(|at| found.remove(at)))
}

fn in_log(path: &Path, agent: Agent, most: usize) -> Vec<LastMessage> {
    let bytes = long_tail(path, TAIL).unwrap_or_default();
    let mut reader = Reader::new(State::new(agent), Wanted::Full);
    let mut found = Vec::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        reader.line(line, 1, &mut |entry| found.extend(of_entry(&entry)));
    }
    reader.finish(&mut |entry| found.extend(of_entry(&entry)));
    found.drain(..found.len().saturating_sub(most));
    found
}

fn of_entry(entry: &Entry) -> Option<LastMessage> {
    let at = entry.at.and_then(clock::from_millis).map(clock::stamp);
    match &entry.kind {
        _ if entry.thread == Thread::Side => None,
        Kind::Prompt(text, _) => message("user", at, text),
        Kind::Answer(text) => message("agent", at, text),
        _ => None,
    }
}

fn message(from: &'static str, at: Option<String>, text: &str) -> Option<LastMessage> {
    let mut text = text.trim().to_string();
    masked::text(&mut text);
    (!text.is_empty()).then(|| LastMessage { from, at, text: validate::cut(&text, TEXT) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(agent: Agent, lines: &[&str], most: usize) -> Vec<String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log.jsonl");
        std::fs::write(&path, lines.join("\n") + "\n").unwrap();
        in_log(&path, agent, most).into_iter().map(|one| format!("{}: {}", one.from, one.text)).collect()
    }

    #[test]
    fn the_last_messages_are_those_of_the_person_and_the_main_agent() {
        let user = |text: &str| format!(r#"{{"type":"user","sessionId":"s","message":{{"content":"{text}"}}}}"#);
        let agent = |text: &str, side: bool| {
            format!(
                r#"{{"type":"assistant","isSidechain":{side},"timestamp":"2026-11-29T11:00:00Z","message":{{"content":[{{"type":"text","text":"{text}"}},{{"type":"tool_use","name":"Bash","input":{{}}}}]}}}}"#
            )
        };
        let result = r#"{"type":"user","message":{"content":[{"type":"tool_result","content":"no"}]}}"#;
        let lines =
            ["torn", &user("one"), &agent("two", false), &agent("side", true), result, &user("three"), "{\"type\""];
        assert_eq!(said(Agent::Claude, &lines, 2), ["agent: two", "user: three"]);
        assert_eq!(said(Agent::Claude, &lines, 9).len(), 3);
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log.jsonl");
        std::fs::write(&path, lines.join("\n") + "\n").unwrap();
        let words = last_words(&path, Agent::Claude).map(|one| one.unwrap().text);
        assert_eq!(words, ["three", "two"]);
        assert_eq!(last_words(&dir.path().join("none"), Agent::Claude), [None, None]);
    }

    #[test]
    fn a_rollout_has_messages_of_both() {
        let lines = [
            r#"{"timestamp":"2026-11-29T11:00:00Z","type":"event_msg","payload":{"type":"user_message","message":"one"}}"#,
            r#"{"timestamp":"2026-11-29T11:00:01Z","type":"response_item","payload":{"type":"message","role":"user","content":[{"type":"input_text","text":"<environment_context>"}]}}"#,
            r#"{"timestamp":"2026-11-29T11:00:02Z","type":"response_item","payload":{"type":"message","role":"assistant","content":[{"type":"output_text","text":"two"}]}}"#,
        ];
        assert_eq!(said(Agent::Codex, &lines, 9), ["user: one", "agent: two"]);
    }
}
