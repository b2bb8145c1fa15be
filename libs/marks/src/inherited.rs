//! Owns what holds for a conversation beside its own marks. Pure.

use crate::line::Broken;
use crate::mark::Mark;

/// What holds beside a conversation's own marks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Inherited {
    pub marks: Vec<Mark>,
    pub broken: Vec<Broken>,
    /// Number of its own redactions that fit no entry.
    pub unmatched: usize,
}
