//! Owns whether a command line runs `git … commit`: as command words, after wrappers such as `env`
//! and `timeout`, in `sh -c '…'`, in loops and substitutions.
//!
//! Must stay true: arguments of other commands (`echo "git commit"`, `git log | grep commit`) and
//! calls that commit nothing (`--dry-run`, `--help`) do not count.
//!
//! Deliberately absent: aliases of git and of the shell, and script files: the command line does
//! not show what they do.

use crate::shell::{self, Command, Word};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// Deepest nesting of `sh -c` that is parsed.
const DEPTH: usize = 8;
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

/// A program that runs another one.
struct Wrapper {
    names: &'static [&'static str],
    /// Letters of the options that take a value.
    valued: &'static str,
    /// Long options whose value is the next word.
    long: &'static [&'static str],
    /// How many words precede the command.
    operands: usize,
}

const fn wrapper(names: &'static [&'static str], valued: &'static str, operands: usize) -> Wrapper {
    Wrapper { names, valued, long: &[], operands }
}

const WRAPPERS: &[Wrapper] = &[
    wrapper(&["nohup", "setsid", "builtin", "command", "unbuffer", "chronic"], "", 0),
    Wrapper {
        names: &["sudo", "doas"],
        valued: "ugpChDRTrtU",
        long: &["--user", "--group", "--prompt", "--chdir", "--chroot", "--host"],
        operands: 0,
    },
    Wrapper { names: &["env"], valued: "uC", long: &["--unset", "--chdir"], operands: 0 },
    Wrapper { names: &["nice"], valued: "n", long: &["--adjustment"], operands: 0 },
    Wrapper { names: &["ionice"], valued: "cn", long: &["--class", "--classdata"], operands: 0 },
    Wrapper { names: &["time"], valued: "fo", long: &["--format", "--output"], operands: 0 },
    Wrapper { names: &["timeout", "gtimeout"], valued: "ks", long: &["--kill-after", "--signal"], operands: 1 },
    Wrapper { names: &["stdbuf"], valued: "ioe", long: &["--input", "--output", "--error"], operands: 0 },
    wrapper(&["exec"], "a", 0),
    wrapper(&["caffeinate"], "tw", 0),
    wrapper(&["strace"], "eopsPSXIOabuE", 0),
    wrapper(&["flock", "taskset", "chrt"], "wE", 1),
    Wrapper {
        names: &["xargs"],
        valued: "nIPdaLsE",
        long: &["--max-args", "--max-procs", "--delimiter", "--arg-file", "--max-lines", "--max-chars"],
        operands: 0,
    },
    wrapper(&["mise", "uv", "poetry", "bundle"], "", 1),
    wrapper(&["direnv"], "", 2),
];

const SHELLS: &[&str] = &["sh", "bash", "dash", "zsh", "ksh", "ash", "fish"];

/// Options of git itself whose value is the next word.
const GIT_VALUED: &[&str] = &[
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
    found.scan(line, 0);
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
    fn scan(&mut self, line: &str, depth: usize) {
        if depth > DEPTH {
            return;
        }
        for command in shell::parse(line) {
            let before = self.count;
            self.examine(&command.words, &command, depth);
            self.repeats |= command.repeats && self.count > before;
        }
    }

    /// Examines the command that a simple command runs, after all wrappers.
    fn examine(&mut self, words: &[Word], command: &Command, depth: usize) {
        if depth > DEPTH {
            return;
        }
        let words = skip_assignments(words);
        let Some((first, rest)) = words.split_first().filter(|(first, _)| first.is_plain) else { return };
        let name = first.text.rsplit('/').next().unwrap_or_default();
        match name {
            "git" | "git.exe" => self.git(rest),
            "cd" | "pushd" => self.change_dir(rest),
            "eval" => self.scan(&text(rest), depth + 1),
            "find" => self.run_by_find(rest, command, depth),
            "command" if rest.first().is_some_and(|word| matches!(word.text.as_str(), "-v" | "-V")) => {}
            _ if SHELLS.contains(&name) => self.shell(rest, command, depth),
            _ => {
                let Some(wrapper) = WRAPPERS.iter().find(|wrapper| wrapper.names.contains(&name)) else { return };
                let before = self.count;
                self.examine(wrapper.command(rest), command, depth + 1);
                self.repeats |= name == "xargs" && self.count > before;
            }
        }
    }

    fn git(&mut self, words: &[Word]) {
        let mut words = words.iter();
        let mut dir = self.at.clone();
        while let Some(word) = words.next() {
            match word.text.as_str() {
                "--help" | "-h" | "--version" | "-v" => return,
                "-C" => dir.extend(words.next().map(|word| &word.text)),
                option if GIT_VALUED.contains(&option) => drop(words.next()),
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

    /// Adds a directory. Expansions are missing from its text, so it may not exist or be another one:
    /// the caller has to check.
    fn add_dir(&mut self, dir: PathBuf) {
        if self.dirs.len() < DIRS {
            self.dirs.insert(dir);
        }
    }

    /// `sh -c SCRIPT`, also with `c` among other letters, or a script on standard input.
    fn shell(&mut self, words: &[Word], command: &Command, depth: usize) {
        let mut is_script = false;
        for (n, word) in words.iter().enumerate() {
            match word.text.strip_prefix(['-', '+']) {
                Some(letters) if letters.starts_with('-') => {}
                Some(letters) => is_script |= letters.contains('c'),
                None if n > 0 && words.get(n - 1).is_some_and(is_shell_option_with_value) => {}
                None if is_script => return self.scan(&word.text, depth + 1),
                None => return,
            }
        }
        if let Some(input) = &command.input {
            self.scan(input, depth + 1);
        }
    }

    fn run_by_find(&mut self, words: &[Word], command: &Command, depth: usize) {
        let is_exec = |word: &Word| matches!(word.text.as_str(), "-exec" | "-execdir" | "-ok" | "-okdir");
        if let Some(at) = words.iter().position(is_exec) {
            let before = self.count;
            self.examine(words.get(at + 1..).unwrap_or_default(), command, depth + 1);
            self.repeats |= self.count > before;
        }
    }
}

impl Wrapper {
    /// The command that the wrapper runs, from the words after the wrapper's name.
    fn command<'a>(&self, mut words: &'a [Word]) -> &'a [Word] {
        let mut operands = self.operands;
        while let Some((word, rest)) = words.split_first() {
            let text = word.text.as_str();
            let skipped = if text == "--" {
                return rest.get(operands..).unwrap_or_default();
            } else if text.starts_with("--") {
                1 + usize::from(self.long.contains(&text))
            } else if let Some(letters) = text.strip_prefix('-').filter(|letters| !letters.is_empty()) {
                1 + usize::from(letters.find(|c| self.valued.contains(c)).is_some_and(|at| at + 1 == letters.len()))
            } else if is_assignment(word) {
                1
            } else if operands > 0 {
                operands -= 1;
                1
            } else {
                return words;
            };
            words = words.get(skipped..).unwrap_or_default();
        }
        words
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

/// `-o NAME`, also with other letters before it.
fn is_shell_option_with_value(word: &Word) -> bool {
    word.text.starts_with(['-', '+']) && !word.text.starts_with("--") && word.text.ends_with('o')
}

fn skip_assignments(words: &[Word]) -> &[Word] {
    let count = words.iter().take_while(|word| is_assignment(word)).count();
    words.get(count..).unwrap_or_default()
}

/// `NAME=value` or `NAME+=value`.
fn is_assignment(word: &Word) -> bool {
    let Some((name, _)) = word.text.split_once('=') else { return false };
    let name = name.strip_suffix('+').unwrap_or(name);
    let is_letter = |c: char| c == '_' || c.is_ascii_alphanumeric();
    name.starts_with(|c: char| c == '_' || c.is_ascii_alphabetic()) && name.chars().all(is_letter)
}

fn text(words: &[Word]) -> String {
    words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
#[path = "command_tests.rs"]
mod tests;
