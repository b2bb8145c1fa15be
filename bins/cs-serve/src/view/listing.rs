//! Owns lists of sessions: those that a query selects, page by page, newest first by their ids. Sessions of a clock that
//! was ahead come last.

use super::caches::Caches;
use super::index_rows::{IndexRow, IndexRows};
use super::keeper::{Keeper, Snapshot};
use crate::query::{Query, Wanted};
use conversations::Sessions;
use cs_core::clock;
use cs_core::id::SessionId;
use cs_core::overview::{Damaged, Summary};
use cs_core::range::Range;
use cs_core::record::Status;
use cs_core::state::State;
use cs_core::store::Store;
use cs_core::{Result, overview::Overview};
use marks::{Tagged, Tags};
use serde::Serialize;
use std::sync::Arc;

/// A page of a list.
#[derive(Debug, Serialize)]
pub struct Listing {
    /// How many sessions the query selects, on all pages.
    pub total: usize,
    /// The number of each kind, whichever kind the query selects.
    pub counts: Kinds,
    pub sessions: Vec<Summary>,
    pub damaged: Vec<Damaged>,
    /// Where the next page begins; `None` on the last one.
    pub next_cursor: Option<String>,
}

/// How many sessions there are of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Kinds {
    pub all: usize,
    pub needs_me: usize,
    pub active: usize,
    pub parked: usize,
    pub completed: usize,
    pub stale: usize,
    pub gone: usize,
    pub suspended: usize,
    /// Their last turn failed.
    pub failed: usize,
}

impl Kinds {
    fn add(&mut self, status: Status, state: State, has_failed: bool) {
        self.all += 1;
        match status {
            Status::Active => self.active += 1,
            Status::Parked => self.parked += 1,
            Status::Completed => self.completed += 1,
        }
        self.needs_me += usize::from(state.needs_user());
        self.stale += usize::from(state == State::Stale);
        self.gone += usize::from(state == State::Gone);
        self.suspended += usize::from(state == State::Suspended);
        self.failed += usize::from(has_failed);
    }

    /// Those of an overview.
    pub fn of(overview: &Overview) -> Self {
        let mut kinds = Kinds::default();
        let counts = overview.counts;
        for summary in overview.shown().flat_map(|project| &project.active) {
            kinds.add(Status::Active, summary.state, summary.failed.is_some());
        }
        Kinds {
            all: counts.total(),
            active: counts.active,
            parked: counts.parked,
            completed: counts.completed,
            ..kinds
        }
    }
}

/// Lists the sessions that a query selects.
pub fn list(caches: &Caches, snapshot: &Snapshot, query: &Query) -> Result<Listing> {
    let now = clock::now();
    let range = query.range(now);
    let archived = if query.include_archived { caches.archived()? } else { Arc::new(IndexRows::default()) };
    let mut rows: Vec<IndexRow> = snapshot.rows.iter().filter(|row| takes(query, &range, row)).collect();
    if query.include_archived {
        // A session that is being archived is listed once.
        let only = |row: &IndexRow| takes(query, &range, row) && snapshot.rows.find(row.id).is_none();
        rows.extend(archived.iter().filter(only));
    }
    let horizon = SessionId::horizon(now);
    rows.sort_by(|a, b| clock::sort_key(b.id, &horizon).cmp(&clock::sort_key(a.id, &horizon)));
    if let Some(tag) = &query.tag {
        let tagged = tagged(caches.store())?;
        rows.retain(|row| tagged.fits(row.id, std::slice::from_ref(tag), &[]));
    }
    let words = query.words();
    if !words.is_empty() {
        let ids: Vec<&str> = rows.iter().map(|row| row.id).collect();
        let mut hits = caches.search.hits(caches.store(), snapshot.generation, &words, &ids).into_iter();
        rows.retain(|_| hits.next().unwrap_or_default());
    }
    Ok(page(&caches.keeper, snapshot, query, rows, &horizon))
}

/// The tags of sessions.
pub fn tagged(store: &Store) -> Result<Tagged> {
    let tags = Tags::read(store)?;
    if tags.is_empty() {
        return Ok(Tagged::default());
    }
    let sessions = Sessions::of(store)?;
    Ok(Tagged::new(&tags, |uuid| sessions.ids(uuid)))
}

fn page(keeper: &Keeper, snapshot: &Snapshot, query: &Query, mut rows: Vec<IndexRow>, horizon: &str) -> Listing {
    let mut counts = Kinds::default();
    rows.retain(|row| {
        let state = snapshot.verdicts.state(row.id, row.status);
        let has_failed = snapshot.verdicts.has_failed(row.id);
        counts.add(row.status, state, has_failed);
        is_of_kind(query, row.status, state, has_failed)
    });
    let total = rows.len();
    let from = query.cursor.as_ref().map_or(0, |cursor| {
        rows.partition_point(|row| clock::sort_key(row.id, horizon) >= clock::sort_key(cursor.as_str(), horizon))
    });
    let shown: Vec<&str> = rows.iter().skip(from).take(query.limit()).map(|row| row.id).collect();
    let is_last = from + shown.len() >= total;
    let next_cursor = shown.last().filter(|_| !is_last).map(|id| (*id).to_string());
    let (sessions, mut damaged) = keeper.summaries(snapshot, shown.into_iter());
    // Damaged records have no known project or kind, so they are on the first page of every list.
    if query.cursor.is_none() {
        damaged.extend(snapshot.unlisted.iter().cloned());
    }
    Listing { total, counts, sessions, damaged, next_cursor }
}

fn takes(query: &Query, range: &Range, row: &IndexRow) -> bool {
    query.project.as_ref().is_none_or(|slug| row.project_slug == slug.as_str()) && range.contains_text(row.started_at)
}

fn is_of_kind(query: &Query, status: Status, state: State, has_failed: bool) -> bool {
    query.status.is_none_or(|wanted| wanted == status)
        && query.state.is_none_or(|wanted| match wanted {
            Wanted::One(wanted) => wanted == state,
            Wanted::NeedsMe => state.needs_user(),
            Wanted::Failed => has_failed,
        })
}
