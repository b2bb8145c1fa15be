//! Owns what Codex's rollouts say about tool calls. Must stay true: a call has the name and the id that hooks report for
//! it. A call may be told twice, in the model's words and as an item of the client; readers take the first one.
//! Facts: rollouts of 0.42 to 0.169; the words of refusals are those of the client 0.169.

use super::line::{Action, Item, Payload};
use crate::content;
use crate::entry::{Asked, CallEnd, Change, Kind, Output, Tool};
use crate::words;
use serde::de::IgnoredAny;
use serde_json::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// How far into an answer its own words are looked for; what follows is output of programs.
const HEAD: usize = 400;
/// The headers of a patch.
const HEADERS: [&str; 4] = ["*** Add File: ", "*** Update File: ", "*** Delete File: ", "*** Move to: "];

/// The call, or its end, in a `response_item`.
pub(super) fn of_response<'a>(payload: &Payload<'a>, kinds: &mut Vec<Kind<'a>>) {
    let Some(id) = payload.call_id.clone() else { return };
    match payload.kind.as_deref().unwrap_or_default() {
        "function_call" => {
            let arguments = payload.arguments.as_deref().and_then(|text| serde_json::from_str(text).ok());
            kinds.push(function(id, payload, &arguments.unwrap_or_default()));
        }
        "custom_tool_call" => kinds.push(custom(id, payload)),
        "local_shell_call" => {
            let action = payload.action.and_then(|action| serde_json::from_str::<Action>(action.get()).ok());
            let line = action.and_then(|action| command_line(action.command?));
            kinds.push(run(id, line.unwrap_or_default()));
        }
        "function_call_output" | "custom_tool_call_output" => {
            let text = content::words(&content::blocks(payload.output, &mut Vec::new()));
            kinds.push(ended(id, end(&text), text));
        }
        _ => {}
    }
}

/// The call and its end in an item of the client.
pub(super) fn of_item<'a>(item: &Item<'a>, kinds: &mut Vec<Kind<'a>>) {
    let Some(id) = item.id.clone() else { return };
    match item.kind.as_deref().unwrap_or_default() {
        "CommandExecution" => {
            kinds.push(run(id.clone(), item.command.and_then(command_line).unwrap_or_default()));
        }
        "FileChange" => {
            kinds.push(changed(id.clone(), item.changes));
        }
        "McpToolCall" => {
            kinds.push(other(id.clone(), mcp_name(&item.server, &item.tool), None));
        }
        "CollabAgentToolCall" => {
            let receiver = item.receiver();
            if item.tool.as_deref() == Some("spawn_agent") {
                kinds.push(other(id.clone(), "spawn_agent".into(), item.prompt.clone()));
                return kinds.extend(receiver.map(|agent| started(id, agent.into())));
            }
        }
        "SubAgentActivity" => return kinds.extend(item.agent_thread_id.clone().map(|agent| started(id, agent))),
        _ => return,
    }
    kinds.extend(match item.status.as_deref() {
        Some("completed") => Some(ended(id, CallEnd::Done, String::new())),
        Some("failed") => Some(ended(id, CallEnd::Failed, String::new())),
        Some("declined") => Some(ended(id, CallEnd::Denied, String::new())),
        _ => None,
    });
}

fn function<'a>(id: Cow<'a, str>, payload: &Payload<'a>, arguments: &Value) -> Kind<'a> {
    let text = |name: &str| arguments.get(name).and_then(Value::as_str).map(str::to_string);
    match (payload.namespace.as_deref(), payload.name.as_deref().unwrap_or_default()) {
        (_, "exec_command") => run(id, text("cmd").unwrap_or_default()),
        (_, "shell" | "shell_command") => {
            let words = arguments.get("command");
            match words.and_then(Value::as_array).map(Vec::as_slice) {
                // A patch is a command of its own in older clients (0.42).
                Some([Value::String(name), Value::String(text)]) if name == "apply_patch" => patch(id, text),
                _ => run(id, words.and_then(command).unwrap_or_default()),
            }
        }
        (_, "apply_patch") => patch(id, &text("input").unwrap_or_default()),
        (space, name) => other(id, full_name(space, name), text("message").map(Cow::Owned)),
    }
}

fn custom<'a>(id: Cow<'a, str>, payload: &Payload<'a>) -> Kind<'a> {
    match payload.name.as_deref().unwrap_or_default() {
        "apply_patch" => patch(id, payload.input.as_deref().unwrap_or_default()),
        name => other(id, full_name(payload.namespace.as_deref(), name), None),
    }
}

/// The name that hooks report: `mcp__server__tool`, else both names without a mark between them.
fn full_name(space: Option<&str>, name: &str) -> String {
    match space {
        None | Some("functions") => name.to_string(),
        Some("multi_agent_v1") if name == "spawn_agent" => name.to_string(),
        Some(space) if space.starts_with("mcp__") => format!("{space}__{name}"),
        Some(space) => format!("{space}{name}"),
    }
}

fn run<'a>(id: Cow<'a, str>, line: String) -> Kind<'a> {
    let asked = Asked { name: Cow::Borrowed("Bash"), ..Asked::default() };
    Kind::Call { id, tool: Tool::Run(Cow::Owned(line)), asked }
}

fn other<'a>(id: Cow<'a, str>, name: String, purpose: Option<Cow<'a, str>>) -> Kind<'a> {
    let asked = Asked { name: Cow::Owned(name), purpose, ..Asked::default() };
    Kind::Call { id, tool: Tool::Other, asked }
}

fn patch<'a>(id: Cow<'a, str>, text: &str) -> Kind<'a> {
    let named =
        |line: &str| HEADERS.iter().find_map(|header| line.strip_prefix(header)).map(|name| name.trim().to_string());
    let files: Vec<Cow<str>> = text.lines().filter_map(named).map(Cow::Owned).collect();
    let count = |mark: char| text.lines().filter(|line| line.starts_with(mark)).count() as u64;
    let change = Change { files: files.len() as u64, added: count('+'), removed: count('-') };
    let asked = Asked { name: Cow::Borrowed("apply_patch"), files, change: Some(change), ..Asked::default() };
    Kind::Call { id, tool: Tool::Edit, asked }
}

fn ended(call: Cow<str>, end: CallEnd, text: String) -> Kind {
    Kind::Result { call, end, text: Cow::Owned(text), change: None, agent_id: None, output: Output::default() }
}

/// The name of a tool of an MCP server, as hooks report it.
pub(super) fn mcp_name(server: &Option<Cow<str>>, tool: &Option<Cow<str>>) -> String {
    format!("mcp__{}__{}", server.as_deref().unwrap_or_default(), tool.as_deref().unwrap_or_default())
}

/// A change of files that is complete: `changes` has them by their paths.
pub(super) fn changed<'a>(id: Cow<'a, str>, changes: Option<&'a RawValue>) -> Kind<'a> {
    let changes: BTreeMap<String, IgnoredAny> =
        changes.and_then(|changes| serde_json::from_str(changes.get()).ok()).unwrap_or_default();
    let files = changes.into_keys().map(Cow::Owned).collect();
    let asked = Asked { name: Cow::Borrowed("apply_patch"), files, ..Asked::default() };
    Kind::Call { id, tool: Tool::Edit, asked }
}

fn started<'a>(call: Cow<'a, str>, agent: Cow<'a, str>) -> Kind<'a> {
    let agent_id = Some(agent);
    let output = Output::default();
    Kind::Result { call, end: CallEnd::Done, text: Cow::Borrowed(""), change: None, agent_id, output }
}

/// The command line in a value.
pub(super) fn command_line(words: &RawValue) -> Option<String> {
    command(&serde_json::from_str(words.get()).ok()?)
}

/// The command line of a text or a list of words.
fn command(words: &Value) -> Option<String> {
    if let Some(line) = words.as_str() {
        return Some(line.to_string());
    }
    let words: Vec<&str> = words.as_array()?.iter().filter_map(Value::as_str).collect();
    Some(words::line(&words))
}

/// How a call ended, by the client's words at the beginning of its answer.
fn end(text: &str) -> CallEnd {
    let head = text.char_indices().nth(HEAD).and_then(|(end, _)| text.get(..end)).unwrap_or(text);
    let before = head.split("Output:").next().unwrap_or_default();
    let code = before.split("xited with code ").nth(1).or_else(|| before.split("Exit code: ").nth(1));
    let is_zero = |rest: &str| rest.split(|c: char| !c.is_ascii_digit()).next() == Some("0");
    let old = || serde_json::from_str::<Value>(text).ok()?.get("metadata")?.get("exit_code")?.as_i64();
    let says = |words: &str| before.contains(words);
    match code {
        Some(rest) if is_zero(rest) => CallEnd::Done,
        Some(_) => CallEnd::Failed,
        None if says("rejected by user") || says("blocked by PreToolUse hook") => CallEnd::Denied,
        None if says("aborted by user") => CallEnd::Interrupted,
        None if says("unsupported call: ") || says("verification failed") || text.starts_with("error: ") => {
            CallEnd::Failed
        }
        None if text.starts_with('{') && old().is_some_and(|code| code != 0) => CallEnd::Failed,
        None => CallEnd::Done,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_says_how_its_call_ended() {
        let zero = "Chunk ID: f7\nWall time: 0.0\nProcess exited with code 0\nOutput:\nrejected by user";
        assert_eq!(end(zero), CallEnd::Done, "what a program prints is no word of the client");
        assert_eq!(end("Chunk ID: f7\nProcess exited with code 3\nOutput:\noops"), CallEnd::Failed);
        assert_eq!(end("Exit code: 1\nWall time: 0 seconds\nOutput:\n"), CallEnd::Failed);
        assert_eq!(end("{\"output\":\"oops\",\"metadata\":{\"exit_code\":3}}"), CallEnd::Failed);
        assert_eq!(end("{\"output\":\"\",\"metadata\":{\"exit_code\":0}}"), CallEnd::Done);
        assert_eq!(end("exec command rejected by user"), CallEnd::Denied);
        assert_eq!(end("Command blocked by PreToolUse hook: no. Command: rm -rf x"), CallEnd::Denied);
        assert_eq!(end("Wall time: 2.0 seconds\naborted by user"), CallEnd::Interrupted);
        assert_eq!(end(&"é".repeat(300)), CallEnd::Done);
    }

    #[test]
    fn a_command_is_a_text_or_a_list() {
        let line = |json: &str| command(&serde_json::from_str(json).unwrap());
        assert_eq!(line(r#""ls | wc""#).as_deref(), Some("ls | wc"));
        assert_eq!(line(r#"["rm","-rf","a b"]"#).as_deref(), Some("rm -rf 'a b'"));
        assert_eq!(line("7"), None);
    }
}
