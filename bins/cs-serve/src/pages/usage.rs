//! Owns usage as text: tokens and money, and tables by model.
//! Must stay true: a cost without a known price is called unknown.

use crate::view::spending::{Lately, Period};
use crate::view::usage::ModelSum;
use cs_core::clock::{self, Instant};
use cs_core::days::Amount;
use render::{format_cost, format_count, format_dollars};
use serde::Serialize;
use std::cmp::Reverse;

/// After this number of hours the page explains how to count more often.
const OLD_HOURS: i64 = 25;

/// An amount in words.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AmountText {
    /// `$1.23`, `$1.23 + unknown`, `unknown`
    pub cost: String,
    /// `1.2M`, of each kind and of all.
    pub input: String,
    pub output: String,
    pub written: String,
    pub read: String,
    pub tokens: String,
}

impl From<&Amount> for AmountText {
    fn from(amount: &Amount) -> Self {
        let [input, output, written, read] = amount.kinds().map(format_count);
        AmountText { cost: cost(amount), input, output, written, read, tokens: format_count(amount.total_tokens) }
    }
}

/// A cost in words.
pub fn cost(amount: &Amount) -> String {
    format_cost(amount.cost_usd, amount.unpriced_tokens, 0)
}

/// A line of a table by model or by project.
#[derive(Debug, Serialize)]
pub struct AmountLine {
    pub name: String,
    #[serde(flatten)]
    pub said: AmountText,
    /// The share of the most expensive one, 0 to 100; by tokens if no cost is known.
    pub share: u64,
}

/// Lines for a table, the most expensive first, and their sum.
#[derive(Debug, Serialize)]
pub struct AmountTable {
    pub lines: Vec<AmountLine>,
    pub total: AmountText,
}

/// A table of these parts of a sum.
pub fn table<'a>(parts: impl Iterator<Item = (&'a str, Amount)>, total: &Amount) -> AmountTable {
    let mut parts: Vec<(&str, Amount)> = parts.collect();
    parts.sort_by_key(|(_, amount)| Reverse(weight(amount)));
    let by_cost = parts.iter().any(|(_, amount)| micros(amount) > 0);
    let size = |amount: &Amount| if by_cost { micros(amount) as u64 } else { amount.total_tokens };
    let most = parts.iter().map(|(_, amount)| size(amount)).max().unwrap_or_default().max(1);
    let line = |(name, amount): &(&str, Amount)| AmountLine {
        name: (*name).to_string(),
        said: AmountText::from(amount),
        share: (u128::from(size(amount)) * 100 / u128::from(most)) as u64,
    };
    AmountTable { lines: parts.iter().map(line).collect(), total: AmountText::from(total) }
}

/// A table by model.
pub fn by_model(sum: &ModelSum) -> AmountTable {
    table(sum.models.iter().map(|(model, amount)| (model.as_str(), *amount)), &sum.amount)
}

/// The sort key of amounts: cost, then tokens.
pub fn weight(amount: &Amount) -> (usize, u64) {
    (micros(amount), amount.total_tokens)
}

/// Millionths of a dollar, as far as the cost is known.
pub fn micros(amount: &Amount) -> usize {
    (amount.cost_usd.unwrap_or_default() * 1e6).round() as usize
}

/// `1.2M tokens of claude-next`
pub fn unpriced(sum: &ModelSum) -> Option<String> {
    let models = sum.models.iter().filter(|(_, amount)| amount.unpriced_tokens > 0);
    let names: Vec<&str> = models.map(|(name, _)| name.as_str()).collect();
    let tokens = sum.amount.unpriced_tokens;
    (tokens > 0).then(|| format!("{} tokens of {}", format_count(tokens), names.join(", ")))
}

/// Recent usage, as an overview shows it.
#[derive(Debug, Serialize)]
pub struct Strip {
    /// When that was summed up; `None` if never.
    pub kept_at: Option<String>,
    /// Whether that was long ago.
    pub is_old: bool,
    pub tiles: Vec<Tile>,
    /// Tokens of the month or the week that have no known price, and their models.
    pub unpriced: Option<String>,
    /// The cost that status lines have reported today, `$1.23`.
    pub told_today: Option<String>,
}

/// A span of time and what was used in it.
#[derive(Debug, Serialize)]
pub struct Tile {
    pub key: &'static str,
    pub title: &'static str,
    /// Its first day.
    pub from: String,
    pub said: AmountText,
}

impl Strip {
    /// In words.
    pub fn new(lately: &Lately, now: Instant) -> Self {
        let tile = |(key, title, period): (_, _, &Option<Period>)| {
            let period = period.as_ref()?;
            let said = AmountText::from(&period.sum.amount);
            Some(Tile { key, title, from: period.from.clone(), said })
        };
        let spans = [
            ("today", "Today", &lately.today),
            ("week", "This week", &lately.week),
            ("month", "This month", &lately.month),
        ];
        Strip {
            is_old: lately.kept_at.as_deref().is_some_and(|at| is_old(at, now)),
            kept_at: lately.kept_at.clone(),
            // A week may have begun in another month.
            unpriced: [&lately.month, &lately.week].into_iter().flatten().find_map(|period| unpriced(&period.sum)),
            tiles: spans.into_iter().filter_map(tile).collect(),
            told_today: lately.told_today_usd.map(format_dollars),
        }
    }
}

/// Whether the figures are so old that the usage job does not seem to run any more.
pub fn is_old(kept_at: &str, now: Instant) -> bool {
    clock::credible(kept_at, now).is_none_or(|at| (now - at).num_hours() >= OLD_HOURS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_costs_are_named_and_count_least() {
        let known = Amount::new([0, 1500, 0, 0], Some(1.5), 0);
        let unknown = Amount::new([900_000, 0, 0, 0], None, 900_000);
        let mut sum = ModelSum::default();
        sum.add("claude-next", &unknown);
        sum.add("claude-opus", &known);
        let table = by_model(&sum);
        let lines: Vec<_> =
            table.lines.iter().map(|line| (line.name.as_str(), line.said.cost.as_str(), line.share)).collect();
        assert_eq!(lines, [("claude-opus", "$1.50", 100), ("claude-next", "unknown", 0)]);
        assert_eq!((table.total.cost.as_str(), table.total.tokens.as_str()), ("$1.50 + unknown", "902k"));
        assert_eq!(unpriced(&sum).as_deref(), Some("900k tokens of claude-next"));
        let shares = self::table([("a", unknown), ("b", unknown)].into_iter(), &unknown);
        assert!(shares.lines.iter().all(|line| line.share == 100), "without costs tokens count");
        assert_eq!(cost(&Amount::default()), "$0.00");
    }

    #[test]
    fn figures_of_yesterday_are_old() {
        let now = clock::parse("2026-11-21T10:00:00Z").unwrap();
        let old =
            ["2026-11-21T09:00:00Z", "2026-11-20T09:30:00Z", "2026-11-20T08:00:00Z", "x"].map(|at| is_old(at, now));
        assert_eq!(old, [false, false, true, true]);
    }
}
