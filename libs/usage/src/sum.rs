//! Owns sums of rows with their cost. Must stay true: tokens without a known price never cost nothing; a sum has the
//! number of those that its cost leaves out.

use crate::book::Book;
use crate::prices::{Prices, Tariff};
use crate::row::QuarterRow;
use agents::tokens::Tokens;
use cs_core::clock;
use cs_core::days::Amount;
use cs_core::usage::{ModelUsage, Usage};
use std::collections::BTreeMap;

/// The sum of some calls.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sum {
    /// Responses of models.
    pub calls: u64,
    /// Web searches that the server made.
    pub searches: u64,
    /// Tokens of all calls by kind.
    pub tokens: Tokens,
    /// The known part of the cost, in trillionths of a dollar.
    pub cost_pico_usd: u64,
    /// Tokens whose cost is known.
    pub priced: u64,
    /// Tokens whose cost is unknown.
    pub unpriced: u64,
    /// Tokens whose price is not confirmed by a provider's page.
    pub unconfirmed: u64,
    /// The first call, in milliseconds since the epoch.
    pub first: i64,
    /// The last call, in milliseconds since the epoch.
    pub last: i64,
}

impl Sum {
    /// The sum of one row at the prices of its model.
    pub(crate) fn of(row: &QuarterRow, tariff: Option<&Tariff>) -> Self {
        let QuarterRow { calls, searches, tokens, first, last, .. } = *row;
        let sum = Sum { calls, searches, tokens, first, last, ..Sum::default() };
        let all = tokens.total();
        match tariff.and_then(|tariff| tariff.cost(row)) {
            Some(cost) => {
                let unconfirmed = if cost.confirmed { 0 } else { all };
                Sum { cost_pico_usd: cost.pico_usd, priced: all, unconfirmed, ..sum }
            }
            None => Sum { unpriced: all, ..sum },
        }
    }

    /// Adds a row of this model.
    pub fn add(&mut self, row: &QuarterRow, model: &str, prices: &Prices) {
        self.merge(&Sum::of(row, Some(&prices.tariff(model))));
    }

    /// Adds another sum.
    pub fn merge(&mut self, other: &Sum) {
        let Sum { calls, searches, tokens, cost_pico_usd, priced, unpriced, unconfirmed, first, last } = other;
        if self.calls == 0 {
            (self.first, self.last) = (*first, *last);
        }
        self.first = self.first.min(*first);
        self.last = self.last.max(*last);
        self.tokens.add(tokens);
        let counts = [
            (&mut self.calls, calls),
            (&mut self.searches, searches),
            (&mut self.cost_pico_usd, cost_pico_usd),
            (&mut self.priced, priced),
            (&mut self.unpriced, unpriced),
            (&mut self.unconfirmed, unconfirmed),
        ];
        counts.into_iter().for_each(|(count, more)| *count = count.saturating_add(*more));
    }

    /// The known part of the cost; `None` if nothing is known.
    pub fn cost_usd(&self) -> Option<f64> {
        (self.unpriced == 0 || self.priced > 0).then(|| usd(self.cost_pico_usd))
    }
}

/// What another program counted, of which the number of calls is not known: it stays 0.
impl From<&Amount> for Sum {
    fn from(of: &Amount) -> Self {
        let [input, output, write_5m, read] = of.kinds();
        let unpriced = if of.cost_usd.is_some() { of.unpriced_tokens.min(of.total_tokens) } else { of.total_tokens };
        Sum {
            tokens: Tokens { input, output, write_5m, read, ..Tokens::default() },
            cost_pico_usd: (of.cost_usd.unwrap_or_default() * 1e12).round() as u64,
            priced: of.total_tokens - unpriced,
            unpriced,
            ..Sum::default()
        }
    }
}

/// Dollars.
pub fn usd(cost_pico_usd: u64) -> f64 {
    cost_pico_usd as f64 / 1e12
}

/// The sum of some rows, as records show it.
pub fn sum_usage(book: &Book, rows: &[&QuarterRow], prices: &Prices) -> Usage {
    let mut all = Sum::default();
    let mut models: BTreeMap<&str, Sum> = BTreeMap::new();
    for row in rows {
        let model = book.models.get(row.model as usize).map_or("", String::as_str);
        let sum = Sum::of(row, Some(&prices.tariff(model)));
        all.merge(&sum);
        models.entry(model).or_default().merge(&sum);
    }
    let instant = |millis: i64| clock::from_millis(millis).filter(|_| all.calls > 0).map(clock::stamp);
    let of_model = |sum: &Sum| ModelUsage {
        input_tokens: sum.tokens.input,
        output_tokens: sum.tokens.output,
        cache_creation_input_tokens: sum.tokens.written(),
        cache_read_input_tokens: sum.tokens.read,
        total_tokens: sum.tokens.total(),
        cost_usd: sum.cost_usd(),
    };
    Usage {
        input_tokens: all.tokens.input,
        output_tokens: all.tokens.output,
        cache_creation_input_tokens: all.tokens.written(),
        cache_read_input_tokens: all.tokens.read,
        total_tokens: all.tokens.total(),
        cost_usd: all.cost_usd(),
        unpriced_tokens: all.unpriced,
        unconfirmed_tokens: all.unconfirmed,
        turns: 0,
        messages: all.calls,
        models: models.iter().map(|(name, sum)| (name.to_string(), of_model(sum))).collect(),
        first_at: instant(all.first),
        last_at: instant(all.last),
        kept_at: None,
        records: BTreeMap::new(),
    }
}
