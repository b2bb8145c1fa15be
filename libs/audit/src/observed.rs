//! Owns which line of the log a call that an agent reports to a hook becomes: of which conversation it is, what it is
//! called with, and what the rules say about that. The hook that logs calls and the one that guards them use this module,
//! so that their lines about a call agree. Must stay true: a line contains the command or the names of files, never
//! contents of a file and never an answer; what is not known is absent.
//! Deliberately absent: how a call ended, which only the hook that logs is told.

use crate::entry::{Bytes, Entry, Input, Kind};
use crate::judged;
use agents::hook_call::HookCall;
use agents::hook_seat;
use cs_core::config::Config;
use cs_core::patch::Patch;
use cs_core::{file, git};
use rules::{Call, Rules, Verdict};
use std::path::Path;

/// What the rules say about the call that the hook reports, in a form that may be stored.
pub fn verdicts(hook: &HookCall, rules: &Rules) -> Vec<Verdict> {
    let (command, files) = subject(hook);
    let paths = files.iter().map(String::as_str).collect();
    judged::judge(&Call { command, is_cut: hook.is_command_cut(), paths }, rules)
}

/// The command, else the files that the call names.
fn subject(hook: &HookCall) -> (Option<&str>, Vec<String>) {
    let command = hook.payload.command_line();
    (command, if command.is_none() { hook.payload.files_named() } else { Vec::new() })
}

impl Entry {
    /// A line about the conversation in which the hook is called, and where that works.
    pub fn of_hook(hook: &HookCall, config: &Config, kind: Kind) -> Self {
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
            ..Entry::new(kind, hook.now)
        }
    }

    /// Adds what is called, with which input, and what the rules say about that.
    #[must_use]
    pub fn with_call(self, hook: &HookCall, verdicts: &[Verdict]) -> Self {
        let payload = &hook.payload;
        let (tool_input, response) = (hook.reported("tool_input"), hook.reported("tool_response"));
        let input = match subject(hook) {
            (Some(command), _) => Input { command: Some(command.to_string()), ..Input::default() },
            (None, files) => Input::of_files(files),
        };
        let entry = Entry {
            tool_use_id: payload.tool_use_id.clone(),
            tool: payload.tool_name.clone(),
            target: input.path.clone(),
            input: Some(input).filter(|input| *input != Input::default()),
            input_sha256: tool_input.map(|input| chain::digest(input.as_bytes())),
            bytes: sizes(tool_input, response),
            ..self
        };
        entry.with_verdicts(verdicts)
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

/// The sizes of what was reported.
fn sizes(input: Option<&str>, response: Option<&str>) -> Option<Bytes> {
    let size = |text: Option<&str>| text.map(|text| text.len() as u64);
    Some(Bytes { input: size(input), response: size(response) }).filter(|bytes| *bytes != Bytes::default())
}
