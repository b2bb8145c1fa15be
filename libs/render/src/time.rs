//! Owns how instants, days and durations look to people. Must stay true: the same duration looks the same in every
//! program. The ages that hooks write into records (`3 h`, `3 h ago`) come from [`cs_core::clock`]. Deliberately
//! absent: which zone is the local one ([`cs_core::zone`]).

use cs_core::clock::{self, Date, Instant, TimeDelta};
pub use cs_core::clock::{age as format_age, age_or_unknown as format_age_cell, ago as format_ago};
use cs_core::zone::{Day, Zone};
use std::time::Duration;

/// An instant to the minute: `2026-11-21 03:37`.
pub fn format_minute(at: Instant) -> String {
    at.format("%Y-%m-%d %H:%M").to_string()
}

/// An instant to the minute, in this zone: for terminals and pages.
pub fn format_local_minute(at: Instant, zone: &Zone) -> String {
    format_minute(zone.local(at).and_utc())
}

/// The local time of an instant in a list of one day: `03:37:05`.
pub fn format_local_time(at: Instant, zone: &Zone) -> String {
    zone.local(at).format("%H:%M:%S").to_string()
}

/// The local time of an instant to the second: `2026-11-21 03:37:05`.
pub fn format_local_second(at: Instant, zone: &Zone) -> String {
    format!("{} {}", format_local_day(at, zone), format_local_time(at, zone))
}

/// The same without the day if that is today: `03:37:05`.
pub fn format_near_second(at: Instant, now: Instant, zone: &Zone) -> String {
    let is_today = zone.local(at).date() == zone.local(now).date();
    if is_today { format_local_time(at, zone) } else { format_local_second(at, zone) }
}

/// The local day of an instant: `2026-11-21`.
pub fn format_local_day(at: Instant, zone: &Zone) -> String {
    zone.local(at).date().to_string()
}

/// A text of a record with every stamp (see [`clock::stamp`]) replaced by its local time.
pub fn format_stamps(text: &str, zone: &Zone) -> String {
    let localize = |word: &str| {
        let stamp = word.trim_end_matches([' ', ',', ';', '.']);
        let at = clock::parse(stamp).filter(|at| clock::stamp(*at) == stamp)?;
        Some(word.replacen(stamp, &format_local_minute(at, zone), 1))
    };
    text.split_inclusive(' ').map(|word| localize(word).unwrap_or_else(|| word.to_string())).collect()
}

/// A nearby local time: `15:00` on this day, `Mon 15:00` less than a week before or after it, else `12-07 15:00`; after
/// half a year with the year.
pub fn format_near_time(at: Instant, day: &Day, zone: &Zone) -> String {
    let local = zone.local(at);
    let form = match (local.date() - day.date).num_days().abs() {
        0 => "%H:%M",
        1..=6 => "%a %H:%M",
        7..=182 => "%m-%d %H:%M",
        _ => "%Y-%m-%d %H:%M",
    };
    local.format(form).to_string()
}

/// An instant to the second, in a table of close instants: `11-21 03:37:05`.
pub fn format_second(at: Instant) -> String {
    at.format("%m-%d %H:%M:%S").to_string()
}

/// A written instant in a file that may be read anywhere: `2026-11-21 03:37 UTC`. Other texts are returned unchanged.
pub fn format_time(at: &str) -> String {
    clock::parse(at).map_or_else(|| at.to_string(), |at| format!("{} UTC", format_minute(at)))
}

/// A time of day, given in minutes after midnight: `07:30`.
pub fn format_time_of_day(minutes: u16) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// A day on the axis of a chart: `Nov 21`.
pub fn format_day(day: Date) -> String {
    day.format("%b %-d").to_string()
}

/// A month above a chart: `Nov`.
pub fn format_month(day: Date) -> String {
    day.format("%b").to_string()
}

/// A duration: `40 s`, `5 min`, `3 h 10 min`, `12 d 4 h`.
pub fn format_duration(seconds: i64) -> String {
    match (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

/// A duration to the nearest minute, for spans between times that are shown without seconds: `40 s`, `2 h 0 min`.
pub fn format_span(span: TimeDelta) -> String {
    match span.num_seconds() {
        seconds @ 0..60 => format_duration(seconds),
        seconds => format_duration((seconds + 30) / 60 * 60),
    }
}

/// How long it is from one time to another as they are shown, without their seconds: `50 min`.
pub fn format_between(from: Instant, until: Instant) -> String {
    let minute = |at: Instant| at.timestamp().div_euclid(60);
    match minute(until) - minute(from) {
        ..=0 => "less than a minute".to_string(),
        minutes => format_duration(minutes * 60),
    }
}

/// How long ago an instant was, on a page that is updated every minute: `just now`, `3 min ago`.
pub fn format_ago_by_minute(at: Instant, now: Instant) -> String {
    match clock::is_credible(at, now) && (now - at).num_seconds() < 60 {
        true => "just now".to_string(),
        false => format_ago(at, now),
    }
}

/// How long it is until an instant, on a page that is updated every minute: `2 h 10 min`.
pub fn format_until(at: Instant, now: Instant) -> String {
    match (at - now).num_seconds() {
        ..60 => "less than a minute".to_string(),
        seconds => format_duration(seconds),
    }
}

/// The run time of a program: `3.4 ms`.
pub fn format_millis(took: Duration) -> String {
    format!("{:.1} ms", took.as_secs_f64() * 1000.0)
}

/// How long a call took: `320 ms`, `1.2 s`, `4 min`.
pub fn format_took(ms: u64) -> String {
    match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..60_000 => format!("{:.1} s", ms as f64 / 1000.0),
        _ => format_duration(i64::try_from(ms / 1000).unwrap_or(i64::MAX)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        clock::parse(text).unwrap()
    }

    #[test]
    fn instants_are_short() {
        assert_eq!(format_time("2026-11-21T03:37:59.000000+00:00"), "2026-11-21 03:37 UTC");
        assert_eq!(
            (format_time("x"), format_second(at("2026-11-21T03:37:05Z"))),
            ("x".into(), "11-21 03:37:05".into())
        );
        assert_eq!([0, 450, 1_439].map(format_time_of_day), ["00:00", "07:30", "23:59"]);
        let day: Date = "2026-11-05".parse().unwrap();
        assert_eq!((format_day(day), format_month(day)), ("Nov 5".into(), "Nov".into()));
    }

    #[test]
    fn local_times_follow_the_zone() {
        let zone = Zone::named("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        assert_eq!(format_local_minute(at("2026-07-01T22:30:00Z"), &zone), "2026-07-02 00:30");
        let day = zone.day_of(at("2026-11-21T10:00:00Z"));
        let near = |text: &str| format_near_time(at(&format!("{text}:00Z")), &day, &zone);
        assert_eq!(
            ["2026-11-21T14:00", "2026-11-21T23:00", "2026-11-15T10:00"].map(near),
            ["15:00", "Sun 00:00", "Sun 11:00"]
        );
        let weeks = ["2026-11-28T10:00", "2026-11-14T10:00", "2027-11-24T10:00"].map(near);
        assert_eq!(
            weeks,
            ["11-28 11:00", "11-14 11:00", "2027-11-24 11:00"],
            "a weekday would be taken for this week's"
        );
        assert_eq!(format_local_day(at("2026-07-01T22:30:00Z"), &zone), "2026-07-02");
        let now = at("2026-07-02T10:00:00Z");
        let near =
            ["2026-07-01T22:30:05Z", "2026-07-01T21:30:05Z"].map(|text| format_near_second(at(text), now, &zone));
        assert_eq!(near, ["00:30:05", "2026-07-01 23:30:05"]);
        let text = "of 2026-07-01T22:30:00.000000+00:00; not 2026-07-01T22:30:00Z";
        assert_eq!(format_stamps(text, &zone), "of 2026-07-02 00:30; not 2026-07-01T22:30:00Z");
    }

    #[test]
    fn durations_have_two_units_at_most() {
        let shown = [0, 59, 60, 3_599, 3_600, 11_400, 86_400, 1_051_200].map(format_duration);
        assert_eq!(shown, ["0 s", "59 s", "1 min", "59 min", "1 h 0 min", "3 h 10 min", "1 d 0 h", "12 d 4 h"]);
        assert_eq!(format_millis(Duration::from_micros(3_440)), "3.4 ms");
        let spans = [5, 7_169, 7_171, 11_399].map(|seconds| format_span(TimeDelta::seconds(seconds)));
        assert_eq!(spans, ["5 s", "1 h 59 min", "2 h 0 min", "3 h 10 min"]);
        let between = |from, until| format_between(at(from), at(until));
        assert_eq!(between("2026-11-21T09:41:40Z", "2026-11-21T11:30:00Z"), "1 h 49 min", "as 09:41 and 11:30 say it");
        assert_eq!(between("2026-11-21T11:30:01Z", "2026-11-21T11:30:59Z"), "less than a minute");
    }

    #[test]
    fn ages_on_a_page_are_in_minutes() {
        let now = at("2026-11-21T10:00:00Z");
        let past = ["2026-11-21T09:59:30Z", "2026-11-21T09:57:30Z", "2026-11-19T10:00:00Z", "2027-01-01T00:00:00Z"];
        let shown = past.map(|text| format_ago_by_minute(at(text), now));
        assert_eq!(shown, ["just now", "2 min ago", "2 d ago", "when the clock was ahead"]);
        let next = ["2026-11-21T09:00:00Z", "2026-11-21T10:59:59Z", "2026-11-21T12:10:00Z", "2026-11-24T14:30:00Z"];
        let shown = next.map(|text| format_until(at(text), now));
        assert_eq!(shown, ["less than a minute", "59 min", "2 h 10 min", "3 d 4 h"]);
    }
}
