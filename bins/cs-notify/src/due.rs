//! Owns which notices are due: which sessions wait, failed, went stale or stay parked, and since when. The states are
//! those of cs-core. Must stay true: a record is read only if its session may need a notice; what only the text of a
//! notice needs of it is read by [`complete`]. Deliberately absent: earlier notices, and how notices are sent.

mod destructive;
mod ended;
mod limits;
mod seats;
mod sweep;
mod turn;
mod why;

use crate::reasons::Reason;
use crate::settings::Settings;
use crate::subject::{Due, Subject};
use ::seats::Seating;
use cs_core::clock::{self, Instant, TimeDelta};
use cs_core::config::Config;
use cs_core::error::Result;
use cs_core::id::SessionId;
use cs_core::index::{self, IndexEntry};
use cs_core::live::{Activity, Live};
use cs_core::process;
use cs_core::record;
use cs_core::record::{Session, Status};
use cs_core::state::{State, Verdict};
use cs_core::states::States;
use cs_core::store::{Records, Store};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::cell::OnceCell;
use why::Why;

/// How many hours after its end a conversation or a turn still gets a notice.
const NEWS_HOURS: i64 = 24;

/// Maximum number of notices that are due: all of them can be noted (see `delivered`). Older ones are left out.
const MOST: usize = 4000;

/// A reason for a notice of one session, before its record is read for the details.
struct Found {
    reason: Reason,
    since: String,
    headline: String,
    why: Why,
    state: State,
    /// The agent's last message, if its turn is over.
    said: Option<String>,
    once: bool,
    level: Option<u8>,
}

/// What is looked at.
#[derive(Clone, Copy, Debug)]
pub enum Scope<'a> {
    /// Every session, for every reason.
    All,
    /// One session, for what is sent soon after it happened, and what is about none.
    Soon(&'a SessionId),
    /// Only one session, the same.
    Only(&'a SessionId),
}

impl Scope<'_> {
    fn includes(self, id: &SessionId) -> bool {
        match self {
            Scope::All => true,
            Scope::Soon(one) | Scope::Only(one) => one == id,
        }
    }

    fn wants(self, reason: Reason) -> bool {
        matches!(self, Scope::All) || reason.is_soon()
    }
}

/// Reads records. For many of them, the folders are looked at once.
pub struct Reader<'a> {
    store: &'a Store,
    records: OnceCell<Option<Records<'a>>>,
}

impl<'a> Reader<'a> {
    pub fn new(store: &'a Store) -> Self {
        Reader { store, records: OnceCell::new() }
    }

    /// Some fields of a record, with what its notes say; `None` if it must be read as a whole for them.
    fn fields<T: DeserializeOwned>(&self, id: &SessionId) -> Option<T> {
        self.records.get_or_init(|| self.store.records().ok()).as_ref()?.fields(id)
    }
}

/// When the next notice is due, if nothing else happens; `None` if none is.
pub fn next(
    store: &Store,
    config: &Config,
    settings: &Settings,
    now: Instant,
    scope: Scope,
) -> Result<Option<Instant>> {
    let at_once = Settings { waiting_after: TimeDelta::zero(), ..settings.clone() };
    let found = find(&Reader::new(store), config, &at_once, now, scope)?;
    let since = found.iter().filter_map(|due| clock::parse(&due.subject.since));
    Ok(since.map(|since| since + settings.waiting_after).filter(|at| *at > now).min())
}

/// Finds all reasons for notices, the most urgent first, whatever notices were sent before. A session may have several.
/// What is about a session is to be completed before its texts are used.
pub fn find(reader: &Reader, config: &Config, settings: &Settings, now: Instant, scope: Scope) -> Result<Vec<Due>> {
    let store = reader.store;
    let states = States::read(store, config.stale_after(), now)?;
    let seating = Seating::read(store, states.lives(), now);
    let finder = Finder { store, reader, settings, states, seating, now, scope };
    let index = store.index()?;
    let entries = index.entries(finder.may_need());
    let mut all = match scope {
        Scope::All => finder.find_seats(config, &entries),
        Scope::Soon(_) | Scope::Only(_) => Vec::new(),
    };
    if matches!(scope, Scope::All) {
        all.extend(sweep::find(store, config, settings, now));
    }
    if !matches!(scope, Scope::Only(_)) {
        all.extend(limits::find(store, config, settings, now, scope));
    }
    for (id, entry) in entries.iter().filter(|(id, _)| scope.includes(id)) {
        let mut found: Vec<Found> =
            finder.find(id, entry)?.into_iter().map(|found| finder.of_agent(id, found)).collect();
        found.retain(|found| scope.wants(found.reason) && settings.rule(found.reason).is_some());
        if found.is_empty() {
            continue;
        }
        let name = config.projects.get(entry.project_slug.as_ref()).map(|project| project.name.as_str());
        for found in found {
            all.push(finder.describe(id, entry, name, found));
        }
    }
    if all.len() > MOST {
        // The newest of the most urgent: the last days of a store of any size.
        all.sort_by(|a, b| (a.subject.reason, &b.subject.since).cmp(&(b.subject.reason, &a.subject.since)));
        all.truncate(MOST);
    }
    all.sort_by(|a, b| {
        let key = |due: &Due| (due.subject.reason, due.subject.since.clone(), due.subject.key().to_string());
        key(a).cmp(&key(b))
    });
    Ok(all)
}

/// What only the record of a session says about it.
#[derive(Deserialize)]
struct Details {
    #[serde(default)]
    agent: Option<String>,
    #[serde(default)]
    parked_reason: Option<String>,
    #[serde(default)]
    claude_session_id: Option<String>,
    #[serde(default)]
    worktree_root: Option<String>,
}

impl From<Session> for Details {
    fn from(record: Session) -> Self {
        let Session { agent, parked_reason, claude_session_id, worktree_root, .. } = record;
        Details { agent, parked_reason, claude_session_id, worktree_root }
    }
}

/// The notice with what only the record of its session says, and with texts that can be shown. A damaged record does not
/// suppress it; the index knows enough.
pub fn complete(reader: &Reader, mut due: Due) -> Due {
    let subject = &mut due.subject;
    let Some(id) = SessionId::parse(&subject.session_id).ok().filter(|_| subject.agent.is_empty()) else { return due };
    let details = reader.fields(&id).or_else(|| reader.store.recent(&id).ok().map(Details::from));
    let agent = details.as_ref().and_then(|details| details.agent.as_deref());
    subject.agent = agent.unwrap_or(record::UNSAID_AGENT).to_string();
    let Some(details) = details else { return due.cleaned() };
    if let Some(why) = details.parked_reason.filter(|_| subject.reason == Reason::Parked) {
        (subject.why, subject.state_reason) = (why.clone(), why);
    }
    subject.claude_session_id = details.claude_session_id;
    subject.cwd = subject.cwd.take().or(details.worktree_root);
    due.cleaned()
}

struct Finder<'a, 'r> {
    store: &'a Store,
    reader: &'a Reader<'r>,
    settings: &'a Settings,
    states: States<'a>,
    /// The seats of agents.
    seating: Seating,
    now: Instant,
    scope: Scope<'a>,
}

impl Finder<'_, '_> {
    /// The lines of the index that are looked at, or more: of completed sessions only those that ended lately, and those
    /// of seats.
    fn may_need(&self) -> impl Fn(&str) -> bool {
        // Whatever the zone in which an end is written.
        let recent = index::recent(&clock::stamp(self.now - TimeDelta::hours(NEWS_HOURS) - TimeDelta::days(1)));
        let of_seat = |id: &str| self.seating.of_session(id).is_some();
        move |line| match self.scope {
            Scope::All => recent(line) || index::id_in(line).is_some_and(of_seat),
            Scope::Soon(one) | Scope::Only(one) => index::id_in(line) == Some(one.as_str()),
        }
    }

    fn find(&self, id: &SessionId, entry: &IndexEntry) -> Result<Vec<Found>> {
        let active = entry.status == Status::Active;
        let live = if active { self.states.live(id.as_str()) } else { None };
        let mut found = Vec::new();
        if active {
            let heartbeat = &entry.last_heartbeat;
            let verdict = self.states.of_entry(id.as_str(), entry);
            match live {
                // On another machine: nobody here can answer it, or know that it is gone.
                Some(live) if live.is_elsewhere() => {}
                Some(live) => {
                    found.extend(self.check_done(id, live, &verdict));
                    found.extend(self.check_context(id, live, &verdict)?);
                    found.extend(self.check_destructive(live, &verdict));
                    found.extend(self.check_conversation(live, verdict));
                }
                None => found.extend(self.check_silence(id, heartbeat, verdict)),
            }
        }
        if entry.status == Status::Parked {
            found.extend(self.check_parked(entry));
        }
        if live.is_none() {
            found.extend(self.find_unattended_end(id, entry)?);
        }
        Ok(found)
    }

    /// Whether a state has lasted that long. A state that began while the clock was wrong counts as long enough.
    fn has_lasted(&self, since: &str, least: TimeDelta) -> bool {
        let is_long = |since| !clock::is_credible(since, self.now) || self.now - since >= least;
        clock::parse(since).is_some_and(is_long)
    }

    /// Whether a time is in the future, because the clock was set back since. The age is unknown then, and waiting until
    /// the clock has caught up may take a day.
    fn is_ahead(&self, since: &str) -> bool {
        clock::parse(since).is_some_and(|since| since > self.now)
    }

    fn check_conversation(&self, live: &Live, verdict: Verdict) -> Option<Found> {
        let asked = live.state == Activity::Waiting || live.requested.is_some();
        let helper = live.questions.first().filter(|_| verdict.asks);
        let waits_since = match helper {
            _ if asked => &live.since,
            Some(question) => &question.at,
            // Only the client's own status shows this wait. The client's timestamp may change during the wait, so the
            // time of the last hook event is used.
            None => &live.last_event_at,
        };
        let (reason, since, headline) = match verdict.state {
            State::Waiting => (Reason::Waiting, waits_since, "waits for you"),
            State::Idle | State::Background if verdict.failed.is_some() => {
                (Reason::Failed, &live.since, "the turn failed")
            }
            // The process is alive and has moved on to another conversation, so nothing crashed.
            State::Gone if live.process().as_ref().and_then(process::is_alive) == Some(true) => return None,
            State::Gone => (Reason::Error, &live.last_event_at, "the process ended"),
            State::Stale => (Reason::Stale, &live.last_event_at, "no sign of life"),
            _ => return None,
        };
        let lasted = self.has_lasted(since, self.settings.waiting_after) || self.is_ahead(since);
        let lasted = reason == Reason::Stale || lasted;
        lasted.then(|| Found {
            reason,
            since: since.clone(),
            headline: headline.into(),
            why: Why::of(&verdict),
            state: verdict.state,
            said: verdict.said,
            once: false,
            level: None,
        })
    }

    fn check_silence(&self, id: &SessionId, heartbeat: &str, verdict: Verdict) -> Option<Found> {
        // The index may hold an older heartbeat than the record.
        let newest = || self.store.recent(id).map(|record| record.last_heartbeat);
        (verdict.state == State::Stale).then(|| Found {
            reason: Reason::Stale,
            since: newest().unwrap_or_else(|_| heartbeat.to_string()),
            headline: "no sign of life".into(),
            why: Why::of(&verdict),
            state: verdict.state,
            said: verdict.said,
            once: false,
            level: None,
        })
    }

    fn check_parked(&self, entry: &IndexEntry) -> Option<Found> {
        let since = entry.ended_at.as_deref()?;
        let at = clock::parse(since)?;
        let headline = match clock::is_credible(at, self.now) {
            true => format!("parked for {}", clock::age(at, self.now)),
            false => format!("parked {}", clock::ago(at, self.now)),
        };
        self.has_lasted(since, self.settings.parked_after).then(|| Found {
            reason: Reason::Parked,
            since: since.to_string(),
            headline,
            why: format!("parked {}", clock::ago(at, self.now)).into(),
            state: State::Parked,
            said: None,
            once: false,
            level: None,
        })
    }

    fn describe(&self, id: &SessionId, entry: &IndexEntry, name: Option<&str>, found: Found) -> Due {
        let live = self.states.live(id.as_str());
        let cwd = live.map(|live| live.cwd.clone()).filter(|cwd| !cwd.is_empty());
        let subject = Subject {
            reason: found.reason,
            agent_id: self.seating.of_session(id.as_str()).map(|seat| seat.agent_id.clone()),
            session_id: id.to_string(),
            project: entry.project_slug.to_string(),
            project_name: name.unwrap_or(&entry.project_slug).to_string(),
            intent: entry.intent.to_string(),
            agent: String::new(),
            claude_session_id: None,
            state: found.state,
            state_reason: found.why.reason,
            why: found.why.words,
            said: found.said.clone(),
            since: found.since,
            level: found.level,
            place: self.states.place(id.as_str()).as_ref().and_then(terminal::name),
            cwd,
            measured: None,
            mark: None,
        };
        Due { subject, headline: found.headline, once: found.once || !matches!(self.scope, Scope::All), quip: None }
    }
}
