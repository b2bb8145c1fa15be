//! Owns which commits a command made, from evidence alone: HEAD's reflog, the objects, the output of
//! git, and the time.
//!
//! A commit counts if all of this holds: the command line commits ([`command`](super::command));
//! `git commit` moved HEAD of the conversation's own repository to it after the turn began (if a mark
//! was set then); its object exists; and it was made while the command ran. Hooks may run late, so
//! a longer delay is accepted for a commit that the call names (by its subject, or by its hash in the
//! output). If more commits match than the command can have made, the named ones are taken, and none of
//! the others.
//!
//! An amended commit no longer counts, only the commit that replaced it.
//!
//! Deliberately absent: repositories that are not the conversation's own, such as a clone in a
//! subfolder; commits of merge, rebase, cherry-pick, revert, am and pull; objects in packs.

use super::command::Commits;
use super::object::{self, Commit};
use super::reflog::{self, Log, ReflogEntry};
use super::{Checkout, checkout_at, common_dir, find, head};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// How many seconds after the end of a call its hook may run, if the call names the commit.
const LATE: i64 = 30;
/// The same, if the call does not name the commit.
const LATE_UNNAMED: i64 = 10;
/// How many seconds a commit may be ahead of our clock: git counts whole seconds.
const AHEAD: i64 = 2;
/// Longest duration of a call that is believed, in seconds.
const LASTED: i64 = 24 * 60 * 60;
/// Maximum number of commits that are attributed to one call.
const COMMITS: usize = 500;
/// How many of the newest commits in a log are examined if the command can only make a few.
const LOOKED_AT: usize = 100;

/// A command that ended.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// The command line, as the agent gave it to the shell.
    pub line: &'a str,
    /// The output that it printed.
    pub output: &'a str,
    /// The directory in which it ran, or to which it moved the shell.
    pub cwd: &'a Path,
    /// When its hook ran, in seconds since the epoch.
    pub told_at: i64,
    /// Seconds; 0 if unknown.
    pub lasted: i64,
    /// Where HEAD was when the turn began, from [`mark`].
    pub mark: Option<&'a str>,
}

/// A commit that a command made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// The full name.
    pub sha: String,
    /// The first paragraph of the message, on one line.
    pub subject: String,
    /// The amended commit that it replaces.
    pub replaces: Option<String>,
}

/// How a call names a commit, the strongest evidence first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Witness {
    /// Git printed its name.
    Printed,
    /// The command line contains its subject.
    Named,
    None,
}

/// A call and what was derived from it.
struct Case<'a> {
    call: &'a Call<'a>,
    commits: &'a Commits,
    /// The names that git printed.
    printed: Vec<&'a str>,
}

struct Candidate {
    made: Made,
    witness: Witness,
}

/// A work tree's own directory, and what it shares with the other work trees of its repository.
struct Repository<'a> {
    git_dir: PathBuf,
    common: PathBuf,
    /// Where its HEAD was when the turn began.
    mark: Option<&'a str>,
}

/// Where HEAD of a checkout is now.
#[must_use]
pub fn mark(checkout: &Checkout) -> String {
    reflog::mark(&checkout.git_dir).or_else(|| checkout.commit()).unwrap_or_default()
}

/// The commits that the call made in the repository whose work tree is `root`, oldest first, without
/// those that are `known`.
#[must_use]
pub fn find_made(root: &Path, call: &Call, commits: &Commits, known: impl Fn(&str) -> bool) -> Vec<Made> {
    let printed = call.output.lines().filter_map(printed).take(COMMITS).collect();
    let case = Case { call, commits, printed };
    let mut found: Vec<Candidate> = case.repositories(root).iter().flat_map(|own| case.candidates(own)).collect();
    found.retain(|candidate| !known(&candidate.made.sha));
    select(found, commits.most.unwrap_or(COMMITS))
}

/// The messages of git when it commits nothing.
const NOTHING: [&str; 3] = ["nothing to commit", "nothing added to commit", "no changes added to commit"];

/// How many commits a call made according to its output alone, when the repository can no longer be read: as many as
/// git printed, else (a quiet commit) as many as the command line can make if it did not fail.
#[must_use]
pub fn count(commits: &Commits, output: &str, failed: bool) -> usize {
    let most = commits.most.unwrap_or(COMMITS);
    match output.lines().filter_map(printed).take(COMMITS).count() {
        0 if failed || NOTHING.iter().any(|words| output.contains(words)) => 0,
        0 => commits.most.unwrap_or(1),
        count => count.min(most),
    }
}

fn repository(checkout: &Checkout) -> Option<Repository<'static>> {
    let git_dir = fs::canonicalize(&checkout.git_dir).ok()?;
    let common = match common_dir(&git_dir) {
        Some(common) => fs::canonicalize(common).ok()?,
        None => git_dir.clone(),
    };
    // Only a linked work tree shares a directory, and it is where git puts it.
    let is_linked = git_dir.parent().is_some_and(|parent| parent == common.join("worktrees"));
    (is_linked || common == git_dir).then_some(Repository { git_dir, common, mark: None })
}

impl<'a> Case<'a> {
    /// The conversation's own repository, and those of its linked work trees and submodules in which the
    /// command may have run: their directories are below that of the repository, where no checkout can
    /// put one.
    fn repositories(&self, root: &Path) -> Vec<Repository<'a>> {
        let Some(own) = checkout_at(root).and_then(|checkout| repository(&checkout)) else { return Vec::new() };
        let mut all = vec![Repository { mark: self.call.mark, ..own }];
        let bases = [self.call.cwd, root];
        let named = self.commits.dirs.iter().flat_map(|dir| bases.map(|base| base.join(dir)));
        let mut places: BTreeSet<PathBuf> = [self.call.cwd.to_path_buf()].into_iter().chain(named).collect();
        places.remove(root);
        for other in places.iter().filter_map(|dir| repository(&find(dir)?)) {
            let is_ours = all.first().is_some_and(|own| other.git_dir.starts_with(&own.common));
            if is_ours && all.iter().all(|known| known.git_dir != other.git_dir) {
                all.push(other);
            }
        }
        all
    }

    fn candidates(&self, own: &Repository<'_>) -> Vec<Candidate> {
        if let Some(log) = reflog::read(&own.git_dir, own.mark) {
            return self.candidates_in_log(own, &log);
        }
        match head::commit(&own.git_dir, &own.common) {
            Some(head) => self.candidates_from_head(own, head),
            None => self.printed.iter().filter_map(|name| self.printed_candidate(own, name)).collect(),
        }
    }

    /// The candidates if HEAD has a log: its entries since the mark.
    fn candidates_in_log(&self, own: &Repository<'_>, log: &Log) -> Vec<Candidate> {
        let entries = log.entries.get(log.before_mark.unwrap_or(0)..).unwrap_or_default();
        let is_amended = |name: &str| entries.iter().any(|entry| entry.is_amend() && entry.old == name);
        let commits = entries.iter().rev().filter(|entry| entry.is_commit() && !is_amended(&entry.new));
        // Git rewrote the log, or `.git` is another repository now.
        let is_other = own.mark.is_some() && log.before_mark.is_none();
        let newest = commits.take(self.commits.most.map_or(COMMITS, |_| LOOKED_AT));
        let mut found: Vec<Candidate> = newest
            .filter_map(|entry| {
                let commit = object::commit(&own.common, &entry.new)?;
                let witness = self.witness(&entry.new, &commit.subject);
                let is_said = witness == Witness::Printed && log.before_mark.is_some();
                let is_in_time = self.is_in_time(witness, &[entry.at, commit.written_at]);
                let is_made = is_said || is_in_time && !(is_other && witness == Witness::None);
                is_made.then(|| Candidate { made: made_by_entry(entry, commit), witness })
            })
            .collect();
        found.reverse();
        found
    }

    /// The candidates if HEAD has no log: from HEAD along the first parents, to the mark or to a commit that is too
    /// old.
    fn candidates_from_head(&self, own: &Repository<'_>, head: String) -> Vec<Candidate> {
        let (mark, most) = (own.mark.unwrap_or_default(), self.commits.most.unwrap_or(COMMITS));
        // The mark may have been amended, so its parents end the walk too.
        let before = object::commit(&own.common, mark).map(|commit| commit.parents).unwrap_or_default();
        let (mut found, mut next) = (Vec::new(), Some(head));
        while let Some(sha) = next.take().filter(|sha| sha != mark && !before.contains(sha) && found.len() < most) {
            let Some(commit) = object::commit(&own.common, &sha) else { break };
            let witness = self.witness(&sha, &commit.subject);
            if !self.is_in_time(witness, &[commit.committed_at, commit.written_at]) {
                break;
            }
            next = commit.parents.into_iter().next();
            found.push(Candidate { made: Made { sha, subject: commit.subject, replaces: None }, witness });
        }
        found.reverse();
        found
    }

    /// The candidate if HEAD cannot be read: the commit that git printed, if it exists.
    fn printed_candidate(&self, own: &Repository<'_>, name: &str) -> Option<Candidate> {
        let sha = object::whole_name(&own.common, name)?;
        let commit = object::commit(&own.common, &sha)?;
        let times = [commit.committed_at, commit.written_at];
        let made = Made { sha, subject: commit.subject, replaces: None };
        self.is_in_time(Witness::Printed, &times).then_some(Candidate { made, witness: Witness::Printed })
    }

    fn witness(&self, sha: &str, subject: &str) -> Witness {
        if self.printed.iter().any(|name| sha.starts_with(name)) {
            Witness::Printed
        } else if !subject.is_empty() && self.call.line.contains(subject) {
            Witness::Named
        } else {
            Witness::None
        }
    }

    /// Whether one of the times is within the call.
    fn is_in_time(&self, witness: Witness, times: &[i64]) -> bool {
        let Call { told_at, lasted, .. } = *self.call;
        let late = if witness == Witness::None { LATE_UNNAMED } else { LATE };
        let began = told_at.saturating_sub(lasted.clamp(0, LASTED) + late);
        times.iter().any(|at| (began..=told_at.saturating_add(AHEAD)).contains(at))
    }
}

fn made_by_entry(entry: &ReflogEntry, commit: Commit) -> Made {
    let replaces = entry.is_amend().then(|| entry.old.clone());
    Made { sha: entry.new.clone(), subject: commit.subject, replaces }
}

/// At most `most` candidates, in their order. Named ones come first; unnamed ones are taken only if
/// there is room for all of them.
fn select(found: Vec<Candidate>, most: usize) -> Vec<Made> {
    let mut ranked: Vec<(usize, Candidate)> = found.into_iter().enumerate().collect();
    if ranked.len() > most {
        ranked.retain(|(_, candidate)| candidate.witness != Witness::None);
    }
    ranked.sort_by_key(|(_, candidate)| candidate.witness);
    ranked.truncate(most);
    ranked.sort_by_key(|(n, _)| *n);
    ranked.into_iter().map(|(_, candidate)| candidate.made).collect()
}

/// The commit that a line of git's output names: `[main 1a2b3c4] Message`, `[main (root-commit) …]`,
/// `[detached HEAD …]`.
fn printed(line: &str) -> Option<&str> {
    let (_, name) = line.trim().strip_prefix('[')?.split_once(']')?.0.rsplit_once(' ')?;
    let is_name = (4..=64).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_name.then_some(name)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
#[path = "made_tests.rs"]
mod tests;
