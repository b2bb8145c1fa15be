//! Owns beginning a new conversation in a seat. Must stay true: the seat keeps its name, its parent and its inbox; nothing
//! is typed: the client in the pane is replaced by a new one; if that fails, the seat is as before.

use super::start::{self, Wanted};
use super::{Agents, id_of, interrupt, opening, pane, seen};
use crate::Context;
use crate::failure::{Failure, Outcome};
use agents::Agent;
use agents::launch::Beginning;
use cs_core::error::Result;
use cs_core::id::Uuid;
use cs_core::record::Session;
use cs_core::state::State;
use seats::Seat;

/// Begins a new conversation in a seat, waits for its client, and returns the seat.
pub fn clear(context: &Context, agents: &Agents, seat: &Seat, agent: Agent, wanted: Wanted) -> Outcome<Seat> {
    let is_seen = agent == Agent::Claude || wanted.prompt.is_some();
    let started = replace(context, agents, seat, agent, wanted)?;
    if is_seen { seen::wait(context, agents, &started) } else { seen::settle(context, agents, &started) }
}

/// Replaces the client in the seat's pane by one with a new conversation, and returns the seat.
fn replace(context: &Context, agents: &Agents, seat: &Seat, agent: Agent, wanted: Wanted) -> Outcome<Seat> {
    let prompt = wanted.prompt.clone().filter(|_| agent == Agent::Claude);
    let chosen = Seat { model: wanted.model.clone(), effort: wanted.effort.clone(), ..seat.clone() };
    let ready = start::prepare(context, agents, &super::settings(&context.store), agent, wanted)?;
    let id = id_of(seat)?;
    // If this program is killed before tmux has replaced the client, that one takes the seat back at its next event.
    let _lock = agents.files.replacing(&id, context.store.wait)?;
    let terminal = pane::checked(seat)?;
    let uuid = Uuid::random();
    let fresh = with_conversation(&chosen, agent, &uuid);
    let session = prompt.map(|prompt| opening::begin_session(context, &fresh, &prompt)).transpose()?;
    let changed = agents.files.update(&id, |seat| begin(seat, &fresh, session.as_ref()))?;
    ready.start_again(&changed, terminal, Beginning::New(uuid)).inspect_err(|_| {
        let _ = agents.files.update(&id, |now| take_back(now, &changed, seat));
        opening::forget(context, session.as_ref());
    })
}

/// Refuses to end a turn, or to drop a question, without being told to.
pub fn refuse_busy(context: &Context, seat: &Seat, prompt: Option<&str>) -> Outcome<()> {
    let why = match interrupt::state(context, seat)? {
        State::Idle | State::Background => return Ok(()),
        State::Working => "works",
        State::Waiting => "waits for an answer",
        _ => "may be working",
    };
    let prompt = prompt.map(|_| " \"PROMPT\"").unwrap_or_default();
    let hint = format!("cs-agent clear {} --now{prompt} ends its turn", seat.agent_id);
    Err(Failure::Advised(format!("{} {why}; nothing was changed", seat.title()), hint))
}

/// The seat with a new conversation. Codex chooses the id itself.
fn with_conversation(seat: &Seat, agent: Agent, uuid: &Uuid) -> Seat {
    let mut fresh = Seat { claude_session_id: None, session_id: None, ..seat.clone() };
    if agent == Agent::Claude {
        fresh.begin_conversation(uuid.as_str());
    }
    fresh
}

fn begin(seat: &mut Seat, fresh: &Seat, session: Option<&Session>) -> Result<()> {
    seat.model.clone_from(&fresh.model);
    seat.effort.clone_from(&fresh.effort);
    seat.claude_session_id.clone_from(&fresh.claude_session_id);
    seat.conversations.clone_from(&fresh.conversations);
    seat.session_id = session.map(|session| session.session_id.clone());
    seat.await_client();
    Ok(())
}

/// Undoes [`begin`] if nobody else changed the seat since.
fn take_back(seat: &mut Seat, changed: &Seat, before: &Seat) -> Result<()> {
    if seat == changed {
        *seat = before.clone();
    }
    Ok(())
}
