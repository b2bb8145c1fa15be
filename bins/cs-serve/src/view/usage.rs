//! Owns the usage to show: the rollup that `cs-usage keep` writes, cached while its file does not change, and the cost of
//! single sessions. Must stay true: no log of an agent is read here; usage without a known price never counts as free.

use chrono::Days as Count;
use cs_core::clock::{self, Date};
use cs_core::days::{Amount, Days};
use cs_core::id::Uuid;
use cs_core::stamp::{Stamp, unchanged};
use cs_core::store::Store;
use cs_core::zone::Zone;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

/// Maximum number of sessions whose sums are cached; after that, all are dropped.
const CACHED_SESSIONS: usize = 2000;

/// The files that were read.
#[derive(Debug, Default)]
pub struct Usage {
    days: Mutex<(Option<Stamp>, Option<Arc<Rollup>>)>,
    sessions: Mutex<HashMap<String, (Stamp, Option<Amount>)>>,
}

impl Usage {
    /// All usage; `None` if nothing was counted yet. A rollup that cannot be parsed counts as none, since it will be
    /// rebuilt.
    pub fn used(&self, store: &Store) -> Option<Arc<Rollup>> {
        let mut days = self.days.lock().unwrap_or_else(PoisonError::into_inner);
        let stamp = Stamp::of(&store.home.usage_days());
        if !unchanged(days.0.as_ref(), stamp.as_ref()) {
            *days = (stamp, store.usage_days().ok().flatten().map(|read| Arc::new(Rollup::new(read))));
        }
        days.1.clone()
    }

    /// Returns the usage of one session, from its conversation's summary.
    pub fn of(&self, store: &Store, uuid: &Uuid, session_id: &str) -> Option<Amount> {
        let stamp = Stamp::of(&store.home.usage(uuid))?;
        let mut known = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, amount)) = known.get(session_id).filter(|(known, _)| known.still_is(&stamp)) {
            return *amount;
        }
        let amount = store.usage(uuid, session_id).ok().flatten().as_ref().map(Amount::from);
        if known.len() >= CACHED_SESSIONS {
            known.clear();
        }
        known.insert(session_id.to_string(), (stamp, amount));
        amount
    }
}

/// From the first day to the last, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayRange {
    pub from: Date,
    pub until: Date,
}

impl DayRange {
    fn has(&self, date: Option<Date>) -> bool {
        date.is_some_and(|date| self.from <= date && date <= self.until)
    }
}

/// The present local day.
pub fn today() -> Date {
    Zone::system().local(clock::now()).date()
}

/// The day `days` days before a day.
pub fn before(day: Date, days: u64) -> Date {
    day.checked_sub_days(Count::new(days)).unwrap_or(day)
}

/// The last days, today included.
pub fn last_days(days: u64) -> DayRange {
    let until = today();
    DayRange { from: before(until, days.saturating_sub(1)), until }
}

/// An amount, and the amounts of its models.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ModelSum {
    #[serde(flatten)]
    pub amount: Amount,
    pub models: BTreeMap<String, Amount>,
}

impl ModelSum {
    /// Adds what a model used.
    pub fn add(&mut self, model: &str, amount: &Amount) {
        self.amount.add(amount);
        if !self.models.contains_key(model) {
            self.models.insert(model.to_string(), Amount::default());
        }
        self.models.get_mut(model).into_iter().for_each(|sum| sum.add(amount));
    }

    /// Adds another sum, model by model.
    pub fn merge(&mut self, other: &ModelSum) {
        other.models.iter().for_each(|(model, amount)| self.add(model, amount));
    }
}

/// The rollup.
#[derive(Debug)]
pub struct Rollup {
    /// When it was summed up.
    pub kept_at: String,
    /// The first day that is counted separately.
    pub from: Option<Date>,
    rows: Vec<UsedRow>,
    /// Projects and models that rows name.
    names: Vec<String>,
    /// Days known only from the agent's own statistics; see `core/FORMAT.md`.
    stats_cache: BTreeMap<String, BTreeMap<String, u64>>,
}

#[derive(Debug)]
struct UsedRow {
    date: Option<Date>,
    project: u32,
    model: u32,
    amount: Amount,
}

impl Rollup {
    fn new(days: Days) -> Self {
        let mut indices: HashMap<String, u32> = HashMap::new();
        let mut index = |name: String| {
            let next = indices.len() as u32;
            *indices.entry(name).or_insert(next)
        };
        let day = |text: &str| text.parse::<Date>().ok();
        let row = |row: cs_core::days::DayRow| UsedRow {
            date: row.date.as_deref().and_then(day),
            project: index(row.project),
            model: index(row.model),
            amount: row.amount,
        };
        let rows = days.rows.into_iter().map(row).collect();
        let mut names: Vec<(String, u32)> = indices.into_iter().collect();
        names.sort_by_key(|(_, index)| *index);
        Rollup {
            kept_at: days.kept_at,
            from: days.from.as_deref().and_then(day),
            rows,
            names: names.into_iter().map(|(name, _)| name).collect(),
            stats_cache: days.stats_cache,
        }
    }

    fn name(&self, index: u32) -> &str {
        self.names.get(index as usize).map_or("", String::as_str)
    }

    fn rows(&self, project: Option<&str>) -> impl Iterator<Item = &UsedRow> {
        self.rows.iter().filter(move |row| project.is_none_or(|project| self.name(row.project) == project))
    }

    /// Everything, of one project or of all.
    pub fn total(&self, project: Option<&str>) -> ModelSum {
        let mut total = ModelSum::default();
        self.rows(project).for_each(|row| total.add(self.name(row.model), &row.amount));
        total
    }

    /// The usage in a range.
    pub fn sum(&self, project: Option<&str>, range: DayRange) -> ModelSum {
        let mut total = ModelSum::default();
        let rows = self.rows(project).filter(|row| range.has(row.date));
        rows.for_each(|row| total.add(self.name(row.model), &row.amount));
        total
    }

    /// The days of a range on which something was used, oldest first.
    pub fn days(&self, project: Option<&str>, range: DayRange) -> BTreeMap<Date, ModelSum> {
        let mut days: BTreeMap<Date, ModelSum> = BTreeMap::new();
        for row in self.rows(project).filter(|row| range.has(row.date)) {
            if let Some(date) = row.date {
                days.entry(date).or_default().add(self.name(row.model), &row.amount);
            }
        }
        days
    }

    /// The usage of each project in a range.
    pub fn projects(&self, range: DayRange) -> BTreeMap<&str, Amount> {
        let mut projects: BTreeMap<&str, Amount> = BTreeMap::new();
        for row in self.rows.iter().filter(|row| range.has(row.date)) {
            projects.entry(self.name(row.project)).or_default().add(&row.amount);
        }
        projects
    }

    /// The UTC days of a range that only the agent's own statistics know, and the tokens of each model.
    pub fn remembered(&self, range: DayRange) -> impl Iterator<Item = (&String, &BTreeMap<String, u64>)> {
        self.stats_cache.iter().filter(move |(day, _)| range.has(day.parse().ok()))
    }

    /// The last day on which something was used.
    pub fn last(&self, project: Option<&str>) -> Option<Date> {
        self.rows(project).filter_map(|row| row.date).max()
    }

    /// Whether there is older usage, of which only the sum is known.
    pub fn has_older(&self, project: Option<&str>) -> bool {
        self.rows(project).any(|row| row.date.is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_summed_up_by_range_project_and_model() {
        let text = r#"{"kept_at": "x", "from": "2026-11-01", "rows": [
            [null, "a", "m", 1, 0, 0, 0, 0.5, 0],
            ["2026-11-01", "a", "m", 2, 0, 0, 0, 1.0, 0], ["2026-11-01", "a", "n", 4, 0, 0, 0, null, 4],
            ["2026-11-01", "b", "m", 8, 0, 0, 0, 2.0, 0], ["2026-11-03", "a", "m", 16, 0, 0, 0, 4.0, 0]]}"#;
        let used = Rollup::new(serde_json::from_str(text).unwrap());
        let day = |n: u32| Date::from_ymd_opt(2026, 11, n).unwrap();
        let short = |amount: &Amount| (amount.total_tokens, amount.cost_usd, amount.unpriced_tokens);
        assert_eq!(short(&used.total(None).amount), (31, Some(7.5), 4));
        assert_eq!(short(&used.total(Some("a")).amount), (23, Some(5.5), 4));
        let range = DayRange { from: day(1), until: day(2) };
        assert_eq!(short(&used.sum(None, range).amount), (14, Some(3.0), 4));
        assert_eq!(used.sum(Some("a"), range).models["n"].cost_usd, None);
        let all = DayRange { until: day(3), ..range };
        let days: Vec<(u32, u64)> = used
            .days(Some("a"), all)
            .iter()
            .map(|(date, sum)| (chrono::Datelike::day(date), sum.amount.total_tokens))
            .collect();
        assert_eq!(days, [(1, 6), (3, 16)]);
        assert_eq!(used.projects(range)["b"].total_tokens, 8);
        assert_eq!((used.last(Some("b")), used.last(None)), (Some(day(1)), Some(day(3))));
        assert_eq!((used.has_older(Some("a")), used.has_older(Some("b"))), (true, false));
        assert_eq!(short(&used.sum(Some("nobody"), range).amount), (0, Some(0.0), 0));
    }
}
