//! Owns the input of answers that read nothing of the store.

use crate::pages::Pages;
use crate::power::Power;
use std::sync::Arc;

/// The parts that stay the same while the server runs.
#[derive(Debug)]
pub struct Site {
    pub pages: Arc<Pages>,
    /// One word for who may read; see `http::access`.
    pub readers: &'static str,
    /// What those who have the key may do.
    pub power: Power,
}

impl Site {
    /// Whether those who have the key may change something.
    pub fn is_review(&self) -> bool {
        self.power >= Power::Review
    }

    /// Whether only the account that runs the server can read, as far as the system or the key shows. Only then are
    /// conversations shown: a token may have been given to others.
    pub fn is_of_owner(&self) -> bool {
        matches!(self.readers, "owner" | "key")
    }
}
