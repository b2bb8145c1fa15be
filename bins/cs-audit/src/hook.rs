//! The hook: one line of the log for each event. Must stay true: nothing is printed and nobody is kept waiting; a line
//! contains the command or the names of files, never contents of a file and never an answer; what is not known is absent.

use agents::hook_call::{self, Call, HookCall};
use agents::{Event, hook_seat};
use audit::{Bytes, Entry, Input, Kind, Log, Settings};
use cs_core::config::Config;
use cs_core::error::Result;
use cs_core::patch::Patch;
use cs_core::store::Store;
use cs_core::witness::Witness;
use cs_core::{file, git};
use std::path::Path;

/// Logs the event that an agent reports on standard input.
pub fn run() {
    hook_call::guard(crate::PROGRAM, |home| {
        let store = Store::for_hooks(home.clone(), Witness::NONE);
        let config = store.config();
        // What is wrong with the settings is told by `cs-setup doctor`.
        let (settings, _) = Settings::read(&config, &home.config());
        if !settings.enabled {
            return Ok(());
        }
        match hook_call::call(crate::PROGRAM, store) {
            Call::Event(hook) => log(&hook, &config, &settings),
            Call::ByHand | Call::Unreadable => Ok(()),
        }
    });
}

fn log(hook: &HookCall, config: &Config, settings: &Settings) -> Result<()> {
    let Some(kind) = hook.payload.event().and_then(kind) else { return Ok(()) };
    let mut entry = about(hook, config, Entry::new(kind, hook.now));
    if matches!(kind, Kind::Attempt | Kind::Result) {
        entry = with_call(hook, settings, entry);
    }
    if kind == Kind::Result {
        entry.ms = hook.payload.duration_ms;
        entry.ok = hook.payload.is_success();
        entry.interrupted = hook.payload.is_interrupt || hook.payload.response.is_interrupted;
    }
    Log::of(&hook.store.home, hook.store.wait).append(entry, hook.now)
}

/// The kind of line that an event becomes; `None` if it becomes none.
fn kind(event: Event) -> Option<Kind> {
    match event {
        Event::PreToolUse => Some(Kind::Attempt),
        Event::PostToolUse | Event::PostToolUseFailure => Some(Kind::Result),
        Event::SubagentStart => Some(Kind::SubagentStart),
        Event::SubagentStop => Some(Kind::SubagentStop),
        _ => None,
    }
}

/// Adds which conversation it is about, and where that works.
fn about(hook: &HookCall, config: &Config, entry: Entry) -> Entry {
    let payload = &hook.payload;
    let live = live(hook);
    let live = Patch::of(&live).unwrap_or_default();
    let cwd = payload.cwd.clone().or_else(|| live.text("cwd")).filter(|cwd| !cwd.is_empty());
    Entry {
        claude_session_id: Some(hook.uuid.to_string()),
        agent: payload.agent().map(|agent| agent.word().to_string()).or_else(|| live.text("agent")),
        agent_seat: seat(hook, live.text("agent_id")),
        agent_id: payload.agent_id.clone(),
        agent_type: payload.agent_type.clone(),
        project: live.text("project_slug").or_else(|| project(config, cwd.as_deref()?)),
        cwd,
        ..entry
    }
}

/// The conversation's file, also if the event comes after its end; empty without one.
fn live(hook: &HookCall) -> Vec<u8> {
    let home = &hook.store.home;
    let read = |path: &Path| file::read(path).ok().flatten();
    read(&home.live(&hook.uuid)).or_else(|| read(&home.ended(&hook.uuid))).unwrap_or_default()
}

/// The seat of the client that calls. `known` is the one that the conversation's file names.
fn seat(hook: &HookCall, known: Option<String>) -> Option<String> {
    let seat = hook_seat::claimed()?;
    let is_its_own = known.as_deref() == Some(seat.as_str()) || hook.seated(&seat).is_some();
    is_its_own.then(|| seat.to_string())
}

/// The project of a conversation that no other hook reported yet.
fn project(config: &Config, cwd: &str) -> Option<String> {
    let checkout = git::find(Path::new(cwd)).map(|checkout| checkout.main_root.to_string_lossy().into_owned());
    config.project_of(checkout.as_deref().unwrap_or(cwd)).map(str::to_string)
}

/// Adds what is called, with which input, and what the rules say about that.
fn with_call(hook: &HookCall, settings: &Settings, entry: Entry) -> Entry {
    let payload = &hook.payload;
    let files = payload.files_named();
    let command = payload.command_line();
    let paths = files.iter().map(String::as_str).collect();
    let call = rules::Call { command, is_cut: hook.is_command_cut(), paths };
    let verdicts = audit::judge(&call, &settings.all_rules());
    let (tool_input, response) = (hook.reported("tool_input"), hook.reported("tool_response"));
    let input = match command {
        Some(command) => Input { command: Some(command.to_string()), ..Input::default() },
        None => Input::of_files(files),
    };
    let entry = Entry {
        tool_use_id: payload.tool_use_id.clone(),
        tool: payload.tool_name.clone(),
        target: input.path.clone(),
        input: Some(input).filter(|input| *input != Input::default()),
        input_sha256: tool_input.map(|input| audit::digest(input.as_bytes())),
        bytes: sizes(tool_input, response),
        ..entry
    };
    entry.with_verdicts(&verdicts)
}

/// The sizes of what was reported.
fn sizes(input: Option<&str>, response: Option<&str>) -> Option<Bytes> {
    let size = |text: Option<&str>| text.map(|text| text.len() as u64);
    Some(Bytes { input: size(input), response: size(response) }).filter(|bytes| *bytes != Bytes::default())
}
