//! Owns which messages may wake an agent in which state. Must stay true: while a person is asked something, none may.

use cs_core::clock::{Instant, TimeDelta};
use cs_core::error::Result;
use cs_core::id::Uuid;
use cs_core::live::Live;
use cs_core::process::Process;
use cs_core::state::State;
use cs_core::states::States;
use cs_core::store::Store;
use seats::Want;
use std::slice;

/// The silence that makes a state unknown: none, because the client runs.
const NEVER: TimeDelta = TimeDelta::days(36_500);

/// The messages that may be delivered to the conversation now; `None` for none. The client's registry counts, too: no hook
/// reports that a person interrupted a turn.
pub fn wanted(store: &Store, uuid: &Uuid, client: &Process, now: Instant) -> Result<Option<Want>> {
    let live = store.live(uuid)?.unwrap_or_else(|| {
        let mut live = Live::new(uuid.as_str(), now);
        live.set_process(Some(client.clone()));
        live
    });
    let verdict = States::of_lives(store, slice::from_ref(&live), NEVER, now).of_live(&live);
    Ok(match verdict.state {
        State::Idle | State::Background => Some(Want::Any),
        State::Working => Some(Want::Important),
        _ => None,
    })
}
