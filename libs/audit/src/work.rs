//! Owns what the calls of a session come to, for whoever shows sessions: sums, the calls that a person should know of,
//! and its subagents.
//! Must stay true: without a logged call there are no sums, because an empty log is no evidence that nothing was done; the
//! sums count every call, however many are named.

use crate::call::{Call, Subagent, Sums};
use crate::filter::{Filter, Share};
use crate::read::calls;
use crate::subagent::subagents;
use cs_core::clock::Instant;
use cs_core::error::Result;
use cs_core::id::Uuid;
use cs_core::range::Range;
use cs_core::record::Session;
use cs_core::store::Store;
use rules::Kind as Verdict;
use serde::Serialize;
use std::collections::HashMap;

/// The verdicts whose calls are named, the worst first.
pub const NAMED: [Verdict; 3] = [Verdict::Destructive, Verdict::Sensitive, Verdict::Opaque];
/// Maximum number of calls that are named, the newest.
const MOST: usize = 100;

/// What the calls of a session come to.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Work {
    /// What all calls come to; absent if none is logged.
    #[serde(flatten)]
    pub sums: Option<Sums>,
    /// The destructive, sensitive and opaque calls, newest first, at most 100.
    pub named: Vec<Call>,
    /// The subagents of its conversation, oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub subagents: Vec<Subagent>,
    /// How many calls have each of [`NAMED`] as their worst verdict.
    #[serde(skip)]
    counts: [u64; NAMED.len()],
}

impl Work {
    /// What these calls come to, which are newest first.
    pub fn of(calls: Vec<Call>, subagents: Vec<Subagent>) -> Self {
        let sums = (!calls.is_empty()).then(|| Sums::of(&calls));
        let counts = NAMED.map(|verdict| calls.iter().filter(|call| worst(call) == Some(verdict)).count() as u64);
        let named = calls.into_iter().filter(|call| worst(call).is_some()).take(MOST).collect();
        Work { sums, named, subagents, counts }
    }

    /// The session's part of the log, and its subagents by the log, else by transcripts; `None` if it has neither.
    pub fn read(store: &Store, session: &Session, now: Instant) -> Result<Option<Work>> {
        let share = Share::of(session, now).filter(|_| store.home.audit_dir().exists());
        let Some(share) = share else { return Ok(None) };
        let Ok(uuid) = Uuid::parse(&share.conversation) else { return Ok(None) };
        let range = share.range;
        let calls = calls(store, &Filter { shares: vec![share], range, ..Filter::default() }, now)?;
        let subagents = subagents(store, &uuid, &range, now)?;
        let is_empty = calls.is_empty() && subagents.is_empty();
        Ok((!is_empty).then(|| Work::of(calls, subagents)))
    }

    /// The parts of the log of several sessions, without their subagents, from one reading of it.
    pub fn read_all(store: &Store, sessions: &[&Session], now: Instant) -> Result<Vec<Option<Work>>> {
        let mut shares: HashMap<String, Vec<(Range, usize)>> = HashMap::new();
        for (n, session) in sessions.iter().enumerate() {
            let share = Share::of(session, now);
            share.into_iter().for_each(|Share { conversation, range }| {
                shares.entry(conversation).or_default().push((range, n));
            });
        }
        let mut parts: Vec<Vec<Call>> = vec![Vec::new(); sessions.len()];
        if shares.is_empty() || !store.home.audit_dir().exists() {
            return Ok(vec![None; sessions.len()]);
        }
        let since = shares.values().flatten().map(|(range, _)| range.since).min().flatten();
        let wanted = shares.keys().map(|uuid| Share::whole(uuid)).collect();
        let filter = Filter { shares: wanted, range: Range { since, until: None }, ..Filter::default() };
        for call in calls(store, &filter, now)? {
            let all = call.claude_session_id.as_deref().and_then(|uuid| shares.get(uuid)).into_iter().flatten();
            let mut own = all.filter(|(range, _)| range.contains_text(&call.at)).map(|(_, n)| *n);
            if let Some(part) = own.next().and_then(|n| parts.get_mut(n)) {
                part.push(call);
            }
        }
        let work = |part: Vec<Call>| (!part.is_empty()).then(|| Work::of(part, Vec::new()));
        Ok(parts.into_iter().map(work).collect())
    }

    /// How many calls have this as their worst verdict, also of those that are not named.
    pub fn count(&self, verdict: Verdict) -> u64 {
        NAMED.iter().zip(self.counts).find(|(named, _)| **named == verdict).map_or(0, |(_, count)| count)
    }

    /// The named calls whose worst verdict this is.
    pub fn with(&self, verdict: Verdict) -> impl Iterator<Item = &Call> {
        self.named.iter().filter(move |call| worst(call) == Some(verdict))
    }
}

/// The worst of the named verdicts of a call.
pub fn worst(call: &Call) -> Option<Verdict> {
    NAMED.into_iter().find(|verdict| call.has(*verdict))
}
