//! Owns what was spent on other machines, by person and project. Must stay true: days are those of each machine; what is
//! kept has a bound.

use crate::view::usage::{DayRange, last_days};
use cs_core::clock::Date;
use cs_core::days::{Amount, DayRow};
use serde::Serialize;
use std::collections::BTreeMap;

/// Maximum number of rows that are kept.
const ROWS: usize = 1000;

/// What a person spent in a project.
#[derive(Clone, Debug, Serialize)]
pub struct SpendRow {
    /// The owner, else the machine's name.
    pub person: String,
    pub project: String,
    pub week: Amount,
    pub month: Amount,
}

/// What is summed up.
#[derive(Debug)]
pub struct Sums {
    week: DayRange,
    month: DayRange,
    sums: BTreeMap<(String, String), [Amount; 2]>,
}

impl Default for Sums {
    fn default() -> Sums {
        Sums { week: last_days(7), month: last_days(30), sums: BTreeMap::new() }
    }
}

impl Sums {
    /// Adds what was used on a machine. Returns its last 7 and 30 days; none if nothing was ever counted.
    pub fn add(&mut self, person: &str, rows: &[DayRow]) -> Option<[Amount; 2]> {
        let mut all = [Amount::default(), Amount::default()];
        for row in rows.iter().filter(|row| is_in(row, self.month)) {
            let of = self.sums.entry((person.to_string(), row.project.clone())).or_default();
            for sums in [of, &mut all] {
                let [seven, thirty] = sums;
                thirty.add(&row.amount);
                if is_in(row, self.week) {
                    seven.add(&row.amount);
                }
            }
        }
        (!rows.is_empty()).then_some(all)
    }

    /// What each person spent in each project, the most first.
    pub fn finish(self) -> Vec<SpendRow> {
        let row = |((person, project), [week, month]): ((String, String), [Amount; 2])| SpendRow {
            person,
            project,
            week,
            month,
        };
        let mut rows: Vec<SpendRow> = self.sums.into_iter().map(row).collect();
        let worth = |row: &SpendRow| row.month.cost_usd.unwrap_or_default();
        rows.sort_by(|a, b| {
            worth(b).total_cmp(&worth(a)).then_with(|| b.month.total_tokens.cmp(&a.month.total_tokens))
        });
        rows.truncate(ROWS);
        rows
    }
}

fn is_in(row: &DayRow, range: DayRange) -> bool {
    let day: Option<Date> = row.date.as_deref().and_then(|date| date.parse().ok());
    day.is_some_and(|day| range.from <= day && day <= range.until)
}
