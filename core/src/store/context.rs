//! Owns `context/<slug>.json`, which a new conversation in a project receives: its parked sessions, and the open steps of
//! the one that ended last. Must stay true: it is a cache of the records; it keeps more than a conversation is told, so that
//! sessions can leave it without a look at all others. A session is put behind the last one of a list only if the list is
//! complete: otherwise others, which it does not keep, may come before.

use super::Store;
use crate::clock::{self, Instant};
use crate::error::Result;
use crate::file::{self, Durability};
use crate::id::{SessionId, Slug};
use crate::index::Standing;
use crate::masked;
use crate::project::Counts;
use crate::record::{Session, Status};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// The contents of the file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Context {
    /// The session that ended last first, at most [`KEPT`].
    #[serde(default)]
    pub parked: Vec<Parked>,
    /// Open steps of the session that ended last.
    #[serde(default)]
    pub last: Option<Last>,
    /// The sessions that ended last, at most [`ENDED`]; `None` in a file of an older version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ended: Option<Vec<Ended>>,
    /// How many sessions of the project are parked, and how many ended, according to its state: of another state, this is
    /// not the context. `None` in a file that a hook began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    counted: Option<[usize; 2]>,
}

/// A parked session, in short.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Parked {
    pub session_id: String,
    pub intent: String,
    #[serde(default)]
    pub reason: String,
    #[serde(default)]
    ended_at: Option<String>,
}

/// The session that ended last, in short.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Last {
    pub session_id: String,
    pub intent: String,
    #[serde(default)]
    pub next_steps: Vec<String>,
}

/// When a session ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Ended {
    session_id: String,
    ended_at: Option<String>,
}

/// Maximum number of parked sessions that a conversation is told.
const PARKED: usize = 5;
/// Maximum number of parked sessions that the file keeps, and of ended ones.
const KEPT: usize = 20;
const ENDED: usize = 5;

/// The order of ended sessions: the end, and the id.
type End<'a> = (Option<&'a str>, &'a str);

/// The session that ended last first; if several ended at once, the oldest.
fn compare(a: End, b: End, horizon: &str) -> Ordering {
    let rank = |(at, _): End| at.map(|at| clock::sort_key(at, horizon).0);
    (rank(b), b.0).cmp(&(rank(a), a.0)).then_with(|| a.1.cmp(b.1))
}

/// Puts one into a list in order, unless others that it does not keep may come before it.
fn put<T>(list: &mut Vec<T>, one: T, end: fn(&T) -> End<'_>, (most, total): (usize, Option<usize>), now: Instant) {
    let horizon = clock::horizon(now);
    let at = list.partition_point(|other| compare(end(other), end(&one), &horizon) == Ordering::Less);
    let is_complete = total.map_or(list.is_empty(), |total| total == list.len() + 1);
    if at < list.len() || is_complete {
        list.insert(at, one);
        list.truncate(most);
    }
}

impl Context {
    /// Forgets a session.
    pub(super) fn leave(&mut self, id: &str) {
        self.parked.retain(|parked| parked.session_id != id);
        self.ended.iter_mut().for_each(|ended| ended.retain(|ended| ended.session_id != id));
    }

    /// Puts a session in its place, as it is now; `counts` are those of the project, if they are known.
    pub(super) fn take(&mut self, session: &Session, counts: Option<Counts>, now: Instant) {
        self.leave(&session.session_id);
        if session.status == Status::Parked {
            put(&mut self.parked, Parked::of(session), Parked::end, (KEPT, counts.map(|counts| counts.parked)), now);
        }
        if session.status != Status::Active {
            let one = Ended { session_id: session.session_id.clone(), ended_at: session.ended_at.clone() };
            put(
                self.ended.get_or_insert_default(),
                one,
                Ended::end,
                (ENDED, counts.map(|counts| counts.total() - counts.active)),
                now,
            );
        }
    }

    /// Whether it names fewer sessions than it should, or others than there are.
    pub(super) fn is_short(&self, counts: Counts) -> bool {
        let ended = self.ended.as_ref().map_or(0, Vec::len);
        let all = counts.total() - counts.active;
        let fits = |kept: usize, all: usize, least: usize| kept <= all && kept >= all.min(least);
        !fits(self.parked.len(), counts.parked, PARKED) || !fits(ended, all, 1)
    }

    /// Whether it was written with these counts.
    pub(super) fn is_of(&self, counts: Counts) -> bool {
        self.counted == Some([counts.parked, counts.total() - counts.active])
    }

    /// Notes the counts with which it is written.
    pub(super) fn belong_to(&mut self, counts: Counts) {
        self.counted = Some([counts.parked, counts.total() - counts.active]);
    }

    fn newest(&self) -> Option<&str> {
        self.ended.as_ref()?.first().map(|ended| ended.session_id.as_str())
    }
}

impl Ended {
    fn end(&self) -> End<'_> {
        (self.ended_at.as_deref(), &self.session_id)
    }
}

impl Parked {
    fn end(&self) -> End<'_> {
        (self.ended_at.as_deref(), &self.session_id)
    }

    fn of(session: &Session) -> Self {
        let mut parked = Parked {
            session_id: session.session_id.clone(),
            intent: session.intent.clone(),
            reason: session.parked_reason.clone().unwrap_or_default(),
            ended_at: session.ended_at.clone(),
        };
        // The record may have been written by a version without masking.
        [&mut parked.intent, &mut parked.reason].into_iter().for_each(masked::text);
        parked
    }
}

impl Last {
    /// `None` if nothing is left to do.
    fn of(session: &Session) -> Option<Self> {
        let (session_id, intent) = (session.session_id.clone(), session.intent.clone());
        let mut last = Last { session_id, intent, next_steps: session.next_steps.clone() };
        [&mut last.intent].into_iter().chain(&mut last.next_steps).for_each(masked::text);
        (!last.next_steps.is_empty()).then_some(last)
    }
}

impl Store {
    /// Updates the context of the next conversation after one session has changed, without reading any other.
    pub(super) fn refresh_context(&self, session: &Session, now: Instant) {
        let Ok(slug) = Slug::parse(&session.project_slug) else { return };
        let before = self.kept_context(&slug).unwrap_or_default();
        let mut after = before.clone();
        after.take(session, None, now);
        self.settle(&mut after, &before, &[session]);
        // A cache: it is rebuilt from the records at the next opportunity.
        let _ = if after == before { Ok(()) } else { self.write_context(&slug, &after) };
    }

    /// Finds the open steps of the session that ended last, if that is another one than before, or has changed.
    pub(super) fn settle(&self, context: &mut Context, before: &Context, changed: &[&Session]) {
        let newest = context.newest().map(str::to_string);
        let is_it = |session: &&&Session| Some(session.session_id.as_str()) == newest.as_deref();
        if let Some(session) = changed.iter().find(is_it) {
            context.last = Last::of(session);
        } else if context.newest() != before.newest() {
            let id = newest.and_then(|id| SessionId::parse(&id).ok());
            context.last = id.and_then(|id| self.recent(&id).ok()).and_then(|session| Last::of(&session));
        }
    }

    pub(super) fn make_context(&self, standings: &[Standing], now: Instant) -> Context {
        let horizon = clock::horizon(now);
        let newest = |most: usize, fits: fn(Status) -> bool| {
            let mut all: Vec<&Standing> = standings.iter().filter(|one| fits(one.status)).collect();
            all.sort_by(|a, b| compare((a.ended_at.as_deref(), &a.id), (b.ended_at.as_deref(), &b.id), &horizon));
            all.truncate(most);
            all
        };
        let record = |id: &str| self.recent(&SessionId::parse(id).ok()?).ok();
        let parked = newest(KEPT, |status| status == Status::Parked).into_iter();
        let ended: Vec<Ended> = newest(ENDED, |status| status != Status::Active)
            .into_iter()
            .map(|one| Ended { session_id: one.id.to_string(), ended_at: one.ended_at.as_deref().map(str::to_string) })
            .collect();
        Context {
            parked: parked.filter_map(|one| record(&one.id)).map(|session| Parked::of(&session)).collect(),
            last: ended.first().and_then(|one| record(&one.session_id)).and_then(|session| Last::of(&session)),
            ended: Some(ended),
            counted: None,
        }
    }

    pub(super) fn write_context(&self, slug: &Slug, context: &Context) -> Result<()> {
        let bytes = serde_json::to_vec(context).unwrap_or_default();
        file::replace(&self.home.context(slug), &bytes, Durability::Disposable)
    }

    /// The context for a new conversation in the project; empty if nothing is known.
    pub fn context(&self, slug: &Slug) -> Context {
        let mut context = self.kept_context(slug).unwrap_or_default();
        context.parked.truncate(PARKED);
        context
    }

    pub(super) fn kept_context(&self, slug: &Slug) -> Option<Context> {
        serde_json::from_slice(&file::read(&self.home.context(slug)).ok()??).ok()
    }
}
