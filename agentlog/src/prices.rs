//! Owns what a call costs: the dated table `prices.json` and the user's own entries, which go
//! first (`usage.prices` in `config.json`). Must stay true: a model, day, mode or kind of token
//! without a price has no cost, not a cost of zero. All money is whole millionths of a millionth of
//! a dollar, so sums are exact.

use crate::book::Row;
use crate::call::{Class, EDGES};
use cs_core::config::Config;
use cs_core::{Error, Result};
use serde::Deserialize;
use serde_json::Value;
use std::collections::HashMap;

const TABLE: &str = include_str!("../prices.json");

#[derive(Deserialize)]
struct Table {
    web_search: f64,
    prices: Vec<Entry>,
}

#[derive(Clone, Debug, Deserialize)]
struct Entry {
    model: String,
    #[serde(default)]
    from: Option<String>,
    #[serde(default)]
    until: Option<String>,
    #[serde(flatten)]
    rates: Rates,
    #[serde(default)]
    above: Option<Above>,
    #[serde(default)]
    fast: Option<f64>,
    #[serde(default)]
    us: Option<f64>,
}

#[derive(Clone, Debug, Deserialize)]
struct Above {
    tokens: u64,
    #[serde(flatten)]
    rates: Rates,
}

/// Dollars per million tokens. A kind without a rate has no known price.
#[derive(Clone, Debug, Deserialize)]
struct Rates {
    input: f64,
    output: f64,
    #[serde(default)]
    cache_write_5m: Option<f64>,
    #[serde(default)]
    cache_write_1h: Option<f64>,
    #[serde(default)]
    cache_read: Option<f64>,
}

impl Rates {
    fn all(&self) -> impl Iterator<Item = Option<f64>> {
        let Rates { input, output, cache_write_5m, cache_write_1h, cache_read } = self;
        [Some(*input), Some(*output), *cache_write_5m, *cache_write_1h, *cache_read].into_iter()
    }
}

/// A price and when it is valid, in milliseconds since the epoch.
#[derive(Clone, Debug)]
struct Dated {
    from: i64,
    until: i64,
    entry: Entry,
}

/// All prices.
#[derive(Debug)]
pub struct Prices {
    by_model: HashMap<String, Vec<Dated>>,
    web_search: u64,
}

impl Prices {
    /// The table, with the user's entries before it, and what is wrong with those that are left out.
    pub fn new(config: &Config) -> (Self, Vec<Error>) {
        let mut prices = Prices { by_model: HashMap::new(), web_search: 0 };
        let mut wrong = Vec::new();
        for entry in own(config).into_iter().flatten() {
            match entry.and_then(Entry::dated) {
                Ok(dated) => prices.add(dated),
                Err(error) => wrong.push(error),
            }
        }
        match serde_json::from_str::<Table>(TABLE) {
            Ok(table) => {
                table.prices.into_iter().filter_map(|entry| entry.dated().ok()).for_each(|dated| prices.add(dated));
                prices.web_search = (table.web_search * 1e12) as u64;
            }
            Err(error) => wrong.push(invalid(&format!("of the table: {error}"))),
        }
        (prices, wrong)
    }

    fn add(&mut self, dated: Dated) {
        self.by_model.entry(plain_name(&dated.entry.model)).or_default().push(dated);
    }

    /// What the calls of a row cost; `None` if that is not known.
    pub fn cost(&self, row: &Row, model: &str) -> Option<u64> {
        if row.class.has(Class::RECORDED) {
            return Some(row.cost);
        }
        let prices = self.by_model.get(model).or_else(|| self.by_model.get(&plain_name(model)))?;
        let price = prices.iter().find(|price| price.from <= row.first && row.first < price.until)?;
        let (rates, factor) = price.entry.applicable(row.class)?;
        let part = |tokens: u64, rate: Option<f64>| match (tokens, rate) {
            (0, _) => Some(0),
            (tokens, rate) => Some(tokens.saturating_mul((rate? * factor * 1e6).round() as u64)),
        };
        let tokens = &row.tokens;
        let parts = [
            part(tokens.input, Some(rates.input))?,
            part(tokens.output, Some(rates.output))?,
            part(tokens.write_5m, rates.cache_write_5m)?,
            part(tokens.write_1h, rates.cache_write_1h)?,
            part(tokens.read, rates.cache_read)?,
            row.searches.saturating_mul(self.web_search),
        ];
        Some(parts.into_iter().fold(0, u64::saturating_add))
    }
}

/// The user's own entries (`usage.prices` in `config.json`), as far as each can be understood.
fn own(config: &Config) -> Option<Vec<Result<Entry>>> {
    let entries = match config.group("usage")?.get_mut("prices")?.take() {
        Value::Array(entries) => entries,
        other => return Some(vec![Err(invalid(&format!("list is none: {other}")))]),
    };
    let entry = |(n, entry): (usize, Value)| {
        let model = entry.get("model").and_then(Value::as_str).map(str::to_string);
        let name = model.unwrap_or_else(|| format!("number {}", n + 1));
        serde_json::from_value(entry).map_err(|error| invalid(&format!("of {name}: {error}")))
    };
    Some(entries.into_iter().enumerate().map(entry).collect())
}

impl Entry {
    fn dated(self) -> Result<Dated> {
        let day = |text: &Option<String>, open: i64| match text {
            None => Ok(open),
            Some(text) => text
                .parse::<chrono::NaiveDate>()
                .map(|day| day.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_millis())
                .map_err(|_| invalid(&format!("of {}: {text:?} is no day such as 2026-11-21", self.model))),
        };
        let (from, until) = (day(&self.from, i64::MIN)?, day(&self.until, i64::MAX)?);
        if let Some(above) = &self.above
            && !EDGES.contains(&above.tokens)
        {
            return Err(invalid(&format!("of {}: above.tokens must be one of {EDGES:?}", self.model)));
        }
        let sane = |rate: f64| (0.0..=1e6).contains(&rate);
        let long = self.above.iter().flat_map(|above| above.rates.all());
        if !self.rates.all().chain(long).chain([self.fast, self.us]).flatten().all(sane) {
            return Err(invalid(&format!("of {}: a rate is not a number of dollars", self.model)));
        }
        Ok(Dated { from, until, entry: self })
    }

    /// The rates for a class of calls, and the factor on them.
    fn applicable(&self, class: Class) -> Option<(&Rates, f64)> {
        let long = self.above.as_ref().filter(|above| class.longer_than(above.tokens));
        let fast = if class.has(Class::FAST) { self.fast? } else { 1.0 };
        let us = if class.has(Class::US) { self.us.unwrap_or(1.0) } else { 1.0 };
        Some((long.map_or(&self.rates, |above| &above.rates), fast * us))
    }
}

fn invalid(what: &str) -> Error {
    Error::Invalid(format!("the price {what} (usage.prices in config.json)"))
}

/// A model's name without what providers put around it: `us.anthropic.claude-opus-4-5-20251101-v1:0`,
/// `anthropic/claude-opus-4-5`, `claude-opus-4-5@20251101` and `claude-opus-4-5[1m]` are one model.
fn plain_name(model: &str) -> String {
    let name = model.to_ascii_lowercase();
    let name = name.rsplit(['/', ':']).find(|part| part.contains("claude") || part.contains("gpt")).unwrap_or(&name);
    let name = name.rsplit_once("anthropic.").map_or(name, |(_, rest)| rest);
    let name = name.split(['@', '[']).next().unwrap_or(name);
    let name = name.strip_suffix("-v1").or(name.strip_suffix("-v2")).unwrap_or(name);
    without_date(name).to_string()
}

/// `-20251101` or `-2025-11-01` at the end is the day of a snapshot.
fn without_date(name: &str) -> &str {
    let is_date = |tail: &str| tail.len() == 8 && tail.bytes().all(|byte| byte.is_ascii_digit());
    let digits = |tail: &str| tail.replace('-', "");
    for length in [9, 11] {
        if let Some((head, tail)) = name.len().checked_sub(length).and_then(|at| name.split_at_checked(at))
            && tail.starts_with('-')
            && is_date(&digits(tail))
        {
            return head;
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::Tokens;

    fn row(day: &str, tokens: [u64; 5]) -> Row {
        let first = cs_core::clock::parse(&format!("{day}T12:00:00Z")).unwrap().timestamp_millis();
        let tokens = Tokens::from(tokens);
        let class = Class::default().of_prompt(tokens.prompt());
        Row { session: 0, model: 0, class, calls: 1, searches: 0, tokens, cost: 0, first, last: first }
    }

    fn usd(pico: Option<u64>) -> Option<f64> {
        pico.map(crate::sum::usd)
    }

    #[test]
    fn the_client_and_the_table_agree() {
        // What Claude Code 2.1.329 itself says of such calls (cost-state of the recorded sessions).
        let prices = Prices::new(&Config::default()).0;
        let call = row("2026-11-21", [120, 40, 2000, 0, 8000]);
        assert_eq!(usd(prices.cost(&call, "claude-opus-5-5")), Some(0.01288));
        assert_eq!(usd(prices.cost(&call, "claude-sonnet-5-5")), Some(0.00644));
    }

    #[test]
    fn prices_have_days() {
        let prices = Prices::new(&Config::default()).0;
        let read = |day: &str| usd(prices.cost(&row(day, [0, 0, 0, 0, 100_000]), "claude-sonnet-5-5"));
        assert_eq!(read("2026-10-06"), Some(0.02));
        assert_eq!(read("2026-10-07"), Some(0.01));
        assert_eq!(read("2026-09-27"), None, "there was no such model yet");
    }

    #[test]
    fn long_prompts_fast_mode_and_hours_cost_what_they_cost() {
        let prices = Prices::new(&Config::default()).0;
        let haiku = |read: u64| usd(prices.cost(&row("2026-11-21", [0, 1_000_000, 0, 0, read]), "claude-haiku-5-5"));
        assert_eq!(haiku(100_000), Some(0.501));
        assert_eq!(haiku(100_001), Some(2.505_000_05));
        assert_eq!(usd(prices.cost(&row("2026-11-21", [0, 0, 0, 1_000, 0]), "claude-opus-5-5")), Some(0.008));
        let mut fast = row("2026-11-21", [1_000, 0, 0, 0, 0]);
        fast.class = fast.class.with(Class::FAST);
        assert_eq!(usd(prices.cost(&fast, "claude-opus-5")), Some(0.01));
        assert_eq!(prices.cost(&fast, "claude-sonnet-5-5"), None);
        let mut us = row("2026-11-21", [1_000, 0, 0, 0, 0]);
        us.class = us.class.with(Class::US);
        assert_eq!(usd(prices.cost(&us, "claude-opus-5")), Some(0.0055));
        let codex = row("2026-11-21", [272_000, 1_000, 0, 0, 1]);
        assert_eq!(usd(prices.cost(&codex, "gpt-6.1-sol")), Some(1.103_000_2));
    }

    #[test]
    fn the_unknown_has_no_price() {
        let prices = Prices::new(&Config::default()).0;
        assert_eq!(prices.cost(&row("2026-11-21", [1, 0, 0, 0, 0]), "claude-next"), None);
        // No price for an hour's cache is known of this one, but only that is missing.
        assert_eq!(prices.cost(&row("2026-11-21", [0, 0, 0, 1, 0]), "gpt-5"), None);
        assert!(prices.cost(&row("2026-11-21", [1, 0, 0, 0, 0]), "gpt-5").is_some());
    }

    #[test]
    fn names_of_other_providers_are_known() {
        for name in [
            "us.anthropic.claude-opus-4-5-20251101-v1:0",
            "anthropic/claude-opus-4-5",
            "claude-opus-4-5@20251101",
            "claude-opus-4-5[1m]",
            "claude-opus-4-5-20251101",
        ] {
            assert_eq!(plain_name(name), "claude-opus-4-5", "{name}");
        }
        assert_eq!(plain_name("gpt-5-2026-04-01"), "gpt-5");
        assert_eq!(plain_name("claude-3-5-sonnet-20241022"), "claude-3-5-sonnet");
    }

    #[test]
    fn own_prices_go_first_and_wrong_ones_are_told_and_left_out() {
        let config = |prices: &str| -> Config {
            let text = format!(r#"{{"usage":{{"prices":[{prices}]}}}}"#);
            Config::read(std::path::Path::new("/x"), text.as_bytes())
        };
        let (prices, _) = Prices::new(&config(r#"{"model":"claude-next","input":1,"output":2}"#));
        assert_eq!(usd(prices.cost(&row("2026-11-21", [1_000_000, 0, 0, 0, 0]), "claude-next")), Some(1.0));
        let (prices, _) = Prices::new(&config(r#"{"model":"gpt-5","input":7,"output":2,"from":"2026-01-01"}"#));
        assert_eq!(usd(prices.cost(&row("2026-11-21", [1_000_000, 0, 0, 0, 0]), "gpt-5")), Some(7.0));
        assert_eq!(usd(prices.cost(&row("2025-12-31", [1_000_000, 0, 0, 0, 0]), "gpt-5")), Some(1.25));
        let good = r#"{"model":"claude-next","input":1,"output":2}"#;
        for (bad, name) in [
            (r#"{"model":"x","output":2}"#, "the price of x: missing field `input`"),
            (r#"{"input":1,"output":2}"#, "the price of number 1: missing field `model`"),
            (r#"{"model":"x","input":-1,"output":2}"#, "the price of x: "),
            (r#"{"model":"x","input":1,"output":2,"from":"yesterday"}"#, "the price of x: "),
            (r#"{"model":"x","input":1,"output":2,"above":{"tokens":5,"input":1,"output":1}}"#, "the price of x: "),
            ("7", "the price of number 1: "),
        ] {
            let (prices, wrong) = Prices::new(&config(&format!("{bad},{good}")));
            let told: Vec<String> = wrong.iter().map(Error::to_string).collect();
            assert!(matches!(told.as_slice(), [one] if one.starts_with(name)), "{told:?}");
            assert!(prices.cost(&row("2026-11-21", [1, 0, 0, 0, 0]), "claude-next").is_some());
        }
        let none = Config::read(std::path::Path::new("/x"), br#"{"usage":{"prices":7}}"#);
        assert_eq!(Prices::new(&none).1.len(), 1);
    }
}
