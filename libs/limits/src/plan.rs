//! Owns planned starts: when the next one is, and which one puts the end of a window into the middle of the busiest hours.
//! Pure.

use crate::settings::Start;
use cs_core::clock::Instant;
use cs_core::zone::Zone;

/// The next instant at which work is to begin, after `now`; `None` if no day is chosen.
pub fn next(start: &Start, now: Instant, zone: &Zone) -> Option<Instant> {
    let _ = (start, now, zone);
    None
}

/// The start, in minutes since midnight, of a window of `hours` whose end is in the middle of the busiest five hours;
/// `None` if nothing is known about them. `use_by_hour`: how much is used in each local hour of the day.
pub fn suggest(use_by_hour: &[f64; 24], hours: u16) -> Option<u16> {
    let _ = (use_by_hour, hours);
    None
}
