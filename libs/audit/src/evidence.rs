//! Owns how a call ended that the log has no result of. The evidence, in this order: the conversation's transcript has its
//! end; the transcript says that the turn was stopped; the conversation's client is at work and the turn has not ended.
//! Otherwise nothing tells, and the call is *unknown*.
//! Deliberately absent: what the guard did, which is in the log.

use crate::call::{Call, Outcome};
use crate::transcript::Transcripts;
use cs_core::clock::{self, Instant};
use cs_core::id::Uuid;
use cs_core::state::State;
use cs_core::states::States;
use cs_core::store::Store;
use std::collections::HashMap;

/// What is known about conversations besides the log.
pub struct Evidence<'s> {
    store: &'s Store,
    transcripts: Transcripts<'s>,
    /// Since when each conversation is at work; `None` if it is not.
    working: HashMap<String, Option<Working>>,
    now: Instant,
}

/// A conversation that is at work.
#[derive(Clone, Copy, Debug)]
struct Working {
    /// When its turn began, as far as hooks tell.
    since: Option<Instant>,
    /// Whether only work in the background goes on.
    is_background: bool,
}

impl<'s> Evidence<'s> {
    /// Nothing is read yet.
    pub fn new(store: &'s Store, now: Instant) -> Self {
        Evidence { store, transcripts: Transcripts::of(store), working: HashMap::new(), now }
    }

    /// Sets the outcome of a call without a result, if anything tells it.
    pub fn settle(&mut self, call: &mut Call) {
        let told = self.transcripts.about_end(call);
        let said = told.as_ref().zip(call.tool_use_id.as_deref()).and_then(|(told, id)| told.outcome(id));
        if let (Some(told), Some(id)) = (&told, &call.tool_use_id) {
            let ended = told.call(id).and_then(|known| u64::try_from(known.ended_at()? - known.at?).ok());
            call.ms = call.ms.or(ended);
        }
        call.outcome = match said {
            Some(Outcome::Running) | None if self.runs(call, said.is_some()) => Outcome::Running,
            Some(Outcome::Running) | None => Outcome::Unknown,
            Some(outcome) => outcome,
        };
    }

    /// Whether the client may be running the call. `is_told`: the transcript has it, in a turn that goes on.
    fn runs(&mut self, call: &Call, is_told: bool) -> bool {
        let Some(uuid) = call.claude_session_id.clone() else { return false };
        let (store, now) = (self.store, self.now);
        let working = self.working.entry(uuid).or_insert_with_key(|uuid| working(store, uuid, now));
        let Some(working) = working else { return false };
        let at = clock::parse(&call.at);
        let is_of_turn = is_told || at.zip(working.since).is_some_and(|(at, since)| at >= since);
        is_of_turn && (call.agent_id.is_some() || !working.is_background)
    }
}

fn working(store: &Store, uuid: &str, now: Instant) -> Option<Working> {
    let live = store.live(&Uuid::parse(uuid).ok()?).ok()??;
    let lives = std::slice::from_ref(&live);
    let state = States::of_lives(store, lives, store.config().stale_after(), now).of_live(&live).state;
    let is_background = state == State::Background;
    let is_at_work = is_background || matches!(state, State::Working | State::Waiting);
    // A question changes the time since when the state holds, not the turn.
    let since = clock::parse(&live.since).filter(|_| state == State::Working);
    is_at_work.then_some(Working { since, is_background })
}
