//! Owns which windows the readings of a limit show. Pure. Several conversations report one account, late and out of
//! order: readings of one end (to a minute) are one window, and of them the highest is true, unless the client corrected
//! itself. Must stay true: the same readings in another order are the same history.

use crate::reading::Reading;
use cs_core::clock::{Instant, TimeDelta};
use std::collections::BTreeMap;

/// Ends that differ by no more than this are one window's.
const SAME_END: TimeDelta = TimeDelta::seconds(60);
/// A value that is lower by at least this is a correction and not a late reading, percentage points.
const DROP: f64 = 20.0;
/// How soon a higher value is reported again if the lower one was a late reading.
const BACK: TimeDelta = TimeDelta::minutes(10);
/// Within which time two windows alternate if two accounts report.
const ALTERNATE: TimeDelta = TimeDelta::minutes(10);
/// How long windows that alternated are those of two accounts: a twentieth of a window, but at least this.
const REMEMBER: TimeDelta = TimeDelta::hours(1);

/// How many of the last windows may alternate.
const LAST_WINDOWS: usize = 8;
/// How many readings are looked at to find a higher one soon after a lower one.
const MOST: usize = 600;

/// A window of a limit.
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    /// When it resets, by its first reading: later ones may differ by a minute.
    pub resets_at: Instant,
    /// When it began, if its length is known.
    pub began_at: Option<Instant>,
    /// When it ended or will end: `resets_at`, or earlier if the next window was reported before that.
    pub ended_at: Instant,
    /// What is used, percent, by the last readings.
    pub used: f64,
    /// The highest that was reported and not corrected, percent.
    pub highest: f64,
    /// When a lower value was reported that holds (at least 20 points lower, with the same end), the last time.
    pub corrected_at: Option<Instant>,
    /// The readings that hold, the oldest first, each higher than the one before except after a correction.
    pub readings: Vec<Reading>,
    /// When it was last reported.
    pub seen_at: Instant,
}

/// All windows of a limit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// By their first readings, the oldest first; none of them overlap, unless two accounts report.
    pub windows: Vec<Window>,
    /// Two windows alternate within ten minutes: two accounts report in one folder, and nothing is projected.
    pub two_accounts: bool,
}

impl History {
    /// The windows that readings show, in whatever order they come. `length` is that of each window, if known.
    pub fn of(mut readings: Vec<Reading>, length: Option<TimeDelta>) -> History {
        // An idle client repeats the last window after its end.
        readings.retain(|reading| reading.resets_at > reading.at);
        readings.sort_by(|a, b| a.at.cmp(&b.at).then(a.used.total_cmp(&b.used)).then(a.resets_at.cmp(&b.resets_at)));
        readings.dedup();
        let groups = by_end(&readings);
        let mut windows: Vec<Window> = groups.iter().filter_map(|group| Window::of(group, length)).collect();
        let two_accounts = alternate(&windows, length);
        end_early(&mut windows);
        History { windows, two_accounts }
    }

    /// The window at an instant, if it had been reported and had not ended.
    pub fn at(&self, now: Instant) -> Option<&Window> {
        let is_reported = |window: &Window| window.readings.first().is_some_and(|first| first.at <= now);
        self.windows.iter().rev().find(|window| window.ended_at > now && is_reported(window))
    }
}

impl Window {
    /// The window of readings with the same end, the oldest first.
    fn of(group: &[Reading], length: Option<TimeDelta>) -> Option<Window> {
        let (first, last) = (group.first()?, group.last()?);
        let mut window = Window {
            resets_at: first.resets_at,
            began_at: length.and_then(|length| first.resets_at.checked_sub_signed(length)),
            ended_at: first.resets_at,
            used: first.used,
            highest: first.used,
            corrected_at: None,
            readings: vec![*first],
            seen_at: last.at,
        };
        for (index, reading) in group.iter().enumerate().skip(1) {
            if reading.used > window.used {
                window.hold(reading);
            } else if is_correction(window.used, reading, group.get(index + 1..).unwrap_or_default()) {
                window.corrected_at = Some(reading.at);
                window.hold(reading);
            }
        }
        window.highest = window.since_correction().iter().map(|reading| reading.used).fold(0.0, f64::max);
        Some(window)
    }

    fn hold(&mut self, reading: &Reading) {
        self.used = reading.used;
        self.readings.push(*reading);
    }

    /// The readings that hold since the last correction, the oldest first.
    pub fn since_correction(&self) -> &[Reading] {
        let from = self.corrected_at.and_then(|at| self.readings.iter().position(|reading| reading.at == at));
        self.readings.get(from.unwrap_or(0)..).unwrap_or_default()
    }

    /// When a percentage was first reached, by the readings since the last correction; `None` if it was not.
    pub fn passed(&self, percent: f64) -> Option<Instant> {
        self.since_correction().iter().find(|reading| reading.used >= percent).map(|reading| reading.at)
    }

    /// How long it was used up: from 100% to its end.
    pub fn locked_out(&self) -> TimeDelta {
        self.passed(100.0).map_or_else(TimeDelta::zero, |at| (self.ended_at - at).max(TimeDelta::zero()))
    }
}

/// Readings by the end of their window, which is that of its first reading; windows by their first readings.
fn by_end(readings: &[Reading]) -> Vec<Vec<Reading>> {
    let mut groups: Vec<Vec<Reading>> = Vec::new();
    let mut ends: BTreeMap<Instant, usize> = BTreeMap::new();
    for reading in readings {
        let end = reading.resets_at;
        // Ends rise: of two that fit, it is the newer one.
        let fit = ends.range(end - SAME_END..=end + SAME_END).map(|(_, group)| *group).max();
        match fit.and_then(|group| groups.get_mut(group)) {
            Some(group) => group.push(*reading),
            None => {
                ends.insert(end, groups.len());
                groups.push(vec![*reading]);
            }
        }
    }
    groups
}

/// Whether a lower value holds: it is much lower, and no later reading soon is nearer to the value before. Then it was a
/// late reading of another conversation.
fn is_correction(before: f64, reading: &Reading, later: &[Reading]) -> bool {
    let mut soon = later.iter().take(MOST).take_while(|next| next.at - reading.at <= BACK);
    let middle = f64::midpoint(before, reading.used);
    before - reading.used >= DROP && !soon.any(|next| next.used > middle)
}

/// Whether the last windows are those of two accounts: one of them still rose, soon after the other was reported.
fn alternate(windows: &[Window], length: Option<TimeDelta>) -> bool {
    let Some(last) = windows.iter().map(|window| window.seen_at).max() else { return false };
    let remember = length.map_or(REMEMBER, |length| REMEMBER.max(length / 20));
    let is_recent = |at: Instant| last - at <= remember;
    let recent: Vec<&Window> =
        windows.iter().rev().filter(|window| is_recent(window.seen_at)).take(LAST_WINDOWS).collect();
    let rises = |window: &Window, other: &Window| {
        let began = window.readings.first().map(|first| first.at);
        window.readings.iter().skip(1).filter(|reading| is_recent(reading.at)).any(|reading| {
            let before = other.readings.partition_point(|it| it.at < reading.at).checked_sub(1);
            let other = before.and_then(|index| other.readings.get(index));
            other.is_some_and(|it| began < Some(it.at) && reading.at - it.at <= ALTERNATE)
        })
    };
    recent.iter().any(|one| recent.iter().any(|other| one.resets_at != other.resets_at && rises(one, other)))
}

/// A window has ended when the next one was reported, unless it was reported itself after that.
fn end_early(windows: &mut [Window]) {
    let mut next_at: Option<Instant> = None;
    for window in windows.iter_mut().rev() {
        let began = window.readings.first().map(|first| first.at);
        if let Some(at) = next_at.filter(|at| *at >= window.seen_at) {
            window.ended_at = window.ended_at.min(at);
        }
        next_at = began.or(next_at);
    }
}
