//! Owns that a conversation takes place in a seat: its file and its session name the seat. Must stay true: `CS_AGENT` is a
//! claim, which counts only if the client that calls is the seat's; a client that the agent starts in its own shell
//! inherits the variable and is not.

use agents::hook_call::HookCall;
use cs_core::id::SeatId;
use cs_core::live::Live;

/// The variable in which the client of a seat finds the seat's id.
const CLAIM: &str = "CS_AGENT";

/// Notes the seat in the conversation's file, and the session that was made for the conversation when it was spawned.
pub fn note(hook: &HookCall, live: &mut Live) {
    let Some(id) = std::env::var(CLAIM).ok().and_then(|id| SeatId::parse(&id).ok()) else { return };
    if live.agent_id.as_deref() == Some(id.as_str()) {
        return;
    }
    // A seat that cannot be read costs no record.
    let Some(seat) = hook.store.seated(&id).ok().flatten() else { return };
    if !hook.caller().is_some_and(|caller| seat.is_client(&caller)) {
        return;
    }
    live.agent_id = Some(id.to_string());
    let is_its_own = seat.claude_session_id.as_deref() == Some(hook.uuid.as_str());
    if live.session_id.is_none() && is_its_own {
        live.session_id = seat.session_id.map(String::from);
    }
}
