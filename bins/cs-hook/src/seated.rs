//! Owns that a conversation takes place in a seat: its file and its session name the seat.

use agents::hook_call::HookCall;
use agents::hook_seat;
use cs_core::live::Live;

/// Notes the seat in the conversation's file, and the session that was made for the conversation when it was spawned.
pub fn note(hook: &HookCall, live: &mut Live) {
    let Some(id) = hook_seat::claimed().filter(|id| live.agent_id.as_deref() != Some(id.as_str())) else { return };
    let Some(seat) = hook.seated(&id) else { return };
    live.agent_id = Some(id.to_string());
    let is_its_own = seat.claude_session_id.as_deref() == Some(hook.uuid.as_str());
    if live.session_id.is_none() && is_its_own {
        live.session_id = seat.session_id.map(String::from);
    }
}
