//! Owns the rule that turns evidence into a session's state and the reason for it. Pure. Must stay true: nothing is
//! guessed (`unknown` is an answer), the newest direct evidence wins, and the reason names that evidence.

use crate::clock::{self, Instant};
use crate::live::{Activity, Live};
use crate::process::Condition;
use crate::record::Status;
use crate::validate;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

mod age;
mod hooks;
mod said;
mod since;

use age::{Age, dated};
use hooks::by_hooks;
use since::since;

/// Maximum number of characters of a failure that lists show.
const FAILURE: usize = 60;

/// The state of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// The session waits for a permission or an answer from the user.
    Waiting,
    /// The turn is over: the user's turn.
    Idle,
    /// The turn is over, background tasks are still running.
    Background,
    /// A turn is running.
    Working,
    /// The process was stopped (Ctrl-Z) and does nothing until it is continued.
    Suspended,
    /// The process ended, but no hook reported the end of the conversation.
    Gone,
    /// No sign of life for longer than the threshold.
    Stale,
    /// There is no evidence.
    Unknown,
    /// The record says that the session was parked.
    Parked,
    /// The record says that the session was completed.
    Completed,
}

/// All states, in the order in which people want to see them.
pub const STATES: [State; 10] = [
    State::Waiting,
    State::Idle,
    State::Background,
    State::Working,
    State::Suspended,
    State::Gone,
    State::Stale,
    State::Unknown,
    State::Parked,
    State::Completed,
];

impl State {
    /// The word on the wire and in lists.
    pub fn as_str(self) -> &'static str {
        match self {
            State::Waiting => "waiting",
            State::Idle => "idle",
            State::Background => "background",
            State::Working => "working",
            State::Suspended => "suspended",
            State::Gone => "gone",
            State::Stale => "stale",
            State::Unknown => "unknown",
            State::Parked => "parked",
            State::Completed => "completed",
        }
    }

    /// Whether the user has to act.
    pub fn needs_user(self) -> bool {
        matches!(self, State::Waiting | State::Idle)
    }
}

/// An entry of Claude Code's own registry (`~/.claude/sessions/<pid>.json`, an internal format): a status, what the
/// client waits for, and the time of the last change. The statuses of 2.1.332 are `busy`, `idle`, `waiting`, and
/// `shell` (the turn is over, a shell or monitor runs in the background).
#[derive(Clone, Debug, PartialEq)]
pub struct Client {
    /// The registry's word, such as `busy`.
    pub status: String,
    /// The reason for waiting, in the client's own words.
    pub waiting_for: Option<String>,
    /// Instant since when `status` holds; `None` if the registry has none.
    pub updated_at: Option<Instant>,
}

/// `waiting_for` of a menu that a person opened, and of some other dialogs.
const MENU: &str = "dialog open";

impl Client {
    /// Whether an open dialog may be a menu that the person opened. The client uses the same words for other dialogs.
    pub fn shows_menu(&self) -> bool {
        self.status == "waiting" && self.waiting_for.as_deref() == Some(MENU)
    }
}

/// The end of the last turn, according to the conversation's log.
#[derive(Clone, Debug, PartialEq)]
pub struct Logged {
    /// How the turn ended, or that it still runs.
    pub end: LoggedEnd,
    /// When the log says so.
    pub at: Instant,
}

/// See [`Logged`].
#[derive(Clone, Debug, PartialEq)]
pub enum LoggedEnd {
    /// The turn has begun and not ended (only Codex's log says so).
    Runs,
    /// The person interrupted the turn.
    Interrupted,
    /// The turn ended normally.
    Finished,
    /// The turn failed, and why.
    Failed(String),
}

/// Everything that bears on a session's state.
#[derive(Clone, Debug)]
pub struct Evidence<'a> {
    /// The record's status.
    pub status: Status,
    /// The record's last heartbeat.
    pub last_heartbeat: Option<Instant>,
    /// When the record was parked or completed.
    pub ended_at: Option<Instant>,
    /// Start of the silence if the last sign of life has an impossible time (see `ending::doubted_at`).
    pub counted_from: Option<Instant>,
    /// What the record says that the user is needed for; counts if there is no live file, which says it itself.
    pub requested: Option<&'a str>,
    /// The conversation's live file, if there is one.
    pub live: Option<&'a Live>,
    /// Condition of the process that the live file names.
    pub process: Condition,
    /// The client's registry entry, if it is about this conversation and this process.
    pub client: Option<Client>,
    /// The end of the turn in the log, for clients without a registry.
    pub logged: Option<Logged>,
    /// The conversation with which the same process went on, if it left this one.
    pub left_for: Option<&'a str>,
    /// Silence that makes an active session stale.
    pub stale_after: TimeDelta,
    /// The instant at which the state is asked for.
    pub now: Instant,
}

/// A hook runs within this time after the event that it reports. After it, the registry includes the event, even if the
/// date of its entry is older: that date is only since when the entry holds.
const SETTLED: TimeDelta = TimeDelta::seconds(2);

impl Evidence<'_> {
    /// Whether the last sign of life is older than the threshold.
    fn is_silent_since(&self, at: Option<Instant>) -> bool {
        let at = at.filter(|at| clock::is_credible(*at, self.now)).or(self.counted_from);
        at.is_some_and(|at| self.now - at > self.stale_after)
    }

    /// Whether a statement that holds since `told` is newer than a hook event at `heard`.
    fn is_newer(&self, told: Instant, heard: Option<Instant>) -> bool {
        let credible = |at| clock::is_credible(at, self.now);
        let is_older = |at| told <= at && (credible(at) || !credible(told));
        !heard.is_some_and(is_older)
    }

    /// Whether the last event is old enough for the registry to include it.
    fn is_settled(&self, heard: Option<Instant>) -> bool {
        heard.is_none_or(|at| !clock::is_credible(at, self.now) || self.now - at > SETTLED)
    }
}

/// A state and the reason for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// The derived state.
    pub state: State,
    /// The evidence with its age, for output that is printed once: `permission for Bash (PermissionRequest 40 s ago)`.
    pub reason: String,
    /// The evidence without its age, for output that stays visible: `permission for Bash (PermissionRequest)`.
    pub evidence: String,
    /// Instant of the evidence.
    pub evidence_at: Option<Instant>,
    /// Instant since when the session is in this state, as far as it is known: later events may confirm a state, so it
    /// can be older than the evidence.
    pub since: Option<Instant>,
    /// Why the last turn failed; `None` if it did not, or if anything happened after it.
    pub failed: Option<String>,
    /// Whether the question that hooks reported (see [`Live::wanted`]) is still open.
    pub asks: bool,
    /// First line of the agent's last message if the turn is over: the user should answer it.
    pub said: Option<String>,
}

impl Verdict {
    /// Creates a verdict whose reason has no age.
    pub fn new(state: State, reason: &str) -> Self {
        let (reason, evidence) = (reason.to_string(), reason.to_string());
        Verdict { state, reason, evidence, evidence_at: None, since: None, failed: None, asks: false, said: None }
    }

    /// The state as lists show it: `idle`, `failed: usage limit`.
    pub fn label(&self) -> String {
        label(self.state, self.failed.as_deref())
    }
}

/// The state as lists show it. After a failed turn it is `failed` and the cause.
pub fn label(state: State, failed: Option<&str>) -> String {
    match failed {
        Some(why) => format!("failed: {}", validate::cut(why, FAILURE)),
        None => state.as_str().to_string(),
    }
}

/// Clears `awaiting_action` of a record if the question was answered or dismissed. Hooks set and clear this field, but
/// no hook reports a dismissed dialog, so the state decides. A text that a person or an agent wrote is kept.
pub fn settle(session_id: &str, awaiting_action: &mut Option<String>, lives: &[Live], verdict: &Verdict) {
    let is_ours = |live: &Live| live.awaiting && live.session_id.as_deref() == Some(session_id);
    awaiting_action.take_if(|_| !verdict.asks && lives.iter().any(is_ours));
}

/// The conversation that decides a session's state: the one with the latest event. Events with a time in the future
/// (the clock was ahead) count as oldest.
pub(crate) fn latest<'a>(session_id: &str, lives: &'a [Live], now: Instant) -> Option<&'a Live> {
    latest_of(lives.iter().filter(|live| live.session_id.as_deref() == Some(session_id)), now)
}

/// The same among the conversations of one session.
pub(crate) fn latest_of<'a>(of_it: impl Iterator<Item = &'a Live>, now: Instant) -> Option<&'a Live> {
    let key = |live: &Live| (clock::credible(&live.last_event_at, now).is_some(), live.last_event_at.clone());
    of_it.max_by_key(|live| key(live))
}

/// The last sign of life of a session: the record's, or a later one from its conversation.
pub(crate) fn last_sign<'a>(session_id: &str, recorded: &'a str, lives: &'a [Live], now: Instant) -> &'a str {
    let heard = latest(session_id, lives, now).map(|live| live.last_event_at.as_str());
    let at = |text: &str| clock::credible(text, now);
    heard.filter(|heard| at(heard) > at(recorded)).unwrap_or(recorded)
}

/// Derives the state from the evidence.
pub fn derive(evidence: &Evidence) -> Verdict {
    let found = find(evidence);
    Verdict { since: since(evidence, &found), ..found }
}

fn find(evidence: &Evidence) -> Verdict {
    match (evidence.status, evidence.live) {
        (Status::Completed, _) => Verdict::new(State::Completed, "the record says completed"),
        (Status::Parked, _) => Verdict::new(State::Parked, "the record says parked"),
        (Status::Active, Some(live)) => {
            let found = from_live(evidence, live);
            let rests = matches!(found.state, State::Idle | State::Background | State::Waiting);
            let is_over = rests && found.failed.is_none() && !live.is_in_turn();
            let said = live.last_message.as_deref().filter(|_| is_over);
            // An older version may have written the file, without masking.
            let said = said.map(|said| validate::cut(said, validate::OUTCOME)).filter(|said| !said.is_empty());
            Verdict { said, ..found }
        }
        (Status::Active, None) => from_heartbeat(evidence),
    }
}

/// Without a conversation, no turn can answer a request: it stands until somebody clears it, or the session is stale.
fn from_heartbeat(evidence: &Evidence) -> Verdict {
    let age = Age::ago(evidence.last_heartbeat, evidence.now);
    match (evidence.last_heartbeat, evidence.requested) {
        (Some(beat), _) if evidence.is_silent_since(Some(beat)) => dated(State::Stale, "last heartbeat", &age, ""),
        (Some(_), Some(what)) => dated(State::Waiting, &format!("{what} (requested; last heartbeat"), &age, ")"),
        (Some(_), None) => dated(State::Unknown, "no running conversation is known; last heartbeat", &age, ""),
        (None, Some(what)) => Verdict::new(State::Waiting, &format!("{what} (requested)")),
        (None, None) => Verdict::new(State::Unknown, "no running conversation and no heartbeat are known"),
    }
}

/// Asks in this order: the system about the process; the client or the log about the turn, if they are newer than the
/// hooks; the silence; the last hook event.
fn from_live(evidence: &Evidence, live: &Live) -> Verdict {
    let heard_at = clock::parse(&live.last_event_at);
    let age = Age::ago(heard_at, evidence.now);
    let pid = live.pid.unwrap_or_default();
    match evidence.process {
        Condition::Ended => {
            return dated(
                State::Gone,
                &format!("process {pid} ended without SessionEnd; {}", live.last_event),
                &age,
                "",
            );
        }
        Condition::Suspended => {
            let before = format!("process {pid} is stopped (Ctrl-Z); {}", live.last_event);
            return Verdict { asks: live.open_question().is_some(), ..dated(State::Suspended, &before, &age, "") };
        }
        Condition::Elsewhere => {
            return elsewhere(from_silence(evidence, live, &age).unwrap_or_else(|| by_hooks(live, &age)));
        }
        Condition::Runs | Condition::Unknown => {}
    }
    if let Some(other) = evidence.left_for {
        let before = format!("its process continued with conversation {other}; {}", live.last_event);
        return dated(State::Gone, &before, &age, "");
    }
    let said = said::by_client(evidence, live).or_else(|| said::by_log(evidence, live));
    said.or_else(|| from_silence(evidence, live, &age)).unwrap_or_else(|| by_hooks(live, &age))
}

/// The state if the silence is too long, or if there is nothing to go by.
fn from_silence(evidence: &Evidence, live: &Live, age: &Age) -> Option<Verdict> {
    let heard_at = clock::parse(&live.last_event_at);
    let silent = heard_at.is_none() || evidence.is_silent_since(heard_at);
    let is_unwatched = matches!(evidence.process, Condition::Unknown | Condition::Elsewhere);
    if silent && (is_unwatched || live.state == Activity::Working) {
        return Some(dated(State::Stale, &live.last_event, age, ", nothing since"));
    }
    if is_unwatched && age.at.is_none() {
        return Some(dated(State::Unknown, &format!("no process is known; {}", live.last_event), age, ""));
    }
    None
}

/// Adds to the reason that the process cannot be seen from here.
fn elsewhere(found: Verdict) -> Verdict {
    let with_place = |text: &str| format!("elsewhere (another machine, container or boot): {text}");
    Verdict { reason: with_place(&found.reason), evidence: with_place(&found.evidence), ..found }
}

#[cfg(test)]
mod tests;
