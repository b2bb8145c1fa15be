//! Owns local days: which day, week, month an instant belongs to in a time zone of the system's
//! own database. Deliberately absent: that database, which the system keeps up to date.

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta};
use cs_core::clock::Instant;
use cs_core::{Error, Result};
use tz::TimeZone;

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

/// A time zone.
#[derive(Debug)]
pub struct Zone(TimeZone);

impl Zone {
    /// The zone with this name, such as `Europe/Berlin`; without one the system's: `TZ`, else
    /// `/etc/localtime`, else UTC.
    pub fn named(name: Option<&str>) -> Result<Zone> {
        match name {
            Some(name) => find(name).ok_or_else(|| {
                Error::Invalid(format!("not a time zone: {name:?}; write one such as UTC or Europe/Berlin"))
            }),
            None => {
                let set = std::env::var("TZ").ok().filter(|name| !name.is_empty());
                let system = match set {
                    Some(name) => find(&name),
                    None => TimeZone::local().ok().map(Zone),
                };
                Ok(system.unwrap_or_else(|| Zone(TimeZone::utc())))
            }
        }
    }

    /// Seconds east of Greenwich at an instant.
    pub fn offset(&self, millis: i64) -> i64 {
        let kind = self.0.find_local_time_type(millis.div_euclid(1000));
        kind.map_or(0, |kind| i64::from(kind.ut_offset()))
    }

    /// The local day.
    pub fn day(&self, millis: i64) -> NaiveDate {
        let local = millis.saturating_add(self.offset(millis) * 1000);
        DateTime::from_timestamp_millis(local).map(|at| at.date_naive()).unwrap_or_default()
    }

    /// The instant at which a local day begins, in milliseconds since the epoch. Clocks may be changed at midnight:
    /// then it is the first instant that has this date.
    pub fn start_of(&self, day: NaiveDate) -> i64 {
        let midnight = day.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_millis();
        let before = midnight - self.offset(midnight - DAY) * 1000;
        let after = midnight - self.offset(midnight + DAY) * 1000;
        let starts = [before.min(after), before.max(after)];
        starts.into_iter().find(|start| self.day(*start) == day).unwrap_or(before)
    }

    /// What people write for --since: a local day, a time, or an age; in milliseconds.
    pub fn parse(&self, text: &str, now: Instant) -> Result<i64> {
        if let Ok(day) = text.parse::<NaiveDate>() {
            return Ok(self.start_of(day));
        }
        cs_core::clock::parse_when(text, now).map(|at| at.timestamp_millis())
    }

    /// The same for --until, which includes a local day.
    pub fn parse_until(&self, text: &str, now: Instant) -> Result<i64> {
        match text.parse::<NaiveDate>().ok().and_then(|day| day.succ_opt()) {
            Some(next) => Ok(self.start_of(next)),
            None => self.parse(text, now),
        }
    }
}

fn find(name: &str) -> Option<Zone> {
    if matches!(name, "UTC" | "Z" | "GMT") {
        return Some(Zone(TimeZone::utc()));
    }
    // A leading colon means a file in POSIX.
    let name = name.strip_prefix(':').unwrap_or(name);
    let sane = !name.contains("..") && name.chars().all(|c| c.is_ascii_graphic());
    sane.then(|| TimeZone::from_posix_tz(name).ok().map(Zone)).flatten()
}

/// The Monday of a day's week.
pub fn monday(day: NaiveDate) -> NaiveDate {
    day - TimeDelta::days(i64::from(day.weekday().num_days_from_monday()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> i64 {
        cs_core::clock::parse(text).unwrap().timestamp_millis()
    }

    #[test]
    fn days_are_local_and_summer_time_counts() {
        let utc = Zone::named(Some("UTC")).unwrap();
        assert_eq!(utc.day(at("2026-11-20T23:30:00Z")).to_string(), "2026-11-20");
        let Ok(berlin) = Zone::named(Some("Europe/Berlin")) else {
            return eprintln!("skipped: no time zones here; apt-get install tzdata");
        };
        assert_eq!(berlin.day(at("2026-11-20T23:30:00Z")).to_string(), "2026-11-21");
        assert_eq!(berlin.offset(at("2026-07-01T00:00:00Z")), 7200);
        assert_eq!(berlin.start_of("2026-07-01".parse().unwrap()), at("2026-06-30T22:00:00Z"));
        assert_eq!(berlin.start_of("2026-10-26".parse().unwrap()), at("2026-10-25T23:00:00Z"));
        // Beyond the table a rule goes on for ever.
        assert_eq!(berlin.offset(at("2099-07-01T00:00:00Z")), 7200);
        let nepal = Zone::named(Some("Asia/Kathmandu")).unwrap();
        assert_eq!(nepal.offset(at("2026-07-01T00:00:00Z")) % 900, 0);
    }

    #[test]
    fn a_day_begins_when_its_date_does_even_if_clocks_change_at_midnight() {
        // Chile's, Lebanon's and Cuba's rules: forward and back, west and east of Greenwich.
        for rule in ["<-04>4<-03>,M9.1.6/24,M4.1.6/24", "EET-2EEST,M3.5.0/0,M10.5.0/0", "CST5CDT,M3.2.0/0,M11.1.0/1"] {
            let zone = Zone::named(Some(rule)).unwrap();
            for day in "2026-01-01".parse::<NaiveDate>().unwrap().iter_days().take(365) {
                let start = zone.start_of(day);
                assert_eq!((zone.day(start), zone.day(start - 1)), (day, day.pred_opt().unwrap()), "{rule}");
            }
        }
    }

    #[test]
    fn only_zones_are_zones() {
        for bad in ["Europe/Berlim", "../../etc/passwd", "/etc/passwd", "", "a b", "Mars\0"] {
            assert!(Zone::named(Some(bad)).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn weeks_begin_on_monday() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        assert_eq!(monday(day("2026-11-21")), day("2026-11-16"));
        assert_eq!(monday(day("2026-11-16")), day("2026-11-16"));
    }
}
