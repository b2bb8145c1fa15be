//! Owns charts of usage by day or by week, with a part for each model: one of costs and one of tokens.
//! Must stay true: usage without a known price is missing only in the chart of costs, and the value says so.

use super::charts::{self, Columns, Labels};
use super::usage::{AmountText, micros, unpriced, weight};
use crate::view::spending::{self, last_days};
use crate::view::usage::{DayRange, ModelSum, Rollup};
use chrono::Datelike;
use cs_core::clock::{Date, TimeDelta};
use cs_core::days::Amount;
use render::{format_count, format_dollars, format_round_count, format_round_dollars};
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// How many models have their own series in a chart, and the name of all others together.
const SERIES: usize = 5;
const OTHERS: &str = "others";
/// Ranges of at least this many days are shown by week.
const DAYS: i64 = 92;
/// Weeks of half a year.
const WEEKS: u64 = 26;

/// Labels in dollars for millionths of a dollar, at a column and at the axis.
const DOLLARS: Labels = Labels {
    value: |micros| format_dollars(micros as f64 / 1e6),
    level: |micros| format_round_dollars(micros as f64 / 1e6),
};
/// Labels for tokens.
const TOKENS: Labels =
    Labels { value: |tokens| format_count(tokens as u64), level: |tokens| format_round_count(tokens as u64) };

/// The usage in a range, as two charts with the same columns and series, and as a table.
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
    pub total: AmountText,
    /// Tokens that no cost counts, and their models.
    pub unpriced: Option<String>,
    /// The first day that is counted separately, if the range begins before it.
    pub begins_at: Option<String>,
}

/// A line of a table by day or week, newest first.
#[derive(Debug, Serialize)]
pub struct Dated {
    pub date: String,
    pub said: AmountText,
    /// The amount of each series.
    pub parts: Vec<Option<AmountText>>,
}

/// The charts of a range, of one project or of all.
pub fn chart(used: &Rollup, project: Option<&str>, range: DayRange) -> Chart {
    let sum = used.sum(project, range);
    let series = series(&sum);
    let is_long = (range.until - range.from).num_days() >= DAYS;
    let columns = grouped(used.days(project, range), range, if is_long { monday } else { |day| day });
    let parts: Vec<(String, Vec<Amount>)> =
        columns.iter().map(|(date, sum)| (date.to_string(), parts(sum, &series))).collect();
    let values = |of: fn(&Amount) -> usize| -> Vec<(String, Vec<usize>)> {
        parts.iter().map(|(date, parts)| (date.clone(), parts.iter().map(of).collect())).collect()
    };
    let older = used.from.filter(|from| *from > range.from && used.has_older(project));
    Chart {
        from: range.from.to_string(),
        until: range.until.to_string(),
        per: if is_long { "week" } else { "day" },
        cost: charts::columns_of(&values(micros), DOLLARS),
        tokens: charts::columns_of(&values(|amount| amount.total_tokens as usize), TOKENS),
        rows: dated(&columns, &parts),
        total: AmountText::from(&sum.amount),
        unpriced: unpriced(&sum),
        begins_at: older.map(|from| from.to_string()),
        series,
    }
}

/// The last 30 days of a project or, without usage in them, its last half year; `None` if that is empty too.
pub fn recent(used: &Rollup, project: &str) -> Option<Chart> {
    let last = used.last(Some(project))?;
    let month = last_days(spending::DAYS);
    let half_year = last_days(WEEKS * 7);
    let range = [month, half_year].into_iter().find(|range| last >= range.from)?;
    Some(chart(used, Some(project), range))
}

/// Every day or every week of a range, also those without usage.
fn grouped(days: BTreeMap<Date, ModelSum>, range: DayRange, group: impl Fn(Date) -> Date) -> BTreeMap<Date, ModelSum> {
    let all = range.from.iter_days().take_while(|day| *day <= range.until);
    let mut columns: BTreeMap<Date, ModelSum> = all.map(|day| (group(day), ModelSum::default())).collect();
    for (day, sum) in days {
        columns.entry(group(day)).or_default().merge(&sum);
    }
    columns
}

fn monday(day: Date) -> Date {
    day.checked_sub_signed(TimeDelta::days(day.weekday().num_days_from_monday().into())).unwrap_or(day)
}

/// The models with their own series; all others together are the last series.
fn series(sum: &ModelSum) -> Vec<String> {
    let mut models: Vec<(&String, &Amount)> = sum.models.iter().collect();
    models.sort_by_key(|(_, amount)| Reverse(weight(amount)));
    let mut names: Vec<String> = models.into_iter().map(|(name, _)| name.clone()).collect();
    if names.len() > SERIES {
        names.truncate(SERIES);
        names.push(OTHERS.to_string());
    }
    names
}

/// The part of a sum that belongs to each series.
fn parts(sum: &ModelSum, series: &[String]) -> Vec<Amount> {
    let named = series.get(..SERIES.min(series.len())).unwrap_or_default();
    let mut parts: Vec<Amount> = named.iter().map(|name| sum.models.get(name).copied().unwrap_or_default()).collect();
    if series.len() > SERIES {
        let mut others = Amount::default();
        sum.models.iter().filter(|(name, _)| !named.contains(name)).for_each(|(_, amount)| others.add(amount));
        parts.push(others);
    }
    parts
}

fn dated(columns: &BTreeMap<Date, ModelSum>, parts: &[(String, Vec<Amount>)]) -> Vec<Dated> {
    let said = |amount: &Amount| (amount.total_tokens > 0).then(|| AmountText::from(amount));
    let rows = columns.values().zip(parts).filter(|(sum, _)| sum.amount.total_tokens > 0);
    let row = |(sum, (date, parts)): (&ModelSum, &(String, Vec<Amount>))| Dated {
        date: date.clone(),
        said: AmountText::from(&sum.amount),
        parts: parts.iter().map(said).collect(),
    };
    rows.rev().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn smaller_models_share_one_series() {
        let mut sum = ModelSum::default();
        for n in 1..=8_u64 {
            sum.add(&format!("m{n}"), &Amount::new([n, 0, 0, 0], Some(n as f64), 0));
        }
        let names = series(&sum);
        assert_eq!(names, ["m8", "m7", "m6", "m5", "m4", "others"]);
        let tokens: Vec<u64> = parts(&sum, &names).iter().map(|part| part.total_tokens).collect();
        assert_eq!(tokens, [8, 7, 6, 5, 4, 6]);
    }

    #[test]
    fn weeks_hold_all_of_their_days() {
        let mut sum = ModelSum::default();
        sum.add("m", &Amount::new([1, 0, 0, 0], Some(0.5), 0));
        let days = BTreeMap::from([(day("2026-11-16"), sum.clone()), (day("2026-11-21"), sum)]);
        let range = DayRange { from: day("2026-11-05"), until: day("2026-11-21") };
        let weeks: Vec<(String, u64)> = grouped(days, range, monday)
            .into_iter()
            .map(|(date, sum)| (date.to_string(), sum.amount.total_tokens))
            .collect();
        assert_eq!(weeks, [("2026-11-02".into(), 0), ("2026-11-09".into(), 0), ("2026-11-16".into(), 2)]);
    }

    #[test]
    fn an_axis_is_short_and_a_value_is_as_in_a_table() {
        assert_eq!([(DOLLARS.level)(20_000_000), (DOLLARS.value)(20_000_000)], ["$20", "$20.00"]);
        assert_eq!([(TOKENS.level)(20_000_000), (TOKENS.value)(20_000_000)], ["20M", "20.0M"]);
    }
}
