//! Owns what keeps agents from spawning without end: how deep, how many, how often. A person is not limited.

use super::Agents;
use crate::failure::{Failure, Outcome};
use cs_core::clock::{self, Instant, TimeDelta};
use seats::settings::Settings;
use seats::{Caller, Parent, Seat};

/// Refuses a spawn beyond the limits. `seats` is read under the lock for spawning.
pub fn check(agents: &Agents, settings: &Settings, now: Instant) -> Outcome<()> {
    if agents.caller == Caller::Person {
        return Ok(());
    }
    let depth = depth(&agents.caller);
    if depth > settings.max_depth {
        let text = format!("an agent at depth {} may not spawn another one", depth - 1);
        return Err(Failure::Advised(text, "agents.max_depth in config.json is the limit".into()));
    }
    let word = agents.caller.word();
    let spawned = || agents.seats.iter().filter(|seat| seat.spawned_by == word);
    let open: Vec<&Seat> = spawned().filter(|seat| !agents.files.has_ended(seat)).collect();
    if open.len() >= settings.max_children {
        let text = format!("{} agents that you spawned are running, and more are not allowed", open.len());
        let oldest = open.first().map(|seat| seat.agent_id.as_str()).unwrap_or_default();
        let hint = format!("cs-agent kill {oldest} ends the oldest; agents.max_children in config.json is the limit");
        return Err(Failure::Advised(text, hint));
    }
    let recent = spawned().filter(|seat| is_recent(seat, now)).count();
    if recent >= settings.spawns_a_minute {
        let text = format!("{recent} agents were spawned by you within a minute, and more are not allowed");
        let hint = "try again in a minute; agents.spawns_a_minute in config.json is the limit";
        return Err(Failure::Later(text, Some(hint.into())));
    }
    Ok(())
}

/// Whether a seat was made within the last minute. A time in the future counts: the clock was set back.
fn is_recent(seat: &Seat, now: Instant) -> bool {
    clock::parse(&seat.spawned_at).is_none_or(|at| now - at < TimeDelta::minutes(1))
}

/// How many agents are above a seat that the caller makes.
pub fn depth(caller: &Caller) -> u32 {
    match caller {
        Caller::Person => 0,
        Caller::Seat(seat) => seat.depth + 1,
        Caller::Conversation(_) => 1,
    }
}

/// The caller as the parent of a seat; `None` for a person.
pub fn parent(caller: &Caller) -> Option<Parent> {
    let unknown = Default::default;
    match caller {
        Caller::Person => None,
        Caller::Seat(seat) => {
            Some(Parent { agent_id: Some(seat.agent_id.clone()), claude_session_id: None, unknown: unknown() })
        }
        Caller::Conversation(uuid) => {
            Some(Parent { agent_id: None, claude_session_id: Some(uuid.clone()), unknown: unknown() })
        }
    }
}
