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

/// The commits of a conversation: name, message, how that is known unless the record has the name.
pub fn of(commits: &Commits, uuid: &str) -> Vec<(String, String, Option<&'static str>)> {
    let how = |how: &How| (*how != How::Recorded).then_some("rebased");
    let all = commits.found.get(uuid).into_iter().flatten();
    all.map(|(commit, known)| (commit.sha.clone(), commit.message.clone(), how(known))).collect()
}

/// Whether a conversation made one of the commits.
pub fn has(commits: &Commits, uuid: &str) -> bool {
    commits.found.contains_key(uuid)
}
