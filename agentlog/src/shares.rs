//! Owns how a conversation is divided among the records that share it (one that was resumed has several): by when
//! they began. Pure.

use std::collections::HashMap;

/// A record and when it began, in milliseconds since the epoch.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Began {
    pub at: i64,
    pub session_id: String,
}

/// The records of each conversation by its id, the oldest first.
pub type Records = HashMap<String, Vec<Began>>;

/// The last record that had begun; what was before the first belongs to it.
pub fn place_of(records: &[Began], at: i64) -> usize {
    records.iter().rposition(|record| record.at <= at).unwrap_or(0)
}
