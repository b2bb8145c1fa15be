//! Owns the records of a limit's year: what its windows say about it. Pure; nothing is stored. What is earned by them is in
//! `achievement`.

use crate::history::{History, Window};
use cs_core::clock::{Date, Instant, TimeDelta};
use cs_core::zone::Zone;
use std::collections::BTreeSet;

/// The windows of a limit in a local year, and what they say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Year {
    /// How many windows were reported.
    pub windows: usize,
    /// What was used of one that has ended on average, percent; `None` without any.
    pub average: Option<f64>,
    /// The most that was used of one, percent, and when that was reported first.
    pub highest: Option<(f64, Instant)>,
    /// How many were used up.
    pub full: usize,
    /// How many were nearly used up: at least 95%, but they lasted.
    pub close: usize,
    /// In which time one was used up the fastest, from its beginning on, and when.
    pub fastest: Option<(TimeDelta, Instant)>,
    /// How long windows were used up in all.
    pub locked_out: TimeDelta,
    /// The longest time that one was used up, and when that began.
    pub longest_locked_out: Option<(TimeDelta, Instant)>,
    /// The most windows one after the other that lasted until their end.
    pub lasted: usize,
    /// The local days with use.
    pub days: usize,
    /// The most days with use one after the other: the first and the last of them. Of several, the last.
    pub streak: Option<(Date, Date)>,
}

/// What is nearly used up, percent.
pub const CLOSE: f64 = 95.0;

impl Year {
    /// The records of a local year until `now`. A window belongs to the year in which it was reported first.
    pub fn of(history: &History, year: i32, now: Instant, zone: &Zone) -> Year {
        let windows = windows(history, year, now, zone);
        let highest = windows.iter().filter_map(|window| peak(window)).max_by(|one, other| one.0.total_cmp(&other.0));
        let full: Vec<&Window> = windows.iter().copied().filter(|window| is_full(window)).collect();
        let ended: Vec<&Window> = windows.iter().copied().filter(|window| window.ended_at <= now).collect();
        let days = days(&windows, year, now, zone);
        let locked_out = |window: &&Window| Some((window.locked_out(now), window.passed(100.0)?));
        Year {
            windows: windows.len(),
            average: average(&ended),
            highest,
            full: full.len(),
            close: windows.iter().filter(|window| is_close(window, now)).count(),
            fastest: full.iter().filter_map(|window| fill_time(window)).min(),
            locked_out: full.iter().filter_map(locked_out).map(|(time, _)| time).sum(),
            longest_locked_out: full.iter().filter_map(locked_out).max_by_key(|(time, _)| *time),
            lasted: longest_run(ended.iter().map(|window| !is_full(window))),
            days: days.len(),
            streak: streak(&days),
        }
    }
}

/// The windows of a local year, the oldest first.
pub(crate) fn windows<'a>(history: &'a History, year: i32, now: Instant, zone: &Zone) -> Vec<&'a Window> {
    let first = |window: &&Window| window.readings.first().map(|first| first.at);
    let is_of = |at: Instant| at <= now && is_in(zone.local(at).date(), year);
    history.windows.iter().filter(|window| first(window).is_some_and(is_of)).collect()
}

fn is_in(day: Date, year: i32) -> bool {
    Date::from_yo_opt(year, 1).is_some_and(|first| day >= first)
        && year.checked_add(1).and_then(|next| Date::from_yo_opt(next, 1)).is_none_or(|next| day < next)
}

pub(crate) fn is_full(window: &Window) -> bool {
    window.highest >= 100.0
}

/// Whether a window has ended and was nearly used up.
pub(crate) fn is_close(window: &Window, now: Instant) -> bool {
    window.ended_at <= now && !is_full(window) && window.highest >= CLOSE
}

fn peak(window: &Window) -> Option<(f64, Instant)> {
    Some((window.highest, window.passed(window.highest)?))
}

/// In which time a window was used up, and when.
pub(crate) fn fill_time(window: &Window) -> Option<(TimeDelta, Instant)> {
    let at = window.passed(100.0)?;
    let time = at - window.began_at?;
    (time > TimeDelta::zero()).then_some((time, at))
}

fn average(windows: &[&Window]) -> Option<f64> {
    let sum: f64 = windows.iter().map(|window| window.highest).sum();
    (!windows.is_empty()).then(|| sum / windows.len() as f64)
}

/// The local days of a year on which more was used.
pub(crate) fn days(windows: &[&Window], year: i32, now: Instant, zone: &Zone) -> BTreeSet<Date> {
    let used = windows.iter().flat_map(|window| &window.readings).filter(|reading| reading.used > 0.0);
    let days = used.filter(|reading| reading.at <= now).map(|reading| zone.local(reading.at).date());
    days.filter(|day| is_in(*day, year)).collect()
}

/// The longest run of days, the last one of several.
fn streak(days: &BTreeSet<Date>) -> Option<(Date, Date)> {
    runs(days).into_iter().max_by_key(|(first, last)| *last - *first)
}

/// The runs of days one after the other: the first and the last of each.
pub(crate) fn runs(days: &BTreeSet<Date>) -> Vec<(Date, Date)> {
    let mut runs: Vec<(Date, Date)> = Vec::new();
    for day in days {
        match runs.last_mut() {
            Some((_, last)) if last.succ_opt() == Some(*day) => *last = *day,
            _ => runs.push((*day, *day)),
        }
    }
    runs
}

fn longest_run(items: impl Iterator<Item = bool>) -> usize {
    let (mut run, mut longest) = (0, 0);
    for is_one in items {
        run = if is_one { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::Reading;
    use crate::tests::FIVE_HOURS;
    use cs_core::clock;

    fn at(text: &str) -> Instant {
        clock::parse(text).unwrap()
    }

    /// A reading: day of 2026, minutes since the window's beginning at 10:00, percent.
    pub fn reading(day: &str, minute: i64, used: f64) -> Reading {
        let began = at(&format!("{day}T10:00:00Z"));
        Reading { at: began + TimeDelta::minutes(minute), used, resets_at: began + FIVE_HOURS }
    }

    fn year(readings: Vec<Reading>, now: &str) -> Year {
        Year::of(&History::of(readings, Some(FIVE_HOURS)), 2026, at(now), &Zone::utc())
    }

    #[test]
    fn records_are_those_of_the_windows() {
        let readings = vec![
            reading("2025-12-31", 5, 99.0),
            reading("2026-01-02", 5, 10.0),
            reading("2026-01-02", 100, 100.0),
            reading("2026-01-03", 5, 20.0),
            reading("2026-01-03", 6, 96.0),
            reading("2026-01-04", 9, 30.0),
            reading("2026-01-06", 5, 50.0),
            reading("2026-01-06", 200, 101.0),
        ];
        let year = year(readings, "2026-02-01T00:00:00Z");
        assert_eq!((year.windows, year.full, year.close, year.lasted, year.days), (4, 2, 1, 2, 4));
        assert_eq!(year.average, Some((100.0 + 96.0 + 30.0 + 101.0) / 4.0));
        assert_eq!(year.highest, Some((101.0, at("2026-01-06T13:20:00Z"))));
        assert_eq!(year.fastest, Some((TimeDelta::minutes(100), at("2026-01-02T11:40:00Z"))));
        assert_eq!(year.longest_locked_out, Some((TimeDelta::minutes(200), at("2026-01-02T11:40:00Z"))));
        assert_eq!(year.locked_out.num_minutes(), 300);
        let day = |day| Date::from_ymd_opt(2026, 1, day).unwrap();
        assert_eq!(year.streak, Some((day(2), day(4))));
    }

    #[test]
    fn a_window_that_goes_on_has_been_used_up_until_now() {
        let readings = vec![reading("2026-01-02", 0, 97.0), reading("2026-01-02", 60, 100.0)];
        let year_at = |now| year(readings.clone(), now);
        assert_eq!(year_at("2026-01-02T11:30:00Z").locked_out.num_minutes(), 30);
        let open = year(vec![reading("2026-01-01", 0, 50.0), reading("2026-01-02", 0, 3.0)], "2026-01-02T10:30:00Z");
        assert_eq!((open.windows, open.lasted, open.average), (2, 1, Some(50.0)), "one may be used up yet");
        assert_eq!(year(vec![readings[0]], "2026-01-02T11:30:00Z").close, 0, "it may be used up yet");
        assert_eq!(year(Vec::new(), "2026-01-02T11:30:00Z"), Year::default());
    }
}
