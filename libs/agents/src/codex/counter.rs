//! Owns the difference between the running totals that a thread of Codex reports. Must stay true: no part of the thread
//! is counted twice, whatever its counters do.
//!
//! The totals do not only grow: a client that continues or rewrites a thread may begin lower; a snapshot may be
//! repeated later and for another limit; each limit (`limit_id`) may have its own counter. Therefore a known snapshot
//! is ignored, and a new one counts the last response that it reports. Only without that, the increase over the limit's
//! last total counts. A last response without a total counts once, however often it is repeated in a row.

use crate::lenient;
use crate::tokens::Tokens;
use cs_core::id::fnv1a;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Usage as Codex counts it: the input includes cached tokens, and the total is input and output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counter {
    input: u64,
    cached: u64,
    written: u64,
    output: u64,
    pub total: u64,
}

/// A counter as written in the log.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Written {
    #[serde(default, deserialize_with = "lenient::known_count")]
    input_tokens: Option<u64>,
    #[serde(default, deserialize_with = "lenient::known_count")]
    cached_input_tokens: Option<u64>,
    #[serde(default, deserialize_with = "lenient::known_count")]
    cache_write_input_tokens: Option<u64>,
    #[serde(default, deserialize_with = "lenient::known_count")]
    output_tokens: Option<u64>,
    #[serde(default, deserialize_with = "lenient::known_count")]
    total_tokens: Option<u64>,
}

impl Written {
    /// The counter; `None` if it is empty. A total that is missing, or 0, is computed from input and output.
    pub fn counter(&self) -> Option<Counter> {
        self.input_tokens.or(self.output_tokens).or(self.total_tokens)?;
        let [input, cached, written, output, total] = [
            self.input_tokens,
            self.cached_input_tokens,
            self.cache_write_input_tokens,
            self.output_tokens,
            self.total_tokens,
        ]
        .map(Option::unwrap_or_default);
        let total = if total == 0 { input.saturating_add(output) } else { total };
        Some(Counter { input, cached, written, output, total })
    }
}

impl Counter {
    /// The difference to another counter; 0 if it is lower.
    fn above(&self, other: &Counter) -> Counter {
        let less = |ours: u64, theirs: u64| ours.saturating_sub(theirs);
        if self.total < other.total {
            return Counter::default();
        }
        Counter {
            input: less(self.input, other.input),
            cached: less(self.cached, other.cached),
            written: less(self.written, other.written),
            output: less(self.output, other.output),
            total: less(self.total, other.total),
        }
    }

    /// The sum of both.
    fn and(&self, other: &Counter) -> Counter {
        let more = |ours: u64, theirs: u64| ours.saturating_add(theirs);
        Counter {
            input: more(self.input, other.input),
            cached: more(self.cached, other.cached),
            written: more(self.written, other.written),
            output: more(self.output, other.output),
            total: more(self.total, other.total),
        }
    }

    /// The client's input includes cached tokens; ours does not.
    pub fn tokens(&self) -> Tokens {
        let cached = self.cached.saturating_add(self.written);
        Tokens {
            input: self.input.saturating_sub(cached),
            output: self.output,
            write_5m: self.written,
            write_1h: 0,
            read: self.cached,
        }
    }
}

/// The counters of a thread, as reported so far.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Counters {
    /// The last total of each limit.
    totals: BTreeMap<String, Counter>,
    /// Hashes of all snapshots.
    told: BTreeSet<u64>,
    /// The last response in the last snapshot of each limit.
    last: BTreeMap<String, Counter>,
}

impl Counters {
    /// Whether no total was reported yet.
    pub fn is_empty(&self) -> bool {
        self.told.is_empty()
    }

    /// The total after a response that is reported without a total; `None` if it repeats the last report.
    pub fn after(&self, limit: &str, last: Counter) -> Option<Counter> {
        let is_new = self.last.get(limit) != Some(&last);
        is_new.then(|| self.totals.get(limit).copied().unwrap_or_default().and(&last))
    }

    /// Adds a total without counting it: it belongs to another thread.
    pub fn skip(&mut self, limit: &str, total: Counter) {
        self.take(limit, total);
    }

    /// Adds a total and returns what is new in it: its last response if it has one, else its increase over the limit's
    /// last total.
    pub fn news(&mut self, limit: &str, total: Counter, last: Option<Counter>) -> Option<Counter> {
        last.and_then(|last| self.last.insert(limit.to_string(), last));
        let before = self.take(limit, total)?;
        let news = last.unwrap_or_else(|| total.above(&before));
        (news.total > 0).then_some(news)
    }

    /// The limit's last total; `None` if this one was reported before.
    fn take(&mut self, limit: &str, total: Counter) -> Option<Counter> {
        if !self.told.insert(fnv1a(format!("{total:?}").as_bytes())) {
            return None;
        }
        Some(self.totals.insert(limit.to_string(), total).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counter(input: u64, output: u64) -> Counter {
        Counter { input, output, total: input + output, ..Counter::default() }
    }

    /// Sum of a sequence of totals, each with its limit and its last response.
    fn sum(run: &[(&str, u64, Option<u64>)]) -> u64 {
        let mut counters = Counters::default();
        let news = |(limit, total, last): &(&str, u64, Option<u64>)| {
            counters.news(limit, counter(*total, 0), last.map(|last| counter(last, 0))).map_or(0, |news| news.total)
        };
        run.iter().map(news).sum()
    }

    #[test]
    fn a_repeated_total_adds_nothing() {
        assert_eq!(sum(&[("a", 10, Some(10)), ("a", 10, Some(10)), ("a", 15, Some(5))]), 15);
        assert_eq!(sum(&[("a", 10, Some(10)), ("a", 15, Some(5)), ("a", 10, Some(10)), ("a", 18, Some(3))]), 18);
        assert_eq!(sum(&[("a", 10, Some(10)), ("b", 10, Some(10)), ("b", 15, Some(5)), ("a", 15, Some(5))]), 15);
        assert_eq!(sum(&[("a", 10, None), ("a", 15, None), ("a", 10, None), ("a", 18, None)]), 18);
    }

    #[test]
    fn a_lower_total_does_not_start_a_new_thread() {
        assert_eq!(sum(&[("a", 100, Some(100)), ("a", 80, Some(5)), ("a", 86, Some(6))]), 111);
        assert_eq!(sum(&[("a", 100, None), ("a", 80, None), ("a", 86, None)]), 106);
        assert_eq!(sum(&[("a", 100, Some(100)), ("a", 3, Some(3))]), 103, "a new start");
    }

    #[test]
    fn each_limit_has_its_own_counter() {
        assert_eq!(sum(&[("a", 100, None), ("b", 7, None), ("a", 110, None), ("b", 9, None)]), 119);
        let said = [("a", 100, Some(100)), ("b", 7, Some(7)), ("a", 110, Some(10)), ("b", 9, Some(2))];
        assert_eq!(sum(&said), 119);
    }

    #[test]
    fn the_last_response_takes_precedence_over_the_difference() {
        assert_eq!(sum(&[("a", 100, Some(100)), ("a", 150, Some(20))]), 120);
        assert_eq!(sum(&[("a", 5000, Some(20)), ("a", 5030, Some(30))]), 50, "its beginning is not here");
        assert_eq!(sum(&[("a", 100, Some(100)), ("a", 150, Some(0))]), 100, "it says that nothing was used");
    }
}
