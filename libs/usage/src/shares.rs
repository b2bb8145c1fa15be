//! Owns how a conversation's usage is divided among the records that share it (one that was resumed has several), by
//! the times when they began. Pure.

use crate::book::{Book, Session};
use crate::prices::Prices;
use crate::row::QuarterRow;
use crate::sum::sum_usage;
use cs_core::usage::Usage;
use std::collections::{BTreeMap, HashMap};

/// A record and the time when it began.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Began {
    /// Milliseconds since the epoch.
    pub at: i64,
    /// The record.
    pub session_id: String,
}

/// The records of each conversation by its id, the oldest first.
pub type Records = HashMap<String, Vec<Began>>;

/// The last record that had begun by then; usage before the first one belongs to the first.
pub fn place_of(records: &[Began], at: i64) -> usize {
    records.iter().rposition(|record| record.at <= at).unwrap_or(0)
}

/// The share of each of several records. Prompts whose time is unknown belong to the first.
pub fn shares(
    book: &Book,
    session: &Session,
    rows: &[&QuarterRow],
    prices: &Prices,
    records: &[Began],
) -> BTreeMap<String, Usage> {
    if records.len() < 2 {
        return BTreeMap::new();
    }
    let share = |(place, record): (usize, &Began)| {
        let of_record = |at: i64| place_of(records, at) == place;
        let rows: Vec<&QuarterRow> = rows.iter().copied().filter(|row| of_record(row.first)).collect();
        let timeless = if place == 0 { session.turns.saturating_sub(session.prompts.len() as u64) } else { 0 };
        let turns = timeless + session.prompts.iter().filter(|at| of_record(**at)).count() as u64;
        (record.session_id.clone(), Usage { turns, ..sum_usage(book, &rows, prices) })
    };
    records.iter().enumerate().map(share).collect()
}
