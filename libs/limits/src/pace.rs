//! Owns how fast a window is used up, and whether it lasts. Pure. The projection comes from the window's own readings.

use crate::history::Window;
use cs_core::clock::{Instant, TimeDelta};
use serde::Serialize;

/// Whether a window lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outlook {
    /// There are too few readings, or they are of two accounts, or the length is not known.
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

/// How fast a window is used up.
#[derive(Clone, Debug, PartialEq)]
pub struct Pace {
    /// The share of the window that is over, 0 to 1, if its length is known.
    pub elapsed: Option<f64>,
    /// Used share by elapsed share: above 1 it was used faster than it passes.
    pub ratio: Option<f64>,
    /// Percentage points an hour, by the last readings.
    pub per_hour: Option<f64>,
    /// When 100 % is reached, at this pace; also after the end.
    pub full_at: Option<Instant>,
    /// Whether it lasts.
    pub outlook: Outlook,
}

impl Pace {
    /// The pace of a window at an instant.
    pub fn of(window: &Window, length: Option<TimeDelta>, two_accounts: bool, now: Instant) -> Pace {
        let _ = (window, length, two_accounts, now);
        Pace { elapsed: None, ratio: None, per_hour: None, full_at: None, outlook: Outlook::Unknown }
    }
}
