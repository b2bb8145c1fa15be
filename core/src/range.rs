//! Owns the texts that people write for `--since` and `--until`, and which instants are between them. Must stay true:
//! days and times are local; a day is included, whether a range begins or ends with it; no other module reads these
//! texts.

use crate::clock::{self, Date, Instant, LocalTime, TimeDelta};
use crate::zone::Zone;
use crate::{Error, Result};
use chrono::NaiveTime;

/// The valid forms, for the help of every program and for messages.
pub const FORMS: &str =
    "a day such as 2026-11-21 or today, a time such as 2026-11-21T09:30, or an age such as 90m, 12h, 7d or 2w";

/// How far into the future a range without an end extends.
const AHEAD: TimeDelta = TimeDelta::days(1);

/// Instants from `since` on, before `until`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Range {
    /// The first instant.
    pub since: Option<Instant>,
    /// The first instant after the range.
    pub until: Option<Instant>,
}

impl Range {
    /// Reads both ends as people write them.
    pub fn parse(since: Option<&str>, until: Option<&str>, zone: &Zone, now: Instant) -> Result<Self> {
        let since = since.map(|text| start(text, zone, now)).transpose()?;
        Ok(Range::new(since, until.map(|text| end(text, zone, now)).transpose()?, now))
    }

    /// The range between two instants. Without an end it ends one day after `now`, so that entries that were written
    /// while the clock was ahead are not in every range.
    pub fn new(since: Option<Instant>, until: Option<Instant>, now: Instant) -> Self {
        let is_past = since.is_some_and(|since| since <= now);
        let horizon = || now.checked_add_signed(AHEAD).filter(|_| is_past);
        Range { since, until: until.or_else(horizon) }
    }

    /// Whether an instant is in the range.
    pub fn contains(&self, at: Instant) -> bool {
        self.since.is_none_or(|since| at >= since) && self.until.is_none_or(|until| at < until)
    }

    /// Whether a time in a record is in the range. A text that is not a time is only in a range without ends.
    pub fn contains_text(&self, text: &str) -> bool {
        *self == Range::default() || clock::parse(text).is_some_and(|at| self.contains(at))
    }

    /// The first and the last local day of the range.
    pub fn days(&self, zone: &Zone) -> (Option<Date>, Option<Date>) {
        let day = |at: Instant| zone.local(at).date();
        let last = |until: Instant| until.checked_sub_signed(TimeDelta::microseconds(1)).unwrap_or(until);
        (self.since.map(day), self.until.map(last).map(day))
    }
}

/// The first instant of a range that begins with `text`.
pub fn start(text: &str, zone: &Zone, now: Instant) -> Result<Instant> {
    let at = match read(text, zone, now)? {
        Written::Day(day) => clock::from_millis(zone.start_of(day)),
        Written::Local(time) => zone.instants(time).first().copied(),
        Written::At(at) => Some(at),
    };
    at.ok_or_else(|| invalid_time(text))
}

/// The first instant after a range that ends with `text`: the end of a day, else the instant itself.
pub fn end(text: &str, zone: &Zone, now: Instant) -> Result<Instant> {
    let at = match read(text, zone, now)? {
        Written::Day(day) => day.succ_opt().and_then(|next| clock::from_millis(zone.start_of(next))),
        Written::Local(time) => zone.instants(time).last().copied(),
        Written::At(at) => Some(at),
    };
    at.ok_or_else(|| invalid_time(text))
}

/// The meaning of a text, before it is known which end of a range it is.
enum Written {
    Day(Date),
    /// A time without a zone.
    Local(LocalTime),
    At(Instant),
}

fn read(text: &str, zone: &Zone, now: Instant) -> Result<Written> {
    let day = || read_day(text, zone.local(now).date()).map(Written::Day);
    let local = || read_local(text).map(Written::Local);
    let ago = || now.checked_sub_signed(read_age(text)?).filter(clock::has_spelling);
    let instant = || clock::parse(text).or_else(ago).map(Written::At);
    day().or_else(local).or_else(instant).ok_or_else(|| invalid_time(text))
}

fn read_day(text: &str, today: Date) -> Option<Date> {
    match text {
        "today" => Some(today),
        "yesterday" => today.pred_opt(),
        _ => text.parse().ok().filter(|day: &Date| clock::has_spelling(&day.and_time(NaiveTime::MIN).and_utc())),
    }
}

/// A time without a zone: it becomes RFC 3339 when a zone is added.
fn read_local(text: &str) -> Option<LocalTime> {
    let with = |rest: &str| clock::parse(&format!("{text}{rest}"));
    with("Z").or_else(|| with(":00Z")).map(|at| at.naive_utc())
}

fn read_age(text: &str) -> Option<TimeDelta> {
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

fn invalid_time(text: &str) -> Error {
    Error::Invalid(format!("{text:?} is not a time; write {FORMS}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BERLIN: &str = "CET-1CEST,M3.5.0,M10.5.0/3";

    fn at(text: &str) -> Instant {
        clock::parse(text).unwrap()
    }

    /// Both ends of the range that begins and ends with a text, seen on a Saturday at noon in Berlin.
    fn ends(text: &str) -> Option<(Instant, Instant)> {
        let (zone, now) = (Zone::named(BERLIN).unwrap(), at("2026-11-21T11:00:00Z"));
        Some((start(text, &zone, now).ok()?, end(text, &zone, now).ok()?))
    }

    fn both(since: &str, until: &str) -> Option<(Instant, Instant)> {
        Some((at(since), at(until)))
    }

    #[test]
    fn a_day_is_local_and_included() {
        assert_eq!(ends("2026-11-20"), both("2026-11-19T23:00:00Z", "2026-11-20T23:00:00Z"));
        assert_eq!(ends("today"), both("2026-11-20T23:00:00Z", "2026-11-21T23:00:00Z"));
        assert_eq!(ends("yesterday"), ends("2026-11-20"));
        assert!(ends("9999-12-31").is_some(), "the last day that can be written");
        assert_eq!(ends("2026-03-29"), both("2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"), "a day of 23 hours");
        assert_eq!(ends("2026-10-25"), both("2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"), "a day of 25 hours");
    }

    #[test]
    fn a_time_is_local_unless_it_names_a_zone() {
        let nine = both("2026-11-21T08:30:00Z", "2026-11-21T08:30:00Z");
        for text in ["2026-11-21T09:30", "2026-11-21 09:30", "2026-11-21T09:30:00", "2026-11-21T10:30:00+02:00"] {
            assert_eq!(ends(text), nine, "{text}");
        }
        assert_eq!(ends("2026-10-25T02:30"), both("2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"), "it was twice");
    }

    #[test]
    fn an_age_counts_back_from_now() {
        for (text, since) in [("90m", "09:30"), ("3h", "08:00"), ("0d", "11:00")] {
            let since = format!("2026-11-21T{since}:00Z");
            assert_eq!(ends(text), both(&since, &since), "{text}");
        }
        assert_eq!(ends("2w"), both("2026-11-07T11:00:00Z", "2026-11-07T11:00:00Z"));
    }

    #[test]
    fn other_texts_are_refused() {
        let (ages, days) =
            (["-3h", "3y", "99999999999999999d", "99999999h", "3000000d"], ["+99999-01-01", "-0001-01-01"]);
        for bad in
            ["", "h", "soon", "Today", "09:30", "2026-11-31", "2026-11-21T25:00"].into_iter().chain(ages).chain(days)
        {
            assert_eq!(ends(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_range_without_an_end_ends_a_day_ahead() {
        let now = at("2026-11-21T11:00:00Z");
        let range = |since, until| Range::parse(since, until, &Zone::utc(), now).unwrap();
        let week = range(Some("7d"), None);
        assert!(week.contains(now) && !week.contains(at("2030-01-01T00:00:00Z")) && !week.contains_text("x"));
        assert!(range(None, None).contains_text("x") && range(None, Some("today")).contains(now));
        assert_eq!(range(Some("2026-11-20"), Some("2026-11-21")).days(&Zone::utc()).1, "2026-11-21".parse().ok());
    }
}
