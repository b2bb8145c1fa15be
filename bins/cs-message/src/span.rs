//! Owns the texts for `--after`, `--expires` and `--at`. Must stay true: a time is in the future, and at most a year
//! away. Pure.

use cs_core::clock::{Instant, TimeDelta};
use cs_core::error::{Error, Result};
use cs_core::range;
use cs_core::zone::Zone;

/// The longest time ahead.
const LONGEST: TimeDelta = TimeDelta::days(366);

/// The instant that lies so far ahead: `90s`, `10m`, `1h`, `7d`.
pub fn ahead(text: &str, now: Instant) -> Result<Instant> {
    let span = range::span(text)?;
    let at =
        Some(span).filter(|span| !span.is_zero() && *span <= LONGEST).and_then(|span| now.checked_add_signed(span));
    at.ok_or_else(|| Error::Invalid(format!("{text:?} is not within the next year")))
}

/// The instant that a text names: a time of today or tomorrow such as `18:00`, or a day and a time.
pub fn at(text: &str, zone: &Zone, now: Instant) -> Result<Instant> {
    let today = zone.local(now).date();
    let is_time = text.len() == 5 && text.as_bytes().get(2) == Some(&b':');
    let days = if is_time { vec![Some(today), today.succ_opt()] } else { Vec::new() };
    let of_day = days.into_iter().flatten().map(|day| range::start(&format!("{day}T{text}"), zone, now));
    let named = of_day.collect::<Result<Vec<_>>>()?.into_iter().find(|at| *at > now);
    let named = named.map_or_else(|| range::start(text, zone, now), Ok)?;
    match named > now && named - now <= LONGEST {
        true => Ok(named),
        false => Err(Error::Invalid(format!("{text:?} is not a time within the next year"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cs_core::clock;

    #[test]
    fn times_are_ahead_and_not_far() {
        let now = clock::parse("2026-11-21T10:00:00Z").unwrap();
        let seconds = |text: &str| ahead(text, now).map(|at| (at - now).num_seconds()).ok();
        assert_eq!(
            ["90", "90s", "10m", "10 min", "1h", "2d", "1w"].map(seconds),
            [90, 90, 600, 600, 3600, 172_800, 604_800].map(Some)
        );
        for bad in ["", "m", "0m", "0", "-1m", "1y", "99999999999999999999d", "367d", "١m"] {
            assert_eq!(seconds(bad), None, "{bad:?}");
        }
        let named =
            |text: &str| at(text, &Zone::utc(), now).map(clock::stamp).ok().map(|at| at.chars().take(16).collect());
        let is = |text: &str| Some(text.to_string());
        assert_eq!(named("18:00"), is("2026-11-21T18:00"));
        assert_eq!(named("09:00"), is("2026-11-22T09:00"));
        assert_eq!(named("2026-11-21T10:01"), is("2026-11-21T10:01"));
        assert_eq!(named("2026-12-01"), is("2026-12-01T00:00"));
        for bad in ["2026-11-21T10:00", "yesterday", "2028-01-01", "25:00", "1x:00", ""] {
            assert_eq!(named(bad), None, "{bad:?}");
        }
    }
}
