//! Owns the answer to "what is each session doing?" at one moment: it gathers the evidence on every session, and
//! [`crate::state`] derives the state from it. Everything that shows, exports or acts on a state asks here, so that all
//! agree on which conversation a session is judged by, which lives count, and how long silence may last.
//! Must stay true: the running conversations are read once; a question about one session never depends on how many
//! there are; nothing is written.

use crate::clock::{self, Instant};
use crate::error::Result;
use crate::id::SessionId;
use crate::index::Entry;
use crate::live::Live;
use crate::process::{self, Condition};
use crate::record::{Session, Status};
use crate::state::{self, Client, Evidence, Logged, Verdict};
use crate::store::{self, Store};
use chrono::TimeDelta;
use std::borrow::Cow;
use std::time::UNIX_EPOCH;

/// All states at one moment.
#[derive(Clone, Debug)]
pub struct States<'a> {
    store: &'a Store,
    lives: Cow<'a, [Live]>,
    stale_after: TimeDelta,
    now: Instant,
}

/// What is known of a conversation beside the news of its hooks.
struct Beside<'l> {
    process: Condition,
    client: Option<Client>,
    logged: Option<Logged>,
    left_for: Option<&'l str>,
}

impl<'a> States<'a> {
    /// Reads the running conversations. Silence for longer than `stale_after` makes a session stale.
    pub fn read(store: &'a Store, stale_after: TimeDelta, now: Instant) -> Result<Self> {
        Ok(States { store, lives: Cow::Owned(store.all_live()?), stale_after, now })
    }

    /// The states for conversations that were read before.
    pub fn of_lives(store: &'a Store, lives: &'a [Live], stale_after: TimeDelta, now: Instant) -> Self {
        States { store, lives: Cow::Borrowed(lives), stale_after, now }
    }

    /// All running conversations.
    pub fn lives(&self) -> &[Live] {
        &self.lives
    }

    /// The conversation by which a session is judged, if one runs: the one heard of last.
    pub fn live(&self, id: &str) -> Option<&Live> {
        state::latest(id, &self.lives, self.now)
    }

    /// The state of a session that the index knows.
    pub fn of_entry(&self, id: &str, entry: &Entry) -> Verdict {
        self.of(id, entry.status, &entry.last_heartbeat)
    }

    /// The state of a record.
    pub fn of_session(&self, session: &Session) -> Verdict {
        self.of(&session.session_id, session.status, &session.last_heartbeat)
    }

    /// The state of a record, after [`States::drop_answered`].
    pub fn settle(&self, session: &mut Session) -> Verdict {
        let verdict = self.of_session(session);
        self.drop_answered(session, &verdict);
        verdict
    }

    /// Removes from a record the question that it waits for, if the state knows that it was answered or dismissed.
    pub fn drop_answered(&self, session: &mut Session, verdict: &Verdict) {
        state::settle(&session.session_id, &mut session.awaiting_action, &self.lives, verdict);
    }

    /// The last sign of life of a session: what the record says, or what its conversation did since.
    pub fn last_sign<'s>(&'s self, id: &str, recorded: &'s str) -> &'s str {
        state::last_sign(id, recorded, &self.lives, self.now)
    }

    /// The state of a running conversation, which may have no session yet.
    pub fn of_live(&self, live: &Live) -> Verdict {
        // A session of its own, so that no other conversation of its session speaks for it.
        let alone = Live { session_id: Some(live.claude_session_id.clone()), ..live.clone() };
        let mut others = self.lives.to_vec();
        others.retain(|other| other.claude_session_id != live.claude_session_id);
        others.push(alone);
        let states = States { lives: Cow::Owned(others), ..*self };
        states.of(&live.claude_session_id, Status::Active, "")
    }

    /// The state of a session, from the facts that its index entry and its record share.
    pub fn of(&self, id: &str, status: Status, last_heartbeat: &str) -> Verdict {
        let live = self.live(id);
        let last_heartbeat = match live {
            None if status == Status::Active => self.newest_heartbeat(id, last_heartbeat),
            // A conversation that runs, or a session that ended, is not judged by it.
            _ => None,
        };
        let sign = live.map_or(last_heartbeat, |live| clock::parse(&live.last_event_at));
        let doubted = sign.filter(|at| status == Status::Active && !clock::is_credible(*at, self.now));
        let counted_from = doubted.and_then(|sign| self.store.doubted_at(id, sign, self.now));
        let beside = live.filter(|_| status == Status::Active).map(|live| self.beside(live));
        let nothing = Beside { process: Condition::Unknown, client: None, logged: None, left_for: None };
        let Beside { process, client, logged, left_for } = beside.unwrap_or(nothing);
        let (stale_after, now) = (self.stale_after, self.now);
        state::derive(&Evidence {
            status,
            last_heartbeat,
            counted_from,
            live,
            process,
            client,
            logged,
            left_for,
            stale_after,
            now,
        })
    }

    /// What the system and the client know of a conversation. The log is asked where neither can say: never by hooks.
    fn beside(&self, live: &Live) -> Beside<'_> {
        let witness = &self.store.witness;
        let process = store::runner(live);
        let condition = process.as_ref().map_or(Condition::Unknown, process::condition);
        let running = process.filter(|_| condition == Condition::Runs);
        let client = running.as_ref().and_then(|process| (witness.client)(live, process));
        let in_turn = live.is_in_turn();
        let is_near = matches!(condition, Condition::Runs | Condition::Unknown);
        let knows = client.as_ref().is_some_and(|client| !client.shows_menu());
        let asks_log = !knows && (in_turn || live.compacts()) && is_near && self.store.may_take_time();
        let logged = Some(live).filter(|_| asks_log).and_then(|live| (witness.logged)(live));
        let resting = running.filter(|_| !in_turn);
        let left_for = resting.and_then(|process| (witness.left_for)(live, &process, &self.lives));
        Beside { process: condition, client, logged, left_for }
    }

    /// The index may hold an old heartbeat, or one that is from no time that can be. Where that would make a session
    /// stale, the record is asked, but only if its file, or that of the notes about it, is younger.
    fn newest_heartbeat(&self, id: &str, indexed: &str) -> Option<Instant> {
        let indexed = clock::parse(indexed);
        let is_doubtful = indexed.is_some_and(|at| !clock::is_credible(at, self.now));
        if !is_doubtful && indexed.is_some_and(|at| self.now - at <= self.stale_after) {
            return indexed;
        }
        let id = SessionId::parse(id).ok()?;
        let recorded = || self.store.session(&id).ok().and_then(|session| clock::parse(&session.last_heartbeat));
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
