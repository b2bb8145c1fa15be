//! PostModelRequest (Codex): a request that failed ends the turn, unless the agent tries again. Codex reports every
//! request, so one that was answered must cost next to nothing.

use crate::ask;
use agents::hook_call::{self, HookCall};
use agents::payload;
use cs_core::change::{Change, TurnEnded};
use cs_core::error::Result;
use cs_core::live::Live;
use cs_core::store::NoteSync;

/// Maximum number of characters of the failure's text.
const WHY: usize = 200;

pub fn on_model_request(hook: &HookCall) -> Result<()> {
    let failed = hook.payload.status.as_deref() == Some("failed");
    let is_after_failure = || Ok(hook.store.live(&hook.uuid)?.is_some_and(|live| live.request_failed));
    if !failed && (hook.payload.status.as_deref() != Some("completed") || !is_after_failure()?) {
        return Ok(());
    }
    let told = payload::failure(hook.payload.error.as_deref().unwrap_or("unknown"));
    let why = hook_call::first_line(&told, WHY);
    ask::change(hook, |live| match failed {
        true => live.request_failed(&why, hook.now),
        false => live.went_on(hook.now),
    })?;
    if failed { note(hook, why) } else { Ok(()) }
}

/// Notes the failure in the record, like that of a turn of Claude Code. If the conversation has just ended, its turn had
/// failed before and was not interrupted by the end.
fn note(hook: &HookCall, why: String) -> Result<()> {
    let (live, ended) = (hook.store.live(&hook.uuid)?, hook.store.ended(&hook.uuid)?);
    let Some(id) = live.as_ref().or(ended.as_ref()).and_then(Live::session) else { return Ok(()) };
    let turn = TurnEnded { failed: Some(why), ..TurnEnded::default() };
    hook.record_change(&id, Change::TurnEnded(turn), NoteSync::Later)?;
    let was_in_turn = ended.is_some_and(|ended| ended.is_in_turn());
    let late = Change::SaidLate { message: None, instead_of: None };
    if live.is_none() && was_in_turn { hook.record_change(&id, late, NoteSync::Later) } else { Ok(()) }
}
