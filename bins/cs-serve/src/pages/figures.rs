//! Owns what clients told of running conversations, as it is shown: context, cost, and the account's limits.

use crate::app::Asked;
use cs_core::id::Uuid;
use serde::Serialize;

/// The figures of a conversation. What was not told is not there.
#[derive(Debug, Serialize)]
pub struct Figures {
    pub model: Option<String>,
    /// Of the context window, 0 to 100.
    pub context: Option<u8>,
    /// `84k of 200k tokens`
    pub tokens: Option<String>,
    /// `$1.25`
    pub cost: Option<String>,
    /// When that was told.
    pub at: String,
}

/// What stands at the top of a page.
#[derive(Debug, Default, Serialize)]
pub struct Top {
    /// In how many sessions the user is the one to act.
    pub needs_me: usize,
    pub limits: Vec<Limit>,
}

/// How much of a limit of the account is used up.
#[derive(Debug, Serialize)]
pub struct Limit {
    /// `5 h` or `7 d`.
    pub name: &'static str,
    pub percent: u8,
    pub resets_at: Option<String>,
}

impl Asked<'_> {
    pub fn figures(&self, _uuid: &Uuid) -> Option<Figures> {
        None
    }

    pub fn top(&self) -> Top {
        Top { needs_me: self.snapshot.overview.needs_user, limits: Vec::new() }
    }
}
