//! Owns what Claude Code's tools do, by their names, and what a call of one says.

use crate::content::{Block, Input};
use crate::entry::{Asked, CallClass, Kind, PlanStep, Tool, Wanted};
use cs_core::repair;
use std::borrow::Cow;

/// The call in a block, and the plan that it proposes.
pub(super) fn of_block(block: &Block, wanted: Wanted) -> (Kind<'static>, Option<Kind<'static>>) {
    let room = &mut Vec::new();
    let name = block.name.as_deref().unwrap_or_default();
    let input = block.arguments(room);
    let is_full = wanted == Wanted::Full;
    let id = own(block.id.as_deref().unwrap_or_default());
    let plan = input.plan.as_deref().filter(|text| is_full && !text.is_empty()).map(|text| Kind::Plan {
        call: id.clone(),
        step: PlanStep::Proposed,
        items: Vec::new(),
        text: own(text),
    });
    let tool = tool(name, input.command.as_deref());
    let json = block.input.filter(|_| is_full).map(|input| valid(input.get()));
    let asked = asked(name, input, is_full, json);
    (Kind::Call { id, tool, asked }, plan)
}

fn asked(name: &str, input: Input, is_full: bool, json: Option<Cow<'static, str>>) -> Asked<'static> {
    let own = |text: Option<Cow<str>>| text.map(|text| Cow::Owned(text.into_owned()));
    let file = own(input.file_path.or(input.notebook_path)).or_else(|| own(input.path.filter(|_| is_full)));
    Asked {
        files: file.into_iter().collect(),
        purpose: own(input.description),
        agent_type: own(input.subagent_type),
        name: Cow::Owned(name.to_string()),
        change: None,
        class: class(name),
        input: json,
    }
}

fn own(text: &str) -> Cow<'static, str> {
    Cow::Owned(text.to_string())
}

/// JSON without half surrogate pairs, which other readers of JSON refuse.
fn valid(json: &str) -> Cow<'static, str> {
    let is_odd = json.contains("\\ud") || json.contains("\\uD");
    let repaired = if is_odd { repair::repair(json.as_bytes()) } else { None };
    Cow::Owned(repaired.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_else(|| json.to_string()))
}

/// The kind of tool with this name.
fn tool(name: &str, command: Option<&str>) -> Tool<'static> {
    match name {
        "Edit" | "Write" | "MultiEdit" | "NotebookEdit" => Tool::Edit,
        "AskUserQuestion" | "ExitPlanMode" => Tool::Ask,
        "Bash" => Tool::Run(own(command.unwrap_or_default())),
        _ => Tool::Other,
    }
}

/// What kind of work a tool does.
fn class(name: &str) -> CallClass {
    match name {
        "Bash" | "PowerShell" | "BashOutput" | "KillShell" | "KillBash" | "Monitor" | "TaskOutput" | "TaskStop" => {
            CallClass::Run
        }
        "Read" | "Glob" | "Grep" | "LS" | "NotebookRead" | "LSP" | "ToolSearch" => CallClass::Read,
        "Edit" | "Write" | "MultiEdit" | "NotebookEdit" => CallClass::Edit,
        "WebFetch" | "WebSearch" | "web_search" | "web_fetch" => CallClass::Web,
        "Agent" | "Task" | "SendMessage" | "TeamCreate" | "TeamDelete" => CallClass::Agent,
        "TodoWrite" | "TaskCreate" | "TaskUpdate" | "TaskList" | "TaskGet" | "EnterPlanMode" | "ExitPlanMode" => {
            CallClass::Plan
        }
        "AskUserQuestion" => CallClass::Ask,
        name if name.starts_with("mcp__") => CallClass::Mcp,
        _ => CallClass::Other,
    }
}
