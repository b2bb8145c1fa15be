//! Owns the row, the unit of the count: the usage of one class of calls within a quarter of an hour.

use crate::call::Call;
use crate::pack::packed;
use agents::tokens::{Class, Tokens};

/// Calls of one session, model and class within a quarter of an hour.
#[derive(Clone, Debug, PartialEq)]
pub struct QuarterRow {
    /// An index in [`Book::sessions`](crate::book::Book::sessions).
    pub session: u32,
    /// An index in [`Book::models`](crate::book::Book::models).
    pub model: u32,
    /// Flags that decide the price.
    pub class: Class,
    /// Responses of models.
    pub calls: u64,
    /// Web searches that the server made.
    pub searches: u64,
    /// Tokens of all calls by kind.
    pub tokens: Tokens,
    /// The cost that the lines themselves report, in trillionths of a dollar.
    pub cost: u64,
    /// The first call, in milliseconds since the epoch.
    pub first: i64,
    /// The last call, in milliseconds since the epoch.
    pub last: i64,
}

packed!(QuarterRow { session, model, class, calls, searches, tokens, cost, first, last });

impl QuarterRow {
    /// One call alone; its session and its model are not set.
    pub fn of(call: &Call) -> Self {
        QuarterRow {
            session: 0,
            model: 0,
            class: call.class,
            calls: 1,
            searches: u64::from(call.searches),
            tokens: call.tokens,
            cost: call.cost,
            first: call.at,
            last: call.at,
        }
    }
}
