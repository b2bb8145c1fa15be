//! Owns the one answer to "what is this session doing?": a pure function from evidence to a state
//! with its reason. Must stay true: nothing is guessed (`unknown` is an answer), the newest direct
//! evidence wins, and the reason says which evidence that was.

use crate::clock::{self, Instant};
use crate::live::{Activity, Live};
use crate::process::Condition;
use crate::record::Status;
use crate::validate;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

mod said;

/// Most characters of a failure that lists show.
const FAILURE: usize = 60;

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
    /// The process was stopped (Ctrl-Z) and does nothing until it is told to go on.
    Suspended,
    /// The process ended without saying so.
    Gone,
    /// No sign of life for longer than the threshold.
    Stale,
    /// Nothing is known that would say.
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
    /// The word for it.
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

    /// Whether the user is the one to act.
    pub fn needs_user(self) -> bool {
        matches!(self, State::Waiting | State::Idle)
    }
}

/// What Claude Code's own registry says of a client (`~/.claude/sessions/<pid>.json`, an internal
/// format): one word, what it waits for, and since when that holds. Words of 2.1.332: `busy`, `idle`, `waiting`, and
/// `shell` (the turn is over, a shell or monitor runs in the background).
#[derive(Clone, Debug, PartialEq)]
pub struct Client {
    /// The registry's word, such as `busy`.
    pub status: String,
    /// What it waits for, in the client's own words.
    pub waiting_for: Option<String>,
    /// `None` where it does not say.
    pub updated_at: Option<Instant>,
}

/// What the client calls menus that a person opened, among other dialogs.
const MENU: &str = "dialog open";

impl Client {
    /// Whether a dialog is open that may be a menu of the person's own: the client's word does not tell which.
    pub fn shows_menu(&self) -> bool {
        self.status == "waiting" && self.waiting_for.as_deref() == Some(MENU)
    }
}

/// How the conversation's own log says that the last turn ended.
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
    /// It has begun and not ended (only Codex's log says so).
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
    /// Since when silence is counted if the last sign of life is from no time that can be (see `ending::doubted_at`).
    pub counted_from: Option<Instant>,
    /// The conversation's live file, if there is one.
    pub live: Option<&'a Live>,
    /// What the system says of the live file's process.
    pub process: Condition,
    /// The client's own word, if it is about this very conversation and process.
    pub client: Option<Client>,
    /// What the log says, for clients that have no word of their own.
    pub logged: Option<Logged>,
    /// The conversation with which the same process went on, if it left this one.
    pub left_for: Option<&'a str>,
    /// Silence that makes an active session stale.
    pub stale_after: TimeDelta,
    /// The instant at which the state is asked for.
    pub now: Instant,
}

/// Hooks are told within this time of what they tell about; then what the client itself says is as new, whatever date
/// it has: that is only since when it holds.
const SETTLED: TimeDelta = TimeDelta::seconds(2);

impl Evidence<'_> {
    /// Whether the last sign of life is longer ago than the threshold.
    fn is_silent_since(&self, at: Option<Instant>) -> bool {
        let at = at.filter(|at| clock::is_credible(*at, self.now)).or(self.counted_from);
        at.is_some_and(|at| self.now - at > self.stale_after)
    }

    /// Whether something that holds since `told` is newer than what was told at `heard`.
    fn is_newer(&self, told: Instant, heard: Option<Instant>) -> bool {
        let credible = |at| clock::is_credible(at, self.now);
        let is_older = |at| told <= at && (credible(at) || !credible(told));
        !heard.is_some_and(is_older)
    }

    /// Whether the last event is so long ago that the client has said by now what follows from it.
    fn is_settled(&self, heard: Option<Instant>) -> bool {
        heard.is_none_or(|at| !clock::is_credible(at, self.now) || self.now - at > SETTLED)
    }
}

/// A state and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// What the session does.
    pub state: State,
    /// The evidence with its age, as it is told once: `permission for Bash (PermissionRequest 40 s ago)`.
    pub reason: String,
    /// The evidence without its age, for who shows it longer: `permission for Bash (PermissionRequest)`.
    pub evidence: String,
    /// When the evidence is from.
    pub evidence_at: Option<Instant>,
    /// Why the last turn failed, where nothing came after it.
    pub failed: Option<String>,
    /// Whether the question that hooks told of (see [`Live::wanted`]) still stands.
    pub asks: bool,
    /// First line of what the agent said last, where its turn is over: what the user is to answer.
    pub said: Option<String>,
}

impl Verdict {
    /// A state whose reason has no age.
    pub fn new(state: State, reason: &str) -> Self {
        let (reason, evidence) = (reason.to_string(), reason.to_string());
        Verdict { state, reason, evidence, evidence_at: None, failed: None, asks: false, said: None }
    }

    /// The state as lists show it: `idle`, `failed: usage limit`.
    pub fn label(&self) -> String {
        label(self.state, self.failed.as_deref())
    }
}

/// A state as lists show it, and why the last turn failed if it did.
pub fn label(state: State, failed: Option<&str>) -> String {
    match failed {
        Some(why) => format!("failed: {}", validate::cut(why, FAILURE)),
        None => state.as_str().to_string(),
    }
}

/// Takes from a record what it says that the session waits for, if that is answered or was dismissed. Hooks write it
/// and clear it again, but none tells that a dialog was dismissed: then the state knows better. What a person or an
/// agent wrote holds.
pub fn settle(session_id: &str, awaiting_action: &mut Option<String>, lives: &[Live], verdict: &Verdict) {
    let is_ours = |live: &Live| live.awaiting && live.session_id.as_deref() == Some(session_id);
    awaiting_action.take_if(|_| !verdict.asks && lives.iter().any(is_ours));
}

/// How old a piece of evidence is: in words that fit into a sentence.
struct Age {
    at: Option<Instant>,
    words: String,
    now: Instant,
}

impl Age {
    fn ago(at: Option<Instant>, now: Instant) -> Self {
        let words = at.map_or_else(|| "at an unknown time".to_string(), |at| clock::ago(at, now));
        Age { at: at.filter(|at| clock::is_credible(*at, now)), words, now }
    }

    /// As [`Age::ago`], seen from the same moment as another age.
    fn ago_of(at: &str, other: &Age) -> Self {
        Age::ago(clock::parse(at), other.now)
    }

    fn since(at: Instant, now: Instant) -> Self {
        Age { at: Some(at), words: format!("since {}", clock::age(at, now)), now }
    }
}

/// A verdict whose reason has the age between two parts of its sentence.
fn dated(state: State, before: &str, age: &Age, after: &str) -> Verdict {
    Verdict {
        reason: format!("{before} {}{after}", age.words),
        evidence: format!("{before}{after}"),
        evidence_at: age.at,
        ..Verdict::new(state, "")
    }
}

/// The conversation by which a session is judged: the one heard of last. One that was heard of while the clock was
/// ahead is not the last one for ever.
pub fn latest<'a>(session_id: &str, lives: &'a [Live], now: Instant) -> Option<&'a Live> {
    let of_it = lives.iter().filter(|live| live.session_id.as_deref() == Some(session_id));
    let key = |live: &Live| (clock::credible(&live.last_event_at, now).is_some(), live.last_event_at.clone());
    of_it.max_by_key(|live| key(live))
}

/// The last sign of life of a session: what the record says, or what was heard of its conversation since.
pub fn last_sign<'a>(session_id: &str, recorded: &'a str, lives: &'a [Live], now: Instant) -> &'a str {
    let heard = latest(session_id, lives, now).map(|live| live.last_event_at.as_str());
    let at = |text: &str| clock::credible(text, now);
    heard.filter(|heard| at(heard) > at(recorded)).unwrap_or(recorded)
}

/// The state that the evidence shows.
pub fn derive(evidence: &Evidence) -> Verdict {
    match (evidence.status, evidence.live) {
        (Status::Completed, _) => Verdict::new(State::Completed, "the record says completed"),
        (Status::Parked, _) => Verdict::new(State::Parked, "the record says parked"),
        (Status::Active, Some(live)) => {
            let found = from_live(evidence, live);
            let rests = matches!(found.state, State::Idle | State::Background | State::Waiting);
            let is_over = rests && found.failed.is_none() && !live.is_in_turn();
            let said = live.last_message.as_deref().filter(|_| is_over);
            // The file may be older than masking.
            let said = said.map(|said| validate::cut(said, validate::OUTCOME)).filter(|said| !said.is_empty());
            Verdict { said, ..found }
        }
        (Status::Active, None) => from_heartbeat(evidence),
    }
}

fn from_heartbeat(evidence: &Evidence) -> Verdict {
    let Some(beat) = evidence.last_heartbeat else {
        return Verdict::new(State::Unknown, "no running conversation and no heartbeat are known");
    };
    let age = Age::ago(Some(beat), evidence.now);
    if evidence.is_silent_since(Some(beat)) {
        return dated(State::Stale, "last heartbeat", &age, "");
    }
    dated(State::Unknown, "no running conversation is known; last heartbeat", &age, "")
}

/// In this order: what the system says of the process; what the client or the log says of the turn, where that is
/// newer; silence; what the hooks told last.
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
            return Verdict { asks: live.wanted().is_some(), ..dated(State::Suspended, &before, &age, "") };
        }
        Condition::Elsewhere => {
            return elsewhere(from_silence(evidence, live, &age).unwrap_or_else(|| told(live, &age)));
        }
        Condition::Runs | Condition::Unknown => {}
    }
    if let Some(other) = evidence.left_for {
        let before = format!("its process went on with conversation {other}; {}", live.last_event);
        return dated(State::Gone, &before, &age, "");
    }
    let said = said::by_client(evidence, live).or_else(|| said::by_log(evidence, live));
    said.or_else(|| from_silence(evidence, live, &age)).unwrap_or_else(|| told(live, &age))
}

/// Where nothing was heard for too long, or nothing can be known.
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

/// Nobody can look at the process from here.
fn elsewhere(found: Verdict) -> Verdict {
    let tell = |text: &str| format!("elsewhere (another machine, container or boot): {text}");
    Verdict { reason: tell(&found.reason), evidence: tell(&found.evidence), ..found }
}

/// What the hooks told, and no more.
fn told(live: &Live, age: &Age) -> Verdict {
    let event = &live.last_event;
    if let (Activity::Waiting, what) = (live.state, live.waiting_for.as_deref().unwrap_or("an answer")) {
        return Verdict { asks: true, ..dated(State::Waiting, &format!("{what} ({event}"), age, ")") };
    }
    if let Some(question) = live.questions.first() {
        let more = match live.questions.len() - 1 {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let asked = Age::ago_of(&question.at, age);
        let before = format!("{}{more} (asked by a subagent", question.what);
        return Verdict { asks: true, ..dated(State::Waiting, &before, &asked, ")") };
    }
    match live.state {
        Activity::Working => dated(State::Working, event, age, ""),
        _ if live.queued => {
            dated(State::Working, &format!("the prompt that was typed meanwhile runs ({event}"), age, ")")
        }
        _ => rests(live, "", event, age),
    }
}

/// The turn is over: what follows. `how` says how it ended if the hooks did not.
fn rests(live: &Live, how: &str, event: &str, age: &Age) -> Verdict {
    if let Some(what) = &live.requested {
        return dated(State::Waiting, &format!("{what} (requested; {event}"), age, ")");
    }
    let failed = live.error.clone().filter(|_| how.is_empty());
    if let Some(error) = &failed {
        let what = if live.request_failed { "the last request" } else { "the turn" };
        let found = dated(rest_of(live), &format!("{what} failed: {error} ({event}"), age, ")");
        return Verdict { failed, ..found };
    }
    match (live.background_tasks, &live.goes_on) {
        (Some(tasks), _) if live.state == Activity::Background => {
            dated(State::Background, &format!("{tasks} background tasks ({event}"), age, ")")
        }
        (_, Some(when)) => dated(State::Background, &format!("goes on by itself {when}{how} ({event}"), age, ")"),
        _ if live.state == Activity::Background => {
            dated(State::Background, &format!("background tasks ({event}"), age, ")")
        }
        _ => dated(State::Idle, &format!("your turn{how} ({event}"), age, ")"),
    }
}

fn rest_of(live: &Live) -> State {
    if live.state == Activity::Background { State::Background } else { State::Idle }
}

#[cfg(test)]
mod tests;
