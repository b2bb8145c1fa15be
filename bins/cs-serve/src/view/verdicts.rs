//! Owns the states of the sessions in a snapshot. `core::states` decides them, and only this file calls it.
//! Must stay true: reasons have no age, because they are shown for a while, and an age would make every check find a
//! change.

use super::index_rows::{IndexRow, IndexRows};
use cs_core::clock::{self, TimeDelta};
use cs_core::live::Live;
use cs_core::overview::Summary;
use cs_core::reach::Reach;
use cs_core::record::{Session, Status};
use cs_core::state::{State, Verdict, settle};
use cs_core::states::States;
use cs_core::store::Store;
use std::collections::HashMap;

/// The verdicts on active sessions, and the running conversations that they are made from.
#[derive(Debug)]
pub struct Verdicts {
    lives: Vec<Live>,
    stale_after: TimeDelta,
    of_active: HashMap<String, Verdict>,
    /// The terminals of those that run, in words for people.
    places: HashMap<String, String>,
}

impl Verdicts {
    /// Derives the states of all active sessions, as of now.
    pub fn derive(store: &Store, rows: &IndexRows, lives: Vec<Live>, stale_after: TimeDelta) -> Self {
        let states = States::of_lives(store, &lives, stale_after, clock::now());
        let active = rows.iter().filter(|row| row.status == Status::Active);
        let judge = |row: IndexRow| {
            (row.id.to_string(), timeless(states.of(row.id, row.status, row.last_heartbeat, row.ended_at)))
        };
        let of_active = active.map(judge).collect();
        let sessions = lives.iter().filter_map(|live| live.session_id.clone());
        let places = sessions.filter_map(|id| states.place(&id).and_then(|place| Some((id, terminal::name(&place)?))));
        let places = places.collect();
        Verdicts { lives, stale_after, of_active, places }
    }

    /// Whether both have the same state for every session.
    pub fn agree_with(&self, other: &Verdicts) -> bool {
        self.of_active == other.of_active
    }

    /// All running conversations.
    pub fn lives(&self) -> &[Live] {
        &self.lives
    }

    /// The state of a session in the index.
    pub fn state(&self, id: &str, status: Status) -> State {
        match status {
            Status::Active => self.of_active.get(id).map_or(State::Unknown, |verdict| verdict.state),
            Status::Parked => State::Parked,
            Status::Completed => State::Completed,
        }
    }

    /// Whether the last turn of an active session failed.
    pub fn has_failed(&self, id: &str) -> bool {
        self.of_active.get(id).is_some_and(|verdict| verdict.failed.is_some())
    }

    /// Sets the state of a session in short.
    pub fn fill_in(&self, store: &Store, mut summary: Summary) -> Summary {
        let known = self.of_active.get(&summary.session_id).filter(|_| summary.status == Status::Active);
        let verdict = known.cloned().unwrap_or_else(|| {
            let (id, ended_at) = (&summary.session_id, summary.ended_at.as_deref());
            timeless(self.states(store).of(id, summary.status, &summary.last_heartbeat, ended_at))
        });
        settle(&summary.session_id, &mut summary.awaiting_action, &self.lives, &verdict);
        Summary {
            failed: verdict.failed,
            said: verdict.said,
            place: self.places.get(&summary.session_id).cloned(),
            state: verdict.state,
            state_reason: verdict.evidence,
            state_at: verdict.evidence_at.map(clock::stamp),
            state_since: verdict.since.map(clock::stamp),
            ..summary
        }
    }

    /// Derives the state of a record as of now, and removes the question it waits for if that was answered.
    pub fn settle(&self, store: &Store, session: &mut Session) -> Verdict {
        timeless(self.states(store).settle(session))
    }

    /// The terminal in which a session's conversation runs, in words for people.
    pub fn place(&self, id: &str) -> Option<String> {
        self.places.get(id).cloned()
    }

    /// How a person gets to the conversation of a session in this state.
    pub fn reach(&self, store: &Store, id: &str, conversation: Option<&str>, state: State) -> Reach {
        self.states(store).reach(id, conversation, state)
    }

    /// The last sign of life of a session, as of now.
    pub fn last_sign(&self, store: &Store, session: &Session) -> String {
        self.states(store).last_sign(&session.session_id, &session.last_heartbeat).to_string()
    }

    fn states<'a>(&'a self, store: &'a Store) -> States<'a> {
        States::of_lives(store, &self.lives, self.stale_after, clock::now())
    }
}

/// The verdict with a reason that has no age.
pub fn timeless(mut verdict: Verdict) -> Verdict {
    verdict.reason.clone_from(&verdict.evidence);
    verdict
}
