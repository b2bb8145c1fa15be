//! Owns which tool a running conversation called last, according to the end of its log. Must stay true: at most the last
//! piece of a log is read; calls of subagents do not count; a text is masked before it is shown.

use crate::agent::Agent;
use crate::evidence::long_tail;
use crate::hook_call::first_line;
use cs_core::live::Live;
use cs_core::repair;
use memchr::memmem;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::Path;

/// Maximum number of characters of `subject`.
const SUBJECT: usize = 120;
/// How many bytes are read at the end of a log: first, and if they have no call.
const TAILS: [u64; 2] = [16 * 1024, 64 * 1024];
/// Arguments that say what a call is about, the most telling one first.
const TELLING: [&str; 10] =
    ["command", "cmd", "file_path", "notebook_path", "path", "pattern", "url", "query", "description", "prompt"];

/// A tool call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastCall {
    /// The tool's name, as the client writes it.
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
    let (mark, of_line): (&str, fn(&Value) -> Option<LastCall>) = match agent {
        Agent::Claude => ("\"tool_use\"", of_claude),
        Agent::Codex => ("_call\"", of_codex),
        #[allow(unreachable_patterns, reason = "the calls of another agent are not known here")]
        _ => return None,
    };
    let mut lines = bytes.rsplit(|byte| *byte == b'\n').filter(|line| memmem::find(line, mark.as_bytes()).is_some());
    lines.find_map(|line| of_line(&repair::decode(line, &mut Vec::new()).ok()?))
}

/// A call in a line of Claude Code's transcript (2.1.332): the last block `tool_use` of the agent's message.
fn of_claude(line: &Value) -> Option<LastCall> {
    let is_aside = line.get("isSidechain").and_then(Value::as_bool) == Some(true);
    if is_aside || line.get("type")? != "assistant" {
        return None;
    }
    let blocks = line.get("message")?.get("content")?.as_array()?;
    let call = blocks.iter().rev().find(|block| block.get("type").is_some_and(|kind| kind == "tool_use"))?;
    found(line, call.get("name")?.as_str()?, call.get("input"))
}

/// A call in a line of a rollout (0.171). The arguments of a function are a text that contains JSON.
fn of_codex(line: &Value) -> Option<LastCall> {
    let call = line.get("payload").filter(|_| line.get("type").is_some_and(|kind| kind == "response_item"))?;
    match call.get("type")?.as_str()? {
        "function_call" | "custom_tool_call" => {
            let arguments = call.get("arguments").and_then(Value::as_str);
            let arguments: Option<Value> = arguments.and_then(|text| serde_json::from_str(text).ok());
            found(line, call.get("name")?.as_str()?, arguments.as_ref())
        }
        "local_shell_call" => found(line, "shell", call.get("action")),
        _ => None,
    }
}

fn found(line: &Value, tool: &str, arguments: Option<&Value>) -> Option<LastCall> {
    let at = line.get("timestamp").and_then(Value::as_str).map(str::to_string);
    Some(LastCall { tool: first_line(tool, SUBJECT), subject: arguments.and_then(subject), at })
}

fn subject(arguments: &Value) -> Option<String> {
    let text = TELLING.iter().filter_map(|name| arguments.get(name)).find_map(|value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Array(words) => Some(words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ")),
        _ => None,
    })?;
    Some(first_line(&text, SUBJECT)).filter(|text| !text.is_empty())
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
        assert_eq!(called(Agent::Claude, &[&call("Read", r#"{"file_path":7}"#, false)]), Some(("Read".into(), None)));
        assert_eq!(called(Agent::Claude, &[result]), None);
    }

    #[test]
    fn a_rollout_names_its_calls_in_three_ways() {
        let of = |payload: &str| called(Agent::Codex, &[&format!(r#"{{"type":"response_item","payload":{payload}}}"#)]);
        let run = of(r#"{"type":"function_call","name":"exec_command","arguments":"{\"cmd\":\"ls -l\"}"}"#);
        assert_eq!(run, Some(("exec_command".into(), Some("ls -l".into()))));
        let patch = of(r#"{"type":"custom_tool_call","name":"apply_patch","input":"*** Begin"}"#);
        assert_eq!(patch, Some(("apply_patch".into(), None)));
        let shell = of(r#"{"type":"local_shell_call","action":{"command":["ls","-l"]}}"#);
        assert_eq!(shell, Some(("shell".into(), Some("ls -l".into()))));
        assert_eq!(of(r#"{"type":"function_call_output"}"#), None);
    }
}
