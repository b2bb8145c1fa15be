//! Owns what is told about agents in seats: that one was spawned by another, that one ended, that one failed, that the turn of
//! one which another spawned is over. It comes
//! from the seats' files. Must stay true: what the user did is not told to the user; without seats nothing is read.

use super::why::Why;
use super::{Finder, Found, NEWS_HOURS};
use crate::reasons::Reason;
use crate::subject::{Due, Subject};
use ::seats::sight::{self, SeatState, Seen};
use ::seats::{Seat, SeatStatus, Seats};
use cs_core::clock;
use cs_core::config::Config;
use cs_core::id::SessionId;
use cs_core::index::IndexEntry;
use cs_core::live::Activity;
use cs_core::state::State;
use cs_core::who::USER;

impl Finder<'_, '_> {
    /// A failure of a session in a seat is one of its agent.
    pub fn of_agent(&self, id: &SessionId, found: Found) -> Found {
        match self.seating.of_session(id.as_str()) {
            Some(seat) if matches!(found.reason, Reason::Failed | Reason::Error) => Found {
                reason: Reason::AgentFailed,
                headline: format!("agent {}: {}", seat.name, found.headline),
                ..found
            },
            _ => found,
        }
    }

    /// What is to be told about the seats themselves.
    pub fn find_seats(&self, config: &Config, entries: &[(SessionId, IndexEntry)]) -> Vec<Due> {
        let seats = self.seating.seats().iter();
        let told = seats.flat_map(|seat| {
            let seen = sight::look(seat, self.states.lives(), &self.states);
            let news = [self.news(&seen), self.turn_of_child(&seen)].into_iter().flatten();
            let wanted = news.filter(|(reason, ..)| self.settings.rule(*reason).is_some());
            let describe =
                |(reason, since, headline)| self.describe_seat(&seen, reason, since, headline, config, entries);
            wanted.map(describe).collect::<Vec<_>>()
        });
        told.collect()
    }

    /// Whether the turns of this session are told as those of an agent that another one spawned.
    pub fn is_told_as_child(&self, id: &SessionId) -> bool {
        let seat = self.seating.of_session(id.as_str()).filter(|seat| seat.spawned_by != USER);
        seat.is_some() && self.settings.rule(Reason::AgentDone).is_some()
    }

    /// That a turn of an agent that another one spawned ended, and nothing came since. It is noted under its session.
    fn turn_of_child(&self, seen: &Seen) -> Option<(Reason, String, String)> {
        let live = seen.live.filter(|live| live.state == Activity::Idle && seen.verdict.failed.is_none())?;
        let is_over = seen.state == SeatState::Of(State::Idle) && seen.session_id().is_some();
        let is_child = seen.seat.spawned_by != USER;
        (is_over && is_child && self.is_news(&live.since) && self.has_lasted(&live.since, self.settings.waiting_after))
            .then(|| (Reason::AgentDone, live.since.clone(), format!("agent {} is done", seen.seat.name)))
    }

    /// The news of a seat, since when, and in words.
    fn news(&self, seen: &Seen) -> Option<(Reason, String, String)> {
        let seat = seen.seat;
        let (ended_by, name) = (seat.ended_by.as_deref(), &seat.name);
        match (seat.status, seat.ended_at.as_ref()) {
            (SeatStatus::Ended, Some(at)) if seat.start_error().is_some() && self.is_news(at) => {
                let why = seat.start_error().unwrap_or_default();
                Some((Reason::AgentFailed, at.clone(), format!("agent {name} could not be started: {why}")))
            }
            (SeatStatus::Ended | SeatStatus::Killed, Some(at)) if ended_by != Some(USER) && self.is_news(at) => {
                let by = ended_by.filter(|_| seat.status == SeatStatus::Killed).map(|by| self.name_of(by));
                let how = by.map_or("ended".to_string(), |by| format!("was killed by {by}"));
                Some((Reason::AgentEnded, at.clone(), format!("agent {name} {how}")))
            }
            (SeatStatus::Ended | SeatStatus::Killed, _) => None,
            // Its session says so, too, if it has one.
            _ if seen.session_id().is_none() && Seats::of(self.store).how_gone(seat, self.now).is_some() => {
                Some((Reason::AgentFailed, seat.spawned_at.clone(), format!("agent {name} did not start")))
            }
            _ if seat.spawned_by != USER && self.is_news(&seat.spawned_at) => {
                let by = self.name_of(&seat.spawned_by);
                Some((Reason::AgentSpawned, seat.spawned_at.clone(), format!("agent {name} was spawned by {by}")))
            }
            _ => None,
        }
    }

    fn is_news(&self, at: &str) -> bool {
        let age = clock::parse(at).map(|at| (self.now - at).num_hours());
        age.is_some_and(|age| (0..NEWS_HOURS).contains(&age))
    }

    /// The name of the seat with this id; else the id.
    fn name_of(&self, id: &str) -> String {
        let seat = self.seating.seats().iter().find(|seat| seat.agent_id == id);
        seat.map_or(id, |seat| &seat.name).to_string()
    }

    fn describe_seat(
        &self,
        seen: &Seen,
        reason: Reason,
        since: String,
        headline: String,
        config: &Config,
        entries: &[(SessionId, IndexEntry)],
    ) -> Due {
        let seat: &Seat = seen.seat;
        let session = seen.session_id().unwrap_or_default();
        let entry = entries.iter().find(|(id, _)| id.as_str() == session).map(|(_, entry)| entry);
        let project = seat.project_slug.clone().unwrap_or_default();
        let name = config.projects.get(&project).map(|project| project.name.clone());
        let why = Why::of(&seen.verdict);
        let subject = Subject {
            reason,
            agent_id: Some(seat.agent_id.clone()),
            session_id: session.to_string(),
            project_name: name.unwrap_or_else(|| project.clone()),
            project,
            intent: entry.map_or_else(|| seat.name.clone(), |entry| entry.intent.to_string()),
            agent: seat.agent.clone(),
            claude_session_id: seat.claude_session_id.clone(),
            state: seen.verdict.state,
            state_reason: why.reason,
            // Of a spawn and of an end the title says all.
            why: if reason == Reason::AgentFailed { why.words } else { String::new() },
            said: seen.verdict.said.clone(),
            since,
            level: None,
            place: self.states.place(session).as_ref().and_then(terminal::name),
            cwd: Some(seat.cwd.clone()),
            measured: None,
            mark: None,
        };
        Due { subject: subject.cleaned(), headline, once: true, quip: None }
    }
}
