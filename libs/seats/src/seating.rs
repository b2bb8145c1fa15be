//! Owns which session works in which seat, for lists of sessions. Must stay true: without `agents/` nothing but that is
//! looked at; no record and no message is read. Deliberately absent: the state of a seat.

use crate::seat::{Parent, Seat};
use crate::sight::{Held, count_waiting};
use crate::store::Seats;
use cs_core::clock::Instant;
use cs_core::live::Live;
use cs_core::paths::Home;
use cs_core::store::{Store, session_of};
use serde::Serialize;
use std::collections::HashMap;

/// The seats at one moment, and their sessions.
#[derive(Clone, Debug, Default)]
pub struct Seating {
    seats: Vec<Seat>,
    /// The number of a session's seat.
    by_session: HashMap<String, usize>,
    /// The sessions of running conversations.
    by_conversation: HashMap<String, String>,
    held: Held,
}

/// What a list says about the seat of a session.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Brief {
    /// The seat's id.
    pub agent_id: String,
    /// The seat's name.
    pub name: String,
    /// `starting`, `running`, `ended` or `killed`.
    pub status: &'static str,
    /// The parent's seat.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_agent_id: Option<String>,
    /// The session of the parent's present conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_session_id: Option<String>,
    /// Number of messages that wait for it.
    pub messages_waiting: usize,
    /// Number of leases that it holds.
    pub leases: usize,
    /// Whether it is open in tmux, so that it can be attached.
    #[serde(skip)]
    pub has_terminal: bool,
}

impl Seating {
    /// Reads the seats. Files that cannot be read are left out: `cs-cleanup check` reports them.
    pub fn read(store: &Store, lives: &[Live], now: Instant) -> Self {
        if !store.home.seats_dir().is_dir() {
            return Seating::default();
        }
        let seats = Seats::of(store).all().map(|(seats, _)| seats).unwrap_or_default();
        Seating::look(store, seats, lives, now)
    }

    /// The same for seats that were read before.
    pub fn look(store: &Store, seats: Vec<Seat>, lives: &[Live], now: Instant) -> Self {
        let held = Held::read(store, &seats, now);
        Seating { held, ..Seating::of(seats, lives) }
    }

    /// The sessions of these seats.
    fn of(seats: Vec<Seat>, lives: &[Live]) -> Self {
        let lives = lives.iter().filter_map(|live| Some((live.claude_session_id.clone(), live.session_id.clone()?)));
        let by_conversation: HashMap<String, String> = lives.collect();
        let mut by_session = HashMap::new();
        // A later seat of a session wins, and an open one wins over one that ended.
        for is_open in [false, true] {
            for (number, seat) in seats.iter().enumerate().filter(|(_, seat)| seat.status.is_open() == is_open) {
                let session = session_in(seat, &by_conversation);
                by_session.extend(session.map(|session| (session.to_string(), number)));
            }
        }
        Seating { seats, by_session, by_conversation, held: Held::default() }
    }

    /// Whether there are no seats.
    pub fn is_empty(&self) -> bool {
        self.seats.is_empty()
    }

    /// All seats, the oldest first.
    pub fn seats(&self) -> &[Seat] {
        &self.seats
    }

    /// The seat in which the session works, or worked until the seat ended.
    pub fn of_session(&self, id: &str) -> Option<&Seat> {
        self.by_session.get(id).and_then(|number| self.seats.get(*number))
    }

    /// The session of a seat's present conversation.
    pub fn session_of<'s>(&'s self, seat: &'s Seat) -> Option<&'s str> {
        session_in(seat, &self.by_conversation)
    }

    /// The session of a parent's present conversation.
    pub fn session_of_parent(&self, parent: &Parent) -> Option<&str> {
        let seat = parent.agent_id.as_deref().and_then(|id| self.seats.iter().find(|seat| seat.agent_id == id));
        let running = |uuid: &str| self.by_conversation.get(uuid).map(String::as_str);
        session_of(seat.map(named), parent.claude_session_id.as_deref(), running)
    }

    /// What a list says about the seat of this session.
    pub fn brief(&self, home: &Home, session: &str) -> Option<Brief> {
        self.of_session(session).map(|seat| self.brief_of(home, seat))
    }

    /// What a list says about a seat.
    pub fn brief_of(&self, home: &Home, seat: &Seat) -> Brief {
        let parent = seat.parent.as_ref();
        Brief {
            agent_id: seat.agent_id.clone(),
            name: seat.name.clone(),
            status: seat.status.as_str(),
            parent_agent_id: seat.parent_seat().map(str::to_string),
            parent_session_id: parent.and_then(|parent| self.session_of_parent(parent)).map(str::to_string),
            messages_waiting: count_waiting(home, seat),
            leases: self.held.count(seat),
            has_terminal: seat.status.is_open() && seat.tmux.is_some(),
        }
    }

    /// The number of each session's parent among these sessions, for [`crate::tree::order`].
    pub fn parents(&self, sessions: &[&str]) -> Vec<Option<usize>> {
        if self.is_empty() {
            return vec![None; sessions.len()];
        }
        let numbers: HashMap<&str, usize> = sessions.iter().enumerate().map(|(number, id)| (*id, number)).collect();
        let parent = |id: &&str| {
            let seat = self.of_session(id)?;
            let parent = self.session_of_parent(seat.parent.as_ref()?)?;
            numbers.get(parent).copied().filter(|_| parent != *id)
        };
        sessions.iter().map(parent).collect()
    }
}

fn session_in<'s>(seat: &'s Seat, by_conversation: &'s HashMap<String, String>) -> Option<&'s str> {
    session_of(Some(named(seat)), None, |uuid| by_conversation.get(uuid).map(String::as_str))
}

/// The conversation and the session that a seat names.
fn named(seat: &Seat) -> (Option<&str>, Option<&str>) {
    (seat.claude_session_id.as_deref(), seat.session_id.as_deref())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seat::SeatStatus;
    use crate::store::tests::{at, seat};
    use cs_core::unknown::Unknown;

    const UUID: &str = "e998145e-4e5d-40c9-a3a6-681ad5bd51c9";

    fn seated(id: &str, session: &str, parent: Option<(Option<&str>, Option<&str>)>) -> Seat {
        let parent = parent.map(|(seat, uuid)| Parent {
            agent_id: seat.map(str::to_string),
            claude_session_id: uuid.map(str::to_string),
            unknown: Unknown::new(),
        });
        Seat { agent_id: id.into(), session_id: Some(session.into()), parent, ..seat(id) }
    }

    #[test]
    fn a_session_is_found_by_the_running_conversation_of_its_seat() {
        let mut live = Live::new(UUID, at());
        live.session_id = Some("s2".into());
        let moved = Seat { claude_session_id: Some(UUID.into()), ..seated("a", "s1", None) };
        let seating = Seating::of(vec![moved], &[live]);
        assert!(seating.of_session("s1").is_none(), "the conversation went on in another session");
        assert_eq!(seating.of_session("s2").map(|seat| &*seat.agent_id), Some("a"));
    }

    #[test]
    fn an_open_seat_wins_over_one_that_ended() {
        let ended = Seat { status: SeatStatus::Ended, ..seated("b", "s1", None) };
        let seating = Seating::of(vec![seated("a", "s1", None), ended], &[]);
        assert_eq!(seating.of_session("s1").map(|seat| &*seat.agent_id), Some("a"));
    }

    #[test]
    fn the_parent_is_a_seat_or_a_conversation() {
        let mut live = Live::new(UUID, at());
        live.session_id = Some("s0".into());
        let seats = vec![
            seated("a", "s1", Some((None, Some(UUID)))),
            seated("b", "s2", Some((Some("a"), None))),
            seated("c", "s3", Some((Some("gone"), None))),
        ];
        let seating = Seating::of(seats, &[live]);
        assert_eq!(seating.parents(&["s3", "s2", "s1", "s0"]), [None, Some(2), Some(3), None]);
    }
}
