//! Owns the row, the unit of the count: the usage of one class of calls within a quarter of an hour.

use crate::call::Call;
use crate::pack::{Pack, Unpack, number, packed};
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

/// Adds rows that are sorted by their first call; of each, what it has more than zero or than the one before.
pub(crate) fn pack_rows(rows: &[QuarterRow], to: &mut Pack) {
    to.word(rows.len() as u64);
    let mut before = 0;
    to.numbers(rows.iter().flat_map(|row| {
        let QuarterRow { session, model, class, calls, searches, tokens, cost, first, last } = row;
        let Tokens { input, output, write_5m, write_1h, read } = *tokens;
        let since = first.wrapping_sub(std::mem::replace(&mut before, *first)) as u64;
        let names = [u64::from(*session), u64::from(*model), u64::from(class.0)];
        let counts = [*calls, *searches, input, output, write_5m, write_1h, read, *cost];
        names.into_iter().chain(counts).chain([since, last.wrapping_sub(*first) as u64])
    }));
}

/// Reads what [`pack_rows`] wrote.
pub(crate) fn unpack_rows(from: &mut Unpack) -> Option<Vec<QuarterRow>> {
    let (count, mut bytes) = (from.word()?, from.bytes()?);
    // Each number has a byte at least, so what is damaged reserves no more than the file is large.
    let mut rows = Vec::with_capacity(usize::try_from(count).ok()?.min(bytes.len() / 13));
    let mut first = 0_i64;
    for _ in 0..count {
        let mut next = || number(&mut bytes);
        let (session, model, class) = (next()? as u32, next()? as u32, Class(next()? as u8));
        let (calls, searches) = (next()?, next()?);
        let tokens = Tokens { input: next()?, output: next()?, write_5m: next()?, write_1h: next()?, read: next()? };
        let cost = next()?;
        first = first.wrapping_add(next()? as i64);
        let last = first.wrapping_add(next()? as i64);
        rows.push(QuarterRow { session, model, class, calls, searches, tokens, cost, first, last });
    }
    Some(rows)
}

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
