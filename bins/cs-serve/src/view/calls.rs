//! Owns which calls of tools a query selects, for the page and the API: from the log of what tools did, without a range
//! only the last day, so that a long log costs nothing until somebody asks for it.
//! Must stay true: memory is limited, whatever is asked for; a list that was cut says so.

use super::keeper::Snapshot;
use crate::query::Query;
use crate::view::{Caches, project};
use audit::{Call, Filter, Outcome, Share, Subagent, Sums, Transcripts};
use cs_core::Result;
use cs_core::clock::{self, Instant, TimeDelta};
use cs_core::id::Uuid;
use cs_core::overview::Summary;
use cs_core::range::Range;
use cs_core::record::Session;
use cs_core::store::{Selector, Store};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Maximum number of calls that are looked at, the newest.
pub const MOST: usize = 5_000;
/// How many of the slowest calls are shown.
const SLOWEST: usize = 5;
/// What is shown if no range is asked for.
const HOURS: i64 = 24;

/// The calls that a query selects.
#[derive(Debug)]
pub struct Calls {
    /// The first instant that was asked for; null if there is none.
    pub since: Option<String>,
    /// The first instant after it; null if there is none.
    pub until: Option<String>,
    /// When the log begins, if something before that was asked for.
    pub begins_at: Option<String>,
    /// Whether only the newest 5,000 calls were looked at, because there are more.
    pub is_cut: bool,
    /// What all of them come to.
    pub sums: Sums,
    /// One page of them, newest first, or slowest first.
    pub calls: Vec<Seen>,
    /// The slowest of all.
    pub slowest: Vec<Seen>,
    /// The names of the tools that were called, most used first.
    pub tools: Vec<(String, usize)>,
    /// `before` of the next page; null on the last one.
    pub next_before: Option<u64>,
    /// The subagents of the session that was asked for.
    pub subagents: Vec<Subagent>,
}

/// A call, and whose it is.
#[derive(Clone, Debug)]
pub struct Seen {
    pub call: Call,
    /// The session; null if that is not known here.
    pub session_id: Option<String>,
    /// What that is for.
    pub intent: Option<String>,
    /// What the subagent is for that it began.
    pub purpose: Option<String>,
}

/// The calls of all conversations, or of the session that the query names.
pub fn list(caches: &Caches, snapshot: &Snapshot, query: &Query, now: Instant) -> Result<Calls> {
    let store = caches.store();
    query.project.as_ref().map(|slug| project::find(caches, snapshot, slug)).transpose()?;
    let session = subject(store, query)?;
    let range = range(session.as_ref(), query, now);
    let uuid = session.as_ref().and_then(|session| Uuid::parse(session.claude_session_id.as_deref()?).ok());
    let found = if session.is_some() && uuid.is_none() { Vec::new() } else { find(store, query, range, &uuid, now)? };
    let subagents = uuid.map(|uuid| audit::subagents(store, &uuid, &range, now)).transpose()?.unwrap_or_default();
    let owners = Owners::of(snapshot, session.as_ref(), now);
    let is_cut = found.len() == MOST;
    let selected: Vec<Call> = found.into_iter().filter(|call| is_wanted(call, query)).collect();
    let transcripts = Transcripts::of(store);
    let seen = |call: Call| {
        let owner = owners.of_call(&call);
        let (session_id, intent) = owner.map(|owner| (owner.id.to_string(), owner.intent.to_string())).unzip();
        Seen { session_id, intent, purpose: transcripts.purpose(&call), call }
    };
    let (page, next_before) = page(&selected, query);
    Ok(Calls {
        since: range.since.map(clock::stamp),
        until: range.until.filter(|_| query.until.is_some()).map(clock::stamp),
        begins_at: begins_at(store, range)?.map(clock::stamp),
        is_cut,
        sums: Sums::of(&selected),
        tools: tools(&selected),
        slowest: slowest(&selected, SLOWEST).into_iter().map(seen).collect(),
        calls: page.into_iter().map(seen).collect(),
        next_before,
        subagents,
    })
}

fn find(store: &Store, query: &Query, range: Range, uuid: &Option<Uuid>, now: Instant) -> Result<Vec<Call>> {
    let filter = Filter {
        shares: uuid.iter().map(|uuid| Share::whole(uuid.as_str())).collect(),
        project: query.project.as_ref().map(ToString::to_string),
        tool: query.tool.clone(),
        said: query.verdict.map(|verdict| verdict.word().to_string()).into_iter().collect(),
        range,
        denied: query.outcome == Some(Outcome::Denied),
        failed: query.outcome == Some(Outcome::Failed),
        path: query.q.clone(),
        limit: Some(MOST),
        ..Filter::default()
    };
    audit::calls(store, &filter, now)
}

/// When the calls were attempted: as asked for; else the session's time, or the last day.
fn range(session: Option<&Session>, query: &Query, now: Instant) -> Range {
    let own = session.and_then(|session| Share::of(session, now)).map(|share| share.range).unwrap_or_default();
    let at = |when: &Option<crate::query::When>| when.as_ref().map(|when| when.at);
    let is_open = session.is_none() && query.since.is_none() && query.until.is_none();
    let since = at(&query.since).or(is_open.then(|| now - TimeDelta::hours(HOURS)));
    let until = at(&query.until);
    Range { since, until }.and(own)
}

/// When the log begins, if the range begins before that.
fn begins_at(store: &Store, range: Range) -> Result<Option<Instant>> {
    let begins_at = audit::begins_at(store)?;
    Ok(begins_at.filter(|begins_at| range.since.is_none_or(|since| since < *begins_at)))
}

/// What the filter of the log does not know.
fn is_wanted(call: &Call, query: &Query) -> bool {
    query.outcome.is_none_or(|outcome| call.outcome == outcome)
}

/// One page, and where the next one begins. Slowest first has only one page.
fn page(selected: &[Call], query: &Query) -> (Vec<Call>, Option<u64>) {
    if query.is_slowest_first {
        return (slowest(selected, query.limit()), None);
    }
    let is_later = |call: &&Call| query.before.is_some_and(|before| call.seq >= before);
    let mut rest = selected.iter().skip_while(is_later);
    let calls: Vec<Call> = rest.by_ref().take(query.limit()).cloned().collect();
    let last = calls.last().map(|call| call.seq);
    (calls, last.filter(|_| rest.next().is_some()))
}

/// So many of the calls with a known duration, slowest first.
fn slowest(calls: &[Call], most: usize) -> Vec<Call> {
    let timed = calls.iter().enumerate().filter_map(|(n, call)| Some((Reverse(call.ms?), n)));
    let order: BTreeSet<(Reverse<u64>, usize)> = timed.collect();
    order.into_iter().take(most).filter_map(|(_, n)| calls.get(n).cloned()).collect()
}

/// The names of the tools, most used first.
fn tools(calls: &[Call]) -> Vec<(String, usize)> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    calls.iter().for_each(|call| *counts.entry(&call.tool).or_default() += 1);
    let order: BTreeSet<(Reverse<usize>, &str)> =
        counts.into_iter().map(|(name, calls)| (Reverse(calls), name)).collect();
    order.into_iter().map(|(Reverse(calls), name)| (name.to_string(), calls)).collect()
}

/// Which sessions the conversations belong to, as far as the overview knows them.
struct Owners<'a>(HashMap<&'a str, Vec<Owner<'a>>>);

/// A session's share of a conversation.
struct Owner<'a> {
    id: &'a str,
    intent: &'a str,
    range: Range,
}

impl<'a> Owners<'a> {
    fn of(snapshot: &'a Snapshot, session: Option<&'a Session>, now: Instant) -> Self {
        let mut all: HashMap<&str, Vec<Owner>> = HashMap::new();
        let mut add = |uuid: &'a Option<String>, owner| {
            if let Some(uuid) = uuid {
                all.entry(uuid).or_default().push(owner);
            }
        };
        if let Some(one) = session {
            let Session { session_id, intent, claude_session_id, .. } = one;
            let range = Share::range(&one.started_at, one.ended_at.as_deref(), now);
            add(claude_session_id, Owner { id: session_id, intent, range });
        }
        let projects = snapshot.overview.projects.iter();
        let known = projects.flat_map(|project| project.active.iter().chain(&project.parked).chain(&project.recent));
        for one in known {
            let Summary { session_id, intent, started_at, ended_at, claude_session_id, .. } = one;
            let range = Share::range(started_at, ended_at.as_deref(), now);
            add(claude_session_id, Owner { id: session_id, intent, range });
        }
        Owners(all)
    }

    fn of_call(&self, call: &Call) -> Option<&Owner<'a>> {
        let owners = self.0.get(call.claude_session_id.as_deref()?)?;
        owners.iter().find(|owner| owner.range.contains_text(&call.at))
    }
}

/// The session that the query names.
pub fn subject(store: &Store, query: &Query) -> Result<Option<Session>> {
    query.session.as_ref().map(|word| store.session(&store.find(&Selector::parse(word)?)?)).transpose()
}
