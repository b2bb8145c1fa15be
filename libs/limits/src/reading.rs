//! Owns a reading of a limit, a line of `limits/*.jsonl`, and when one is worth a line.

use cs_core::clock::{self, Instant};
use serde::{Deserialize, Serialize};

/// How much of a limit was used at an instant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    /// When it was reported.
    pub at: Instant,
    /// Percent of the limit; more than 100 if it was exceeded.
    pub used: f64,
    /// When the window ends.
    pub resets_at: Instant,
}

#[derive(Serialize, Deserialize)]
struct Line {
    at: String,
    used: f64,
    resets_at: String,
}

impl Reading {
    /// The reading of a line; `None` if it is none.
    pub fn parse(line: &[u8]) -> Option<Reading> {
        let Line { at, used, resets_at } = serde_json::from_slice(line).ok()?;
        let is_plausible = (0.0..=cs_core::validate::PERCENT).contains(&used);
        Some(Reading { at: clock::parse(&at)?, used, resets_at: clock::parse(&resets_at)? }).filter(|_| is_plausible)
    }

    /// Its line, with the end of the line.
    pub fn line(&self) -> String {
        let line = Line { at: clock::stamp(self.at), used: self.used, resets_at: clock::stamp(self.resets_at) };
        let mut text = serde_json::to_string(&line).unwrap_or_default();
        text.push('\n');
        text
    }
}
