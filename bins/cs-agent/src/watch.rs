//! Owns watching seats until something happens to them. Must stay true: files are looked at every [`STEP`], and read only
//! if one of them changed, or every [`SLOWLY`], because no file says that a process ended or that a person pressed Esc.

use agents::Event;
use chrono::TimeDelta;
use cli::Failure;
use cli::Outcome;
use cs_core::clock::{self, Instant};
use cs_core::id::{SeatId, Uuid};
use cs_core::live::Live;
use cs_core::stamp::{Stamp, unchanged};
use cs_core::state::State;
use cs_core::states::States;
use cs_core::store::Store;
use seats::sight::{self, SeatState, Seen};
use seats::{Seat, SeatStatus, Seats};
use std::io::{IsTerminal, stderr};
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant as Moment};

/// How often files are looked at.
const STEP: Duration = Duration::from_millis(50);
/// How often everything is looked at.
const SLOWLY: Duration = Duration::from_millis(500);
/// How long a seat may have no client while the next one is started.
const STARTS: Duration = Duration::from_secs(2);
/// A turn that ended within this time of a delivery may go on with it: the hooks of one event run beside each other.
const SETTLES: TimeDelta = TimeDelta::seconds(2);

/// How long a client may take from its start to its prompt.
const STARTED: TimeDelta = TimeDelta::seconds(5);

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// The turn is over.
    Idle,
    /// A question waits for an answer.
    Waiting,
    /// The client has ended.
    End,
}

impl Goal {
    /// Reads a goal.
    pub fn parse(word: &str) -> Outcome<Self> {
        let all = [Goal::Idle, Goal::Waiting, Goal::End].map(|goal| (goal.as_str(), goal));
        cli::words::choose(word.trim(), "something to wait for", &all).map_err(|text| Failure::Usage(text, None))
    }

    /// The word on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Goal::Idle => "idle",
            Goal::Waiting => "waiting",
            Goal::End => "end",
        }
    }
}

/// How to wait.
pub struct Plan {
    /// One of these is to be reached.
    pub goals: Vec<Goal>,
    /// Whether one agent is enough.
    pub any: bool,
    /// How long to wait.
    pub timeout: Option<Duration>,
    /// An end of a turn before does not count.
    pub since: Option<Instant>,
}

/// Something that happened.
pub enum Met<'a> {
    /// A seat reached one of the goals.
    Reached(Goal, Seen<'a>),
    /// A seat ended before.
    EndedFirst(String),
    /// A seat that has no task, so that its turn will not end.
    HasNoTask(Failure),
    /// What a person may want to know while they wait.
    News(String),
}

struct Watched {
    id: SeatId,
    seat: Seat,
    stamps: Vec<Option<Stamp>>,
    /// When the newest message was delivered to it.
    delivered_at: Option<Instant>,
    /// Since when its client is gone, though a next one may be about to start.
    gone: Option<Moment>,
    is_done: bool,
    label: String,
}

/// Whether a client is gone only because another one takes its place (`clear`, `restore`). `gone` is since when.
fn may_be_starting(seen: &Seen, gone: &mut Option<Moment>) -> bool {
    if seen.seat.status != SeatStatus::Starting || seen.state != SeatState::Of(State::Gone) {
        *gone = None;
        return false;
    }
    gone.get_or_insert_with(Moment::now).elapsed() < STARTS
}

/// The watched seats.
pub struct Watch<'a> {
    store: &'a Store,
    files: Seats,
    plan: &'a Plan,
    stale_after: TimeDelta,
    watched: Vec<Watched>,
    lives: Vec<Live>,
    began: Moment,
    looked: Option<Moment>,
}

impl<'a> Watch<'a> {
    /// Begins to watch.
    pub fn new(store: &'a Store, seats: &[&Seat], plan: &'a Plan, stale_after: TimeDelta) -> Self {
        let watched = seats.iter().filter_map(|seat| {
            let id = SeatId::parse(&seat.agent_id).ok()?;
            let (seat, stamps, label) = ((*seat).clone(), Vec::new(), String::new());
            Some(Watched { id, seat, stamps, delivered_at: None, gone: None, is_done: false, label })
        });
        let (watched, files) = (watched.collect(), Seats::of(store));
        Watch { store, files, plan, stale_after, watched, lives: Vec::new(), began: Moment::now(), looked: None }
    }

    /// What has happened since the last look.
    pub fn look(&mut self) -> Outcome<Vec<Met<'_>>> {
        if !self.has_changed() {
            return Ok(Vec::new());
        }
        self.looked = Some(Moment::now());
        for watched in self.watched.iter_mut().filter(|watched| !watched.is_done) {
            watched.seat = self.files.seat(&watched.id)?;
        }
        self.lives = self.store.all_live()?;
        let states = States::of_lives(self.store, &self.lives, self.stale_after, clock::now());
        let (store, plan, lives) = (self.store, self.plan, &self.lives);
        let open = self.watched.iter_mut().filter(|watched| !watched.is_done);
        Ok(open.filter_map(|watched| met(watched, lives, &states, store, plan)).collect())
    }

    /// Whether a file of a seat changed, or it is time to look at everything.
    fn has_changed(&mut self) -> bool {
        let mut changed = self.looked.is_none_or(|at| at.elapsed() >= SLOWLY);
        for watched in self.watched.iter_mut().filter(|watched| !watched.is_done) {
            let stamps: Vec<Option<Stamp>> = paths(self.store, watched).iter().map(|path| Stamp::of(path)).collect();
            let is_same = stamps.len() == watched.stamps.len()
                && watched.stamps.iter().zip(&stamps).all(|(before, now)| unchanged(before.as_ref(), now.as_ref()));
            if !is_same {
                watched.delivered_at = sight::delivered_at(&self.store.home, &watched.seat);
                watched.stamps = stamps;
            }
            changed |= !is_same;
        }
        changed
    }

    /// Whether every seat has reached a goal, or ended.
    pub fn is_done(&self) -> bool {
        self.watched.iter().all(|watched| watched.is_done)
    }

    /// If the time is up: which seats are left, and what they are doing.
    pub fn time_is_up(&self) -> Option<String> {
        self.plan.timeout.filter(|timeout| self.began.elapsed() >= *timeout)?;
        let left = self.watched.iter().filter(|watched| !watched.is_done);
        let texts: Vec<String> = left.map(|watched| format!("{} is {}", watched.seat.title(), watched.label)).collect();
        Some(format!("time is up: {}", texts.join(", ")))
    }

    /// Sleeps until the next look.
    pub fn sleep(&self) {
        let left = self.plan.timeout.map_or(STEP, |timeout| timeout.saturating_sub(self.began.elapsed()));
        thread::sleep(left.min(STEP));
    }
}

/// What has happened to a seat.
fn met<'w>(
    watched: &'w mut Watched,
    lives: &'w [Live],
    states: &States,
    store: &Store,
    plan: &Plan,
) -> Option<Met<'w>> {
    let (now, seen) = (states.now(), sight::look(&watched.seat, lives, states));
    let has_more = sight::has_due(&store.home, seen.seat, now);
    let is_reading = sight::is_reading(&store.home, seen.seat, now);
    let given = Given { delivered_at: watched.delivered_at, has_more };
    let is_over = seen.state.is_over() && !may_be_starting(&seen, &mut watched.gone);
    let reached = plan.goals.iter().copied().find(|goal| match goal {
        Goal::End => is_over,
        Goal::Waiting => seen.state == SeatState::Of(State::Waiting),
        Goal::Idle => !is_reading && turn_ended_at(&seen).is_some_and(|at| is_new(at, seen.seat, &given, plan, now)),
    });
    let lacks_task = plan.goals == [Goal::Idle] && has_no_task(store, &seen, &given, now);
    watched.is_done = is_over || lacks_task || reached.is_some();
    match reached {
        Some(goal) => Some(Met::Reached(goal, seen)),
        None if is_over => Some(Met::EndedFirst(format!("{} ended first: {}", seen.seat.title(), seen.verdict.reason))),
        None if lacks_task => {
            let hint = format!("give it one: cs-message send {} \"TEXT\"", seen.seat.agent_id);
            Some(Met::HasNoTask(Failure::Advised(format!("{} has no task", seen.seat.title()), hint)))
        }
        None => news(&mut watched.label, &seen, &plan.goals).map(Met::News),
    }
}

/// What a seat was given last.
struct Given {
    delivered_at: Option<Instant>,
    /// Whether a message waits that may be delivered now.
    has_more: bool,
}

/// The files that change if something happens to a seat.
fn paths(store: &Store, watched: &Watched) -> Vec<PathBuf> {
    let home = &store.home;
    let uuid = watched.seat.claude_session_id.as_deref().and_then(|uuid| Uuid::parse(uuid).ok());
    let inbox = home.inbox(&watched.id);
    let live = uuid.map(|uuid| home.live(&uuid)).into_iter();
    [home.seat(&watched.id), inbox.join("new"), inbox.join("cur")].into_iter().chain(live).collect()
}

/// When the last turn ended, if none runs.
fn turn_ended_at(seen: &Seen) -> Option<Instant> {
    let live = seen.live.filter(|_| matches!(seen.state, SeatState::Of(State::Idle | State::Background)))?;
    if live.is_in_turn() {
        // No hook reported the end; the client or its log did.
        return seen.verdict.since.or(seen.verdict.evidence_at);
    }
    let ends_turn = Event::named(&live.last_event).is_some_and(Event::ends_turn);
    let told = ends_turn.then(|| clock::parse(&live.last_event_at)).flatten();
    let since = clock::parse(&live.since).filter(|_| live.since != live.started_at);
    told.into_iter().chain(since).max()
}

/// Whether the end of a turn answers the last thing that the seat was given: its prompt, or a message.
fn is_new(ended_at: Instant, seat: &Seat, given: &Given, plan: &Plan, now: Instant) -> bool {
    let spawned_at = clock::parse(&seat.spawned_at);
    let newest = [spawned_at, given.delivered_at, plan.since].into_iter().flatten().max();
    let goes_on = given.has_more || given.delivered_at.is_some_and(|at| (ended_at - at).abs() < SETTLES);
    newest.is_none_or(|at| ended_at > at) && (!goes_on || now - ended_at > SETTLES)
}

/// Whether the seat got neither a prompt nor a message since its conversation began. The start of a client with a prompt
/// is an idle moment, too.
fn has_no_task(store: &Store, seen: &Seen, given: &Given, now: Instant) -> bool {
    let Some(live) = seen.live.filter(|_| seen.state == SeatState::Of(State::Idle)) else { return false };
    let has_prompt = seen.seat.prompt_sha256.is_some() && seen.seat.conversations.len() < 2;
    let is_fresh = live.since == live.started_at && !live.is_in_turn() && turn_ended_at(seen).is_none();
    let has_settled = clock::parse(&live.started_at).is_some_and(|at| now - at > STARTED);
    let has_message = given.delivered_at.is_some() || sight::count_waiting(&store.home, seen.seat) > 0;
    !has_prompt && is_fresh && has_settled && !has_message
}

/// What is new about a seat: for a person everything, for an agent that a child asks something.
fn news(label: &mut String, seen: &Seen, goals: &[Goal]) -> Option<String> {
    let is_idle = matches!(seen.state, SeatState::Of(State::Idle | State::Background));
    let counts = if is_idle && goals.contains(&Goal::Idle) { ", but no turn has ended that counts" } else { "" };
    let now = format!("{}{counts}", seen.label());
    if *label == now {
        return None;
    }
    *label = now;
    let asks = seen.state == SeatState::Of(State::Waiting);
    (asks || stderr().is_terminal()).then(|| format!("{} is {label}: {}", seen.seat.name, seen.verdict.reason))
}
