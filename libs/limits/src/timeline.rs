//! Owns how much of a limit is usually used in each hour of the day. Pure.

use crate::history::{History, Window};
use cs_core::clock::{Instant, TimeDelta};
use cs_core::zone::Zone;
use std::collections::BTreeSet;

/// The time that is looked at.
const WEEKS: TimeDelta = TimeDelta::weeks(4);
/// What the first reading of a window says was used since its beginning, if that was not longer ago.
const BEGINNING: TimeDelta = TimeDelta::hours(1);

/// Percentage points that were used in each local hour of the day, on an average day of the last four weeks with use.
/// What was used between two readings belongs to the hour of the later one.
pub fn by_hour(history: &History, now: Instant, zone: &Zone) -> [f64; 24] {
    let mut hours = [0.0; 24];
    let mut days = BTreeSet::new();
    for (at, points) in history.windows.iter().flat_map(rises) {
        if at > now || now - at >= WEEKS {
            continue;
        }
        if let Some(sum) = hours.get_mut(usize::from(zone.minute_of_day(at) / 60)) {
            *sum += points;
            days.insert(zone.local(at).date());
        }
    }
    hours.map(|points| points / days.len().max(1) as f64)
}

/// On how many local days of the last four weeks more was used, as far as it is known when.
pub fn days(history: &History, now: Instant, zone: &Zone) -> usize {
    let rises = history.windows.iter().flat_map(rises).map(|(at, _)| at);
    rises.filter(|at| *at <= now && now - *at < WEEKS).map(|at| zone.local(at).date()).collect::<BTreeSet<_>>().len()
}

/// How many percentage points were used until when, since the reading before.
fn rises(window: &Window) -> Vec<(Instant, f64)> {
    let is_early = |at: Instant| window.began_at.is_some_and(|began| at - began <= BEGINNING);
    let first = window.readings.first().filter(|first| is_early(first.at)).map(|first| (first.at, first.used));
    let next = window.readings.iter().zip(window.readings.iter().skip(1));
    let later = next.map(|(before, reading)| (reading.at, reading.used - before.used));
    first.into_iter().chain(later).filter(|(_, points)| *points > 0.0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::Reading;
    use crate::tests::{FIVE_HOURS, at};

    fn history(readings: &[(&str, f64, &str)]) -> History {
        let reading = |(text, used, end): &(&str, f64, &str)| Reading { at: at(text), used: *used, resets_at: at(end) };
        History::of(readings.iter().map(reading).collect(), Some(FIVE_HOURS))
    }

    fn hours(history: &History, zone: &str) -> Vec<(usize, f64)> {
        let by_hour = by_hour(history, at("29T12:00:00"), &Zone::named(zone).unwrap());
        by_hour.into_iter().enumerate().filter(|(_, points)| *points > 0.0).collect()
    }

    #[test]
    fn points_belong_to_the_local_hour_in_which_they_were_reported() {
        let end = "21T15:00:00";
        let one = history(&[("21T10:10:00", 2.0, end), ("21T10:59:00", 6.0, end), ("21T13:00:00", 7.0, end)]);
        assert_eq!(hours(&one, "UTC"), [(10, 6.0), (13, 1.0)]);
        assert_eq!(hours(&one, "IST-5:30"), [(15, 2.0), (16, 4.0), (18, 1.0)]);
        let late = history(&[("21T13:00:00", 40.0, end), ("21T14:00:00", 43.0, end)]);
        assert_eq!(hours(&late, "UTC"), [(14, 3.0)], "when the first 40 points were used is not known");
    }

    #[test]
    fn an_average_day_is_one_with_use_in_the_last_four_weeks() {
        let two = history(&[
            ("01T11:00:00", 1.0, "01T15:00:00"),
            ("01T11:59:00", 90.0, "01T15:00:00"),
            ("21T10:10:00", 2.0, "21T15:00:00"),
            ("22T10:10:00", 3.0, "22T15:00:00"),
            ("22T10:20:00", 8.0, "22T15:00:00"),
            ("22T10:21:00", 5.0, "22T15:00:00"),
        ]);
        assert_eq!(hours(&two, "UTC"), [(10, 5.0)]);
        assert_eq!(by_hour(&two, at("21T11:00:00"), &Zone::utc())[10], 1.0, "on two days, none of them to come");
        let days = ["02T12:00:00", "21T11:00:00", "22T11:00:00"].map(|now| days(&two, at(now), &Zone::utc()));
        assert_eq!(days, [1, 2, 3]);
        assert_eq!(by_hour(&History::default(), at("21T11:00:00"), &Zone::utc()), [0.0; 24]);
    }

    #[test]
    fn the_hour_that_comes_twice_is_one_hour_of_the_day() {
        let zone = Zone::named("CET-1CEST,M3.5.0,M11.3.0/3").unwrap();
        // Clocks are set back at 01:00 UTC on the 15th: both are between two and three o'clock.
        let night = history(&[
            ("15T00:10:00", 1.0, "15T05:00:00"),
            ("15T00:30:00", 3.0, "15T05:00:00"),
            ("15T01:30:00", 7.0, "15T05:00:00"),
        ]);
        let by_hour = by_hour(&night, at("16T12:00:00"), &zone);
        assert_eq!((by_hour[2], by_hour.iter().sum::<f64>()), (7.0, 7.0));
    }
}
