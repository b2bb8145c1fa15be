//! Owns the words for days and ages in the texts of ranges: `monday`, `last week`, `3 days ago`. Pure.

use crate::clock::{Date, TimeDelta};
use crate::zone;
use chrono::{Datelike, Months, Weekday};

/// How far an instant lies before now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Age {
    /// A time span.
    Exact(TimeDelta),
    /// Months of the calendar.
    Months(Months),
}

/// The first and the last day that a text names, seen from `today`. The case does not matter.
pub fn days(text: &str, today: Date) -> Option<(Date, Date)> {
    let text = text.to_lowercase();
    let mut words = text.split_whitespace();
    match (words.next()?, words.next(), words.next()) {
        ("today", None, _) => Some((today, today)),
        ("yesterday", None, _) => today.pred_opt().map(|day| (day, day)),
        ("this", Some(unit), None) => span(unit, today),
        ("last", Some(unit), None) => last(unit, today),
        (name, None, _) => latest(name, today).map(|day| (day, day)),
        _ => None,
    }
}

/// The week, month or year with a day in it.
fn span(unit: &str, day: Date) -> Option<(Date, Date)> {
    let (first, next) = match unit {
        "week" => (zone::monday(day), zone::monday(day).checked_add_signed(TimeDelta::weeks(1))),
        "month" => (day.with_day(1)?, day.with_day(1)?.checked_add_months(Months::new(1))),
        "year" => (day.with_ordinal(1)?, day.with_ordinal(1)?.checked_add_months(Months::new(12))),
        _ => return None,
    };
    Some((first, next?.pred_opt()?))
}

/// The week, month or year before that of today, or the latest weekday before today.
fn last(unit: &str, today: Date) -> Option<(Date, Date)> {
    match span(unit, today) {
        Some((first, _)) => span(unit, first.pred_opt()?),
        None => latest(unit, today.pred_opt()?).map(|day| (day, day)),
    }
}

/// The latest day with the name of a weekday, which may be `today`.
fn latest(name: &str, today: Date) -> Option<Date> {
    let weekday: Weekday = name.parse().ok()?;
    let days = today.weekday().days_since(weekday);
    today.checked_sub_signed(TimeDelta::days(i64::from(days)))
}

/// The age that a text names: a number and a unit, with `ago` after it or not.
pub fn age(text: &str) -> Option<Age> {
    if text == "now" {
        return Some(Age::Exact(TimeDelta::zero()));
    }
    let text = text.strip_suffix(" ago").unwrap_or(text).trim_end();
    let (digits, unit) = text.split_at_checked(text.find(|c: char| !c.is_ascii_digit())?)?;
    let count: u32 = digits.parse().ok()?;
    let exact = |age: Option<TimeDelta>| age.map(Age::Exact);
    let months = |count: u32, each: u32| count.checked_mul(each).map(|count| Age::Months(Months::new(count)));
    match unit.trim_start() {
        "m" | "min" | "minute" | "minutes" => exact(TimeDelta::try_minutes(count.into())),
        "h" | "hour" | "hours" => exact(TimeDelta::try_hours(count.into())),
        "d" | "day" | "days" => exact(TimeDelta::try_days(count.into())),
        "w" | "week" | "weeks" => exact(TimeDelta::try_weeks(count.into())),
        "mo" | "month" | "months" => months(count, 1),
        "y" | "year" | "years" => months(count, 12),
        _ => None,
    }
}
