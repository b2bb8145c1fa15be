//! SessionEnd: the conversation is over, unless another window has it open. Its session is parked if tasks are open and
//! somebody may come back to them, or if a turn was interrupted; otherwise it is completed. If nothing happened since it
//! was reopened, it gets its former end back. A conversation without a prompt leaves no record.

use crate::{PROGRAM, damaged};
use agents::hook_call::{self, HookCall};
use cs_core::change::{Change, TurnEnded};
use cs_core::ending::{BY_HOOK, Ending};
use cs_core::error::{Error, Result};
use cs_core::id::Uuid;
use cs_core::live::Live;
use cs_core::process::{self, Process};
use cs_core::store::NoteSync;

pub fn on_session_end(hook: &HookCall) -> Result<()> {
    let lock = hook.lock();
    let known = hook.store.live_for(&hook.uuid, &lock)?;
    let is_known = known.is_some();
    let mut live = match known {
        None if hook.has_just_ended()? => return hook.store.drop_live(&hook.uuid),
        None => hook.update_live(hook.new_live()),
        Some(mut live) if is_open_elsewhere(hook, &live) => {
            hook.caller().iter().for_each(|window| live.closed_by(window));
            return hook.store.write_live(&hook.uuid, &live);
        }
        Some(live) => match other_window(&live, hook.caller().as_ref()) {
            Some(window) => return leave_to(hook, &hook.uuid, live, window),
            None => hook.update_live(live),
        },
    };
    hook.store.store_last_name(&mut live, hook.now)?;
    match damaged::session(hook, &mut live) {
        // The end is recorded even if the record cannot be read at the moment.
        Err(Error::Io { .. }) => {}
        other => drop(other?),
    }
    let ending = ending(hook, "the conversation ended", !hook_call::is_unattended());
    let ending = Ending { midway: ending.midway.filter(|_| is_known), ..ending };
    hook.store.end_conversation(&hook.uuid, live, &ending, None).map(drop)
}

/// Creates an ending at the current time.
pub fn ending<'a>(hook: &HookCall, why: &'a str, attended: bool) -> Ending<'a> {
    Ending {
        setting: hook.config(PROGRAM).hooks.session_end,
        attended,
        why,
        message: None,
        asked: true,
        dialog: false,
        midway: Some(false),
        by: BY_HOOK,
        seen_at: Some(hook.now),
        now: hook.now,
    }
}

/// Whether the conversation stays open in another process. One in another PID namespace counts: it may still run.
fn is_open_elsewhere(hook: &HookCall, live: &Live) -> bool {
    hook.other_process(live).is_some_and(|other| process::may_run(&other))
}

/// A process that has the conversation open, other than the one that ends.
pub fn other_window(live: &Live, ends: Option<&Process>) -> Option<Process> {
    live.windows().find(|window| !ends.is_some_and(|ends| ends.is(window)) && process::may_run(window))
}

/// Ends the turn of the window that was open; the conversation continues in the process `window`.
pub fn leave_to(hook: &HookCall, uuid: &Uuid, mut live: Live, window: Process) -> Result<()> {
    live.closed_by(&window);
    live.set_process(Some(window));
    live.turn_ended(0, None, hook.now);
    let asked = std::mem::take(&mut live.awaiting);
    let id = live.session().filter(|_| asked);
    hook.store.write_live(uuid, &live)?;
    let turn = TurnEnded { is_answered: true, requested: live.requested.clone(), ..TurnEnded::default() };
    id.map_or(Ok(()), |id| hook.record_change(&id, Change::TurnEnded(turn), NoteSync::Later))
}
