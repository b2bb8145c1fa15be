//! Owns HEAD's reflog, `logs/HEAD` (git-reflog(1)), and a mark in it: its length at some
//! moment, so that later entries can be told from earlier ones.
//!
//! Must stay true: only the end of a long log is read. Git appends lines, and when entries expire it
//! writes the log as a new file; a mark in a file that is gone is ignored.

use super::{is_name, read};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Maximum number of bytes of a log that are read.
const TAIL: u64 = 128 * 1024;
/// The path of the log, relative to the directory with HEAD.
pub(super) const LOG: &str = "logs/HEAD";

/// One move of HEAD.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReflogEntry {
    /// Where HEAD was; all zeros before the first commit.
    pub old: String,
    /// Full name of the commit at HEAD afterwards.
    pub new: String,
    /// Seconds since the epoch, as the committer said.
    pub at: i64,
    /// The action: `commit: Subject`, `checkout: moving from …`.
    pub message: String,
}

impl ReflogEntry {
    /// Whether `git commit` made this entry: `commit:`, `commit (initial):`, `commit (amend):` and so on.
    #[must_use]
    pub fn is_commit(&self) -> bool {
        self.message.starts_with("commit:") || self.message.starts_with("commit (")
    }

    /// Whether the new commit replaced the old one.
    #[must_use]
    pub fn is_amend(&self) -> bool {
        self.message.starts_with("commit (amend)")
    }
}

/// The newest entries of a log, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Log {
    /// Oldest first.
    pub entries: Vec<ReflogEntry>,
    /// How many of them were there when the mark was set; `None` if unknown.
    pub before_mark: Option<usize>,
}

/// The current length of HEAD's reflog, as a mark: the file and its size. `None` if no reflog is kept.
#[must_use]
pub fn mark(git_dir: &Path) -> Option<String> {
    let log = fs::symlink_metadata(git_dir.join(LOG)).ok().filter(fs::Metadata::is_file)?;
    Some(format!("{}:{}", log.ino(), log.len()))
}

/// HEAD's reflog; `None` if none is kept.
#[must_use]
pub fn read(git_dir: &Path, mark: Option<&str>) -> Option<Log> {
    let file = read::open_below(git_dir, LOG)?;
    let start = file.size.saturating_sub(TAIL);
    let bytes = file.bytes(start, TAIL)?;
    let marked = mark.and_then(|mark| offset(mark, file.inode)).filter(|at| *at <= file.size);
    // A partial line at the start of the tail cannot be parsed, so it is not an entry.
    let until = |at: u64| usize::try_from(at.saturating_sub(start)).ok().and_then(|at| bytes.get(..at));
    let before_mark = marked.and_then(until).map(|before| entries(before).len());
    Some(Log { entries: entries(&bytes), before_mark })
}

/// The offset of a mark in the log, if it belongs to this file. A mark without a file was set before
/// there was a log.
fn offset(mark: &str, inode: u64) -> Option<u64> {
    let Some((file, at)) = mark.split_once(':') else { return Some(0) };
    (file.parse() == Ok(inode)).then(|| at.parse().ok())?
}

/// The entries in the text of a log; other lines are skipped.
#[must_use]
pub fn entries(log: &[u8]) -> Vec<ReflogEntry> {
    log.split(|&byte| byte == b'\n').filter_map(entry).collect()
}

/// Parses `OLD NEW NAME <MAIL> SECONDS ZONE TAB MESSAGE`.
fn entry(line: &[u8]) -> Option<ReflogEntry> {
    let line = String::from_utf8_lossy(line);
    let (head, message) = line.split_once('\t')?;
    let (old, rest) = head.split_once(' ')?;
    let (new, rest) = rest.split_once(' ')?;
    if ![old, new].iter().all(|name| is_name(name.as_bytes())) {
        return None;
    }
    let at = rest.rsplit_once('>')?.1.split_ascii_whitespace().next()?.parse().ok()?;
    Some(ReflogEntry { old: old.into(), new: new.into(), at, message: message.into() })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_are_not_entries_are_skipped() {
        let (old, new) = ("0".repeat(40), "a".repeat(40));
        let text = format!(
            "half of a line\n{old} {new} A > B <a@b> 12 +0100\tcommit (initial): x\ty\n{new} {old} A <a@b> 13 +0000\treset: moving\n\
             {new} {old} A <a@b> x +0000\tcommit: x\n{new} {old} A a@b 13 +0000\tcommit: x\n{new} zz A <a@b> 13 +0000\tcommit: x\n\n{new} {old} A <a@b> 14"
        );
        let found = entries(text.as_bytes());
        let seen: Vec<_> = found.iter().map(|entry| (entry.at, entry.message.as_str(), entry.is_commit())).collect();
        assert_eq!(seen, [(12, "commit (initial): x\ty", true), (13, "reset: moving", false)]);
        for (message, is_commit, is_amend) in [
            ("commit: a", true, false),
            ("commit (amend): a", true, true),
            ("commit (merge): a", true, false),
            ("merge side: commit: a", false, false),
            ("commits: a", false, false),
            ("cherry-pick: a", false, false),
        ] {
            let entry = ReflogEntry { message: message.into(), ..found[0].clone() };
            assert_eq!((entry.is_commit(), entry.is_amend()), (is_commit, is_amend), "{message}");
        }
    }

    #[test]
    fn a_mark_applies_only_to_its_own_file() {
        assert_eq!(offset("7:120", 7), Some(120));
        assert_eq!(offset("7:120", 8), None);
        assert_eq!(offset("", 8), Some(0));
        assert_eq!(offset(&"a".repeat(40), 8), Some(0), "there was no log then");
        for odd in ["7:", ":7", "7:-1", "7:x", "x:7", ":"] {
            assert_eq!(offset(odd, 7), None, "{odd}");
        }
    }
}
