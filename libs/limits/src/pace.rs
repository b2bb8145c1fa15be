//! Owns how fast a window is used up, and whether it lasts. Pure. The projection comes from the window's own readings.
//!
//! A reading is kept only when it reaches the next whole percent: the pace is that between readings, and while the next
//! one is overdue, what is used stays below that percent.

use crate::history::Window;
use crate::reading::Reading;
use cs_core::clock::{self, Instant, TimeDelta};
use serde::{Serialize, Serializer};

/// The readings of at least this time are projected, and those of a twentieth of the window.
const RECENT: TimeDelta = TimeDelta::minutes(30);
/// The readings of this time are projected in windows that are longer.
const DAY: TimeDelta = TimeDelta::days(1);
/// A pace is not known before there are as many readings,
const READINGS: usize = 3;
/// before they are as old,
const AGE: TimeDelta = TimeDelta::minutes(10);
/// and before as many points are used.
const POINTS: f64 = 3.0;
/// By how much the clock may differ from the client's.
const SKEW: TimeDelta = TimeDelta::minutes(2);

/// Whether a window lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outlook {
    /// It is not known; `Pace::unknown` says why.
    Unknown,
    /// It lasts.
    Ok,
    /// It is used up at about its end: within a tenth of its length before or after.
    Tight,
    /// It is used up before that.
    Short,
    /// It is used up.
    Full,
}

impl Outlook {
    /// Its name for programs, as in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Outlook::Unknown => "unknown",
            Outlook::Ok => "ok",
            Outlook::Tight => "tight",
            Outlook::Short => "short",
            Outlook::Full => "full",
        }
    }
}

impl Serialize for Outlook {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.as_str())
    }
}

/// Why the outlook is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// The readings seem to be those of two accounts.
    TwoAccounts,
    /// The name of the window does not say how long it is.
    NoLength,
    /// The window's end is further away than it is long.
    FarEnd,
    /// The window has ended, and none was reported since.
    Ended,
    /// There are fewer than three readings.
    FewReadings,
    /// The first one is less than ten minutes old.
    FewMinutes,
    /// Fewer than three points were used since.
    FewPoints,
}

/// How fast a window is used up.
#[derive(Clone, Debug, PartialEq)]
pub struct Pace {
    /// The share of the window that is over, 0 to 1, if its length is known.
    pub elapsed: Option<f64>,
    /// Used share by elapsed share: above 1 it was used faster than it passes.
    pub ratio: Option<f64>,
    /// Percentage points an hour, by the last readings.
    pub per_hour: Option<f64>,
    /// When 100% is reached, at this pace; also after the end. When it was reached, if it is used up.
    pub full_at: Option<Instant>,
    /// What is used when the window ends, at this pace, percent; also above 100.
    pub at_reset: Option<f64>,
    /// Whether it lasts.
    pub outlook: Outlook,
    /// Why that is not known.
    pub unknown: Option<Unknown>,
}

/// What is used at an instant, percent, and how fast that rises, percentage points a second.
struct Line {
    used: f64,
    slope: f64,
}

impl Pace {
    /// The pace of a window at an instant, by the readings until then.
    pub fn of(window: &Window, length: Option<TimeDelta>, two_accounts: bool, now: Instant) -> Pace {
        let readings = window.since_correction();
        let known = readings.get(..readings.partition_point(|reading| reading.at <= now)).unwrap_or_default();
        let elapsed = length.and_then(|length| elapsed(window, length, now));
        let used = known.last().map(|reading| reading.used);
        let share = elapsed.filter(|share| *share > 0.0);
        let ratio = used.zip(share).map(|(used, share)| used / 100.0 / share);
        let nothing = Pace {
            elapsed,
            ratio,
            per_hour: None,
            full_at: None,
            at_reset: None,
            outlook: Outlook::Unknown,
            unknown: None,
        };
        let unknown = |why| Pace { unknown: Some(why), ..nothing.clone() };
        if window.ended_at <= now {
            return unknown(Unknown::Ended);
        }
        if two_accounts {
            return unknown(Unknown::TwoAccounts);
        }
        if let Some(full) = known.iter().find(|reading| reading.used >= 100.0) {
            return Pace { full_at: Some(full.at), at_reset: used, outlook: Outlook::Full, ..nothing };
        }
        let Some(length) = length else { return unknown(Unknown::NoLength) };
        if elapsed.is_none() {
            return unknown(Unknown::FarEnd);
        }
        match line(known, length, now) {
            Ok(line) => nothing.projected(&line, window.resets_at, length, now),
            Err(why) => unknown(why),
        }
    }

    fn projected(self, line: &Line, resets_at: Instant, length: TimeDelta, now: Instant) -> Pace {
        let full_at = instant_in((100.0 - line.used) / line.slope, now);
        let outlook = match full_at {
            Some(at) if at < resets_at - length / 10 => Outlook::Short,
            Some(at) if at <= resets_at + length / 10 => Outlook::Tight,
            _ => Outlook::Ok,
        };
        let at_reset = line.used + line.slope * seconds(resets_at - now);
        Pace { per_hour: Some(line.slope * 3_600.0), full_at, at_reset: Some(at_reset), outlook, ..self }
    }
}

/// The share of a window that is over; `None` before it begins, by the clock.
fn elapsed(window: &Window, length: TimeDelta, now: Instant) -> Option<f64> {
    let over = length - (window.resets_at - now);
    (over >= -SKEW).then(|| (seconds(over) / seconds(length)).clamp(0.0, 1.0))
}

/// The line through the readings of the last time, or of a longer one if these are too few. A window of more than a day
/// has nights: what was used on its first day counts as that of a whole day.
fn line(readings: &[Reading], length: TimeDelta, now: Instant) -> Result<Line, Unknown> {
    let is_long = length > DAY;
    let recent = RECENT.max(length / 20).max(if is_long { DAY } else { RECENT });
    let (Some(first), Some(last)) = (readings.first(), readings.last()) else { return Err(Unknown::FewReadings) };
    let enough = readings.len().checked_sub(READINGS).ok_or(Unknown::FewReadings)?;
    // The newest reading from which on there is enough, but at least those of the last time.
    let is_base = |base: &&Reading| now - base.at >= AGE && last.used - base.used >= POINTS - 1e-6;
    let why = if now - first.at < AGE { Unknown::FewMinutes } else { Unknown::FewPoints };
    let base = readings.get(..=enough).unwrap_or_default().iter().rfind(is_base).ok_or(why)?;
    let oldest = readings.iter().find(|reading| now - reading.at <= recent).filter(|oldest| oldest.at < base.at);
    let base = oldest.unwrap_or(base);
    let slope = (last.used - base.used) / seconds(last.at - base.at).max(1.0);
    // The next whole percent would have been reported: if it is overdue, less is used now than before.
    let used = (last.used + slope * seconds(now - last.at)).min(last.used.floor() + 1.0);
    let time = if is_long { (now - base.at).max(DAY) } else { now - base.at };
    let slope = (used - base.used) / seconds(time);
    if slope > 0.0 && slope.is_finite() { Ok(Line { used: used.min(100.0), slope }) } else { Err(Unknown::FewPoints) }
}

fn seconds(time: TimeDelta) -> f64 {
    time.num_milliseconds() as f64 / 1000.0
}

/// The instant in some seconds, to a second: people read its minute.
fn instant_in(seconds: f64, now: Instant) -> Option<Instant> {
    let at = now.checked_add_signed(TimeDelta::try_milliseconds((seconds * 1000.0) as i64)?)?;
    let whole = at.timestamp_millis().saturating_add(500).div_euclid(1000).checked_mul(1000)?;
    clock::from_millis(whole).map(|whole| whole.max(now))
}
