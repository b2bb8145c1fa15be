//! Owns what a client says about a limit of its account, and which of its numbers are believed. Must stay true: a number
//! that is not plausible is not replaced by another one; then the client said nothing.

use cs_core::clock::{self, Instant, TimeDelta};
use cs_core::validate::PERCENT;

/// Maximum number of limits of one report.
pub const WINDOWS: usize = 20;
/// A limit that resets in more days than this is not believed.
const RESET_DAYS: i64 = 366;
/// A larger number of seconds is one of milliseconds.
const MILLISECONDS: f64 = 1e12;

/// A limit as a client reports it.
#[derive(Clone, Debug, PartialEq)]
pub struct Reported {
    /// The name of its window, such as `five_hour`.
    pub window: String,
    /// Percent of the limit; more than 100 if it was exceeded.
    pub used: f64,
    /// When the window ends.
    pub resets_at: Instant,
}

impl Reported {
    /// What was said at an instant; `None` if it is not plausible.
    pub fn new(window: String, used: f64, resets_at: Instant, at: Instant) -> Option<Reported> {
        let is_plausible = (0.0..=PERCENT).contains(&used) && (resets_at - at).abs() <= TimeDelta::days(RESET_DAYS);
        is_plausible.then_some(Reported { window, used, resets_at })
    }
}

/// The instant that a client means by a number: seconds since the epoch, or milliseconds if it is large.
pub fn instant(number: f64) -> Option<Instant> {
    let millis = if number >= MILLISECONDS { number } else { number * 1000.0 };
    // A float beyond the range becomes the end of the range, which is no instant.
    (millis.is_finite() && millis > 0.0).then(|| clock::from_millis(millis as i64)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_a_year_away_at_most() {
        let at = instant(1_795_241_225.0).expect("an instant");
        let is_said = |seconds| Reported::new("monthly".into(), 1.0, at + TimeDelta::seconds(seconds), at).is_some();
        let year = 366 * 86_400;
        assert_eq!([year, year + 1, -year, -year - 1].map(is_said), [true, false, true, false]);
    }
}
