//! Owns the row, the unit of the count: what the calls of one kind used within a quarter of an hour.

use agents::tokens::{Class, Tokens};

/// Calls of one session, model and class within a quarter of an hour.
#[derive(Clone, Debug, PartialEq)]
pub struct QuarterRow {
    /// An index in [`Book::sessions`](crate::book::Book::sessions).
    pub session: u32,
    /// An index in [`Book::models`](crate::book::Book::models).
    pub model: u32,
    /// What else the price depends on.
    pub class: Class,
    /// Responses of models.
    pub calls: u64,
    /// Web searches that the server made.
    pub searches: u64,
    /// Tokens of all calls by kind.
    pub tokens: Tokens,
    /// What the lines themselves say that it cost, in millionths of a millionth of a dollar.
    pub cost: u64,
    /// The first and the last call, in milliseconds since the epoch.
    pub first: i64,
    /// The last call, in milliseconds since the epoch.
    pub last: i64,
}
