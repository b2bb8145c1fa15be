//! Owns whether a command line runs `git … commit`: as command words, after wrappers such as `env`
//! and `timeout`, in `sh -c '…'`, in loops and substitutions.
//!
//! Must stay true: arguments of other commands (`echo "git commit"`, `git log | grep commit`) and
//! calls that commit nothing (`--dry-run`, `--help`) do not count.
//!
//! Deliberately absent: aliases of git and of the shell, and script files: the command line does
//! not show what they do.

use crate::shell::{self, Word};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// Maximum number of directories that are collected.
const DIRS: usize = 8;

/// How a command line commits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commits {
    /// The maximum number of commits that it can make; `None` if there is no limit, as in a loop.
    pub most: Option<usize>,
    /// The directories that it names (`cd DIR`, `git -C DIR`).
    pub dirs: BTreeSet<PathBuf>,
}

/// Options of git itself whose value is the next word.
pub const VALUED_OPTIONS: &[&str] = &[
    "-C",
    "-c",
    "--git-dir",
    "--work-tree",
    "--namespace",
    "--exec-path",
    "--config-env",
    "--super-prefix",
    "--attr-source",
];

/// Long options of `git commit` whose value is the next word.
const COMMIT_VALUED: &[&str] = &[
    "--message",
    "--file",
    "--author",
    "--date",
    "--template",
    "--reuse-message",
    "--reedit-message",
    "--fixup",
    "--squash",
    "--cleanup",
    "--trailer",
    "--pathspec-from-file",
];

/// How the command line commits; `None` if it does not.
#[must_use]
pub fn commits(line: &str) -> Option<Commits> {
    if !line.contains("commit") {
        return None;
    }
    let mut found = Found::default();
    for run in shell::runs(line).runs.iter().filter(|run| !run.is_elsewhere) {
        let before = found.count;
        match run.program() {
            Some("git") => found.git(run.arguments()),
            Some("cd" | "pushd") => found.change_dir(run.arguments()),
            _ => {}
        }
        found.repeats |= run.repeats && found.count > before;
    }
    let most = (!found.repeats).then_some(found.count);
    (found.count > 0).then_some(Commits { most, dirs: found.dirs })
}

#[derive(Default)]
struct Found {
    count: usize,
    repeats: bool,
    /// Where the last `cd` went.
    at: PathBuf,
    dirs: BTreeSet<PathBuf>,
}

impl Found {
    fn git(&mut self, words: &[Word]) {
        let mut words = words.iter();
        let mut dir = self.at.clone();
        while let Some(word) = words.next() {
            match word.text.as_str() {
                "--help" | "-h" | "--version" | "-v" => return,
                "-C" => dir.extend(words.next().map(|word| &word.text)),
                option if VALUED_OPTIONS.contains(&option) => drop(words.next()),
                option if option.starts_with('-') || !word.is_plain => {}
                "commit" if makes_one(words.as_slice()) => {
                    self.count += 1;
                    return self.add_dir(dir);
                }
                _ => return,
            }
        }
    }

    /// `cd DIR`
    fn change_dir(&mut self, words: &[Word]) {
        if let Some(dir) = words.iter().find(|word| !word.text.starts_with('-')) {
            self.at.push(&dir.text);
        }
    }

    /// Adds a directory. Expansions are in it as they are written, so it may not exist: the caller
    /// has to check.
    fn add_dir(&mut self, dir: PathBuf) {
        if self.dirs.len() < DIRS {
            self.dirs.insert(dir);
        }
    }
}

/// Whether `git commit` with these words makes a commit, if there is anything to commit.
fn makes_one(words: &[Word]) -> bool {
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let text = word.text.as_str();
        if text == "--" {
            return true;
        }
        if let Some(name) = text.strip_prefix("--") {
            let is_of = |whole: &str| name.len() >= 2 && whole.starts_with(name);
            if ["dry-run", "help", "porcelain", "long"].into_iter().any(is_of) || name.starts_with("short") {
                return false;
            }
            if COMMIT_VALUED.contains(&text) {
                words.next();
            }
        } else if let Some(letters) = text.strip_prefix('-') {
            let stop = letters.find(|c| "mFCctuS".contains(c));
            if letters.get(..stop.unwrap_or(letters.len())).is_some_and(|flags| flags.contains('h')) {
                return false;
            }
            // The value of `-u` and `-S`, if any, is in the same word.
            let is_open = stop.is_some_and(|at| at + 1 == letters.len()) && !letters.ends_with(['u', 'S']);
            if is_open {
                words.next();
            }
        }
    }
    true
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
#[path = "command_tests.rs"]
mod tests;
