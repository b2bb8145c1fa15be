//! Owns the one spelling of an instant: RFC 3339, UTC, microseconds, `+00:00`.
//! Must stay true: `parse` reads what `stamp` writes to the same microsecond, and the strings sort
//! as the instants do, for all instants that have a spelling. Deliberately absent: local time, which belongs to `zone`.

use chrono::{DateTime, Datelike, Timelike, Utc};
pub use chrono::{NaiveDate as Date, NaiveDateTime as LocalTime, TimeDelta};
use std::time::{SystemTime, UNIX_EPOCH};

/// An instant in UTC.
pub type Instant = DateTime<Utc>;

/// Now, or the value of `CS_NOW` (RFC 3339) if that is set, so that tests can fix the clock.
pub fn now() -> Instant {
    match std::env::var("CS_NOW") {
        Ok(fixed) => parse(&fixed).unwrap_or_else(system_now),
        Err(_) => system_now(),
    }
}

fn system_now() -> Instant {
    of_system(SystemTime::now())
}

/// The system's own time; times before 1970 become 1970.
pub fn of_system(time: SystemTime) -> Instant {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let micros = i64::try_from(since.as_micros()).unwrap_or(i64::MAX);
    DateTime::from_timestamp_micros(micros).unwrap_or_default()
}

/// The wire form, for example `2026-11-21T03:37:00.000000+00:00`. An instant without a spelling becomes the nearest one
/// that has one.
pub fn stamp(at: Instant) -> String {
    // Written by hand: format strings of chrono cost every hook 25 KB, and those of the standard library a list of many
    // sessions a tenth of its time.
    let (date, time) = (at.date_naive(), at.time());
    match date.year() {
        ..0 => return "0000-01-01T00:00:00.000000+00:00".into(),
        10_000.. => return "9999-12-31T23:59:59.999999+00:00".into(),
        _ => {}
    }
    let mut text = String::with_capacity("2026-11-21T03:37:00.000000+00:00".len());
    for (number, first, sign) in [
        (date.year().unsigned_abs(), 1000, '-'),
        (date.month(), 10, '-'),
        (date.day(), 10, 'T'),
        (time.hour(), 10, ':'),
        (time.minute(), 10, ':'),
        (time.second(), 10, '.'),
        (time.nanosecond() / 1000, 100_000, '+'),
    ] {
        let mut unit = first;
        while unit > 0 {
            text.extend(char::from_digit(number / unit % 10, 10));
            unit /= 10;
        }
        text.push(sign);
    }
    text.push_str("00:00");
    text
}

/// Reads any RFC 3339 instant, and the form without a zone that old records contain (taken as UTC). A leap second
/// becomes the second after it. Instants outside the years 0 to 9999 in UTC cannot be written, so they are `None`.
pub fn parse(text: &str) -> Option<Instant> {
    if let Some(at) = parse_stamp(text.as_bytes()) {
        return Some(at);
    }
    let zoned = || DateTime::parse_from_rfc3339(&format!("{text}Z"));
    let at = DateTime::parse_from_rfc3339(text).or_else(|_| zoned()).ok()?;
    let at = DateTime::from_timestamp_micros(at.timestamp_micros())?;
    has_spelling(&at).then_some(at)
}

/// Reads a time as a server writes it in its field `Date`: `Tue, 01 Dec 2026 03:00:00 GMT` (RFC 9110, 5.6.7).
pub fn parse_http(text: &str) -> Option<Instant> {
    DateTime::parse_from_rfc2822(text).ok().map(|at| at.to_utc())
}

/// Reads exactly what [`stamp`] writes, which is most of what is read: chrono takes many times as long.
pub fn parse_stamp(text: &[u8]) -> Option<Instant> {
    let number = |digits: &[u8]| {
        let digit = |number: u32, byte: &u8| byte.is_ascii_digit().then(|| number * 10 + u32::from(byte - b'0'));
        digits.iter().try_fold(0, digit)
    };
    match text {
        [
            date @ ..,
            b'T',
            h1,
            h2,
            b':',
            m1,
            m2,
            b':',
            s1,
            s2,
            b'.',
            u1,
            u2,
            u3,
            u4,
            u5,
            u6,
            b'+',
            b'0',
            b'0',
            b':',
            b'0',
            b'0',
        ] => {
            let [y1, y2, y3, y4, b'-', o1, o2, b'-', d1, d2] = date else { return None };
            let year = i32::try_from(number(&[*y1, *y2, *y3, *y4])?).ok()?;
            let date = Date::from_ymd_opt(year, number(&[*o1, *o2])?, number(&[*d1, *d2])?)?;
            let micros = number(&[*u1, *u2, *u3, *u4, *u5, *u6])?;
            let time =
                date.and_hms_micro_opt(number(&[*h1, *h2])?, number(&[*m1, *m2])?, number(&[*s1, *s2])?, micros)?;
            Some(time.and_utc())
        }
        _ => None,
    }
}

/// How far ahead a time may be: clocks of two machines, or of one before and after it was set, differ by seconds.
const SKEW: TimeDelta = TimeDelta::minutes(2);
/// A time further ahead than this will not be in the past soon.
const AHEAD: TimeDelta = TimeDelta::days(1);
/// 2020-01-01T00:00:00Z, years before the first conversation of either agent: a clock before that has just started
/// without a battery.
const FIRST: i64 = 1_577_836_800;

/// Whether the clock shows an impossible time. Then no age is known, and nothing may be done because of an age.
pub fn is_wrong(now: Instant) -> bool {
    now.timestamp() < FIRST
}

/// Whether something can have happened at that time. A time ahead of `now`, or before [`FIRST`], was written while the
/// clock was wrong: the real time is unknown, so it is no sign of life and not newer than any later event.
pub fn is_credible(at: Instant, now: Instant) -> bool {
    !is_wrong(at) && at - now <= SKEW
}

/// Reads a written time; `None` if nothing can have happened then.
pub fn credible(text: &str, now: Instant) -> Option<Instant> {
    parse(text).filter(|at| is_credible(*at, now))
}

/// How long ago it was, in words that end a sentence: `3 h ago`, or that the time is unknown.
pub fn ago(at: Instant, now: Instant) -> String {
    match at {
        _ if is_credible(at, now) => format!("{} ago", age(at, now)),
        _ if is_wrong(at) => "when the clock was behind".into(),
        _ => "when the clock was ahead".into(),
    }
}

/// How long ago it was, for a column of a table: `3 h`; `?` if unknown.
pub fn age_or_unknown(at: Instant, now: Instant) -> String {
    if is_credible(at, now) { age(at, now) } else { "?".into() }
}

/// The latest time, as [`stamp`] writes it, that sorts as a time: one day ahead, because times that are less far ahead
/// will soon be in the past.
pub fn horizon(now: Instant) -> String {
    now.checked_add_signed(AHEAD).map(stamp).unwrap_or_default()
}

/// The sort key of a time that [`stamp`] wrote. Times beyond the [`horizon`] come before all others; otherwise an entry
/// that was written while the clock was ahead would be the newest for years.
pub fn sort_key<'a>(text: &'a str, horizon: &str) -> (bool, &'a str) {
    (text <= horizon, text)
}

/// Milliseconds since the epoch, as in the entries of Claude Code's own registry; `None` if [`stamp`] has no spelling for
/// it, as for microseconds that were taken for milliseconds.
pub fn from_millis(millis: i64) -> Option<Instant> {
    DateTime::from_timestamp_millis(millis).filter(has_spelling)
}

/// Whether its year has four digits.
pub fn has_spelling(at: &Instant) -> bool {
    (0..=9999).contains(&at.year())
}

/// How long ago, in the coarsest useful unit: `40 s`, `5 min`, `3 h`, `12 d`.
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
    fn an_impossible_time_is_reported_as_such() {
        let now = parse("2026-11-21T10:00:00Z").unwrap();
        let told = |text: &str| ago(parse(text).unwrap(), now);
        assert_eq!(told("2026-11-21T09:55:00Z"), "5 min ago");
        assert_eq!(told("2026-11-21T10:02:00Z"), "0 s ago", "clocks differ a little");
        assert_eq!(told("2026-11-21T10:02:01Z"), "when the clock was ahead");
        assert_eq!(told("2030-01-01T00:00:00Z"), "when the clock was ahead");
        assert_eq!(told("1970-01-01T00:00:07Z"), "when the clock was behind");
        assert_eq!(credible("2030-01-01T00:00:00Z", now), None);
        assert!(credible("2021-01-01T00:00:00Z", now).is_some() && credible("x", now).is_none());
        assert!(is_wrong(parse("1970-01-01T00:00:07Z").unwrap()) && !is_wrong(now));
    }

    #[test]
    fn stamps_read_back_and_sort() {
        let at = parse("2026-11-21T03:37:00.5Z").unwrap();
        assert_eq!(stamp(at), "2026-11-21T03:37:00.500000+00:00");
        assert_eq!(parse(&stamp(at)), Some(at));
        assert_eq!(parse("2026-11-21T04:37:00.5+01:00"), Some(at));
        assert_eq!(parse("2026-11-21T03:37:00.500000"), Some(at));
    }

    #[test]
    fn what_stamp_writes_is_read_as_any_other_text() {
        let slow = |text: &str| DateTime::parse_from_rfc3339(text).ok().map(|at| at.to_utc());
        let texts = [
            "2026-11-21T03:37:00.000000+00:00",
            "2024-02-29T23:59:59.999999+00:00",
            "0000-01-01T00:00:00.000001+00:00",
            "9999-12-31T23:59:59.999999+00:00",
        ];
        for text in texts {
            assert!(parse_stamp(text.as_bytes()).is_some() && parse(text) == slow(text), "{text}");
            assert_eq!(stamp(parse(text).unwrap()), text);
        }
        for text in [
            "2026-02-29T03:37:00.000000+00:00",
            "2026-13-01T03:37:00.000000+00:00",
            "2026-11-21T24:37:00.000000+00:00",
            "2026-11-21T03:37:60.000000+00:00",
            "2026-11-21T03:37:00.000000+01:00",
            "2026-11-21t03:37:00.000000+00:00",
            "2026-11-21T03:37:00.00000x+00:00",
            "+026-11-21T03:37:00.000000+00:00",
        ] {
            assert_eq!((parse_stamp(text.as_bytes()), parse(text).is_some()), (None, slow(text).is_some()), "{text}");
        }
    }

    #[test]
    fn instants_without_a_spelling_are_never_written_as_other_ones() {
        let (first, last) = ("0000-01-01T00:00:00.000000+00:00", "9999-12-31T23:59:59.999999+00:00");
        for (year, nearest) in [(10_000, last), (12_026, last), (58_859, last), (-1, first), (-12_026, first)] {
            let at = Date::from_ymd_opt(year, 4, 6).unwrap().and_hms_opt(12, 53, 20).unwrap().and_utc();
            assert_eq!((stamp(at).as_str(), from_millis(at.timestamp_millis())), (nearest, None), "{year}");
        }
        for text in [first, "0000-04-06T12:53:20.000000+00:00", "9999-12-31T23:59:59.999000+00:00"] {
            let at = from_millis(parse(text).unwrap().timestamp_millis());
            assert_eq!(at.map(stamp).as_deref(), Some(text));
            assert!(parse(text) == at);
        }
        let millis = |text: &str| parse(text).unwrap().timestamp_millis();
        assert_eq!((from_millis(millis(first) - 1), from_millis(millis(last) + 1)), (None, None));
        assert_eq!((from_millis(i64::MAX), from_millis(i64::MIN)), (None, None));
    }

    #[test]
    fn leap_seconds_and_extreme_times_have_at_most_one_spelling() {
        let leap = parse("2026-11-21T23:59:60Z").unwrap();
        assert_eq!(stamp(leap), "2026-11-22T00:00:00.000000+00:00");
        assert_eq!(parse("9999-12-31T23:59:59-23:59"), None);
        assert_eq!(parse("0000-01-01T00:00:00+23:59"), None);
        assert_eq!(stamp(parse("9999-12-31T23:59:59Z").unwrap()), "9999-12-31T23:59:59.000000+00:00");
    }
}
