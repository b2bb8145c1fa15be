//! Owns which running conversations a line for people counts: the status line, the line for bars.
//! Must stay true: the cost does not depend on the number of sessions; only running conversations are examined.

use crate::clock::Instant;
use crate::id::{SessionId, Uuid};
use crate::live::Live;
use crate::record::Status;
use crate::state::State;
use crate::states::States;
use crate::store::Store;

/// Maximum number of conversations that are examined: those with the latest events.
const MOST: usize = 100;

/// The states of running conversations, except `own`, whose sessions are active; only the states that are wanted.
pub fn states(store: &Store, own: Option<&Uuid>, now: Instant, is_wanted: impl Fn(State) -> bool) -> Vec<State> {
    let lives = store.newest_live(MOST).unwrap_or_default();
    let states = States::of_lives(store, &lives, store.config().stale_after(), now);
    let is_other = |live: &&Live| own.is_none_or(|own| own.as_str() != live.claude_session_id);
    let wanted = lives.iter().filter(is_other).filter_map(|live| {
        let id = live.session_id.as_deref()?;
        let state = states.of(id, Status::Active, &live.last_event_at, None).state;
        is_wanted(state).then_some((id, state))
    });
    // A person may have closed the session while its conversation continues.
    let is_active = |id: &str| {
        let record = SessionId::parse(id).and_then(|id| store.session(&id));
        record.is_ok_and(|record| record.status == Status::Active)
    };
    wanted.filter(|(id, _)| is_active(id)).map(|(_, state)| state).collect()
}
