//! Owns the rollup of all conversations by day, project and model, `usage/days.json`, for programs that show it without
//! reading logs. Must stay true: its sum is the sum of all rows; it stays small enough for its readers, however much
//! was used, by having fewer days of their own.

use crate::report::{Filter, View};
use crate::stats;
use crate::sum::Sum;
use chrono::{Days as Count, NaiveDate};
use cs_core::clock::{self, Instant};
use cs_core::days::{Amount, DayRow, Days, Told};
use cs_core::file::{self, Durability};
use cs_core::lock;
use cs_core::paths::Home;
use cs_core::validate::FILE_BYTES;
use cs_core::zone::monday;
use cs_core::{Error, Result, weight};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// How many days have rows of their own: a year of whole weeks, as charts show it; fewer if there are too many rows.
const DAYS: [u64; 4] = [53 * 7, 120, 40, 0];

/// Day, project and model. Days without rows of their own come first.
type Place = (Option<NaiveDate>, String, String);
type Sums = BTreeMap<Place, Amount>;

/// Writes the rollup. `roots` are Claude Code's directories, for the days that only its own statistics have; `told` is
/// what status lines had reported.
pub fn write(home: &Home, view: &View, roots: &[PathBuf], told: Told, now: Instant) -> Result<()> {
    let _lock = lock::acquire(&Home::lock_of(&home.usage_keep()), lock::PERSON_WAIT)?;
    let all = view.rows(&Filter::default());
    let remembered = stats::uncovered(roots, view.book, &all).into_iter();
    let stats_cache: BTreeMap<_, _> = remembered.map(|(day, models)| (day.to_string(), models)).collect();
    let mut sums: Sums = view
        .cells()
        .into_iter()
        .map(|((date, project, model), sum)| ((Some(date), project.to_string(), model.to_string()), amount(&sum)))
        .collect();
    let today = view.zone.day(now.timestamp_millis());
    for days in DAYS {
        let from = today.checked_sub_days(Count::new(days)).map_or(today, monday);
        sums = fold(sums, from);
        let rows: Vec<DayRow> = sums.iter().map(row).collect();
        let from = rows.iter().find_map(|row| row.date.clone());
        let stats_cache = stats_cache.clone();
        let days = Days { kept_at: clock::stamp(now), from, rows, stats_cache, told: Some(told.clone()) };
        let mut text = serde_json::to_vec(&days).unwrap_or_default();
        text.push(b'\n');
        if text.len() <= FILE_BYTES && !weight::is_too_heavy(&text) {
            return file::replace(&home.usage_days(), &text, Durability::Synced);
        }
    }
    Err(Error::Refused("usage/days.json would be too large: there are too many projects and models".into()))
}

fn row(((date, project, model), amount): (&Place, &Amount)) -> DayRow {
    let date = date.map(|date| date.to_string());
    DayRow { date, project: project.clone(), model: model.clone(), amount: *amount }
}

fn amount(sum: &Sum) -> Amount {
    let kinds = [sum.tokens.input, sum.tokens.output, sum.tokens.written(), sum.tokens.read];
    Amount::new(kinds, sum.cost_usd(), sum.unpriced)
}

/// Sums up the usage before a day, without its date.
fn fold(sums: Sums, from: NaiveDate) -> Sums {
    let mut folded = Sums::new();
    for ((date, project, model), amount) in sums {
        let date = date.filter(|date| *date >= from);
        folded.entry((date, project, model)).or_default().add(&amount);
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_days_become_one_sum() {
        let day = |text: &str| text.parse::<NaiveDate>().ok();
        let amount = |input, cost| Amount::new([input, 0, 0, 0], cost, if cost.is_none() { input } else { 0 });
        let sums = Sums::from([
            ((day("2025-01-01"), "a".into(), "m".into()), amount(1, Some(0.5))),
            ((day("2025-02-01"), "a".into(), "m".into()), amount(2, None)),
            ((day("2026-02-01"), "a".into(), "m".into()), amount(4, Some(1.0))),
        ]);
        let folded = fold(sums, day("2026-01-01").unwrap());
        let kept: Vec<(Option<NaiveDate>, u64, Option<f64>, u64)> = folded
            .iter()
            .map(|((date, ..), sum)| (*date, sum.total_tokens, sum.cost_usd, sum.unpriced_tokens))
            .collect();
        assert_eq!(kept, [(None, 3, Some(0.5), 2), (day("2026-02-01"), 4, Some(1.0), 0)]);
    }
}
