//! Owns which conversations belong to commits.

use std::collections::BTreeMap;

/// How a commit was found to belong to a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// The conversation recorded it.
    Recorded,
    /// The conversation recorded another one with the same message and time of the author: it was rebased or amended.
    Rebased,
}

/// A commit of the range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// All its digits.
    pub sha: String,
    /// The first line of its message.
    pub message: String,
    /// When its author wrote it, RFC 3339.
    pub authored_at: String,
}

/// The commits of a range, and whose they are.
#[derive(Clone, Debug, Default)]
pub struct Commits {
    /// The range, as it was named.
    pub range: String,
    /// By the ids of conversations, in the order of the range.
    pub found: BTreeMap<String, Vec<(Commit, How)>>,
    /// Those that belong to no conversation that is known.
    pub unmatched: Vec<Commit>,
}
