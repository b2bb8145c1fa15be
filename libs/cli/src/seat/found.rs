//! Owns what commands need to know about the seat that they act on: whether it is open, its client, its conversation.

use crate::Context;
use crate::failure::{Failure, Outcome};
use agents::{Agent, resume};
use cs_core::id::Uuid;
use seats::Seat;
use std::path::Path;

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
pub fn conversation_of(context: &Context, agent: Agent, seat: &Seat) -> Outcome<Uuid> {
    let none = || Failure::Nothing(format!("{} has no conversation that could be continued", seat.title()));
    let uuid = known_conversation(seat).ok_or_else(none)?;
    match has_messages(context, agent, &uuid) {
        true => Ok(uuid),
        false => {
            Err(Failure::Nothing(format!("nothing was said to {} yet, so there is nothing to continue", seat.title())))
        }
    }
}

/// The conversation that the seat's file names.
pub fn known_conversation(seat: &Seat) -> Option<Uuid> {
    Uuid::parse(seat.claude_session_id.as_deref()?).ok()
}

/// Whether something was said in a conversation; without that, its client finds nothing to continue.
pub fn has_messages(context: &Context, agent: Agent, uuid: &Uuid) -> bool {
    let store = &context.store;
    let known = store.live(uuid).ok().flatten().or_else(|| store.ended(uuid).ok().flatten());
    resume::has_messages(agent, uuid, known.and_then(|live| live.transcript_path).as_deref().map(Path::new))
}
