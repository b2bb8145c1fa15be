//! Owns which tool a running conversation called last, according to the end of its log. Must stay true: at most the last
//! piece of a log is read; calls of subagents do not count; a text is masked before it is shown.

use crate::agent::Agent;
use crate::entry::{Asked, Kind, Thread, Tool, Wanted};
use crate::evidence::long_tail;
use crate::hook_call::first_line;
use crate::reader::{Reader, State};
use cs_core::clock;
use cs_core::live::Live;
use memchr::memmem;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::Path;

/// Maximum number of characters of `subject`.
const SUBJECT: usize = 120;
/// How many bytes are read at the end of a log: first, and if they have no call.
const TAILS: [u64; 2] = [16 * 1024, 64 * 1024];
/// Arguments that say what a call is about, the most telling one first.
const TELLING: [&str; 6] = ["command", "pattern", "url", "query", "description", "prompt"];

/// A tool call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastCall {
    /// The tool's name, as hooks report it.
    pub tool: String,
    /// What the call is about: the first line of a command, or a path; masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// When it began, RFC 3339, UTC; absent if the log has no time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
}

/// The last tool call of a conversation; `None` if the end of its log has none, or the log is not known.
pub fn last_call(live: &Live) -> Option<LastCall> {
    in_log(Path::new(live.transcript_path.as_deref()?), Agent::of(live))
}

fn in_log(path: &Path, agent: Agent) -> Option<LastCall> {
    // A list of many conversations reads the end of each log.
    TAILS.into_iter().find_map(|most| in_bytes(&long_tail(path, most)?, agent))
}

fn in_bytes(bytes: &[u8], agent: Agent) -> Option<LastCall> {
    bytes.rsplit(|byte| *byte == b'\n').filter(|line| may_call(line)).find_map(|line| in_line(line, agent))
}

/// Whether a line may have a call: `tool_use`, `function_call`, `custom_tool_call`, `item_completed`.
fn may_call(line: &[u8]) -> bool {
    ["tool_use\"", "_call\"", "item_completed\""].iter().any(|mark| memmem::find(line, mark.as_bytes()).is_some())
}

/// The last call of the main agent in a line.
fn in_line(line: &[u8], agent: Agent) -> Option<LastCall> {
    let mut found = None;
    Reader::new(State::new(agent), Wanted::Full).line(line, 1, &mut |entry| {
        if let (Kind::Call { tool, asked, .. }, Thread::Main) = (&entry.kind, entry.thread) {
            let at = entry.at.and_then(clock::from_millis).map(clock::stamp);
            found = Some(LastCall { tool: first_line(&asked.name, SUBJECT), subject: subject(tool, asked), at });
        }
    });
    found
}

fn subject(tool: &Tool, asked: &Asked) -> Option<String> {
    let text = match tool {
        Tool::Run(line) => line.to_string(),
        _ => asked.files.first().map(|file| file.to_string()).or_else(|| telling(asked.input.as_deref()?))?,
    };
    Some(first_line(&text, SUBJECT)).filter(|text| !text.is_empty())
}

/// The most telling argument of a call.
fn telling(input: &str) -> Option<String> {
    let arguments: Value = serde_json::from_str(input).ok()?;
    TELLING.iter().filter_map(|name| arguments.get(name)).find_map(Value::as_str).map(str::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn called(agent: Agent, lines: &[&str]) -> Option<(String, Option<String>)> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log.jsonl");
        std::fs::write(&path, lines.join("\n")).unwrap();
        in_log(&path, agent).map(|call| (call.tool, call.subject))
    }

    #[test]
    fn the_last_call_of_the_main_agent_is_found() {
        let call = |name: &str, input: &str, side: bool| {
            format!(
                r#"{{"type":"assistant","isSidechain":{side},"timestamp":"2026-11-29T11:00:00Z","message":{{"content":[{{"type":"text","text":"x"}},{{"type":"tool_use","name":"{name}","input":{input}}}]}}}}"#
            )
        };
        let (bash, read) = (call("Bash", r#"{"command":"make test\nmore"}"#, false), call("Read", "{}", true));
        let result = r#"{"type":"user","message":{"content":[{"type":"tool_result","content":"a \"tool_use\""}]}}"#;
        let found = called(Agent::Claude, &["torn", &bash, &read, result, "{\"tool_use\""]);
        assert_eq!(found, Some(("Bash".into(), Some("make test".into()))));
        assert_eq!(
            called(Agent::Claude, &[&call("Read", r#"{"file_path":7}"#, false)]),
            Some(("Read".into(), Some("7".into())))
        );
        assert_eq!(called(Agent::Claude, &[result]), None);
    }

    #[test]
    fn a_rollout_names_its_calls_in_three_ways() {
        let of = |payload: &str| {
            let line = format!(r#"{{"timestamp":"2026-11-29T11:00:00Z","type":"response_item","payload":{payload}}}"#);
            called(Agent::Codex, &[&line])
        };
        let run =
            of(r#"{"type":"function_call","call_id":"c","name":"exec_command","arguments":"{\"cmd\":\"ls -l\"}"}"#);
        assert_eq!(run, Some(("Bash".into(), Some("ls -l".into()))));
        let patch = of(r#"{"type":"custom_tool_call","call_id":"c","name":"apply_patch","input":"*** Begin"}"#);
        assert_eq!(patch, Some(("apply_patch".into(), None)));
        let shell = of(r#"{"type":"local_shell_call","call_id":"c","action":{"command":["ls","-l"]}}"#);
        assert_eq!(shell, Some(("Bash".into(), Some("ls -l".into()))));
        assert_eq!(of(r#"{"type":"function_call_output"}"#), None);
    }
}
