//! Every hook but the end of a turn. The payload's hook_event_name decides what happens.
//!
//! Reads: standard input, `live/`, `ended/`, the record, `config.json`, `context/<slug>.json`.
//! Writes: `live/<uuid>.json`, the record; with a session's beginning and end what follows from it.
//! Exits: 0, always; trouble goes to `logs/hook.log`. Prints only context for a new conversation.

mod ask;
mod commits;
mod context;
mod damaged;
mod elsewhere;
mod end;
mod failed;
mod going_on;
mod moved;
mod prompt;
mod start;
mod superseded;
mod tool;

use cs_core::change::Change;
use cs_core::error::Result;
use cs_core::intake::{self, Call, Intake};
use cs_core::store::{Noted, Store};

fn main() {
    intake::guard("cs-hook", |home| match intake::call("cs-hook", Store::for_hooks(home.clone())) {
        Call::Event(intake) => handle(&intake),
        Call::ByHand | Call::Unheard => Ok(()),
    });
}

/// As the log calls it.
const PROGRAM: &str = "cs-hook";

fn handle(intake: &Intake) -> Result<()> {
    // A prompt makes the session itself, and knows what it is for.
    let makes = intake.payload.event.as_deref() != Some("UserPromptSubmit");
    if let Err(error) = intake.store.place_notes(&intake.uuid, makes, PROGRAM, intake.now) {
        intake::log(&intake.store.home, PROGRAM, &format!("notes of {}: {error}", intake.uuid));
    }
    match intake.payload.event.as_deref() {
        // What a helper of the agent does is not the conversation's news, but its questions are the user's.
        Some("SessionStart" | "SessionEnd" | "PreCompact" | "PostModelRequest") if intake.is_from_subagent() => Ok(()),
        Some("PostModelRequest") => failed::requested(intake),
        Some("SessionStart") => start::started(intake),
        Some("UserPromptSubmit") => prompt::submitted(intake),
        Some("PermissionRequest") => ask::permission(intake),
        Some("Notification") => ask::notification(intake),
        Some("PostToolUse" | "PostToolUseFailure") => tool::ended(intake),
        Some("PreCompact") => compacted(intake),
        Some("SessionEnd") => end::ended(intake),
        _ => Ok(()),
    }
}

fn compacted(intake: &Intake) -> Result<()> {
    let lock = intake.lock();
    let Some(mut live) = intake.live(&lock)? else { return intake.store.drop_live(&intake.uuid) };
    let trigger = intake.payload.trigger.as_deref().filter(|word| word.chars().all(|c| c.is_ascii_alphabetic()));
    let message = format!("context compacted ({})", trigger.unwrap_or("unknown trigger"));
    let id = intake.session(&mut live)?;
    intake.store.write_live(&intake.uuid, &live)?;
    id.map_or(Ok(()), |id| intake.tell(&id, Change::Happened { message }, Noted::Soon))
}

/// Whether no person has the conversation, who may come back to it. Newer clients say so; before,
/// the ways to run one from a program had names of their own (`sdk-cli` is `claude -p`).
fn is_unattended() -> bool {
    match std::env::var("CLAUDE_CODE_SESSION_ATTENDED") {
        Ok(word) => word == "0",
        Err(_) => std::env::var("CLAUDE_CODE_ENTRYPOINT").is_ok_and(|name| name.starts_with("sdk")),
    }
}

/// The session that a conversation's file names.
fn session_of(live: &cs_core::live::Live) -> Option<cs_core::id::SessionId> {
    cs_core::id::SessionId::parse(live.session_id.as_deref()?).ok()
}
