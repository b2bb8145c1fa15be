//! Owns how a call ended that the log has no result of. The evidence, in this order: the conversation's transcript has its
//! end; the transcript says that the turn was stopped; the conversation's client is at work and the turn has not ended.
//! Otherwise nothing tells, and the call is *unknown*.
//! Deliberately absent: what the guard did, which is in the log.

use crate::call::{Call, Outcome};
use crate::transcript::Transcripts;
use cs_core::clock::{self, Instant};
use cs_core::id::Uuid;
use cs_core::states::{States, Turn};
use cs_core::store::Store;
use std::collections::HashMap;

/// What is known about the ends of calls besides the log.
pub struct Ends<'s> {
    store: &'s Store,
    transcripts: Transcripts<'s>,
    /// The turn that each conversation is in; `None` if it is not at work.
    turns: HashMap<String, Option<Turn>>,
    now: Instant,
}

impl<'s> Ends<'s> {
    /// Nothing is read yet.
    pub fn new(store: &'s Store, now: Instant) -> Self {
        Ends { store, transcripts: Transcripts::of(store), turns: HashMap::new(), now }
    }

    /// The turn that a conversation is in.
    pub fn turn_of(&mut self, uuid: &str) -> Option<Turn> {
        let (store, now) = (self.store, self.now);
        *self.turns.entry(uuid.to_string()).or_insert_with_key(|uuid| turn(store, uuid, now))
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
            Some(Outcome::Running) | None => self.going(call, said.is_some()).unwrap_or_default(),
            Some(outcome) => outcome,
        };
    }

    /// Whether the client may be running the call, or waits for a person. `is_told`: the transcript has it, in a turn that
    /// goes on.
    fn going(&mut self, call: &Call, is_told: bool) -> Option<Outcome> {
        let turn = self.turn_of(call.claude_session_id.as_deref()?)?;
        let at = clock::parse(&call.at);
        let is_of_turn = is_told || at.zip(turn.since).is_some_and(|(at, since)| at >= since);
        let is_going = is_of_turn && (call.agent_id.is_some() || !turn.is_background);
        is_going.then_some(if turn.is_waiting { Outcome::Waiting } else { Outcome::Running })
    }
}

fn turn(store: &Store, uuid: &str, now: Instant) -> Option<Turn> {
    let live = store.live(&Uuid::parse(uuid).ok()?).ok()??;
    States::of_lives(store, std::slice::from_ref(&live), store.config().stale_after(), now).turn_of(&live)
}
