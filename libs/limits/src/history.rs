//! Owns which windows the readings of a limit show. Pure. Several conversations report one account, late and out of
//! order: readings of one end (to a minute) are one window, and of them the highest is true, unless the client corrected
//! itself.

use crate::reading::Reading;
use cs_core::clock::{Instant, TimeDelta};

/// A window of a limit.
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    /// When it ends, by its first reading: later ones may differ by a minute.
    pub resets_at: Instant,
    /// When it began, if its length is known.
    pub began_at: Option<Instant>,
    /// What is used, percent, by the last readings.
    pub used: f64,
    /// The highest that was reported and not corrected, percent.
    pub highest: f64,
    /// When a lower value was reported that holds (at least 20 points lower, with the same end), the last time.
    pub corrected_at: Option<Instant>,
    /// The readings that hold, the oldest first, none lower than the one before except after a correction.
    pub readings: Vec<Reading>,
    /// When it was last reported.
    pub seen_at: Instant,
}

/// All windows of a limit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// The oldest first; none of them overlap, unless two accounts report.
    pub windows: Vec<Window>,
    /// Two windows alternate within ten minutes: two accounts report in one folder, and nothing is projected.
    pub two_accounts: bool,
}

impl History {
    /// The windows that readings show, in whatever order they come. `length` is that of each window, if known.
    pub fn of(readings: Vec<Reading>, length: Option<TimeDelta>) -> History {
        let _ = (readings, length);
        History::default()
    }

    /// The window at an instant, if it was reported and has not ended.
    pub fn at(&self, now: Instant) -> Option<&Window> {
        self.windows.iter().rev().find(|window| window.resets_at > now)
    }
}

impl Window {
    /// When a percentage was first reached; `None` if it was not.
    pub fn passed(&self, percent: f64) -> Option<Instant> {
        self.readings.iter().find(|reading| reading.used >= percent).map(|reading| reading.at)
    }

    /// How long it was used up: from 100 % to its end.
    pub fn locked_out(&self) -> TimeDelta {
        self.passed(100.0).map_or_else(TimeDelta::zero, |at| (self.resets_at - at).max(TimeDelta::zero()))
    }
}
