//! Owns which parts of a conversation a reader wants, and what a reading comes to.

use agents::part::{Part, PartKind};

/// Which parts are wanted.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// Only parts of these kinds; empty: all.
    pub kinds: Vec<PartKind>,
    /// Only this thread; `None`: all.
    pub thread: Option<String>,
    /// Only this turn.
    pub turn: Option<u64>,
    /// Also parts that were copied from another conversation.
    pub copies: bool,
}

/// What was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Number of parts, whether wanted or not.
    pub entries: u64,
    /// Number of lines that were not understood.
    pub not_understood: u64,
    /// Number of lines that were too long.
    pub too_long: u64,
    /// Number of logs that could not be read, or not to their ends.
    pub unread: u64,
}

impl Wish {
    /// Whether a part is wanted.
    pub fn takes(&self, part: &Part) -> bool {
        (self.kinds.is_empty() || self.kinds.contains(&part.kind))
            && (self.copies || !part.is_copy)
            && self.thread.as_ref().is_none_or(|thread| *thread == part.thread)
            && self.turn.is_none_or(|turn| turn == part.turn)
    }
}
