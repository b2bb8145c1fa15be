//! Owns the cost of a call: the dated table `prices.json` and the user's own entries, which take precedence
//! (`usage.prices` in `config.json`). Must stay true: a model, day, mode or kind of token without a price has no cost,
//! not a cost of zero. Money is in whole trillionths of a dollar, so sums are exact.

use crate::row::QuarterRow;
use agents::model::{Profile, is_fast, plain_name, profile};
use agents::tokens::{Class, EDGES, Tier};
use cs_core::config::Config;
use cs_core::{Error, Result};
use serde::Deserialize;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::OnceLock;

/// Each price is a line, which begins with its model's plain name. Only those of models that occur are parsed.
const TABLE: &str = include_str!("../prices.json");
const ROW: &str = "  {\"model\": \"";
/// Dollars.
const WEB_SEARCH: f64 = 0.01;

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

/// The cost of calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Trillionths of a dollar.
    pub pico_usd: u64,
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
    by_model: HashMap<String, Model>,
}

/// The prices of a model.
#[derive(Debug, Default)]
struct Model {
    own: Vec<Dated>,
    /// Its lines of the table.
    lines: Vec<&'static str>,
    /// All of them, when they are needed.
    dated: OnceLock<Vec<Dated>>,
}

impl Model {
    fn dated(&self) -> &[Dated] {
        self.dated.get_or_init(|| {
            let entry = |line: &&str| serde_json::from_str::<Entry>(line.trim_end_matches(',')).ok()?.dated().ok();
            self.own.iter().cloned().chain(self.lines.iter().filter_map(entry)).collect()
        })
    }
}

impl Prices {
    /// The table, preceded by the user's entries, and the errors in entries that are left out.
    pub fn new(config: &Config) -> (Self, Vec<Error>) {
        let mut by_model: HashMap<String, Model> = HashMap::new();
        let mut wrong = Vec::new();
        for entry in own(config).into_iter().flatten() {
            match entry.and_then(Entry::dated) {
                Ok(dated) => by_model.entry(plain_name(&dated.entry.model)).or_default().own.push(dated),
                Err(error) => wrong.push(error),
            }
        }
        for line in TABLE.lines() {
            let name = line.strip_prefix(ROW).and_then(|rest| rest.split_once('"'));
            name.into_iter().for_each(|(name, _)| by_model.entry(name.to_string()).or_default().lines.push(line));
        }
        (Prices { by_model }, wrong)
    }

    /// The prices of a model. Its name is taken apart here, so once for many rows.
    pub fn tariff(&self, model: &str) -> Tariff<'_> {
        let known = self.by_model.get(model).or_else(|| self.by_model.get(&plain_name(model)));
        Tariff { dated: known.map_or(&[], Model::dated), is_fast: is_fast(model), profile: profile(model) }
    }

    /// The prices of each of these models.
    pub fn tariffs(&self, models: &[String]) -> Vec<Tariff<'_>> {
        models.iter().map(|model| self.tariff(model)).collect()
    }
}

/// The prices of one model.
#[derive(Clone, Copy, Debug)]
pub struct Tariff<'a> {
    dated: &'a [Dated],
    is_fast: bool,
    profile: Profile,
}

impl Tariff<'_> {
    /// The cost of a row's calls; `None` if unknown. A line that reports a cost of zero does not know its cost; older
    /// summaries took it literally.
    pub fn cost(&self, row: &QuarterRow) -> Option<Cost> {
        if row.class.has(Class::RECORDED) && (row.cost > 0 || row.tokens.total() == 0) {
            return Some(Cost { pico_usd: row.cost, confirmed: true });
        }
        let price = self.dated.iter().find(|price| price.from <= row.first && row.first < price.until)?;
        let class = if self.is_fast { row.class.with(Class::FAST) } else { row.class };
        let Applicable { rates, factor, confirmed } = price.entry.applicable(class, self.profile)?;
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
            row.searches.saturating_mul((WEB_SEARCH * 1e12) as u64),
        ];
        Some(Cost { pico_usd: parts.into_iter().fold(0, u64::saturating_add), confirmed })
    }
}

/// The user's own entries (`usage.prices` in `config.json`), each with its error if it is not valid.
fn own(config: &Config) -> Option<Vec<Result<Entry>>> {
    let entries = match config.group("usage")?.get_mut("prices")?.take() {
        Value::Array(entries) => entries,
        other => return Some(vec![Err(invalid(&format!("list is not a list: {other}")))]),
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
                .map_err(|_| invalid(&format!("of {}: {text:?} is not a day such as 2026-11-21", self.model))),
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

    /// The rates for a class of calls of a model that was requested by this kind of name.
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
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
mod tests;
