//! Owns how much of a limit is usually used in each hour of the day. Pure.

use crate::history::History;
use cs_core::clock::Instant;
use cs_core::zone::Zone;

/// Percentage points that were used in each local hour of the day, on an average day of the last four weeks with use.
pub fn by_hour(history: &History, now: Instant, zone: &Zone) -> [f64; 24] {
    let _ = (history, now, zone);
    [0.0; 24]
}
