//! Owns the states of all sessions at one moment: it collects the evidence, and [`crate::state`] derives the state from
//! it. All programs that show, export or act on a state use this module, so that they agree on the conversation that
//! decides a session's state and on the silence that makes it stale.
//! Must stay true: live files are read once; the cost of one session's state does not grow with the number of
//! sessions; nothing is written.

use crate::clock::{self, Instant};
use crate::error::{Error, Result};
use crate::id::SessionId;
use crate::index::IndexEntry;
use crate::live::Live;
use crate::place::Place;
use crate::process::{self, Condition, Process};
use crate::reach::{self, Reach, Runs};
use crate::record::{Session, Status};
use crate::state::{self, Client, Evidence, Logged, State, Verdict};
use crate::store::{self, Store};
use chrono::TimeDelta;
use std::borrow::Cow;
use std::sync::OnceLock;
use std::time::UNIX_EPOCH;

/// All states at one moment.
#[derive(Clone, Debug)]
pub struct States<'a> {
    store: &'a Store,
    lives: Cow<'a, [Live]>,
    stale_after: TimeDelta,
    now: Instant,
    /// Whether records may be read for what sessions without a conversation need the user for.
    reads_requests: bool,
    /// The numbers of the live files, sorted by their sessions.
    by_session: OnceLock<Vec<usize>>,
}

/// The turn of a conversation that is at work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// When it began, as far as hooks tell.
    pub since: Option<Instant>,
    /// Whether only work in the background goes on.
    pub is_background: bool,
    /// Whether it waits for a person.
    pub is_waiting: bool,
}

/// What its record and its hooks say about a session.
struct Standing<'a> {
    status: Status,
    last_heartbeat: &'a str,
    ended_at: Option<&'a str>,
    live: Option<&'a Live>,
    /// Its record, if it was read.
    record: Option<&'a Session>,
}

/// Evidence on a conversation that does not come from its hooks.
struct Gathered<'l> {
    process: Condition,
    client: Option<Client>,
    logged: Option<Logged>,
    left_for: Option<&'l str>,
}

impl<'a> States<'a> {
    /// Reads the live files. A session with no sign of life for longer than `stale_after` is stale.
    pub fn read(store: &'a Store, stale_after: TimeDelta, now: Instant) -> Result<Self> {
        let reads_requests = store.may_take_time();
        let lives = Cow::Owned(store.all_live()?);
        Ok(States { store, lives, stale_after, now, reads_requests, by_session: OnceLock::new() })
    }

    /// Uses live files that were read before.
    pub fn of_lives(store: &'a Store, lives: &'a [Live], stale_after: TimeDelta, now: Instant) -> Self {
        let reads_requests = store.may_take_time();
        let lives = Cow::Borrowed(lives);
        States { store, lives, stale_after, now, reads_requests, by_session: OnceLock::new() }
    }

    /// The same for somebody who only asks which sessions are silent, which no request changes.
    pub(crate) fn without_requests(self) -> Self {
        States { reads_requests: false, ..self }
    }

    /// The moment at which the states hold.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// All running conversations.
    pub fn lives(&self) -> &[Live] {
        &self.lives
    }

    /// The running conversation that decides a session's state: the one with the latest event.
    pub fn live(&self, id: &str) -> Option<&Live> {
        let session_of = |number: &usize| self.lives.get(*number).and_then(|live| live.session_id.as_deref());
        let sorted = self.by_session.get_or_init(|| {
            let mut numbers = Vec::from_iter(0..self.lives.len());
            numbers.sort_by_key(session_of);
            numbers
        });
        let others = sorted.get(sorted.partition_point(|number| session_of(number) < Some(id))..)?;
        let of_it = others.iter().take_while(|number| session_of(number) == Some(id));
        state::latest_of(of_it.filter_map(|number| self.lives.get(*number)), self.now)
    }

    /// The running conversation of a session: the one that decides its state, else the one with this id, which may have
    /// gone on in another session.
    pub fn conversation(&self, id: &str, uuid: Option<&str>) -> Option<&Live> {
        let with_id = || self.lives.iter().find(|live| uuid == Some(live.claude_session_id.as_str()));
        self.live(id).or_else(with_id)
    }

    /// How a person gets to the conversation of a session in this state.
    pub fn reach(&self, id: &str, uuid: Option<&str>, state: State) -> Reach {
        reach::reach(
            state,
            self.conversation(id, uuid).map_or(Runs::NotSeen, |live| runs(live, store::runner_now(live).as_ref())),
        )
    }

    /// How a person continues the session's conversation, and why; refused if it runs.
    pub fn reach_ended(&self, id: &SessionId, session: &Session) -> Result<(Reach, String)> {
        let verdict = self.of_session(session);
        let uuid = session.claude_session_id.as_deref();
        match self.reach(id.as_str(), uuid, verdict.state) {
            Reach::Jump => {
                let other = self.conversation(id.as_str(), uuid).and_then(Live::session);
                let jump = format!("cs-session jump {} shows it", other.as_ref().unwrap_or(id));
                Err(Error::Refused(match other.filter(|other| other != id) {
                    Some(other) => format!("the conversation of {id} runs in {other}; {jump}"),
                    None => format!("{id} runs ({}: {}); {jump}", verdict.state.as_str(), verdict.reason),
                }))
            }
            reach => Ok((reach, verdict.reason)),
        }
    }

    /// The terminal in which a session's conversation runs, while it may run.
    pub fn place(&self, id: &str) -> Option<Place> {
        self.live(id).and_then(place)
    }

    /// The state of a session that the index knows.
    pub fn of_entry(&self, id: &str, entry: &IndexEntry) -> Verdict {
        self.of(id, entry.status, &entry.last_heartbeat, entry.ended_at.as_deref())
    }

    /// The state of a record.
    pub fn of_session(&self, session: &Session) -> Verdict {
        let live = self.live(&session.session_id);
        let (last_heartbeat, ended_at) = (session.last_heartbeat.as_str(), session.ended_at.as_deref());
        let standing = Standing { status: session.status, last_heartbeat, ended_at, live, record: Some(session) };
        self.judge(&session.session_id, standing)
    }

    /// The state of a record, after [`States::drop_answered`].
    pub fn settle(&self, session: &mut Session) -> Verdict {
        let verdict = self.of_session(session);
        self.drop_answered(session, &verdict);
        verdict
    }

    /// Clears the record's `awaiting_action` if the state shows that the question was answered or dismissed.
    pub fn drop_answered(&self, session: &mut Session, verdict: &Verdict) {
        state::settle(&session.session_id, &mut session.awaiting_action, &self.lives, verdict);
    }

    /// The last sign of life of a session: the record's, or a later one from its conversation.
    pub fn last_sign<'s>(&'s self, id: &str, recorded: &'s str) -> &'s str {
        state::last_sign(id, recorded, &self.lives, self.now)
    }

    /// The state of a running conversation, which may have no session yet. No other conversation of its session counts.
    pub fn of_live(&self, live: &Live) -> Verdict {
        let alone =
            Standing { status: Status::Active, last_heartbeat: "", ended_at: None, live: Some(live), record: None };
        self.judge(&live.claude_session_id, alone)
    }

    /// The state of a session, from the facts that its index entry and its record share.
    pub fn of(&self, id: &str, status: Status, last_heartbeat: &str, ended_at: Option<&str>) -> Verdict {
        self.judge(id, Standing { status, last_heartbeat, ended_at, live: self.live(id), record: None })
    }

    fn judge(&self, id: &str, standing: Standing) -> Verdict {
        let requested = self.requested(id, &standing);
        let Standing { status, last_heartbeat, ended_at, live, .. } = standing;
        let last_heartbeat = match live {
            None if status == Status::Active => self.newest_heartbeat(id, last_heartbeat),
            // The heartbeat does not matter for running conversations and ended sessions.
            _ => None,
        };
        let sign = live.map_or(last_heartbeat, |live| clock::parse(&live.last_event_at));
        let doubted = sign.filter(|at| status == Status::Active && !clock::is_credible(*at, self.now));
        let counted_from = doubted.and_then(|sign| self.store.doubted_at(id, sign, self.now));
        let gathered = live.filter(|_| status == Status::Active).map(|live| self.gather(live));
        let nothing = Gathered { process: Condition::Unknown, client: None, logged: None, left_for: None };
        let Gathered { process, client, logged, left_for } = gathered.unwrap_or(nothing);
        let (stale_after, now) = (self.stale_after, self.now);
        state::derive(&Evidence {
            status,
            last_heartbeat,
            ended_at: ended_at.and_then(clock::parse),
            counted_from,
            requested: requested.as_deref(),
            live,
            process,
            client,
            logged,
            left_for,
            stale_after,
            now,
        })
    }

    /// The turn that a running conversation is in; `None` if it is not at work.
    pub fn turn_of(&self, live: &Live) -> Option<Turn> {
        let state = self.of_live(live).state;
        // A question changes the time since when the state holds, not the turn.
        let since = clock::parse(&live.since).filter(|_| state == State::Working);
        match state {
            State::Working => Some(Turn { since, is_background: false, is_waiting: false }),
            State::Waiting => Some(Turn { since, is_background: false, is_waiting: true }),
            State::Background => Some(Turn { since, is_background: true, is_waiting: false }),
            _ => None,
        }
    }

    /// What the record of an active session says that the user is needed for, if no conversation runs: that of a
    /// running one is in its live file. The index does not have it, so the record is read; hooks do without.
    fn requested(&self, id: &str, standing: &Standing) -> Option<String> {
        if standing.status != Status::Active || standing.live.is_some() {
            return None;
        }
        if let Some(record) = standing.record {
            return record.awaiting_action.clone();
        }
        let id = SessionId::parse(id).ok().filter(|_| self.reads_requests)?;
        self.store.recent(&id).ok()?.awaiting_action
    }

    /// Asks the system and the client about a conversation, and its log if neither knows. Hooks never read the log.
    fn gather(&self, live: &Live) -> Gathered<'_> {
        let witness = &self.store.witness;
        let runner = store::runner_now(live);
        let condition = runner.as_ref().map_or(Condition::Unknown, |(_, condition)| *condition);
        let running = runner.map(|(process, _)| process).filter(|_| condition == Condition::Runs);
        let client = running.as_ref().and_then(|process| (witness.client)(live, process));
        let in_turn = live.is_in_turn();
        let is_near = matches!(condition, Condition::Runs | Condition::Unknown);
        let knows = client.as_ref().is_some_and(|client| !client.shows_menu());
        let asks_log = !knows && (in_turn || live.compacts()) && is_near && self.store.may_take_time();
        let logged = Some(live).filter(|_| asks_log).and_then(|live| (witness.logged)(live));
        let resting = running.filter(|_| !in_turn);
        let left_for = resting.and_then(|process| (witness.left_for)(live, &process, &self.lives));
        Gathered { process: condition, client, logged, left_for }
    }

    /// The newest heartbeat. The one in the index may be old or have an impossible time; if it would make the session
    /// stale, the record is read, but only if the record's file or the file of its notes is newer.
    fn newest_heartbeat(&self, id: &str, indexed: &str) -> Option<Instant> {
        let indexed = clock::parse(indexed);
        let is_doubtful = indexed.is_some_and(|at| !clock::is_credible(at, self.now));
        if !is_doubtful && indexed.is_some_and(|at| self.now - at <= self.stale_after) {
            return indexed;
        }
        let id = SessionId::parse(id).ok()?;
        let recorded = || self.store.recent(&id).ok().and_then(|session| clock::parse(&session.last_heartbeat));
        if is_doubtful {
            return recorded().or(indexed);
        }
        let modified = |path| std::fs::symlink_metadata(path).and_then(|meta| meta.modified()).ok();
        let home = &self.store.home;
        let modified = [home.session(&id), home.spool(&id)].into_iter().filter_map(modified).max()?;
        let since = modified.duration_since(UNIX_EPOCH).ok()?;
        let modified = clock::from_millis(i64::try_from(since.as_millis()).ok()?)?;
        if indexed.is_some_and(|at| modified <= at) {
            return indexed;
        }
        recorded().or(indexed)
    }
}

/// The terminal in which a conversation runs, while it may run.
pub fn place(live: &Live) -> Option<Place> {
    let runner = store::runner_now(live);
    let (runner, _) = Some(runner).filter(|runner| runs(live, runner.as_ref()) != Runs::No)??;
    // Another window of the conversation is left, whose place no hook has reported yet.
    if live.process().is_some_and(|last| !last.is(&runner)) {
        return Some(Place::of_process(runner.pid));
    }
    live.place.clone().map(Place::checked)
}

/// Whether the process of a conversation runs.
fn runs(live: &Live, runner: Option<&(Process, Condition)>) -> Runs {
    let Some((process, condition)) = runner else { return Runs::Untold };
    match condition {
        Condition::Runs | Condition::Suspended => Runs::Yes,
        Condition::Ended => Runs::No,
        // This machine was started again since.
        Condition::Elsewhere if !process::may_run(process) && is_of_this_host(live) => Runs::No,
        Condition::Elsewhere => Runs::Elsewhere,
        Condition::Unknown => Runs::Untold,
    }
}

fn is_of_this_host(live: &Live) -> bool {
    live.place.as_ref().is_some_and(|place| place.host.is_some() && !place.is_on_another_host())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paths::Home;
    use crate::witness::Witness;

    #[test]
    fn the_conversation_of_a_session_is_found_among_many() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::for_hooks(Home::at(dir.path()), Witness::NONE);
        let now = clock::parse("2026-11-21T10:00:00Z").unwrap();
        let heard = |n: usize| clock::parse(&format!("2026-11-21T0{}:{:02}:00Z", n % 10, n % 60)).unwrap();
        let live = |n: usize| Live {
            session_id: (!n.is_multiple_of(7)).then(|| format!("sess_{}", n * 31 % 50)),
            last_event_at: clock::stamp(heard(n * 13)),
            ..Live::new(&format!("{n}"), now)
        };
        let lives: Vec<Live> = (0..200).map(live).collect();
        let states = States::of_lives(&store, &lives, TimeDelta::hours(1), now);
        for id in (0..60).map(|n| format!("sess_{n}")) {
            let found = states.live(&id).map(|live| &live.claude_session_id);
            assert_eq!(found, state::latest(&id, &lives, now).map(|live| &live.claude_session_id), "{id}");
        }
        assert!(states.live("sess_1").is_some());
    }
}
