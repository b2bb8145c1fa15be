//! Owns history: sessions by day and by week, tasks done by week.

use super::index_rows::{IndexRow, IndexRows};
use chrono::{Datelike, Days, NaiveDate};
use cs_core::clock::{self, Instant};
use cs_core::id::{SessionId, fnv1a};
use cs_core::record::TaskStatus;
use cs_core::stamp::{Stamp, unchanged};
use cs_core::store::Store;
use cs_core::zone::Zone;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

/// The number of weeks in the picture of a year, and in that of a project.
const YEAR_WEEKS: usize = 53;
const PROJECT_WEEKS: usize = 26;

/// The sessions that began on a day.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Day {
    /// Local, for example `2026-11-21`.
    pub date: String,
    pub sessions: usize,
    /// The number of sessions in each project.
    pub projects: BTreeMap<String, usize>,
}

/// The numbers of a week.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Week {
    /// Its Monday.
    pub date: String,
    /// How many sessions began.
    pub sessions: usize,
    pub tasks_done: usize,
}

/// All days of the last year, oldest first, from a Monday on to `now`.
pub fn days<'a>(rows: impl Iterator<Item = IndexRow<'a>>, zone: &Zone, now: Instant) -> Vec<Day> {
    let today = zone.local(now).date();
    let first = weeks_before(today, YEAR_WEEKS - 1);
    let dates = first.iter_days().take_while(|date| *date <= today);
    let mut days: Vec<Day> = dates.map(|date| Day { date: date.to_string(), ..Day::default() }).collect();
    for row in rows {
        let index = date(row.started_at, zone).and_then(|date| usize::try_from((date - first).num_days()).ok());
        if let Some(day) = index.and_then(|index| days.get_mut(index)) {
            day.sessions += 1;
            *day.projects.entry(row.project_slug.to_string()).or_default() += 1;
        }
    }
    days
}

/// When the tasks in records were done; kept while the files do not change.
#[derive(Debug, Default)]
pub struct TasksDone {
    known: Mutex<Finished>,
}

/// By a session's id: which version of its file was read, and the local days of its finished tasks.
type Finished = HashMap<u64, (Option<Stamp>, Vec<NaiveDate>)>;

/// Maximum number of records for which that is kept.
const KEPT: usize = 20_000;

/// The last half year of a project, oldest week first.
pub fn weeks(store: &Store, done: &TasksDone, rows: &[&IndexRows], slug: &str, now: Instant) -> Vec<Week> {
    let zone = Zone::system();
    let first = weeks_before(zone.local(now).date(), PROJECT_WEEKS - 1);
    let mondays = first.iter_weeks().take(PROJECT_WEEKS);
    let mut weeks: Vec<Week> = mondays.map(|date| Week { date: date.to_string(), ..Week::default() }).collect();
    let index = |date: NaiveDate| usize::try_from((date - first).num_days()).ok().map(|days| days / 7);
    let mut known = done.known.lock().unwrap_or_else(PoisonError::into_inner);
    for row in rows.iter().flat_map(|rows| rows.iter()).filter(|row| row.project_slug == slug) {
        if let Some(week) = date(row.started_at, zone).and_then(index).and_then(|at| weeks.get_mut(at)) {
            week.sessions += 1;
        }
        // A session that ended before these weeks has finished no task in them.
        let last = row.ended_at.unwrap_or(row.last_heartbeat);
        if row.ended_at.is_some() && date(last, zone).is_some_and(|date| date < first) {
            continue;
        }
        for date in tasks_done(store, &mut known, row.id, zone) {
            if let Some(week) = index(*date).and_then(|at| weeks.get_mut(at)) {
                week.tasks_done += 1;
            }
        }
    }
    weeks
}

fn tasks_done<'k>(store: &Store, known: &'k mut Finished, id: &str, zone: &Zone) -> &'k [NaiveDate] {
    let key = fnv1a(id.as_bytes());
    let Ok(id) = SessionId::parse(id) else { return &[] };
    let stamp = Stamp::of(&store.home.session(&id)).or_else(|| Stamp::of(&store.home.archived(&id)));
    if known.len() >= KEPT {
        known.clear();
    }
    let entry = known.entry(key).or_default();
    if entry.0.is_none() || !unchanged(entry.0.as_ref(), stamp.as_ref()) {
        let tasks = store.session(&id).map(|session| session.tasks).unwrap_or_default();
        let finished = tasks.iter().filter(|task| task.status == TaskStatus::Completed);
        *entry = (stamp, finished.filter_map(|task| date(&task.updated_at, zone)).collect());
    }
    &entry.1
}

fn date(text: &str, zone: &Zone) -> Option<NaiveDate> {
    clock::parse(text).map(|at| zone.local(at).date())
}

/// The Monday this many weeks before the week of a day.
fn weeks_before(day: NaiveDate, weeks: usize) -> NaiveDate {
    let back = u64::from(day.weekday().num_days_from_monday()) + 7 * weeks as u64;
    day.checked_sub_days(Days::new(back)).unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cs_core::record::Status;

    fn row<'a>(started_at: &'a str, project_slug: &'a str) -> IndexRow<'a> {
        IndexRow {
            id: "",
            project_slug,
            status: Status::Active,
            started_at,
            ended_at: None,
            last_heartbeat: "",
            intent: "",
        }
    }

    #[test]
    fn a_year_of_local_days_ends_today_and_begins_on_a_monday() {
        let now = clock::parse("2026-11-21T10:00:00Z").unwrap();
        let begun = [("2026-11-20T22:59:00Z", "a"), ("2026-11-20T23:00:00Z", "a"), ("2026-11-21T09:00:00Z", "b")];
        let days = |zone: &Zone| {
            days(begun.iter().chain([&("2024-01-01T00:00:00Z", "a")]).map(|(at, of)| row(at, of)), zone, now)
        };
        let last = |days: &[Day]| days.iter().rev().take(2).map(|day| day.sessions).collect::<Vec<_>>();
        let utc = days(&Zone::utc());
        assert_eq!((utc[0].date.as_str(), utc.len()), ("2025-11-17", 52 * 7 + 6));
        assert_eq!((last(&utc), utc.iter().map(|day| day.sessions).sum()), (vec![1, 2], 3));
        let local = days(&Zone::named("CET-1").unwrap());
        let today = local.last().unwrap();
        assert_eq!((today.date.as_str(), last(&local), today.projects.len()), ("2026-11-21", vec![2, 1], 2));
    }
}
