//! Owns the age of evidence, in the words of a reason.

use super::{State, Verdict};
use crate::clock::{self, Instant};

/// The age of a piece of evidence, in words that fit into a sentence.
pub struct Age {
    pub at: Option<Instant>,
    words: String,
    now: Instant,
}

impl Age {
    /// The age of an instant that may be unknown.
    pub fn ago(at: Option<Instant>, now: Instant) -> Self {
        let words = at.map_or_else(|| "at an unknown time".to_string(), |at| clock::ago(at, now));
        Age { at: at.filter(|at| clock::is_credible(*at, now)), words, now }
    }

    /// Like [`Age::ago`], at the same moment as another age.
    pub fn ago_of(at: &str, other: &Age) -> Self {
        Age::ago(clock::parse(at), other.now)
    }

    /// The time for which something has been true.
    pub fn since(at: Instant, now: Instant) -> Self {
        Age { at: Some(at), words: format!("since {}", clock::age(at, now)), now }
    }
}

/// Creates a verdict whose reason has the age between two parts of its sentence.
pub fn dated(state: State, before: &str, age: &Age, after: &str) -> Verdict {
    Verdict {
        reason: format!("{before} {}{after}", age.words),
        evidence: format!("{before}{after}"),
        evidence_at: age.at,
        ..Verdict::new(state, "")
    }
}
