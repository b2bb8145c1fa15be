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
    /// Since when silence is counted if the last sign of life is from no time that can be (see `ending::doubted_at`).
    pub counted_from: Option<Instant>,
    pub live: Option<&'a Live>,
    /// Whether the live file's process runs; `None` if that cannot be told.
    pub alive: Option<bool>,
    /// The client's own word, if it is about this very conversation and process.
    pub client: Option<Client>,
    pub stale_after: TimeDelta,
    pub now: Instant,
}

impl Evidence<'_> {
    /// Whether the last sign of life is longer ago than the threshold.
    fn is_silent_since(&self, at: Option<Instant>) -> bool {
        let at = at.filter(|at| clock::is_credible(*at, self.now)).or(self.counted_from);
        at.is_some_and(|at| self.now - at > self.stale_after)
    }
}

/// A state and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    pub state: State,
    /// The evidence with its age, as it is told once: `permission for Bash (PermissionRequest 40 s ago)`.
    pub reason: String,
    /// The evidence without its age, for who shows it longer: `permission for Bash (PermissionRequest)`.
    pub evidence: String,
    /// When the evidence is from.
    pub evidence_at: Option<Instant>,
}

/// What the record says that the session waits for, unless it was dismissed.
pub fn awaited<'a>(session: &'a Session, lives: &[Live], state: State) -> Option<&'a str> {
    session.awaiting_action.as_deref().filter(|_| !is_dismissed(&session.session_id, lives, state))
}

/// Whether a session waits no longer for what its record says. Hooks write that and clear it again, but none
/// tells that a dialog was dismissed: then the state knows better. What a person or an agent wrote holds.
pub fn is_dismissed(session_id: &str, lives: &[Live], state: State) -> bool {
    state != State::Waiting && lives.iter().any(|live| live.awaiting && live.session_id.as_deref() == Some(session_id))
}

/// How old a piece of evidence is: in words that fit into a sentence.
struct Age {
    at: Option<Instant>,
    words: String,
}

impl Age {
    fn ago(at: Option<Instant>, now: Instant) -> Self {
        let words = at.map_or_else(|| "at an unknown time".to_string(), |at| clock::ago(at, now));
        Age { at: at.filter(|at| clock::is_credible(*at, now)), words }
    }

    fn since(at: Instant, now: Instant) -> Self {
        Age { at: Some(at), words: format!("since {}", clock::age(at, now)) }
    }
}

fn verdict(state: State, reason: &str) -> Verdict {
    Verdict { state, reason: reason.to_string(), evidence: reason.to_string(), evidence_at: None }
}

/// A verdict whose reason has the age between two parts of its sentence.
fn dated(state: State, before: &str, age: &Age, after: &str) -> Verdict {
    Verdict {
        state,
        reason: format!("{before} {}{after}", age.words),
        evidence: format!("{before}{after}"),
        evidence_at: age.at,
    }
}

/// The conversation by which a session is judged: the one heard of last. One that was heard of while the clock was
/// ahead is not the last one for ever.
pub fn latest<'a>(session_id: &str, lives: &'a [Live], now: Instant) -> Option<&'a Live> {
    let of_it = lives.iter().filter(|live| live.session_id.as_deref() == Some(session_id));
    let key = |live: &Live| (clock::credible(&live.last_event_at, now).is_some(), live.last_event_at.clone());
    of_it.max_by_key(|live| key(live))
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
    let age = Age::ago(Some(beat), evidence.now);
    if evidence.is_silent_since(Some(beat)) {
        return dated(State::Stale, "last heartbeat", &age, "");
    }
    dated(State::Unknown, "no running conversation is known; last heartbeat", &age, "")
}

fn from_live(evidence: &Evidence, live: &Live) -> Verdict {
    let heard_at = clock::parse(&live.last_event_at);
    let age = Age::ago(heard_at, evidence.now);
    if evidence.alive == Some(false) {
        let pid = live.pid.unwrap_or_default();
        let before = format!("process {pid} ended without SessionEnd; {}", live.last_event);
        return dated(State::Gone, &before, &age, "");
    }
    if let Some(found) = client_is_newer(evidence, live) {
        return found;
    }
    let silent = heard_at.is_none() || evidence.is_silent_since(heard_at);
    if silent && (evidence.alive.is_none() || live.state == Activity::Working) {
        return dated(State::Stale, &live.last_event, &age, ", nothing since");
    }
    if evidence.alive.is_none() && age.at.is_none() && newer_client(evidence, live).is_none() {
        return dated(State::Unknown, &format!("no process is known; {}", live.last_event), &age, "");
    }
    from_hooks(live, &age)
}

fn from_hooks(live: &Live, age: &Age) -> Verdict {
    let event = &live.last_event;
    if let (Activity::Idle | Activity::Background, Some(what)) = (live.state, &live.requested) {
        return dated(State::Waiting, &format!("{what} (requested; {event}"), age, ")");
    }
    match live.state {
        Activity::Working => dated(State::Working, event, age, ""),
        Activity::Waiting => {
            let what = live.waiting_for.as_deref().unwrap_or("an answer");
            dated(State::Waiting, &format!("{what} ({event}"), age, ")")
        }
        Activity::Background => {
            let tasks = live.background_tasks.unwrap_or(0);
            dated(State::Background, &format!("{tasks} background tasks ({event}"), age, ")")
        }
        Activity::Idle => match &live.error {
            Some(error) => dated(State::Idle, &format!("the turn failed: {error} ({event}"), age, ")"),
            None => dated(State::Idle, &format!("your turn ({event}"), age, ")"),
        },
    }
}

/// What the client's registry says, if it is newer than what the hooks told, and a word that we know.
fn newer_client<'a>(evidence: &'a Evidence, live: &Live) -> Option<&'a Client> {
    let client = evidence.client.as_ref()?;
    let credible = |at| clock::is_credible(at, evidence.now);
    let is_older = |at| client.updated_at <= at && (credible(at) || !credible(client.updated_at));
    let is_newer = !clock::parse(&live.last_event_at).is_some_and(is_older);
    (is_newer && matches!(client.status.as_str(), "idle" | "busy" | "waiting")).then_some(client)
}

/// The client's registry contradicts the hooks and is newer: an interrupted turn or a dismissed
/// dialog fires no hook, an approved permission only when the tool has ended.
fn client_is_newer(evidence: &Evidence, live: &Live) -> Option<Verdict> {
    let client = newer_client(evidence, live)?;
    let age = Age::since(client.updated_at, evidence.now);
    let found = |state, before: &str, after: &str| Some(dated(state, before, &age, after));
    match (client.status.as_str(), live.state) {
        ("idle", Activity::Working) => {
            found(State::Idle, "your turn: the turn ended without Stop (the client says idle", ")")
        }
        ("idle", Activity::Waiting) => {
            found(State::Idle, "your turn: the turn ended without Stop after the question (the client says idle", ")")
        }
        ("busy", Activity::Waiting | Activity::Idle | Activity::Background) => {
            found(State::Working, "the client says busy", "")
        }
        ("waiting", Activity::Working | Activity::Idle | Activity::Background) => {
            let what = client.waiting_for.as_deref().unwrap_or("an answer");
            found(State::Waiting, &format!("{what} (the client says waiting"), ")")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
