//! Owns local time: which day an instant belongs to, when a day begins, which time a clock shows, in a time zone of the
//! system's own database. Must stay true: no other module knows the local zone, and the machine's zone is read once.
//! Deliberately absent: that database, which the system keeps up to date.

use crate::clock::{self, Date, Instant, LocalTime, TimeDelta};
use crate::{Error, Result};
use chrono::{DateTime, Datelike, NaiveTime};
use std::ffi::OsStr;
use std::sync::OnceLock;
use tz::TimeZone;

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

/// A time zone.
#[derive(Clone, Debug)]
pub struct Zone(TimeZone);

/// A local day and its first instant.
#[derive(Clone, Debug, PartialEq)]
pub struct Day {
    /// Its date.
    pub date: Date,
    /// When it began.
    pub began: Instant,
}

impl Zone {
    /// The zone of this machine: `TZ`, else `/etc/localtime`. UTC if `TZ` is empty or not a valid zone, or if there is
    /// no such file.
    pub fn system() -> &'static Zone {
        static SYSTEM: OnceLock<Zone> = OnceLock::new();
        SYSTEM.get_or_init(|| Zone::of_variable(std::env::var_os("TZ").as_deref()))
    }

    /// UTC.
    pub fn utc() -> Zone {
        Zone(TimeZone::utc())
    }

    /// The zone with this name, such as `Europe/Berlin`, or with this rule, such as `CET-1CEST,M3.5.0,M10.5.0/3`.
    pub fn named(name: &str) -> Result<Zone> {
        let hint = "write one such as UTC or Europe/Berlin";
        find(name).ok_or_else(|| Error::Invalid(format!("{name:?} is not a time zone; {hint}")))
    }

    /// The zone for a value of `TZ`.
    fn of_variable(value: Option<&OsStr>) -> Zone {
        let zone = match value {
            Some(name) => name.to_str().and_then(find),
            None => TimeZone::local().ok().map(Zone),
        };
        zone.unwrap_or_else(Zone::utc)
    }

    /// Seconds east of Greenwich at an instant, in milliseconds since the epoch.
    pub fn offset(&self, millis: i64) -> i64 {
        let kind = self.0.find_local_time_type(millis.div_euclid(1000));
        kind.map_or(0, |kind| i64::from(kind.ut_offset()))
    }

    /// The local day of an instant, in milliseconds since the epoch.
    pub fn day(&self, millis: i64) -> Date {
        let local = millis.saturating_add(self.offset(millis) * 1000);
        DateTime::from_timestamp_millis(local).map(|at| at.date_naive()).unwrap_or_default()
    }

    /// The instant at which a local day begins, in milliseconds since the epoch. Clocks may be changed at midnight:
    /// then it is the first instant that has this date.
    pub fn start_of(&self, day: Date) -> i64 {
        let [early, late] = self.candidates(day.and_time(NaiveTime::MIN)).map(|at| at.timestamp_millis());
        [early, late].into_iter().find(|start| self.day(*start) == day).unwrap_or(late)
    }

    /// The local day of an instant, and when it began.
    pub fn day_of(&self, at: Instant) -> Day {
        let date = self.local(at).date();
        Day { date, began: clock::from_millis(self.start_of(date)).unwrap_or(at) }
    }

    /// The local time at an instant.
    pub fn local(&self, at: Instant) -> LocalTime {
        let at = at.naive_utc();
        let offset = TimeDelta::seconds(self.offset(at.and_utc().timestamp_millis()));
        at.checked_add_signed(offset).unwrap_or(at)
    }

    /// The minutes since midnight that local clocks show at an instant: below 1440.
    pub fn minute_of_day(&self, at: Instant) -> u16 {
        let local = self.local(at);
        u16::try_from((local - local.date().and_time(NaiveTime::MIN)).num_minutes()).unwrap_or_default()
    }

    /// The first and the last instant with this local time. They differ if clocks are set back. A time that is skipped
    /// because clocks are set forward is moved forward by the same amount.
    pub fn instants(&self, local: LocalTime) -> [Instant; 2] {
        let [early, late] = self.candidates(local);
        match (self.local(early) == local, self.local(late) == local) {
            (true, false) => [early; 2],
            (true, true) => [early, late],
            (false, _) => [late; 2],
        }
    }

    /// The instants that a local time may be, by the offsets of the day before and the day after, the earlier one
    /// first.
    fn candidates(&self, local: LocalTime) -> [Instant; 2] {
        let local = local.and_utc();
        let with_offset_at = |millis: i64| {
            let offset = TimeDelta::seconds(self.offset(millis));
            local.checked_sub_signed(offset).unwrap_or(local)
        };
        let millis = local.timestamp_millis();
        let mut both = [with_offset_at(millis.saturating_sub(DAY)), with_offset_at(millis.saturating_add(DAY))];
        both.sort_unstable();
        both
    }
}

fn find(name: &str) -> Option<Zone> {
    if matches!(name, "UTC" | "Z" | "GMT") {
        return Some(Zone::utc());
    }
    // A leading colon means a file in POSIX.
    let name = name.strip_prefix(':').unwrap_or(name);
    let sane = !name.contains("..") && name.chars().all(|c| c.is_ascii_graphic());
    sane.then(|| TimeZone::from_posix_tz(name).ok().map(Zone)).flatten()
}

/// The Monday of a day's week.
pub fn monday(day: Date) -> Date {
    day - TimeDelta::days(i64::from(day.weekday().num_days_from_monday()))
}

/// The first day of a day's month.
pub fn first_of_month(day: Date) -> Date {
    day.with_day(1).unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> i64 {
        clock::parse(text).unwrap().timestamp_millis()
    }

    #[test]
    fn days_are_local_and_summer_time_counts() {
        let utc = Zone::utc();
        assert_eq!(utc.day(at("2026-11-20T23:30:00Z")).to_string(), "2026-11-20");
        let Ok(berlin) = Zone::named("Europe/Berlin") else {
            return eprintln!("skipped: no time zones here; apt-get install tzdata");
        };
        assert_eq!(berlin.day(at("2026-11-20T23:30:00Z")).to_string(), "2026-11-21");
        assert_eq!(berlin.offset(at("2026-07-01T00:00:00Z")), 7200);
        assert_eq!(berlin.start_of("2026-07-01".parse().unwrap()), at("2026-06-30T22:00:00Z"));
        assert_eq!(berlin.start_of("2026-10-26".parse().unwrap()), at("2026-10-25T23:00:00Z"));
        // Beyond the table, a rule continues for ever.
        assert_eq!(berlin.offset(at("2099-07-01T00:00:00Z")), 7200);
        let nepal = Zone::named("Asia/Kathmandu").unwrap();
        assert_eq!(nepal.offset(at("2026-07-01T00:00:00Z")) % 900, 0);
    }

    #[test]
    fn a_day_begins_when_its_date_does_even_if_clocks_change_at_midnight() {
        // Chile's, Lebanon's and Cuba's rules: forward and back, west and east of Greenwich.
        for rule in ["<-04>4<-03>,M9.1.6/24,M4.1.6/24", "EET-2EEST,M3.5.0/0,M10.5.0/0", "CST5CDT,M3.2.0/0,M11.1.0/1"] {
            let zone = Zone::named(rule).unwrap();
            for day in "2026-01-01".parse::<Date>().unwrap().iter_days().take(365) {
                let start = zone.start_of(day);
                assert_eq!((zone.day(start), zone.day(start - 1)), (day, day.pred_opt().unwrap()), "{rule}");
            }
        }
    }

    #[test]
    fn only_valid_zones_are_accepted() {
        for bad in ["Europe/Berlim", "../../etc/passwd", "/etc/passwd", "", "a b", "Mars\0"] {
            assert!(Zone::named(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn weeks_begin_on_monday() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        assert_eq!(monday(day("2026-11-21")), day("2026-11-16"));
        assert_eq!(monday(day("2026-11-16")), day("2026-11-16"));
    }

    #[test]
    fn a_local_time_is_one_instant_or_two() {
        let berlin = Zone::named("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        let said = |text: &str| berlin.instants(text.parse().unwrap()).map(clock::stamp);
        let both = |one: &str, two: &str| [one, two].map(|text| clock::stamp(clock::parse(text).unwrap()));
        assert_eq!(said("2026-07-01T12:00:00"), both("2026-07-01T10:00:00Z", "2026-07-01T10:00:00Z"));
        assert_eq!(said("2026-10-25T02:30:00"), both("2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"), "twice");
        assert_eq!(said("2026-03-29T02:30:00"), both("2026-03-29T01:30:00Z", "2026-03-29T01:30:00Z"), "skipped");
        let at = clock::parse("2026-03-29T01:30:00Z").unwrap();
        assert_eq!(berlin.local(at).to_string(), "2026-03-29 03:30:00");
        assert_eq!(berlin.minute_of_day(at), 210, "that clocks show, though it is the day's 150th");
        let day = berlin.day_of(at);
        assert_eq!(
            (day.date.to_string().as_str(), day.began),
            ("2026-03-29", clock::parse("2026-03-28T23:00:00Z").unwrap())
        );
    }

    #[test]
    fn the_machine_has_a_zone_whatever_tz_says() {
        let at = clock::parse("2026-07-01T12:00:00Z").unwrap();
        let hour =
            |value: Option<&str>| Zone::of_variable(value.map(OsStr::new)).local(at).to_string()[11..13].to_string();
        assert_eq!(hour(Some("CET-1CEST,M3.5.0,M10.5.0/3")), "14");
        for value in ["", "Nowhere/Atall", "../../etc/passwd", ":", "UTC"] {
            assert_eq!(hour(Some(value)), "12", "{value:?}");
        }
        let file = std::fs::read("/etc/localtime").ok().and_then(|bytes| TimeZone::from_tz_data(&bytes).ok());
        assert_eq!(hour(None), Zone(file.unwrap_or(TimeZone::utc())).local(at).to_string()[11..13]);
    }
}
