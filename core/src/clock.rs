//! Owns the one spelling of an instant: RFC 3339, UTC, microseconds, `+00:00`.
//! Must stay true: what `stamp` writes, `parse` reads back to the same microsecond, and the
//! strings sort as the instants do. Deliberately absent: local time zones.

use crate::error::{Error, Result};
use chrono::{DateTime, Datelike, Timelike, Utc};
pub use chrono::{NaiveDate as Date, TimeDelta};
use std::time::{SystemTime, UNIX_EPOCH};

/// An instant in UTC.
pub type Instant = DateTime<Utc>;

/// Now, or the value of `CS_NOW` (RFC 3339) when that is set, so that tests can fix the clock.
pub fn now() -> Instant {
    match std::env::var("CS_NOW") {
        Ok(fixed) => parse(&fixed).unwrap_or_else(system_now),
        Err(_) => system_now(),
    }
}

fn system_now() -> Instant {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let micros = i64::try_from(since.as_micros()).unwrap_or(i64::MAX);
    DateTime::from_timestamp_micros(micros).unwrap_or_default()
}

/// The wire form, for example `2026-11-21T03:37:00.000000+00:00`.
pub fn stamp(at: Instant) -> String {
    // Written out: chrono's format strings cost every hook 25 KB and some microseconds.
    let (date, time) = (at.date_naive(), at.time());
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}+00:00",
        date.year(),
        date.month(),
        date.day(),
        time.hour(),
        time.minute(),
        time.second(),
        time.nanosecond() / 1000 % 1_000_000
    )
}

/// Reads any RFC 3339 instant, and the zone-less form that old records contain (taken as UTC).
pub fn parse(text: &str) -> Option<Instant> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(at.with_timezone(&Utc));
    }
    let zoned = format!("{text}Z");
    DateTime::parse_from_rfc3339(&zoned).ok().map(|at| at.with_timezone(&Utc))
}

/// Milliseconds since the epoch, as Claude Code's own registry stamps its entries.
pub fn from_millis(millis: i64) -> Option<Instant> {
    DateTime::from_timestamp_millis(millis)
}

/// Reads what a person writes for --since and --until: RFC 3339, a day (`2026-11-21`, its start in
/// UTC), or an age such as `90m`, `12h`, `7d`, `2w` before `now`.
pub fn parse_when(text: &str, now: Instant) -> Result<Instant> {
    if let Some(at) = parse(text) {
        return Ok(at);
    }
    if let Some(day) = text.parse::<chrono::NaiveDate>().ok().and_then(|day| day.and_hms_opt(0, 0, 0)) {
        return Ok(day.and_utc());
    }
    parse_age(text).and_then(|age| now.checked_sub_signed(age)).ok_or_else(|| {
        Error::Invalid(format!(
            "not a time: {text:?}; write 2026-11-21, 2026-11-21T03:37:00Z or an age such as 12h or 7d"
        ))
    })
}

fn parse_age(text: &str) -> Option<TimeDelta> {
    let unit = text.chars().last()?;
    let count: i64 = text.strip_suffix(unit)?.parse().ok().filter(|count| *count >= 0)?;
    match unit {
        'm' => TimeDelta::try_minutes(count),
        'h' => TimeDelta::try_hours(count),
        'd' => TimeDelta::try_days(count),
        'w' => TimeDelta::try_weeks(count),
        _ => None,
    }
}

/// How long ago, in the coarsest unit that says something: `40 s`, `5 min`, `3 h`, `12 d`.
pub fn age(at: Instant, now: Instant) -> String {
    let seconds = (now - at).num_seconds().max(0);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds / 60),
        3600..172_800 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_read_back_and_sort() {
        let at = parse("2026-11-21T03:37:00.5Z").unwrap();
        assert_eq!(stamp(at), "2026-11-21T03:37:00.500000+00:00");
        assert_eq!(parse(&stamp(at)), Some(at));
        assert_eq!(parse("2026-11-21T04:37:00.5+01:00"), Some(at));
        assert_eq!(parse("2026-11-21T03:37:00.500000"), Some(at));
    }

    #[test]
    fn people_may_write_days_and_ages() {
        let now = parse("2026-11-21T03:00:00Z").unwrap();
        assert_eq!(stamp(parse_when("2026-11-20", now).unwrap()), "2026-11-20T00:00:00.000000+00:00");
        assert_eq!(stamp(parse_when("3h", now).unwrap()), "2026-11-21T00:00:00.000000+00:00");
        for bad in ["", "h", "yesterday", "-3h", "3y", "99999999999999999d"] {
            assert!(parse_when(bad, now).is_err(), "{bad}");
        }
    }
}
