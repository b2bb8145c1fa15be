//! A client process has one conversation at a time: if another one begins in it, the older one is over, even if the
//! client did not report its end (`/clear` in an editor reports nothing). Must stay true: this applies only to clients
//! that name their process. Others may serve many conversations from one process, as Codex's app server does.

use crate::{PROGRAM, end};
use agents::Agent;
use agents::hook_call::{self, HookCall};
use cs_core::error::Result;
use cs_core::hook_log;
use cs_core::id::Uuid;
use cs_core::live::Live;

/// Ends the process's previous conversation and removes it from `lives`. The caller must not hold the lock of the new
/// conversation, because only one is held at a time. Each start ends at most one conversation, so that its cost does not
/// depend on their number.
pub fn end_previous(hook: &HookCall, live: &Live, lives: &mut Vec<Live>) {
    let named = hook_call::named_process(Agent::of(live));
    if named.is_none() || named != live.pid {
        return;
    }
    let of_it = lives.iter().filter(|older| is_of_the_process(older, live));
    let last = of_it.max_by(|a, b| a.last_event_at.cmp(&b.last_event_at));
    let Some(uuid) = last.and_then(|older| Uuid::parse(&older.claude_session_id).ok()) else { return };
    match finish(hook, &uuid, live) {
        Ok(()) => lives.retain(|other| other.claude_session_id != uuid.as_str()),
        Err(error) => {
            hook_log::log(&hook.store.home, PROGRAM, &format!("end of {uuid}, which was superseded: {error}"));
        }
    }
}

fn is_of_the_process(older: &Live, live: &Live) -> bool {
    older.claude_session_id != live.claude_session_id
        && older.process().is_some()
        && older.process() == live.process()
        && older.agent == live.agent
}

fn finish(hook: &HookCall, uuid: &Uuid, live: &Live) -> Result<()> {
    let _lock = hook.store.lock_live(uuid)?;
    let older = hook.store.live(uuid)?.filter(|older| is_of_the_process(older, live));
    let Some(older) = older else { return Ok(()) };
    match end::other_window(&older, live.process().as_ref()) {
        Some(window) => end::leave_to(hook, uuid, older, window),
        None => {
            let attended = !older.unattended;
            let ending = end::ending(hook, "its client began another conversation", attended);
            hook.store.end_conversation(uuid, older, &ending, None).map(drop)
        }
    }
}
