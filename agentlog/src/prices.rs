//! Owns what a call costs: the dated table `prices.json` and the user's own entries, which go
//! first (`usage.prices` in `config.json`). Must stay true: a model, day, mode or kind of token
//! without a price has no cost, not a cost of zero. All money is whole millionths of a millionth of
//! a dollar, so sums are exact.

use crate::book::Row;
use crate::call::{Class, EDGES, Tier};
use crate::names::{Profile, is_fast, plain_name, profile};
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
    #[serde(default)]
    geo: Option<f64>,
    #[serde(default)]
    batch: Option<f64>,
    #[serde(default)]
    priority: Option<f64>,
    #[serde(default)]
    unconfirmed: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
struct Above {
    tokens: u64,
    #[serde(flatten)]
    rates: Rates,
    #[serde(default)]
    priority: Option<f64>,
    #[serde(default)]
    unconfirmed: Option<String>,
}

/// What calls cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Millionths of a millionth of a dollar.
    pub pico: u64,
    /// Whether a provider's page confirms the price.
    pub confirmed: bool,
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

    /// What the calls of a row cost; `None` if that is not known. A line that says that it cost nothing does not know
    /// either; older summaries took it at its word.
    pub fn cost(&self, row: &Row, model: &str) -> Option<Cost> {
        if row.class.has(Class::RECORDED) && (row.cost > 0 || row.tokens.total() == 0) {
            return Some(Cost { pico: row.cost, confirmed: true });
        }
        let prices = self.by_model.get(model).or_else(|| self.by_model.get(&plain_name(model)))?;
        let price = prices.iter().find(|price| price.from <= row.first && row.first < price.until)?;
        let class = if is_fast(model) { row.class.with(Class::FAST) } else { row.class };
        let Applicable { rates, factor, confirmed } = price.entry.applicable(class, profile(model))?;
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
        Some(Cost { pico: parts.into_iter().fold(0, u64::saturating_add), confirmed })
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
        let long_priority = self.above.as_ref().and_then(|above| above.priority);
        let factors = [self.fast, self.us, self.geo, self.batch, self.priority, long_priority];
        if !self.rates.all().chain(long).chain(factors).flatten().all(sane) {
            return Err(invalid(&format!("of {}: a rate is not a number of dollars", self.model)));
        }
        Ok(Dated { from, until, entry: self })
    }

    /// What applies to a class of calls of a model that was asked for by such a name.
    fn applicable(&self, class: Class, profile: Profile) -> Option<Applicable<'_>> {
        let long = self.above.as_ref().filter(|above| class.longer_than(above.tokens));
        let fast = if class.has(Class::FAST) { self.fast? } else { 1.0 };
        let us = if class.has(Class::US) { self.us.unwrap_or(1.0) } else { 1.0 };
        let place = match profile {
            Profile::Global => us,
            Profile::Geographic => self.geo.unwrap_or(1.0).max(us),
            Profile::Government => return None,
        };
        let tier = match class.tier() {
            Tier::Standard => 1.0,
            Tier::Batch => self.batch?,
            Tier::Priority => long.map_or(self.priority, |above| above.priority)?,
            Tier::Other => return None,
        };
        let unconfirmed = long.map_or(&self.unconfirmed, |above| &above.unconfirmed);
        Some(Applicable {
            rates: long.map_or(&self.rates, |above| &above.rates),
            factor: fast * place * tier,
            confirmed: unconfirmed.is_none() && self.unconfirmed.is_none(),
        })
    }
}

/// The rates that apply to calls, and the factor on them.
struct Applicable<'a> {
    rates: &'a Rates,
    factor: f64,
    confirmed: bool,
}

fn invalid(what: &str) -> Error {
    Error::Invalid(format!("the price {what} (usage.prices in config.json)"))
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

    fn usd(cost: Option<Cost>) -> Option<f64> {
        cost.map(|cost| crate::sum::usd(cost.pico))
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

    /// A call of a million tokens of input on a day, with a class.
    fn million(day: &str, model: &str, class: fn(Class) -> Class) -> Option<f64> {
        let mut row = row(day, [1_000_000, 0, 0, 0, 0]);
        row.class = class(Class::default());
        usd(Prices::new(&Config::default()).0.cost(&row, model))
    }

    #[test]
    fn geographic_profiles_cost_more_since_the_models_of_4_5() {
        let cost = |model: &str| million("2026-11-20", model, |class| class);
        for (model, dollars) in [
            ("global.anthropic.claude-opus-4-8", 5.0),
            ("us.anthropic.claude-opus-4-8", 5.5),
            ("au.anthropic.claude-opus-4-8-v1:0", 5.5),
            ("apac.anthropic.claude-haiku-4-5-20251001-v1:0", 1.1),
            ("us.anthropic.claude-sonnet-4-20250514-v1:0", 3.0),
            ("eu.anthropic.claude-opus-4-1-20250805-v1:0", 15.0),
        ] {
            assert_eq!(cost(model), Some(dollars), "{model}");
        }
        assert_eq!(cost("us-gov.anthropic.claude-opus-4-8"), None, "the government's regions have prices of their own");
        let both = million("2026-11-20", "us.anthropic.claude-opus-4-8", |class| class.with(Class::US));
        assert_eq!(both, Some(5.5), "one place, one factor");
    }

    #[test]
    fn fast_mode_ends() {
        let fast = |day: &str, model: &str| million(day, model, |class| class.with(Class::FAST));
        assert_eq!(fast("2026-06-28", "claude-opus-4-6"), Some(30.0));
        assert_eq!(fast("2026-06-29", "claude-opus-4-6"), None);
        assert_eq!(fast("2026-07-23", "claude-opus-4-7"), Some(30.0));
        assert_eq!(fast("2026-07-24", "claude-opus-4-7"), None);
        assert_eq!(fast("2026-11-29", "claude-opus-4-8"), Some(10.0));
        assert_eq!(fast("2026-11-30", "claude-opus-4-8"), None);
        assert_eq!(fast("2026-11-30", "claude-opus-5-5"), Some(8.0));
        assert_eq!(million("2026-11-20", "anthropic/claude-opus-4.8-fast", |class| class), Some(10.0), "by its name");
        assert_eq!(million("2026-11-30", "claude-opus-4-8", |class| class), Some(5.0), "the model goes on");
    }

    #[test]
    fn tiers_of_service_have_prices_of_their_own_or_none() {
        let cost = |model: &str, class| million("2026-11-20", model, class);
        assert_eq!(cost("claude-opus-5", |class| class.of_tier(Tier::Batch)), Some(2.5));
        assert_eq!(cost("claude-opus-5", |class| class.of_tier(Tier::Priority)), None);
        assert_eq!(cost("claude-opus-5", |class| class.of_tier(Tier::Other)), None);
        assert_eq!(cost("gpt-5.5", |class| class.of_tier(Tier::Priority)), Some(12.5));
        assert_eq!(cost("gpt-5.5", |class| class.of_tier(Tier::Batch)), Some(2.5));
        assert_eq!(cost("gpt-6.2-sol", |class| class.of_tier(Tier::Priority).of_prompt(300_000)), Some(8.0));
        assert_eq!(cost("gpt-5.5", |class| class.of_tier(Tier::Priority).of_prompt(300_000)), None);
        // The words do not get in each other's way.
        let class = Class::default().with(Class::SIDE).of_tier(Tier::Other).of_prompt(150_000);
        assert!(class.tier() == Tier::Other && class.longer_than(100_000) && !class.longer_than(200_000));
        assert!(class.has(Class::SIDE) && class.of_tier(Tier::Standard).of_prompt(0) == Class(Class::SIDE));
    }

    #[test]
    fn a_line_that_says_nothing_of_its_cost_has_the_listed_one() {
        let prices = Prices::new(&Config::default()).0;
        let mut said = row("2026-11-20", [1_000_000, 0, 0, 0, 0]);
        said.class = said.class.with(Class::RECORDED);
        assert_eq!(usd(prices.cost(&said, "claude-opus-5")), Some(5.0));
        said.cost = 250_000_000_000;
        assert_eq!(usd(prices.cost(&said, "claude-opus-5")), Some(0.25));
    }

    #[test]
    fn what_is_not_confirmed_is_marked() {
        let prices = Prices::new(&Config::default()).0;
        let is_confirmed = |day: &str, model: &str, input: u64| {
            prices.cost(&row(day, [input, 0, 0, 0, 0]), model).map(|cost| cost.confirmed)
        };
        assert_eq!(is_confirmed("2026-11-20", "claude-opus-5", 1), Some(true));
        assert_eq!(is_confirmed("2026-03-01", "claude-opus-4-6", 200_000), Some(true));
        assert_eq!(is_confirmed("2026-03-01", "claude-opus-4-6", 200_001), Some(false));
        assert_eq!(is_confirmed("2026-11-21", "gpt-5.6-sol", 1), Some(true));
        assert_eq!(is_confirmed("2026-11-22", "gpt-5.6-sol", 1), Some(false));
    }

    /// A price says where it is from, no two of a model hold on one day, and none leaves a gap.
    #[test]
    fn the_table_is_whole() {
        let table: Value = serde_json::from_str(TABLE).unwrap();
        let rows = table["prices"].as_array().unwrap();
        for row in rows {
            for field in ["source", "checked"] {
                assert!(row[field].as_str().is_some_and(|text| text.len() > 9), "{row}");
            }
        }
        let prices = Prices::new(&Config::default()).0;
        assert_eq!(prices.by_model.values().map(Vec::len).sum::<usize>(), rows.len(), "each row can be understood");
        for (model, dated) in &prices.by_model {
            for pair in dated.windows(2) {
                assert_eq!(pair[0].until, pair[1].from, "{model}");
            }
        }
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
