//! Owns which days "today", "this week", "this month" and a chosen range are, and the usage in them, for pages and
//! API. Days are local, as in `cs-usage`.

use super::caches::Caches;
use super::usage::{DayRange, ModelSum, Rollup, before, today};
use crate::query::Query;
use chrono::Datelike;
use cs_core::clock::{self, Date};
use cs_core::zone::Zone;
use serde::Serialize;
use std::collections::BTreeMap;

pub use super::usage::last_days;

/// The default and the maximum number of days in a range.
pub const DAYS: u64 = 30;
const RANGE_DAYS: u64 = 53 * 7;

/// The usage in a range, by day.
#[derive(Debug, Serialize)]
pub struct Spent {
    /// When that was summed up.
    pub kept_at: String,
    /// The first and the last day.
    pub from: String,
    pub until: String,
    #[serde(flatten)]
    pub sum: ModelSum,
    /// The days on which something was used, oldest first.
    pub days: Vec<DayUse>,
    /// UTC days of the range that only the agent's own statistics know: model → input and output tokens.
    pub stats_cache: BTreeMap<String, BTreeMap<String, u64>>,
}

/// The usage on a day.
#[derive(Debug, Serialize)]
pub struct DayUse {
    pub date: String,
    #[serde(flatten)]
    pub sum: ModelSum,
}

/// Recent usage.
#[derive(Debug, Serialize)]
pub struct Lately {
    /// When that was summed up; if it was not, only `told_today_usd` is known.
    pub kept_at: Option<String>,
    pub today: Option<Period>,
    /// From Monday on.
    pub week: Option<Period>,
    pub month: Option<Period>,
    /// The cost that status lines have reported today: the client's own estimate, for conversations with a status line.
    pub told_today_usd: Option<f64>,
}

/// The usage since a day.
#[derive(Debug, Serialize)]
pub struct Period {
    pub from: String,
    #[serde(flatten)]
    pub sum: ModelSum,
}

/// The range that a query selects: at most about a year, and no future days.
pub fn range(query: &Query) -> DayRange {
    let today = today();
    let (from, until) = query.range(clock::now()).days(Zone::system());
    let until = until.map_or(today, |until| until.min(today));
    let from = from.unwrap_or_else(|| before(until, DAYS - 1));
    DayRange { from: from.max(before(until, RANGE_DAYS - 1)), until }
}

/// The usage in a range.
pub fn spent(used: &Rollup, range: DayRange) -> Spent {
    let days = used.days(None, range).into_iter();
    let stats_cache = used.remembered(range).map(|(day, models)| (day.clone(), models.clone()));
    Spent {
        kept_at: used.kept_at.clone(),
        from: range.from.to_string(),
        until: range.until.to_string(),
        sum: used.sum(None, range),
        days: days.map(|(date, sum)| DayUse { date: date.to_string(), sum }).collect(),
        stats_cache: stats_cache.collect(),
    }
}

/// The whole usage of a project, and the days that are counted separately.
#[derive(Debug, Serialize)]
pub struct OfProject {
    pub kept_at: String,
    #[serde(flatten)]
    pub total: ModelSum,
    pub days: Vec<DayUse>,
}

/// The usage of a project; none if nothing was counted yet.
pub fn of_project(caches: &Caches, project: &str) -> Option<OfProject> {
    let used = caches.used()?;
    let all = DayRange { from: Date::MIN, until: Date::MAX };
    let days = used.days(Some(project), all).into_iter();
    Some(OfProject {
        kept_at: used.kept_at.clone(),
        total: used.total(Some(project)),
        days: days.map(|(date, sum)| DayUse { date: date.to_string(), sum }).collect(),
    })
}

/// The usage of today, this week and this month.
pub fn lately(caches: &Caches) -> Lately {
    let today = today();
    let monday = before(today, u64::from(today.weekday().num_days_from_monday()));
    let used = caches.used();
    let since = |from: Date| {
        let range = DayRange { from, until: Date::MAX };
        used.as_ref().map(|used| Period { from: from.to_string(), sum: used.sum(None, range) })
    };
    let reported: BTreeMap<String, f64> = caches.store().spent_on(&today);
    Lately {
        kept_at: used.as_ref().map(|used| used.kept_at.clone()),
        today: since(today),
        week: since(monday),
        month: since(today.with_day(1).unwrap_or(today)),
        told_today_usd: (!reported.is_empty()).then(|| reported.values().sum()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::param::Param;
    use crate::query::Unknown;

    fn wanted(since: Option<&str>, until: Option<&str>) -> (i64, i64) {
        let pairs = [("since", since), ("until", until)];
        let pairs = pairs.map(|(name, text)| (name.to_string(), text.unwrap_or_default().to_string()));
        let query = Query::parse(&pairs, &[Param::Since, Param::Until], Unknown::Refused, clock::now()).ok();
        let range = range(&query.unwrap());
        ((today() - range.until).num_days(), (range.until - range.from).num_days() + 1)
    }

    #[test]
    fn a_range_ends_today_and_has_at_most_a_year() {
        assert_eq!(wanted(None, None), (0, 30));
        assert_eq!(wanted(Some("6d"), None), (0, 7));
        assert_eq!(wanted(None, Some("7d")), (7, 30));
        assert_eq!(wanted(Some("2001-01-01"), Some("2999-01-01")), (0, RANGE_DAYS as i64));
        assert_eq!(wanted(Some("yesterday"), Some("yesterday")), (1, 1));
        let day = before(today(), 3).to_string();
        assert_eq!(wanted(Some(&day), Some(&day)), (3, 1));
    }
}
