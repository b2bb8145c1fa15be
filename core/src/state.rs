//! Owns the one answer to "what is this session doing?": a pure function from evidence to a state
//! with its reason. Must stay true: nothing is guessed (`unknown` is an answer), the newest direct
//! evidence wins, and the reason says which evidence that was.

use crate::clock::{self, Instant};
use crate::live::{Activity, Live};
use crate::record::{Session, Status};
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

/// What a session is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Waits for a permission or an answer of the user.
    Waiting,
    /// The turn is over: the user's turn.
    Idle,
    /// The turn is over, background tasks go on.
    Background,
    /// A turn is running.
    Working,
    /// The process ended without saying so.
    Gone,
    /// No sign of life for longer than the threshold.
    Stale,
    /// Nothing is known that would say.
    Unknown,
    Parked,
    Completed,
}

/// All states, in the order in which people want to see them.
pub const STATES: [State; 9] = [
    State::Waiting,
    State::Idle,
    State::Background,
    State::Working,
    State::Gone,
    State::Stale,
    State::Unknown,
    State::Parked,
    State::Completed,
];

impl State {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            State::Waiting => "waiting",
            State::Idle => "idle",
            State::Background => "background",
            State::Working => "working",
            State::Gone => "gone",
            State::Stale => "stale",
            State::Unknown => "unknown",
            State::Parked => "parked",
            State::Completed => "completed",
        }
    }

    /// Whether the user is the one to act.
    pub fn needs_user(self) -> bool {
        matches!(self, State::Waiting | State::Idle)
    }
}

/// What Claude Code's own registry says of a client (`~/.claude/sessions/<pid>.json`, an internal
/// format, so only a hint): `busy`, `idle` or `waiting`, for what, and since when.
#[derive(Clone, Debug, PartialEq)]
pub struct Client {
    pub status: String,
    pub waiting_for: Option<String>,
    pub updated_at: Instant,
}

/// Everything that bears on a session's state.
#[derive(Clone, Debug)]
pub struct Evidence<'a> {
    pub status: Status,
    /// The record's last heartbeat.
    pub last_heartbeat: Option<Instant>,
    pub live: Option<&'a Live>,
    /// Whether the live file's process runs; `None` if that cannot be told.
    pub alive: Option<bool>,
    /// The client's own word, if it is about this very conversation and process.
    pub client: Option<Client>,
    pub stale_after: TimeDelta,
    pub now: Instant,
}

/// A state and why.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verdict {
    pub state: State,
    pub reason: String,
}

/// What the record says that the session waits for. Hooks write it and clear it again, but none tells that a
/// dialog was dismissed: then the state knows better. What a person or an agent wrote holds.
pub fn awaited<'a>(session: &'a Session, lives: &[Live], state: State) -> Option<&'a str> {
    let by_hook =
        lives.iter().any(|live| live.awaiting && live.session_id.as_deref() == Some(session.session_id.as_str()));
    session.awaiting_action.as_deref().filter(|_| state == State::Waiting || !by_hook)
}

fn verdict(state: State, reason: impl Into<String>) -> Verdict {
    Verdict { state, reason: reason.into() }
}

/// The state that the evidence shows.
pub fn derive(evidence: &Evidence) -> Verdict {
    match (evidence.status, evidence.live) {
        (Status::Completed, _) => verdict(State::Completed, "the record says completed"),
        (Status::Parked, _) => verdict(State::Parked, "the record says parked"),
        (Status::Active, Some(live)) => from_live(evidence, live),
        (Status::Active, None) => from_heartbeat(evidence),
    }
}

fn from_heartbeat(evidence: &Evidence) -> Verdict {
    let Some(beat) = evidence.last_heartbeat else {
        return verdict(State::Unknown, "no running conversation and no heartbeat are known");
    };
    let age = clock::age(beat, evidence.now);
    if evidence.now - beat > evidence.stale_after {
        return verdict(State::Stale, format!("last heartbeat {age} ago"));
    }
    verdict(State::Unknown, format!("no running conversation is known; last heartbeat {age} ago"))
}

fn from_live(evidence: &Evidence, live: &Live) -> Verdict {
    let heard_at = clock::parse(&live.last_event_at);
    let ago =
        heard_at.map_or_else(|| "at an unknown time".to_string(), |at| format!("{} ago", clock::age(at, evidence.now)));
    if evidence.alive == Some(false) {
        let pid = live.pid.unwrap_or_default();
        return verdict(State::Gone, format!("process {pid} ended without SessionEnd; {} {ago}", live.last_event));
    }
    if let Some(found) = client_is_newer(evidence, live) {
        return found;
    }
    let silent = heard_at.is_none_or(|at| evidence.now - at > evidence.stale_after);
    if silent && (evidence.alive.is_none() || live.state == Activity::Working) {
        return verdict(State::Stale, format!("{} {ago}, nothing since", live.last_event));
    }
    from_hooks(live, &ago)
}

fn from_hooks(live: &Live, ago: &str) -> Verdict {
    let event = &live.last_event;
    if let (Activity::Idle | Activity::Background, Some(what)) = (live.state, &live.requested) {
        return verdict(State::Waiting, format!("{what} (requested; {event} {ago})"));
    }
    match live.state {
        Activity::Working => verdict(State::Working, format!("{event} {ago}")),
        Activity::Waiting => {
            let what = live.waiting_for.as_deref().unwrap_or("an answer");
            verdict(State::Waiting, format!("{what} ({event} {ago})"))
        }
        Activity::Background => verdict(
            State::Background,
            format!("{} background tasks ({event} {ago})", live.background_tasks.unwrap_or(0)),
        ),
        Activity::Idle => match &live.error {
            Some(error) => verdict(State::Idle, format!("the turn failed: {error} ({event} {ago})")),
            None => verdict(State::Idle, format!("your turn ({event} {ago})")),
        },
    }
}

/// The client's registry contradicts the hooks and is newer: an interrupted turn or a dismissed
/// dialog fires no hook, an approved permission only when the tool has ended.
fn client_is_newer(evidence: &Evidence, live: &Live) -> Option<Verdict> {
    let client = evidence.client.as_ref()?;
    if clock::parse(&live.last_event_at).is_some_and(|at| client.updated_at <= at) {
        return None;
    }
    let ago = clock::age(client.updated_at, evidence.now);
    match (client.status.as_str(), live.state) {
        ("idle", Activity::Working) => Some(verdict(
            State::Idle,
            format!("your turn: the turn ended without Stop (the client says idle since {ago})"),
        )),
        ("idle", Activity::Waiting) => Some(verdict(
            State::Idle,
            format!("your turn: the turn ended without Stop after the question (the client says idle since {ago})"),
        )),
        ("busy", Activity::Waiting | Activity::Idle | Activity::Background) => {
            Some(verdict(State::Working, format!("the client says busy since {ago}")))
        }
        ("waiting", Activity::Working | Activity::Idle | Activity::Background) => {
            let what = client.waiting_for.as_deref().unwrap_or("an answer");
            Some(verdict(State::Waiting, format!("{what} (the client says waiting since {ago})")))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
