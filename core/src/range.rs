//! Owns the texts that people write for `--since` and `--until`, and which instants are between them. Must stay true:
//! days and times are local; a day is included, whether a range begins or ends with it; no other module reads these
//! texts.

mod words;

use crate::clock::{self, Date, Instant, LocalTime, TimeDelta};
use crate::zone::Zone;
use crate::{Error, Result};
use chrono::NaiveTime;
use words::Age;

/// The valid forms, for the help of every program and for messages.
pub const FORMS: &str = "a day such as 2026-11-21, yesterday, monday or last week, a time such as 09:30 or 2026-11-21T09:30, or an age such as 90m, 12h, 7d, 3mo or 1y";

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

    /// What both ranges have.
    #[must_use]
    pub fn and(self, other: Range) -> Self {
        let until = [self.until, other.until].into_iter().flatten().min();
        Range { since: self.since.max(other.since), until }
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
        Written::Days(first, _) => clock::from_millis(zone.start_of(first)),
        Written::Local(time) => zone.instants(time).first().copied(),
        Written::At(at) => Some(at),
    };
    at.ok_or_else(|| invalid_time(text))
}

/// The first instant after a range that ends with `text`: the end of its last day, else the instant itself.
pub fn end(text: &str, zone: &Zone, now: Instant) -> Result<Instant> {
    let at = match read(text, zone, now)? {
        Written::Days(_, last) => last.succ_opt().and_then(|next| clock::from_millis(zone.start_of(next))),
        Written::Local(time) => zone.instants(time).last().copied(),
        Written::At(at) => Some(at),
    };
    at.ok_or_else(|| invalid_time(text))
}

/// A length of time such as `90s`, `30m`, `1h` or `7d`; a number alone is in seconds.
pub fn span(text: &str) -> Result<TimeDelta> {
    let begins_with_digit = text.starts_with(|c: char| c.is_ascii_digit());
    let seconds = text.strip_suffix('s').unwrap_or(text).parse::<u32>().ok();
    let seconds = seconds.and_then(|seconds| TimeDelta::try_seconds(seconds.into()));
    let longer = || match words::age(text)? {
        Age::Exact(span) => Some(span),
        Age::Months(_) => None,
    };
    let span = seconds.or_else(longer).filter(|_| begins_with_digit && !text.ends_with("ago"));
    span.ok_or_else(|| Error::Invalid(format!("{text:?} is not a length of time; write 90s, 30m, 1h or 7d")))
}

/// The meaning of a text, before it is known which end of a range it is.
enum Written {
    /// From the first of these days to the last.
    Days(Date, Date),
    /// A time without a zone.
    Local(LocalTime),
    At(Instant),
}

fn read(text: &str, zone: &Zone, now: Instant) -> Result<Written> {
    let today = zone.local(now).date();
    let days = || read_day(text).map(|day| (day, day)).or_else(|| words::days(text, today));
    let days = || days().filter(|(first, last)| has_spelling(*first) && has_spelling(*last));
    // A time alone is one of today.
    let local = || read_local(text).or_else(|| read_local(&format!("{today}T{text}"))).map(Written::Local);
    let instant = || clock::parse(text).or_else(|| words::age(text).and_then(|age| before(now, age, zone)));
    let days = days().map(|(first, last)| Written::Days(first, last));
    days.or_else(local).or_else(|| instant().map(Written::At)).ok_or_else(|| invalid_time(text))
}

fn read_day(text: &str) -> Option<Date> {
    text.parse().ok()
}

/// Whether a day can be written.
fn has_spelling(day: Date) -> bool {
    clock::has_spelling(&day.and_time(NaiveTime::MIN).and_utc())
}

/// A time without a zone: it becomes RFC 3339 when a zone is added.
fn read_local(text: &str) -> Option<LocalTime> {
    let with = |rest: &str| clock::parse(&format!("{text}{rest}"));
    with("Z").or_else(|| with(":00Z")).map(|at| at.naive_utc())
}

/// The instant that lies `age` before now. Months count in local days; the clock shows the same time.
fn before(now: Instant, age: Age, zone: &Zone) -> Option<Instant> {
    let at = match age {
        Age::Exact(age) => now.checked_sub_signed(age),
        Age::Months(months) => {
            let local = zone.local(now).checked_sub_months(months)?;
            zone.instants(local).first().copied()
        }
    };
    at.filter(clock::has_spelling)
}

fn invalid_time(text: &str) -> Error {
    Error::Invalid(format!("{text:?} is not a time; write {FORMS}"))
}

#[cfg(test)]
mod tests;
