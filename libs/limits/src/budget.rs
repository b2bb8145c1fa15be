//! Owns what was spent of a budget: the sums of `usage/days.json`, and what conversations have spent beyond them by their
//! status lines. Must stay true: nothing counts twice; a model without a price makes the sum "at least"; without any
//! figures the sum is unknown, not 0.

use crate::settings::{Budget, Period};
use cs_core::clock::{self, Date, Instant, TimeDelta};
use cs_core::config::Config;
use cs_core::days::{Amount, DayRow, Days};
use cs_core::error::{Error, Result};
use cs_core::id::Uuid;
use cs_core::paths;
use cs_core::store::Store;
use cs_core::zone::{Zone, first_of_month, monday};
use std::cell::OnceCell;
use std::collections::HashMap;
use std::path::PathBuf;

/// A budget and what was spent of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Spent {
    /// The budget.
    pub budget: Budget,
    /// Its project as usage names it: the slug, or a directory where no project is registered.
    pub project: Option<String>,
    /// When the period began and when it ends.
    pub period: (Instant, Instant),
    /// US dollars in this period; `None` if nothing is known.
    pub usd: Option<f64>,
    /// Why it is not known, and what to do about it.
    pub unknown: Option<&'static str>,
    /// Whether it may be more: models without a known price were used, or it is not known whether a conversation belongs
    /// to this budget.
    pub at_least: bool,
    /// US dollars at the end of the period, if it goes on like this; `None` if that is not known yet.
    pub projected_usd: Option<f64>,
    /// When `usage/days.json` was written; `None` if it does not exist.
    pub kept_at: Option<Instant>,
}

/// Dollars by which sums of the same numbers may differ.
const ROUNDING: f64 = 1e-6;
/// A period is projected after this share of it.
const SHARE: f64 = 0.05;
/// Nothing was counted, and no status line has reported anything.
const NEVER: &str = "nothing was counted yet; run cs-usage keep";
const DAMAGED: &str = "usage/days.json is damaged; run cs-usage keep";

impl Spent {
    /// What is used of the budget, percent; `None` if it is not known.
    pub fn percent(&self) -> Option<f64> {
        Some(self.usd? / self.budget.usd * 100.0)
    }

    /// The same at the end of the period.
    pub fn projected_percent(&self) -> Option<f64> {
        Some(self.projected_usd? / self.budget.usd * 100.0)
    }
}

impl Period {
    /// The first day of the period around a day, and that of the next period.
    pub fn days(self, day: Date) -> (Date, Date) {
        let after = |from: Date, days| from.checked_add_signed(TimeDelta::days(days)).unwrap_or(from);
        match self {
            Period::Day => (day, after(day, 1)),
            Period::Week => (monday(day), after(monday(day), 7)),
            Period::Month => (first_of_month(day), first_of_month(after(first_of_month(day), 31))),
        }
    }

    /// The period around an instant: its first one, and that of the next period.
    pub fn around(self, now: Instant, zone: &Zone) -> (Instant, Instant) {
        let (first, next) = self.days(zone.day_of(now).date);
        let start = |day| clock::from_millis(zone.start_of(day)).unwrap_or(now);
        (start(first), start(next))
    }
}

/// What was spent of each budget in its present period, in the order of the settings.
pub fn all(store: &Store, budgets: &[Budget], now: Instant) -> Vec<Spent> {
    all_in(store, budgets, now, Zone::system())
}

/// The same in another zone.
pub fn all_in(store: &Store, budgets: &[Budget], now: Instant, zone: &Zone) -> Vec<Spent> {
    if budgets.is_empty() {
        return Vec::new();
    }
    let today = zone.day_of(now).date;
    let first = budgets.iter().map(|budget| budget.per.days(today).0).min().unwrap_or(today);
    let are_divided = budgets.iter().any(|budget| budget.project.is_some() || budget.model.is_some());
    let spending = Spending::read(store, first, today, are_divided);
    budgets.iter().map(|budget| spending.of(budget, now, zone)).collect()
}

/// The budget that is used up the most, among those that count what is spent in this project; `None` if none is known.
pub fn nearest<'a>(spent: &'a [Spent], project: Option<&str>) -> Option<&'a Spent> {
    let counts = |spent: &&Spent| spent.project.is_none() || spent.project.as_deref() == project;
    let known = spent.iter().filter(counts).filter_map(|spent| Some((spent.percent()?, spent)));
    known.max_by(|(one, _), (two, _)| one.total_cmp(two)).map(|(_, spent)| spent)
}

/// What is known about the money that was spent since a day.
struct Spending<'a> {
    store: &'a Store,
    /// Read only for budgets of a part.
    config: OnceCell<Config>,
    days: Result<Option<Days>>,
    /// What status lines reported beyond the rows.
    beyond: Vec<Beyond>,
    /// Whether it is not known what was spent beyond the rows on the day of the last count.
    is_vague: bool,
}

/// What a conversation spent on a day beyond the rows of that day.
struct Beyond {
    day: Date,
    usd: f64,
    /// A slug, or a directory where no project is registered; `None` if it is not known.
    project: Option<String>,
    /// The model's plain name, if it is known.
    model: Option<String>,
}

impl<'a> Spending<'a> {
    /// What was spent from `first` to `today`. Whose it is, for which several files of each conversation are read, is only
    /// found out for budgets that are of a part.
    fn read(store: &'a Store, first: Date, today: Date, are_divided: bool) -> Self {
        let read = store.usage_days_since(first).and_then(|days| match days {
            Some(days) if clock::parse(&days.kept_at).is_none() => {
                Err(Error::corrupt(&store.home.usage_days(), "it does not say when it was written"))
            }
            days => Ok(days),
        });
        let mut spending = Spending { store, config: OnceCell::new(), days: read, beyond: Vec::new(), is_vague: false };
        let days = spending.days.as_ref().ok().and_then(Option::as_ref);
        let told = days.map(|days| days.told.clone().unwrap_or_default());
        let kept_on = told.as_ref().map(|told| told.day.parse::<Date>().ok());
        // Without the day of the last count, or if that is still to come, it is not known what the rows contain.
        spending.is_vague = kept_on.is_some_and(|day| day.is_none_or(|day| day > today));
        // Later days are only known from status lines, and the day of the last count in part. A call right before
        // midnight is reported after it, so what is left of that part counts for the next day.
        let from = kept_on.unwrap_or(Some(first)).map(|day| day.max(first.pred_opt().unwrap_or(first)));
        let mut told = told.filter(|_| kept_on == Some(from)).unwrap_or_default();
        let mut whose = HashMap::new();
        for day in from.into_iter().flat_map(|from| from.iter_days()).take_while(|day| *day <= today) {
            let spent = store.spent_on(&day);
            // What was reported before the count, and is not in that day's file any more, is in no later one either.
            told.usd.retain(|uuid, usd| {
                let after = told.after.get(uuid).copied().unwrap_or_default().min(*usd);
                let is_anew = spent.get(uuid).copied().unwrap_or_default() < *usd - after - ROUNDING;
                *usd = if is_anew { after } else { *usd };
                true
            });
            for (uuid, usd) in spent {
                let known = told.usd.get(&uuid).copied().unwrap_or_default().min(usd);
                told.usd.entry(uuid.clone()).and_modify(|left| *left -= known);
                if usd > known && day >= first {
                    let whose = whose.entry(uuid).or_insert_with_key(|uuid| match are_divided {
                        true => spending.whose(uuid),
                        false => (None, None),
                    });
                    let (project, model) = whose.clone();
                    spending.beyond.push(Beyond { day, usd: usd - known, project, model });
                }
            }
            // All that is left is of calls that were not reported on their day.
            told.after.clone_from(&told.usd);
        }
        spending
    }

    /// The project and the model of a conversation.
    fn whose(&self, uuid: &str) -> (Option<String>, Option<String>) {
        let (store, Ok(uuid)) = (self.store, Uuid::parse(uuid)) else { return (None, None) };
        let around = |dir: &str| self.around(dir);
        let live = || store.live(&uuid).ok().flatten().or_else(|| store.ended(&uuid).ok().flatten());
        let of_live = || {
            live().and_then(|live| {
                let dir = Some(live.cwd).filter(|dir| !dir.is_empty());
                live.project_slug.or_else(|| dir.map(|dir| around(&dir)))
            })
        };
        let id = store.conversation(&uuid).ok().flatten();
        let record = id.and_then(|id| store.session(&id).ok()).map(|session| session.project_slug);
        (record.or_else(of_live), store.reading(&uuid).and_then(|reading| reading.model_id))
    }

    fn of(&self, budget: &Budget, now: Instant, zone: &Zone) -> Spent {
        let (first, next) = budget.per.days(zone.day_of(now).date);
        let is_in = |day: Date| first <= day && day < next;
        let project = budget.project.as_deref().map(|project| self.project(project));
        let is = |wanted: Option<&str>, known: Option<&str>| wanted.is_none_or(|wanted| known == Some(wanted));
        let is_model = |known: Option<&str>| {
            budget.model.as_deref().is_none_or(|wanted| known.is_some_and(|known| known.starts_with(wanted)))
        };
        let mut sum = Amount::default();
        let (from, until) = (first.to_string(), next.to_string());
        // A day as it is written sorts as the day.
        let is_row =
            |row: &&DayRow| row.date.as_deref().is_some_and(|day| from.as_str() <= day && day < until.as_str());
        for row in self.rows().filter(is_row) {
            if is(project.as_deref(), Some(&row.project)) && is_model(Some(&row.model)) {
                sum.add(&row.amount);
            }
        }
        let mut usd = sum.cost_usd.unwrap_or_default();
        let mut at_least = sum.unpriced_tokens > 0 || self.is_vague(first);
        for more in self.beyond.iter().filter(|more| is_in(more.day)) {
            let is_unknown =
                (project.is_some() && more.project.is_none()) || (budget.model.is_some() && more.model.is_none());
            match is(project.as_deref(), more.project.as_deref()) && is_model(more.model.as_deref()) {
                true => usd += more.usd,
                false => at_least |= is_unknown,
            }
        }
        let period = budget.per.around(now, zone);
        let unknown = match &self.days {
            Err(_) => Some(DAMAGED),
            Ok(None) if self.beyond.is_empty() => Some(NEVER),
            Ok(_) => None,
        };
        let usd = unknown.is_none().then_some(usd);
        let kept_at = self.days.as_ref().ok().and_then(Option::as_ref).and_then(|days| clock::parse(&days.kept_at));
        let projected_usd = usd.and_then(|usd| projected(usd, period, now));
        Spent { budget: budget.clone(), project, period, usd, unknown, at_least, projected_usd, kept_at }
    }

    fn rows(&self) -> impl Iterator<Item = &DayRow> {
        self.days.iter().flatten().flat_map(|days| &days.rows)
    }

    /// Whether there may have been more since this day.
    fn is_vague(&self, first: Date) -> bool {
        let Ok(Some(days)) = &self.days else { return true };
        let from = days.from.as_deref().and_then(|day| day.parse::<Date>().ok());
        let is_folded = from.is_some_and(|from| from > first) && days.rows.iter().any(|row| row.date.is_none());
        self.is_vague || is_folded
    }

    /// The project of a directory, or the directory itself.
    fn around(&self, dir: &str) -> String {
        let config = self.config.get_or_init(|| self.store.config());
        config.project_around(dir).unwrap_or_else(|main| main)
    }

    /// A project as usage names it: its slug, or its directory if none is registered there.
    fn project(&self, written: &str) -> String {
        match written.starts_with(['/', '~']) {
            true => {
                let dir: PathBuf = paths::expand(written).components().collect();
                self.around(&dir.to_string_lossy())
            }
            false => written.to_string(),
        }
    }
}

/// The sum at the end of a period, if money is spent as fast as so far.
fn projected(usd: f64, (start, end): (Instant, Instant), now: Instant) -> Option<f64> {
    let millis = |from: Instant, to: Instant| (to - from).num_milliseconds() as f64;
    let share = millis(start, now) / millis(start, end);
    (SHARE..=1.0).contains(&share).then(|| usd / share)
}

#[cfg(test)]
mod tests;
