//! Owns which windows the readings of a limit show. Pure. Several conversations report one account, late and out of
//! order: readings of one end (to some minutes) are one window, and of them the highest is true, unless the client
//! corrected itself; so are readings of an end that moves on while nothing is given back. Must stay true: the same
//! readings in another order are the same history.

use crate::reading::{CORRECTION, Reading, SAME_END};
use cs_core::clock::{Instant, TimeDelta};
use std::collections::BTreeMap;

/// Ends that differ by no more than this may be one window's, whatever its length.
const NEAR: TimeDelta = TimeDelta::minutes(10);
/// How soon a higher value is reported again if the lower one was a late reading.
const BACK: TimeDelta = TimeDelta::minutes(10);
/// How long an account that is not reported any more is still shown beside another one: a twentieth of a window, but at
/// least this.
const REMEMBER: TimeDelta = TimeDelta::hours(1);
/// A client may begin windows of this length anew at any time, with any end.
const LONG: TimeDelta = TimeDelta::days(1);

/// How many of the last windows may be those of two accounts.
const LAST_WINDOWS: usize = 8;
/// How many readings are looked at to find a higher one soon after a lower one.
const MOST: usize = 600;

/// A window of a limit.
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    /// When it resets, by its first reading, or by the last one that was more than a minute off.
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
    /// Two windows were open at once: two accounts report in one folder, and nothing is projected.
    pub two_accounts: bool,
}

/// By how much the ends of a window may differ, if `length` is that of the window: ten minutes, less for short windows.
pub fn near(length: Option<TimeDelta>) -> TimeDelta {
    length.map_or(SAME_END, |length| (length / 30).max(SAME_END.min(length / 4)).min(NEAR))
}

impl History {
    /// The windows that readings show, in whatever order they come. `length` is that of each window, if known.
    pub fn of(readings: Vec<Reading>, length: Option<TimeDelta>) -> History {
        History::at(readings, length, Instant::MAX_UTC)
    }

    /// The same at an instant: whether a lower value that was reported just now is a late reading is not known yet, so the
    /// higher one counts.
    pub fn at(mut readings: Vec<Reading>, length: Option<TimeDelta>, now: Instant) -> History {
        // An idle client repeats the last window after its end.
        readings.retain(|reading| reading.is_plausible(length));
        readings.sort_by(|a, b| a.at.cmp(&b.at).then(a.used.total_cmp(&b.used)).then(a.resets_at.cmp(&b.resets_at)));
        readings.dedup();
        let groups = moved(by_end(&readings, length), length);
        let mut windows: Vec<Window> = groups.iter().filter_map(|group| Window::of(group, length, now)).collect();
        let two_accounts = two_accounts(&windows, length);
        end_early(&mut windows);
        History { windows, two_accounts }
    }

    /// The present window, or the last one. Of those of two accounts it is the one of which more is used.
    pub fn present(&self, now: Instant) -> Option<&Window> {
        let last = self.windows.last()?;
        let is_open = |window: &&Window| self.two_accounts && window.ended_at > now;
        let open = self.windows.iter().rev().take(LAST_WINDOWS).filter(is_open);
        Some(open.max_by(|one, other| one.used.total_cmp(&other.used)).unwrap_or(last))
    }
}

impl Window {
    /// The window of readings with the same end, the oldest first.
    fn of(group: &[Reading], length: Option<TimeDelta>, now: Instant) -> Option<Window> {
        let (first, last) = (group.first()?, group.last()?);
        let mut window = Window {
            resets_at: first.resets_at,
            began_at: None,
            ended_at: first.resets_at,
            used: first.used,
            highest: first.used,
            corrected_at: None,
            readings: vec![*first],
            seen_at: last.at,
        };
        window.ends(first.resets_at, length);
        let mut taken_back = None;
        for (index, reading) in group.iter().enumerate().skip(1) {
            if !Reading::is_same_end(reading.resets_at, window.resets_at) {
                window.ends(reading.resets_at, length);
            }
            if reading.used > window.used {
                if !is_stale(reading.used, window.used, taken_back) {
                    window.hold(reading);
                }
            } else if now - reading.at >= BACK
                && is_correction(window.used, reading, group.get(index + 1..).unwrap_or_default())
            {
                taken_back = Some(window.used);
                window.corrected_at = Some(reading.at);
                window.hold(reading);
            }
        }
        window.highest = window.since_correction().iter().map(|reading| reading.used).fold(0.0, f64::max);
        Some(window)
    }

    fn ends(&mut self, at: Instant, length: Option<TimeDelta>) {
        (self.resets_at, self.ended_at) = (at, at);
        self.began_at = length.and_then(|length| at.checked_sub_signed(length));
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

    /// How long it has been used up: from 100% to its end, or until now.
    pub fn locked_out(&self, now: Instant) -> TimeDelta {
        let until = self.ended_at.min(now);
        self.passed(100.0).map_or_else(TimeDelta::zero, |at| (until - at).max(TimeDelta::zero()))
    }

    /// Whether this window, which was reported first, and another one were open at once. The next window of an account
    /// ends later and begins when this one is over: by its end, or earlier if the client began anew.
    fn is_beside(&self, other: &Window) -> bool {
        let Some(first) = other.readings.first() else { return false };
        let is_over = self.resets_at <= first.at;
        let is_earlier = other.resets_at < self.resets_at;
        let is_long = self.began_at.is_none_or(|began| self.resets_at - began >= LONG);
        let has_begun = other.began_at.is_some_and(|began| began + SAME_END < self.last_held());
        !is_over && (is_earlier || self.last_held() > first.at || (!is_long && has_begun))
    }

    /// When more was reported the last time.
    fn last_held(&self) -> Instant {
        self.readings.last().map_or(self.seen_at, |last| last.at)
    }
}

/// Readings by the end of their window; windows by their first readings.
fn by_end(readings: &[Reading], length: Option<TimeDelta>) -> Vec<Vec<Reading>> {
    let mut groups: Vec<Vec<Reading>> = Vec::new();
    let mut ends: BTreeMap<Instant, usize> = BTreeMap::new();
    let near = near(length);
    for reading in readings {
        let end = reading.resets_at;
        // Ends rise: of two that fit, it is the newer one.
        let fit = ends.range(end - near..=end + near).map(|(_, group)| *group).max();
        let group = fit.unwrap_or(groups.len());
        ends.insert(end, group);
        match groups.get_mut(group) {
            Some(group) => group.push(*reading),
            None => groups.push(vec![*reading]),
        }
    }
    groups
}

/// Puts the groups of a window together of which the end moved on: by less than half of its length, while not less was
/// used than before. The next window of an account ends a whole length later, or begins with less.
fn moved(groups: Vec<Vec<Reading>>, length: Option<TimeDelta>) -> Vec<Vec<Reading>> {
    let mut windows: Vec<Vec<Reading>> = Vec::new();
    for group in groups {
        match windows.last_mut().filter(|last| length.is_some_and(|length| is_moved(last, &group, length))) {
            Some(last) => last.extend(group),
            None => windows.push(group),
        }
    }
    windows
}

fn is_moved(group: &[Reading], next: &[Reading], length: TimeDelta) -> bool {
    let (Some(last), Some(first)) = (group.last(), next.first()) else { return false };
    let by = first.resets_at - last.resets_at;
    let used = group.iter().map(|reading| reading.used).fold(0.0, f64::max);
    let is_later = last.at <= first.at && last.resets_at > first.at;
    is_later && by > TimeDelta::zero() && by < length / 2 && used - first.used < CORRECTION
}

/// Whether a lower value holds: it is much lower, and no later reading soon is nearer to the value before. Then it was a
/// late reading of another conversation.
fn is_correction(before: f64, reading: &Reading, later: &[Reading]) -> bool {
    let mut soon = later.iter().take(MOST).take_while(|next| next.at - reading.at <= BACK);
    let middle = f64::midpoint(before, reading.used);
    before - reading.used >= CORRECTION && !soon.any(|next| next.used > middle)
}

/// Whether a value is the one that was taken back by a correction: another conversation repeats it. What is used in truth
/// reaches the next point soon.
fn is_stale(used: f64, held: f64, taken_back: Option<f64>) -> bool {
    used - held >= CORRECTION && taken_back.is_some_and(|before| before.floor() == used.floor())
}

/// Whether the last windows are those of two accounts: they were open at once.
fn two_accounts(windows: &[Window], length: Option<TimeDelta>) -> bool {
    let Some(last) = windows.iter().map(Window::last_held).max() else { return false };
    let remember = length.map_or(REMEMBER, |length| REMEMBER.max(length / 20));
    let recent = windows.get(windows.len().saturating_sub(LAST_WINDOWS)..).unwrap_or_default();
    let are_two = |one: &Window, other: &Window| {
        let first = other.readings.first().map_or(other.seen_at, |first| first.at);
        last - one.last_held().max(first) <= remember && one.is_beside(other)
    };
    recent.iter().enumerate().any(|(n, one)| recent.iter().skip(n + 1).any(|other| are_two(one, other)))
}

/// A window has ended when the next one was reported, unless that was beside it.
fn end_early(windows: &mut [Window]) {
    let ended: Vec<Option<Instant>> = windows
        .iter()
        .zip(windows.iter().skip(1))
        .map(|(window, next)| {
            let first = next.readings.first().filter(|_| !window.is_beside(next))?;
            Some(first.at).filter(|at| *at >= window.seen_at)
        })
        .collect();
    for (window, at) in windows.iter_mut().zip(ended) {
        window.ended_at = at.map_or(window.ended_at, |at| at.min(window.ended_at));
    }
}
