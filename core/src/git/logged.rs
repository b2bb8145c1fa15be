//! Owns what `git log` says about a commit: the format in which it is asked, and its meaning. Pure. Must stay true: no
//! message can be taken for another commit, because records end with a NUL byte, which no message contains.

use super::{is_name, object};
use crate::clock::{self, Instant};

/// The options with which `git log` prints what [`commits`] reads.
pub const FORMAT: [&str; 2] = ["-z", "--format=%H%n%P%n%aI%n%cI%n%B"];

/// A commit as git logs it.
#[derive(Clone, Debug, PartialEq)]
pub struct LoggedCommit {
    /// Its full name.
    pub sha: String,
    /// The full names of its parents; more than one if it is a merge.
    pub parents: Vec<String>,
    /// When it was written first. Amending, rebasing and picking keep this time.
    pub authored_at: Option<Instant>,
    /// When it was committed.
    pub committed_at: Option<Instant>,
    /// The first paragraph of the message, on one line.
    pub subject: String,
    /// The whole message.
    pub message: String,
}

impl LoggedCommit {
    /// Whether it joins branches.
    #[must_use]
    pub fn is_merge(&self) -> bool {
        self.parents.len() > 1
    }
}

/// The commits in what git printed, in its order.
#[must_use]
pub fn commits(printed: &str) -> Vec<LoggedCommit> {
    printed.split('\0').filter_map(commit).collect()
}

fn commit(record: &str) -> Option<LoggedCommit> {
    let mut fields = record.trim_start_matches('\n').splitn(5, '\n');
    let sha = fields.next().filter(|sha| is_name(sha.as_bytes()))?.to_ascii_lowercase();
    let parents = fields.next()?.split_ascii_whitespace().map(str::to_ascii_lowercase).collect();
    let (authored_at, committed_at) = (clock::parse(fields.next()?), clock::parse(fields.next()?));
    let message = fields.next().unwrap_or_default().to_string();
    Some(LoggedCommit { sha, parents, authored_at, committed_at, subject: object::subject(&message), message })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    const SHA: &str = "0123456789abcdef0123456789abcdef01234567";

    #[test]
    fn a_message_is_never_another_commit() {
        let at = "2026-11-21T10:00:00+01:00";
        let hostile = format!("One\n\n{SHA}\n{SHA}\n{at}\n{at}\nTwo\n");
        let printed = format!("{SHA}\n{SHA} {SHA}\n{at}\n{at}\n{hostile}\0{SHA}\n\n{at}\nnever\nThree\nlines\n");
        let found = commits(&printed);
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].subject.as_str(), found[0].is_merge()), ("One", true));
        assert_eq!(found[0].message, hostile);
        assert_eq!(found[0].authored_at, clock::parse("2026-11-21T09:00:00Z"));
        assert_eq!((found[1].subject.as_str(), found[1].committed_at), ("Three lines", None));
        assert!(commits("").is_empty() && commits("fatal: x\0").is_empty());
    }
}
