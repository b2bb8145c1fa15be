//! Owns how it is shown what was used: tokens and money in words, in tables by model, in charts by day or week.
//! Must stay true: what has no known price is said to be unknown, and is missing in a chart of costs only where
//! the page says so.

use super::charts::{self, Columns};
use crate::view::spending::{Lately, Period, last_days};
use crate::view::usage::{Range, Sum, Used};
use chrono::Datelike;
use cs_core::clock::{self, Date, Instant, TimeDelta};
use cs_core::days::Amount;
use cs_core::usage::count;
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// How many models are told apart in a chart, and the name of all others together.
const SERIES: usize = 5;
const OTHERS: &str = "others";
/// More days than this are shown as weeks.
const DAYS: i64 = 92;
/// Weeks of half a year.
const WEEKS: u64 = 26;
/// After so many hours somebody should be told how to count more often.
const OLD_HOURS: i64 = 25;

/// An amount in words.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Said {
    /// `$1.23`, `$1.23 + unknown`, `unknown`
    pub cost: String,
    /// `1.2M`, of each kind and of all.
    pub input: String,
    pub output: String,
    pub written: String,
    pub read: String,
    pub tokens: String,
}

impl From<&Amount> for Said {
    fn from(amount: &Amount) -> Self {
        let [input, output, written, read] = amount.kinds().map(count);
        Said { cost: cost(amount), input, output, written, read, tokens: count(amount.total_tokens) }
    }
}

/// A cost in words.
pub fn cost(amount: &Amount) -> String {
    cs_core::usage::cost(amount.cost_usd, amount.unpriced_tokens).replace('?', "unknown")
}

/// A line of a table by model or by project.
#[derive(Debug, Serialize)]
pub struct Line {
    pub name: String,
    #[serde(flatten)]
    pub said: Said,
    /// Of the most expensive one, 0 to 100; by tokens where no cost is known.
    pub share: u64,
}

/// Lines for a table, the most expensive first, and their sum.
#[derive(Debug, Serialize)]
pub struct Table {
    pub lines: Vec<Line>,
    pub total: Said,
}

/// A table of these parts of a sum.
pub fn table<'a>(parts: impl Iterator<Item = (&'a str, Amount)>, total: &Amount) -> Table {
    let mut parts: Vec<(&str, Amount)> = parts.collect();
    parts.sort_by_key(|(_, amount)| Reverse(weight(amount)));
    let by_cost = parts.iter().any(|(_, amount)| micros(amount) > 0);
    let size = |amount: &Amount| if by_cost { micros(amount) as u64 } else { amount.total_tokens };
    let most = parts.iter().map(|(_, amount)| size(amount)).max().unwrap_or_default().max(1);
    let line = |(name, amount): &(&str, Amount)| Line {
        name: (*name).to_string(),
        said: Said::from(amount),
        share: (u128::from(size(amount)) * 100 / u128::from(most)) as u64,
    };
    Table { lines: parts.iter().map(line).collect(), total: Said::from(total) }
}

/// A table by model.
pub fn by_model(sum: &Sum) -> Table {
    table(sum.models.iter().map(|(model, amount)| (model.as_str(), *amount)), &sum.amount)
}

/// What comes first: cost, then tokens.
fn weight(amount: &Amount) -> (usize, u64) {
    (micros(amount), amount.total_tokens)
}

/// Millionths of a dollar, as far as the cost is known.
fn micros(amount: &Amount) -> usize {
    (amount.cost_usd.unwrap_or_default() * 1e6).round() as usize
}

/// `$2.50`; no cents where there are none to tell.
fn dollars(micros: usize) -> String {
    match micros {
        0 => "$0".to_string(),
        1..5_000 => "<$0.01".to_string(),
        _ if micros % 1_000_000 == 0 => format!("${}", micros / 1_000_000),
        _ => format!("${:.2}", micros as f64 / 1e6),
    }
}

/// `20M`; no tenth where there is none to tell.
fn short(tokens: usize) -> String {
    count(tokens as u64).replace(".0", "")
}

/// What was used in a range, as two charts with the same columns and series, and as a table.
#[derive(Debug, Serialize)]
pub struct Chart {
    pub from: String,
    pub until: String,
    /// `day` or `week`: what a column is.
    pub per: &'static str,
    /// Models, the most expensive first.
    pub series: Vec<String>,
    pub cost: Columns,
    pub tokens: Columns,
    pub rows: Vec<Dated>,
    pub total: Said,
    /// Tokens that no cost counts, and their models.
    pub unpriced: Option<String>,
    /// How much of the range lies before the first day that is told apart.
    pub begins_at: Option<String>,
}

/// A line of a table by day or week, newest first.
#[derive(Debug, Serialize)]
pub struct Dated {
    pub date: String,
    pub said: Said,
    /// Of each series.
    pub parts: Vec<Option<Said>>,
}

/// The charts of a range, of one project or of all.
pub fn chart(used: &Used, project: Option<&str>, range: Range) -> Chart {
    let sum = used.sum(project, range);
    let series = series(&sum);
    let is_long = (range.until - range.from).num_days() >= DAYS;
    let columns = grouped(used.days(project, range), range, if is_long { monday } else { |day| day });
    let parts: Vec<(String, Vec<Amount>)> =
        columns.iter().map(|(date, sum)| (date.to_string(), parts(sum, &series))).collect();
    let values = |of: fn(&Amount) -> usize| -> Vec<(String, Vec<usize>)> {
        parts.iter().map(|(date, parts)| (date.clone(), parts.iter().map(of).collect())).collect()
    };
    let has_older = used.from.filter(|from| *from > range.from && used.has_older(project));
    Chart {
        from: range.from.to_string(),
        until: range.until.to_string(),
        per: if is_long { "week" } else { "day" },
        cost: charts::columns_of(&values(micros), dollars),
        tokens: charts::columns_of(&values(|amount| amount.total_tokens as usize), short),
        rows: dated(&columns, &parts),
        total: Said::from(&sum.amount),
        unpriced: unpriced(&sum),
        begins_at: has_older.map(|from| from.to_string()),
        series,
    }
}

/// The last 30 days of a project or, if it used nothing then, its last half year; none if that is empty, too.
pub fn recent(used: &Used, project: &str) -> Option<Chart> {
    let last = used.last(Some(project))?;
    let month = last_days(crate::view::spending::DAYS);
    let half_year = last_days(WEEKS * 7);
    let range = [month, half_year].into_iter().find(|range| last >= range.from)?;
    Some(chart(used, Some(project), range))
}

/// Every day of a range, or every week, whether something was used or not.
fn grouped(days: BTreeMap<Date, Sum>, range: Range, group: impl Fn(Date) -> Date) -> BTreeMap<Date, Sum> {
    let all = range.from.iter_days().take_while(|day| *day <= range.until);
    let mut columns: BTreeMap<Date, Sum> = all.map(|day| (group(day), Sum::default())).collect();
    for (day, sum) in days {
        columns.entry(group(day)).or_default().merge(&sum);
    }
    columns
}

fn monday(day: Date) -> Date {
    day.checked_sub_signed(TimeDelta::days(day.weekday().num_days_from_monday().into())).unwrap_or(day)
}

/// The models that are told apart; all others together are the last of the series.
fn series(sum: &Sum) -> Vec<String> {
    let mut models: Vec<(&String, &Amount)> = sum.models.iter().collect();
    models.sort_by_key(|(_, amount)| Reverse(weight(amount)));
    let mut names: Vec<String> = models.into_iter().map(|(name, _)| name.clone()).collect();
    if names.len() > SERIES {
        names.truncate(SERIES);
        names.push(OTHERS.to_string());
    }
    names
}

/// What each of the series has of a sum.
fn parts(sum: &Sum, series: &[String]) -> Vec<Amount> {
    let named = series.get(..SERIES.min(series.len())).unwrap_or_default();
    let mut parts: Vec<Amount> = named.iter().map(|name| sum.models.get(name).copied().unwrap_or_default()).collect();
    if series.len() > SERIES {
        let mut others = Amount::default();
        sum.models.iter().filter(|(name, _)| !named.contains(name)).for_each(|(_, amount)| others.add(amount));
        parts.push(others);
    }
    parts
}

fn dated(columns: &BTreeMap<Date, Sum>, parts: &[(String, Vec<Amount>)]) -> Vec<Dated> {
    let said = |amount: &Amount| (amount.total_tokens > 0).then(|| Said::from(amount));
    let rows = columns.values().zip(parts).filter(|(sum, _)| sum.amount.total_tokens > 0);
    let row = |(sum, (date, parts)): (&Sum, &(String, Vec<Amount>))| Dated {
        date: date.clone(),
        said: Said::from(&sum.amount),
        parts: parts.iter().map(said).collect(),
    };
    rows.rev().map(row).collect()
}

/// `1.2M tokens of claude-next`
fn unpriced(sum: &Sum) -> Option<String> {
    let models = sum.models.iter().filter(|(_, amount)| amount.unpriced_tokens > 0);
    let names: Vec<&str> = models.map(|(name, _)| name.as_str()).collect();
    let tokens = sum.amount.unpriced_tokens;
    (tokens > 0).then(|| format!("{} tokens of {}", count(tokens), names.join(", ")))
}

/// What was used lately, as an overview shows it.
#[derive(Debug, Serialize)]
pub struct Strip {
    /// When that was summed up; none: never.
    pub kept_at: Option<String>,
    /// It was long ago.
    pub is_old: bool,
    pub tiles: Vec<Tile>,
    /// Tokens of the month or the week that no cost counts, and their models.
    pub unpriced: Option<String>,
    /// What status lines told of today, `$1.23`.
    pub told_today: Option<String>,
}

/// A span of time and what was used in it.
#[derive(Debug, Serialize)]
pub struct Tile {
    pub key: &'static str,
    pub title: &'static str,
    /// Its first day.
    pub from: String,
    pub said: Said,
}

impl Strip {
    /// In words.
    pub fn new(lately: &Lately, now: Instant) -> Self {
        let tile = |(key, title, period): (_, _, &Option<Period>)| {
            let period = period.as_ref()?;
            let said = Said::from(&period.sum.amount);
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
            told_today: lately.told_today_usd.map(|usd| cs_core::usage::cost(Some(usd), 0)),
        }
    }
}

/// Whether figures are so old that nobody seems to count any more.
pub fn is_old(kept_at: &str, now: Instant) -> bool {
    clock::parse(kept_at).is_none_or(|at| (now - at).num_hours() >= OLD_HOURS)
}
