//! Owns what can be seen of seats at one moment: the state of each with its evidence, how many messages wait for it, and
//! the seats in the order of a family tree. All programs that show seats ask here. Must stay true: nothing is written; the
//! end of a client is seen from its process, also without a hook; what is not known is `unknown` or absent, never guessed.
//! Deliberately absent: names of tools and texts of conversations, which are in the agents' own files (`libs/agents`).

use crate::client::Client;
use crate::inbox::Inbox;
use crate::lease_store::Leases;
use crate::seat::{Seat, SeatStatus};
use crate::store::Seats;
use crate::tree;
use cs_core::clock::{self, Instant, TimeDelta};
use cs_core::id::{SeatId, Uuid};
use cs_core::live::Live;
use cs_core::paths::Home;
use cs_core::state::{STATES, State, Verdict};
use cs_core::states::States;
use cs_core::store::{self, Store};
use std::collections::HashMap;
use std::time::Duration;

/// The state of a seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeatState {
    /// Its client was started, and no hook of it was seen yet.
    Starting,
    /// The state of its conversation. `Gone`: the client's process ended, and nothing reported that.
    Of(State),
    /// Its client ended.
    Ended,
    /// `cs-agent kill` ended it.
    Killed,
}

impl SeatState {
    /// The word on the wire and in lists.
    pub fn as_str(self) -> &'static str {
        match self {
            SeatState::Starting => SeatStatus::Starting.as_str(),
            SeatState::Of(state) => state.as_str(),
            SeatState::Ended => SeatStatus::Ended.as_str(),
            SeatState::Killed => SeatStatus::Killed.as_str(),
        }
    }

    /// All states that a seat can have: a conversation that runs is neither parked nor completed.
    pub fn all() -> impl Iterator<Item = SeatState> {
        let of = STATES.into_iter().filter(|state| !matches!(state, State::Parked | State::Completed));
        [SeatState::Starting].into_iter().chain(of.map(SeatState::Of)).chain([SeatState::Ended, SeatState::Killed])
    }

    /// Whether the seat has no client any more.
    pub fn is_over(self) -> bool {
        matches!(self, SeatState::Of(State::Gone) | SeatState::Ended | SeatState::Killed)
    }
}

/// A seat as it is now.
#[derive(Clone, Debug)]
pub struct Seen<'a> {
    /// The seat.
    pub seat: &'a Seat,
    /// Its conversation, if it runs.
    pub live: Option<&'a Live>,
    /// Its state.
    pub state: SeatState,
    /// The evidence. The state in it is `unknown` if the conversation does not decide the seat's state.
    pub verdict: Verdict,
}

/// Looks at a seat. Reads at most the conversation's own files. `lives` are those that `states` was made of.
pub fn look<'a>(seat: &'a Seat, lives: &'a [Live], states: &States) -> Seen<'a> {
    let live = conversation(seat, lives);
    let (state, verdict) = judge(seat, live, states);
    Seen { seat, live, state, verdict }
}

/// The running conversation of a seat: the one that it names; else one that names it, because the seat may not know its
/// newest one yet; else one that its process runs.
pub fn conversation<'a>(seat: &Seat, lives: &'a [Live]) -> Option<&'a Live> {
    let newest = |tie: Tie| lives.iter().rev().find(|live| tie_of(seat, live) == Some(tie));
    newest(Tie::Named).or_else(|| newest(Tie::Names)).or_else(|| newest(Tie::Process))
}

/// Whether a running conversation takes place in the seat.
pub fn is_in(seat: &Seat, live: &Live) -> bool {
    tie_of(seat, live).is_some()
}

/// What ties a conversation to a seat.
#[derive(Clone, Copy, PartialEq)]
enum Tie {
    Named,
    Names,
    Process,
}

fn tie_of(seat: &Seat, live: &Live) -> Option<Tie> {
    if seat.claude_session_id.as_deref() == Some(live.claude_session_id.as_str()) {
        return Some(Tie::Named);
    }
    if live.agent_id.as_deref() == Some(seat.agent_id.as_str()) {
        return Some(Tie::Names);
    }
    live.process().is_some_and(|process| seat.is_process(&process)).then_some(Tie::Process)
}

fn judge(seat: &Seat, live: Option<&Live>, states: &States) -> (SeatState, Verdict) {
    if !seat.status.is_open() {
        let state = if seat.status == SeatStatus::Killed { SeatState::Killed } else { SeatState::Ended };
        return (state, ended(seat, states.now()));
    }
    let client = seat.client(|| live.and_then(store::runner));
    if let Some(live) = live.filter(|_| !matches!(client, Client::Gone(_))) {
        let verdict = states.of_live(live);
        return (SeatState::Of(verdict.state), verdict);
    }
    match client {
        Client::Gone(process) => {
            let reason = format!("process {} ended without SessionEnd", process.pid);
            (SeatState::Of(State::Gone), Verdict::new(State::Gone, &reason))
        }
        _ if seat.status == SeatStatus::Starting => (SeatState::Starting, starting(seat, states.now())),
        Client::Runs(process) => {
            let reason = format!("process {} runs, no conversation of it is known", process.pid);
            (SeatState::Of(State::Unknown), Verdict::new(State::Unknown, &reason))
        }
        Client::Unknown => (
            SeatState::Of(State::Unknown),
            Verdict::new(State::Unknown, "neither a conversation nor a process is known"),
        ),
    }
}

fn ended(seat: &Seat, now: Instant) -> Verdict {
    if let Some(error) = seat.start_error() {
        let mut verdict = dated(&format!("its client could not be started: {error}"), seat.ended_at.as_deref(), now);
        verdict.reason.clone_from(&verdict.evidence);
        verdict.failed = Some(error.to_string());
        return verdict;
    }
    let by = match (seat.status, seat.ended_by.as_deref()) {
        (SeatStatus::Killed, Some(by)) => format!("killed by {by}"),
        (SeatStatus::Killed, None) => "killed".to_string(),
        (_, None | Some("client")) => "its client ended".to_string(),
        (_, Some(by)) => format!("ended by {by}"),
    };
    dated(&by, seat.ended_at.as_deref(), now)
}

fn starting(seat: &Seat, now: Instant) -> Verdict {
    dated("no hook of its client was seen yet; started", Some(&seat.spawned_at), now)
}

fn dated(evidence: &str, at: Option<&str>, now: Instant) -> Verdict {
    let since = at.and_then(clock::parse);
    let reason = since.map_or_else(|| evidence.to_string(), |at| format!("{evidence} {}", clock::ago(at, now)));
    let mut verdict = Verdict::new(State::Unknown, &reason);
    verdict.evidence = evidence.to_string();
    (verdict.evidence_at, verdict.since) = (since, since);
    verdict
}

impl Seen<'_> {
    /// The state as lists show it: `idle`, `failed: usage limit`.
    pub fn label(&self) -> String {
        match self.state {
            SeatState::Of(_) => self.verdict.label(),
            other => match &self.verdict.failed {
                Some(why) => format!("failed: {why}"),
                None => other.as_str().to_string(),
            },
        }
    }

    /// The session that its conversation is recorded in.
    pub fn session_id(&self) -> Option<&str> {
        self.live.and_then(|live| live.session_id.as_deref()).or(self.seat.session_id.as_deref())
    }

    /// What its present conversation used.
    pub fn spent(&self, store: &Store) -> Spent {
        self.uuid().map(|uuid| spent(store, &uuid, self.session_id(), self.live)).unwrap_or_default()
    }

    /// Its present conversation.
    pub fn uuid(&self) -> Option<Uuid> {
        let running = self.live.map(|live| live.claude_session_id.as_str());
        Uuid::parse(running.or(self.seat.claude_session_id.as_deref())?).ok()
    }
}

/// What a conversation used; figures that are not known are absent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spent {
    /// At the last count.
    pub tokens: Option<u64>,
    /// Answers of models at the last count.
    pub calls: Option<u64>,
    /// In dollars: while the conversation runs, the newest figure is that of its status line; else that of the last count.
    pub cost_usd: Option<f64>,
}

/// What a conversation used in a session. `live` is there while it runs.
pub fn spent(store: &Store, uuid: &Uuid, session: Option<&str>, live: Option<&Live>) -> Spent {
    let usage = store.usage(uuid, session.unwrap_or_default()).ok().flatten();
    let reading = live.and_then(|_| store.reading(uuid));
    Spent {
        tokens: usage.as_ref().map(|usage| usage.total_tokens),
        calls: usage.as_ref().map(|usage| usage.messages),
        cost_usd: reading.and_then(|reading| reading.cost_usd).or_else(|| usage?.cost_usd),
    }
}

/// How many messages wait for a seat: those that were not delivered yet. Only names are read. None wait for a seat that
/// has ended: they have failed, even if their files could not be moved yet.
pub fn count_waiting(home: &Home, seat: &Seat) -> usize {
    if !seat.status.is_open() {
        return 0;
    }
    inbox(home, seat).and_then(|inbox| inbox.count_waiting().ok()).unwrap_or_default()
}

/// When the newest of its messages was delivered to a seat. Reads all of them.
pub fn delivered_at(home: &Home, seat: &Seat) -> Option<Instant> {
    let messages = inbox(home, seat)?.all().ok()?.into_iter();
    messages.filter_map(|message| clock::parse(message.delivered_at.as_deref()?)).max()
}

/// Whether a message waits for a seat that may be delivered now.
pub fn has_due(home: &Home, seat: &Seat, now: Instant) -> bool {
    let waiting = inbox(home, seat).and_then(|inbox| inbox.waiting().ok()).unwrap_or_default();
    waiting.iter().any(|message| message.is_due(now) && !message.is_expired(now))
}

/// A message that was delivered but not proved to be read keeps a seat busy for this long: the hook that took it may still
/// be writing.
const READS: TimeDelta = TimeDelta::seconds(10);

/// Whether a seat is about to read a message that was just delivered.
pub fn is_reading(home: &Home, seat: &Seat, now: Instant) -> bool {
    let unread = inbox(home, seat).and_then(|inbox| inbox.unread().ok()).unwrap_or_default();
    let is_new = |at: Instant| (now - at).abs() < READS;
    unread.iter().any(|message| message.delivered_at.as_deref().and_then(clock::parse).is_some_and(is_new))
}

/// The leases that hold now, by the seats that have them: the paths of each.
#[derive(Clone, Debug, Default)]
pub struct Held(HashMap<String, Vec<Vec<String>>>);

impl Held {
    /// Reads the leases of all projects, for these seats. A damaged file hides no other one.
    pub fn read(store: &Store, seats: &[Seat], now: Instant) -> Self {
        let files = Seats::of(store);
        let known: HashMap<&str, &Seat> = seats.iter().map(|seat| (seat.agent_id.as_str(), seat)).collect();
        let mut held: HashMap<String, Vec<Vec<String>>> = HashMap::new();
        for slug in Leases::projects(store).unwrap_or_default() {
            let leases = Leases::of(store, &slug).read().map(|file| file.leases).unwrap_or_default();
            for lease in leases.into_iter().filter(|lease| lease.lasts(now)) {
                let Some(seat) = lease.owner.agent_id.as_deref().and_then(|id| known.get(id)) else { continue };
                // The seat was read already, unless the lease belongs to one of its commands.
                let has_ended = if lease.owner.runs { lease.owner.has_ended(&files) } else { files.has_ended(seat) };
                if !has_ended {
                    held.entry(seat.agent_id.clone()).or_default().push(lease.paths);
                }
            }
        }
        Held(held)
    }

    /// How many leases a seat has.
    pub fn count(&self, seat: &Seat) -> usize {
        self.of(seat).len()
    }

    /// The paths that a seat has leased.
    pub fn paths<'a>(&'a self, seat: &Seat) -> Vec<&'a str> {
        self.of(seat).iter().flatten().map(String::as_str).collect()
    }

    fn of(&self, seat: &Seat) -> &[Vec<String>] {
        self.0.get(&seat.agent_id).map(Vec::as_slice).unwrap_or_default()
    }
}

/// The inbox of a seat, for reading.
fn inbox(home: &Home, seat: &Seat) -> Option<Inbox> {
    SeatId::parse(&seat.agent_id).ok().map(|id| Inbox::of(home, &id, Duration::ZERO))
}

/// The seats in the order of a family tree, the oldest first, each with its depth among the given ones.
pub fn family(seats: Vec<&Seat>) -> Vec<(usize, &Seat)> {
    tree::arrange(seats, |seat| &seat.agent_id, |seat| seat.parent_seat())
}
