//! Owns what was spent of a budget: the sums of `usage/days.json`, and what conversations have spent beyond them by their
//! status lines. Must stay true: nothing counts twice; a model without a price makes the sum "at least".

use crate::settings::{Budget, Period};
use cs_core::clock::Instant;
use cs_core::store::Store;
use cs_core::zone::Zone;

/// A budget and what was spent of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Spent {
    /// The budget.
    pub budget: Budget,
    /// When the period began and when it ends.
    pub period: (Instant, Instant),
    /// US dollars in this period.
    pub usd: f64,
    /// Whether models without a known price were used: then it is more.
    pub at_least: bool,
    /// US dollars at the end of the period, if it goes on like this; `None` if that is not known yet.
    pub projected_usd: Option<f64>,
    /// When `usage/days.json` was written; `None` if it does not exist.
    pub kept_at: Option<Instant>,
}

impl Spent {
    /// What is used of the budget, percent.
    pub fn percent(&self) -> f64 {
        self.usd / self.budget.usd * 100.0
    }
}

impl Period {
    /// The period around an instant: its first one, and that of the next period.
    pub fn around(self, now: Instant, zone: &Zone) -> (Instant, Instant) {
        let _ = zone;
        (now, now)
    }
}

/// What was spent of each budget in its present period, in the order of the settings.
pub fn all(store: &Store, budgets: &[Budget], now: Instant) -> Vec<Spent> {
    let _ = (store, budgets, now);
    Vec::new()
}
