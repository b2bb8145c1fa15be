//! Handles all hooks but the end of a turn, by the payload's hook_event_name.
//!
//! Reads: standard input, `live/`, `ended/`, the record, `config.json`, `context/<slug>.json`.
//! Writes: `live/<uuid>.json`, the record; when a session begins or ends, also the files derived from it.
//! Exits: always 0; errors go to `logs/hook.log`. Prints only context for a new conversation, and to
//! a person, who calls it on a terminal or with --help, what it is.
//!
//! Deliberately absent: Rust's runtime, as in `cs-heartbeat`.

#![no_main]

mod ask;
mod begin;
mod commits;
mod context;
mod continuation;
mod damaged;
mod elsewhere;
mod end;
mod failed;
mod moved;
mod prompt;
mod seated;
mod start;
mod superseded;
mod tool;

use agents::Event;
use agents::hook_call::{self, Call, HookCall};
use cs_core::change::Change;
use cs_core::error::Result;
use cs_core::hook_log;
use cs_core::store::{NoteSync, Store};
use cs_core::timeline::COMPACTED;
use std::ffi::{CStr, c_char};
use std::io::IsTerminal;

/// What a person who calls the program is told.
const HELP: &str = "\
Usage: cs-hook <PAYLOAD

Handles every hook of Claude Code and Codex except the end of a turn. The agent
calls it and writes one JSON object to its standard input; nobody else needs to.
It always exits with 0; its errors are in logs/hook.log.

See also:
  cs-setup install  registers it
  cs-setup doctor   checks whether it works
";

/// The entry point of the C library.
///
/// # Safety
///
/// `argv` must have `words` texts with a zero at the end of each, as the C library passes them.
#[allow(unsafe_code, reason = "the C library calls it by this name")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn main(words: i32, argv: *const *const c_char) -> i32 {
    // SAFETY: the C library passes this many texts.
    if words > 1 && hook_call::asks_for_help(unsafe { CStr::from_ptr(*argv.add(1)) }.to_bytes()) {
        hook_call::print_help(HELP);
        return 0;
    }
    hook_call::guard(PROGRAM, |home| match hook_call::call(PROGRAM, Store::for_hooks(home.clone(), agents::WITNESS)) {
        Call::Event(hook) => handle(&hook),
        Call::ByHand if std::io::stdin().is_terminal() => {
            hook_call::print_help(HELP);
            Ok(())
        }
        Call::ByHand | Call::Unreadable => Ok(()),
    });
    0
}

const PROGRAM: &str = "cs-hook";

fn handle(hook: &HookCall) -> Result<()> {
    // A prompt creates the session itself, because it knows the session's purpose.
    let creates = hook.payload.event() != Some(Event::UserPromptSubmit);
    if let Err(error) = hook.store.assign_notes(&hook.uuid, creates, PROGRAM, hook.now) {
        hook_log::log(&hook.store.home, PROGRAM, &format!("notes of {}: {error}", hook.uuid));
    }
    match hook.payload.event() {
        // Events of a subagent are ignored here, but its questions (below) go to the user.
        Some(Event::SessionStart | Event::SessionEnd | Event::PreCompact | Event::PostModelRequest)
            if hook.is_from_subagent() =>
        {
            Ok(())
        }
        Some(Event::PostModelRequest) => failed::on_model_request(hook),
        Some(Event::SessionStart) => start::on_session_start(hook),
        Some(Event::UserPromptSubmit) => prompt::on_prompt(hook),
        Some(Event::PermissionRequest) => ask::on_permission_request(hook),
        Some(Event::Notification) => ask::on_notification(hook),
        Some(Event::PostToolUse | Event::PostToolUseFailure) => tool::on_tool_end(hook),
        Some(Event::PreCompact) => on_compact(hook),
        Some(Event::SessionEnd) => end::on_session_end(hook),
        // Events of cs-heartbeat and cs-audit, and unknown ones.
        Some(Event::Stop | Event::StopFailure | Event::Interrupt)
        | Some(Event::PreToolUse | Event::SubagentStart | Event::SubagentStop)
        | None => Ok(()),
    }
}

fn on_compact(hook: &HookCall) -> Result<()> {
    let lock = hook.lock();
    let Some(mut live) = hook.live(&lock)? else { return hook.store.drop_live(&hook.uuid) };
    let trigger = hook.payload.trigger.as_deref().filter(|word| word.chars().all(|c| c.is_ascii_alphabetic()));
    let message = format!("{COMPACTED} ({})", trigger.unwrap_or("unknown trigger"));
    let id = hook.session(&mut live)?;
    hook.store.write_live(&hook.uuid, &live)?;
    id.map_or(Ok(()), |id| hook.record_change(&id, Change::Happened { message }, NoteSync::Later))
}
