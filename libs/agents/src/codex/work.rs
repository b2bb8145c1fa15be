//! Owns what Codex's rollouts say about tool calls, for readers that want everything: what `calls` says, with input,
//! output, exit codes, plans, questions and subagents. Must stay true: of a script (code mode) the calls are told that it
//! makes, not the script.
//! Facts: rollouts of 0.42 to 0.169.

use super::calls;
use super::line::{Item, Payload};
use super::piece::Piece;
use super::told::Told;
use super::{output, plan, said};
use crate::entry::{Asked, CallClass, CallEnd, Kind, Output, Tool};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The tool that runs a script, and the one that waits for it.
const SCRIPT: (&str, &str) = ("exec", "wait");

/// The calls and their ends in a `response_item`.
pub(super) fn of_model<'a>(payload: Payload<'a>, told: &mut Told, pieces: &mut Vec<Piece<'a>>) {
    let form = payload.kind.as_deref().unwrap_or_default();
    if form == "web_search_call" {
        return search(payload.id, None, payload.action, payload.status.as_deref(), pieces);
    }
    let Some(id) = payload.call_id.clone() else { return };
    let name = payload.name.as_deref().unwrap_or_default();
    match form {
        "custom_tool_call" if name == SCRIPT.0 => told.add_script(&id),
        "function_call" if name == SCRIPT.1 && told.has_scripts() => told.add_script(&id),
        "custom_tool_call_output" | "function_call_output" if !told.is_script(&id) => {
            ended(id, &payload, told, pieces);
        }
        "function_call" | "custom_tool_call" | "local_shell_call" => begun(id, &payload, told, pieces),
        _ => {}
    }
}

fn begun<'a>(id: Cow<'a, str>, payload: &Payload<'a>, told: &mut Told, pieces: &mut Vec<Piece<'a>>) {
    let mut kinds = Vec::new();
    calls::of_response(payload, &mut kinds);
    let input = match (&payload.arguments, &payload.input, payload.action) {
        (Some(arguments), ..) => json(arguments.clone()),
        (None, Some(input), _) => Cow::Owned(format!("{{\"input\":{}}}", quoted(input))),
        (None, None, Some(action)) => Cow::Borrowed(action.get()),
        (None, None, None) => Cow::Borrowed("{}"),
    };
    let name = payload.name.as_deref().unwrap_or_default();
    let arguments = payload.arguments.as_deref().unwrap_or_default();
    for kind in kinds {
        told.is_new_call(&id);
        pieces.push(call(id.clone(), kind, Some(input.clone())));
    }
    if name == "update_plan" {
        pieces.extend(plan::plan(&id, arguments).map(|kind| Piece::new(Some(id.clone()), 0, kind)));
    }
    if name == "request_user_input" {
        told.ask(&id, plan::questions(arguments));
    }
}

/// A call, with its class and what it was called with.
fn call<'a>(id: Cow<'a, str>, kind: Kind<'a>, input: Option<Cow<'a, str>>) -> Piece<'a> {
    let kind = match kind {
        Kind::Call { id, tool, asked } => {
            let class = class(&tool, &asked.name);
            Kind::Call { id, tool, asked: Asked { class, input, ..asked } }
        }
        other => other,
    };
    Piece::new(Some(id), 0, kind)
}

/// What kind of work a tool does.
fn class(tool: &Tool, name: &str) -> CallClass {
    match (tool, name) {
        (Tool::Run(_), _) | (_, "write_stdin" | "exec" | "wait") => CallClass::Run,
        (Tool::Edit, _) => CallClass::Edit,
        (_, "update_plan") => CallClass::Plan,
        (_, "request_user_input") => CallClass::Ask,
        (_, "view_image" | "read_file" | "list_dir" | "grep_files") => CallClass::Read,
        (_, "web_search") => CallClass::Web,
        (_, name) if name.starts_with("mcp__") => CallClass::Mcp,
        (_, name) if name.ends_with("_agent") || name.starts_with("collaboration") => CallClass::Agent,
        _ => CallClass::Other,
    }
}

/// The end of a call in the model's words.
fn ended<'a>(id: Cow<'a, str>, payload: &Payload<'a>, told: &mut Told, pieces: &mut Vec<Piece<'a>>) {
    let mut kinds = Vec::new();
    calls::of_response(payload, &mut kinds);
    let blocks = said::blocks(payload.output);
    let (text, exit) = output::of(said::joined(&blocks));
    if let Some(mut questions) = told.asked(&id) {
        plan::answers(&text, &mut questions);
        let kind = Kind::Ask { call: id.clone(), questions };
        pieces.push(Piece::new(Some(result_id(&id)), 0, kind));
    }
    if let Some(thread) = started_by(&text).filter(|thread| told.is_new_agent(thread)) {
        pieces.push(agent(&id, Cow::Owned(thread), None, None));
    }
    let details = Output { exit, bytes: None, is_cut: output::is_cut(&text), spilled: None };
    for kind in kinds {
        if let Kind::Result { call, end, change, agent_id, .. } = kind {
            let (text, output) = (Cow::Owned(text.clone()), details.clone());
            let kind = Kind::Result { call, end, text, change, agent_id, output };
            pieces.push(Piece::new(Some(result_id(&id)), 0, kind));
        }
    }
    let pictures = (1..).zip(blocks.iter().filter_map(said::Block::picture));
    pieces.extend(pictures.map(|(block, kind)| Piece::new(Some(result_id(&id)), block, kind)));
}

/// The id of a call's end: the call and its end are on different lines, but may be told on one.
fn result_id<'a>(call: &str) -> Cow<'a, str> {
    Cow::Owned(format!("{call}/result"))
}

/// The calls in an event of older clients.
pub(super) fn of_event<'a>(payload: Payload<'a>, told: &mut Told, pieces: &mut Vec<Piece<'a>>) {
    let Some(id) = payload.call_id.clone() else { return };
    match payload.kind.as_deref().unwrap_or_default() {
        "patch_apply_end" => {
            let status = Some(Cow::Borrowed(if payload.success == Some(true) { "completed" } else { "failed" }));
            let (changes, stdout, stderr) = (payload.changes, payload.stdout, payload.stderr);
            let kind = Some(Cow::Borrowed("FileChange"));
            let item = Item { kind, id: Some(id), changes, stdout, stderr, status, ..Item::default() };
            of_client(item, told, pieces);
        }
        "web_search_end" => search(Some(id), payload.query, payload.action, None, pieces),
        "mcp_tool_call_end" => {
            let Some(call) = payload.invocation else { return };
            let kind = Some(Cow::Borrowed("McpToolCall"));
            let (server, tool, arguments) = (call.server, call.tool, call.arguments);
            let result = payload.result.and_then(|result| serde_json::from_str::<Outcome>(result.get()).ok());
            let is_ok = result.as_ref().is_some_and(|result| result.done.is_some());
            let result = result.and_then(|result| result.done.or(result.failed));
            let status = Some(Cow::Borrowed(if is_ok { "completed" } else { "failed" }));
            let item = Item { kind, id: Some(id), server, tool, arguments, result, status, ..Item::default() };
            of_client(item, told, pieces);
        }
        _ => {}
    }
}

#[derive(Deserialize)]
struct Outcome<'a> {
    #[serde(borrow, default, rename = "Ok")]
    done: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "Err")]
    failed: Option<&'a RawValue>,
}

/// The call and its end in an item of the client.
pub(super) fn of_client<'a>(item: Item<'a>, told: &mut Told, pieces: &mut Vec<Piece<'a>>) {
    let Some(id) = item.id.clone() else { return };
    let form = item.kind.clone().unwrap_or_default();
    match &*form {
        "WebSearch" => return search(Some(id), item.query, item.action, Some("completed"), pieces),
        "SubAgentActivity" => {
            let thread = item.agent_thread_id.filter(|_| item.activity.as_deref() == Some("started"));
            let thread = thread.filter(|thread| told.is_new_agent(thread));
            return pieces.extend(thread.map(|thread| agent(&id, thread, None, None)));
        }
        "CollabAgentToolCall" => {
            let thread = item.receiver().filter(|_| item.tool.as_deref() == Some("spawn_agent"));
            let is_known = told.knows_call(&id);
            let (purpose, mut kinds) = (item.prompt.clone(), Vec::new());
            calls::of_item(&item, &mut kinds);
            kinds.retain(|kind| !is_known && matches!(kind, Kind::Call { .. }));
            pieces.extend(kinds.into_iter().map(|kind| call(id.clone(), kind, None)));
            let thread = thread.filter(|thread| told.is_new_agent(thread));
            return pieces.extend(thread.map(|thread| agent(&id, Cow::Owned(thread), None, purpose)));
        }
        _ => {}
    }
    let mut kinds = Vec::new();
    calls::of_item(&item, &mut kinds);
    for kind in kinds {
        match kind {
            Kind::Call { .. } if told.is_new_call(&id) => pieces.push(call(id.clone(), kind, input(&item))),
            Kind::Result { call, end, .. } => {
                let (text, is_failed) = printed(&item);
                let end = if is_failed && end == CallEnd::Done { CallEnd::Failed } else { end };
                let exit = item.exit_code.filter(|code| code.fract() == 0.0).map(|code| code as i64);
                let output = Output { exit, bytes: None, is_cut: false, spilled: None };
                let kind = Kind::Result { call, end, text, change: None, agent_id: None, output };
                pieces.push(Piece::new(Some(result_id(&id)), 0, kind));
            }
            _ => {}
        }
    }
}

/// What an item was called with.
fn input<'a>(item: &Item<'a>) -> Option<Cow<'a, str>> {
    let cwd = item.cwd.as_deref().map(|cwd| cwd.strip_prefix("file://").unwrap_or(cwd));
    Some(match (item.command, item.changes, item.arguments) {
        (Some(command), ..) => {
            let cwd = cwd.map_or_else(String::new, |cwd| format!(",\"cwd\":{}", quoted(cwd)));
            Cow::Owned(format!("{{\"command\":{}{cwd}}}", command.get()))
        }
        (None, Some(changes), _) => Cow::Owned(format!("{{\"changes\":{}}}", changes.get())),
        (None, None, arguments) => Cow::Borrowed(arguments?.get()),
    })
}

/// What an item printed or answered, and whether the answer itself says that it failed.
fn printed<'a>(item: &Item<'a>) -> (Cow<'a, str>, bool) {
    #[derive(Deserialize)]
    struct Answer<'a> {
        #[serde(borrow, default)]
        content: Option<&'a RawValue>,
        #[serde(default, rename = "isError")]
        is_error: Option<bool>,
    }
    if let Some(text) = &item.aggregated_output {
        return (text.clone(), false);
    }
    if let Some(result) = item.result {
        let Ok(answer) = serde_json::from_str::<Answer>(result.get()) else {
            return (serde_json::from_str::<String>(result.get()).unwrap_or_default().into(), false);
        };
        let text = said::words(&said::blocks(answer.content));
        return (Cow::Owned(text), answer.is_error == Some(true));
    }
    let texts = [&item.stdout, &item.stderr].map(|text| text.as_deref().unwrap_or_default());
    let texts: Vec<&str> = texts.into_iter().filter(|text| !text.is_empty()).collect();
    (Cow::Owned(texts.join("\n")), false)
}

/// A search of the web, which has no answer in the log.
fn search<'a>(
    id: Option<Cow<'a, str>>,
    query: Option<Cow<'a, str>>,
    action: Option<&'a RawValue>,
    status: Option<&str>,
    pieces: &mut Vec<Piece<'a>>,
) {
    let Some(id) = id else { return };
    let input = match (action, query) {
        (Some(action), _) => Cow::Borrowed(action.get()),
        (None, query) => Cow::Owned(format!("{{\"query\":{}}}", quoted(&query.unwrap_or_default()))),
    };
    let asked =
        Asked { name: Cow::Borrowed("web_search"), class: CallClass::Web, input: Some(input), ..Asked::default() };
    pieces.push(Piece::new(Some(id.clone()), 0, Kind::Call { id: id.clone(), tool: Tool::Other, asked }));
    let end = match status {
        Some("failed") => CallEnd::Failed,
        None | Some("completed") => CallEnd::Done,
        Some(_) => return,
    };
    let (text, change, agent_id, output) = (Cow::Borrowed(""), None, None, Output::default());
    let kind = Kind::Result { call: id.clone(), end, text, change, agent_id, output };
    pieces.push(Piece::new(Some(result_id(&id)), 0, kind));
}

fn agent<'a>(
    call: &Cow<'a, str>,
    thread: Cow<'a, str>,
    agent_type: Option<Cow<'a, str>>,
    purpose: Option<Cow<'a, str>>,
) -> Piece<'a> {
    let kind = Kind::Agent { call: call.clone(), thread, agent_type, purpose };
    Piece::new(Some(Cow::Owned(format!("{call}/agent"))), 0, kind)
}

/// The subagent that an answer of `spawn_agent` names.
fn started_by(text: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Started {
        agent_id: String,
    }
    text.starts_with("{\"agent_id\"")
        .then(|| serde_json::from_str::<Started>(text).ok())
        .flatten()
        .map(|one| one.agent_id)
}

/// A text that should be JSON.
fn json(text: Cow<str>) -> Cow<str> {
    match serde_json::from_str::<IgnoredAny>(&text) {
        Ok(_) => text,
        Err(_) => Cow::Owned(quoted(&text)),
    }
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}
