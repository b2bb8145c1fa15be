//! Owns which commits a command made, from evidence that is read, not asked for: the log of HEAD,
//! the objects, what git printed, and the time.
//!
//! A commit counts if all of this holds: the command line commits ([`command`](super::command));
//! HEAD of the conversation's own repository moved to it by `git commit` after the turn began, as far
//! as a mark was set then; its object exists; and it was made while the command ran. Hooks come
//! late, so that a commit which the command itself names (its subject, or its name in the output) is
//! believed for longer after the fact. Where more commits fit than the command can have made, those
//! that it names are taken, and of the others none.
//!
//! A commit that was amended is not one any more: only its successor counts.
//!
//! Deliberately absent: repositories that are not the conversation's own, such as a clone in a
//! folder below; commits of merge, rebase, cherry-pick, revert, am and pull; objects in packs.

use super::command::Commits;
use super::object::{self, Commit};
use super::reflog::{self, Log, ReflogEntry};
use super::{Checkout, checkout_at, common_dir, find, head};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// How long after a call's end its hook may come, in seconds, if the call names the commit.
const LATE: i64 = 30;
/// The same, if nothing in the call names it.
const LATE_UNNAMED: i64 = 10;
/// How far a commit may lie ahead of our clock: git counts whole seconds.
const AHEAD: i64 = 2;
/// A call that claims to have lasted longer, in seconds, is not believed.
const LASTED: i64 = 24 * 60 * 60;
/// Most commits that one call is believed.
const COMMITS: usize = 500;
/// How many of the newest commits in a log are looked at for a command that makes few.
const LOOKED_AT: usize = 100;

/// A command that ended.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// The command line, as the agent gave it to the shell.
    pub line: &'a str,
    /// The output that it printed.
    pub output: &'a str,
    /// The directory in which it ran, or in which it left the shell.
    pub cwd: &'a Path,
    /// When it was told of, in seconds since the epoch.
    pub told_at: i64,
    /// Seconds; 0 if that is not known.
    pub lasted: i64,
    /// Where HEAD was when the turn began, from [`mark`].
    pub mark: Option<&'a str>,
}

/// A commit that a command made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// The whole name.
    pub sha: String,
    /// The first paragraph of the message, on one line.
    pub subject: String,
    /// The commit whose place it took.
    pub replaces: Option<String>,
}

/// How a call bears witness of a commit, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Witness {
    /// Git printed its name.
    Printed,
    /// The command line has its subject.
    Named,
    None,
}

/// All that is known of a call.
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
    let git_dir = &checkout.git_dir;
    let commit = || head::commit(git_dir, &common_dir(git_dir).unwrap_or_else(|| git_dir.clone()));
    reflog::mark(git_dir).or_else(commit).unwrap_or_default()
}

/// The commits that the call made in the repository whose work tree is `root`, oldest first. Those
/// of which `known` says so are left out.
#[must_use]
pub fn made(root: &Path, call: &Call, commits: &Commits, known: impl Fn(&str) -> bool) -> Vec<Made> {
    let printed = call.output.lines().filter_map(printed).take(COMMITS).collect();
    let case = Case { call, commits, printed };
    let mut found: Vec<Candidate> = case.repositories(root).iter().flat_map(|own| case.candidates(own)).collect();
    found.retain(|candidate| !known(&candidate.made.sha));
    select(found, commits.most.unwrap_or(COMMITS))
}

/// The messages of git when it commits nothing.
const NOTHING: [&str; 3] = ["nothing to commit", "nothing added to commit", "no changes added to commit"];

/// How many commits a call made, as far as its output alone says, where the repository cannot be asked any more: as many
/// as git printed, else (a quiet commit) as many as the line can make if it did not fail.
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
    // Only a linked work tree shares, and it lies where git puts it.
    let is_linked = git_dir.parent().is_some_and(|parent| parent == common.join("worktrees"));
    (is_linked || common == git_dir).then_some(Repository { git_dir, common, mark: None })
}

impl<'a> Case<'a> {
    /// The conversation's own repository, and its linked work trees and submodules in which the
    /// command may have been: their directories lie below that of the repository, where no checkout
    /// can put one.
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
            return self.logged(own, &log);
        }
        match head::commit(&own.git_dir, &own.common) {
            Some(head) => self.walked(own, head),
            None => self.printed.iter().filter_map(|name| self.told(own, name)).collect(),
        }
    }

    /// Where HEAD has a log: its entries since the mark.
    fn logged(&self, own: &Repository<'_>, log: &Log) -> Vec<Candidate> {
        let entries = log.entries.get(log.before_mark.unwrap_or(0)..).unwrap_or_default();
        let is_amended = |name: &str| entries.iter().any(|entry| entry.is_amend() && entry.old == name);
        let commits = entries.iter().rev().filter(|entry| entry.is_commit() && !is_amended(&entry.new));
        // Git wrote the log anew, or `.git` is another repository now.
        let is_other = own.mark.is_some() && log.before_mark.is_none();
        let newest = commits.take(self.commits.most.map_or(COMMITS, |_| LOOKED_AT));
        let mut found: Vec<Candidate> = newest
            .filter_map(|entry| {
                let commit = object::commit(&own.common, &entry.new)?;
                let witness = self.witness(&entry.new, &commit.subject);
                let is_said = witness == Witness::Printed && log.before_mark.is_some();
                let is_in_time = self.is_in_time(witness, &[entry.at, commit.written_at]);
                let is_made = is_said || is_in_time && !(is_other && witness == Witness::None);
                is_made.then(|| Candidate { made: of_entry(entry, commit), witness })
            })
            .collect();
        found.reverse();
        found
    }

    /// Where HEAD has no log: from HEAD back along the first parents, until the mark or what is too old.
    fn walked(&self, own: &Repository<'_>, head: String) -> Vec<Candidate> {
        let (mark, most) = (own.mark.unwrap_or_default(), self.commits.most.unwrap_or(COMMITS));
        // Of a commit that was amended the parent is an end too.
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

    /// Where HEAD cannot be read: what git printed, if there is such a commit.
    fn told(&self, own: &Repository<'_>, name: &str) -> Option<Candidate> {
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

    /// Whether one of the times is within the call, as far as that can be told.
    fn is_in_time(&self, witness: Witness, times: &[i64]) -> bool {
        let Call { told_at, lasted, .. } = *self.call;
        let late = if witness == Witness::None { LATE_UNNAMED } else { LATE };
        let began = told_at.saturating_sub(lasted.clamp(0, LASTED) + late);
        times.iter().any(|at| (began..=told_at.saturating_add(AHEAD)).contains(at))
    }
}

fn of_entry(entry: &ReflogEntry, commit: Commit) -> Made {
    let replaces = entry.is_amend().then(|| entry.old.clone());
    Made { sha: entry.new.clone(), subject: commit.subject, replaces }
}

/// At most so many, in their order. Those with a better witness come first; those without one only if
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

/// The commit that a line of git's names: `[main 1a2b3c4] Message`, `[main (root-commit) …]`,
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
