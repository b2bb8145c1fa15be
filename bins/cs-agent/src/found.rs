//! Owns what commands need to know about the seat that they act on: whether it is open, its client, its conversation.

use agents::Agent;
use cli::{Failure, Outcome};
use cs_core::id::Uuid;
use seats::Seat;

/// Refuses to start anything if that is switched off.
pub fn refuse_switched_off() -> Outcome<()> {
    match seats::are_off() {
        false => Ok(()),
        true => Err(Failure::Advised("CS_AGENTS=off: no agent is started".into(), "unset CS_AGENTS".into())),
    }
}

/// Refuses a seat without a client.
pub fn refuse_ended(seat: &Seat) -> Outcome<()> {
    if seat.status.is_open() {
        return Ok(());
    }
    let hint = format!("cs-agent restore {} continues its conversation", seat.agent_id);
    Err(Failure::Advised(format!("{} has ended", seat.title()), hint))
}

/// The client of a seat.
pub fn agent_of(seat: &Seat) -> Outcome<Agent> {
    let unknown =
        || Failure::Nothing(format!("it is not known how to start {}, the client of {}", seat.agent, seat.title()));
    Agent::of_word(&seat.agent).ok_or_else(unknown)
}

/// The conversation of a seat, which another client can continue.
pub fn conversation_of(seat: &Seat) -> Outcome<Uuid> {
    let none = || Failure::Nothing(format!("{} has no conversation that could be continued", seat.title()));
    Ok(Uuid::parse(seat.claude_session_id.as_deref().ok_or_else(none)?)?)
}
