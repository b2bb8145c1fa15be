//! Owns whether a command changes files only in folders in which a rule does not count. Must stay true: in doubt it is
//! not so. It must be known which files each program changes (`changed`), in which directory it runs, and where each of
//! these files is, with all links resolved.

use super::changed::{self, Changed};
use super::inside;
use super::place::Place;
use cs_core::shell::{self, Run, Script};
use rules::Rules;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// Maximum number of directories in which a command may run.
const DIRECTORIES: usize = 8;
/// Programs that run another one in the same directory and with the same rights.
const HARMLESS: [&str; 12] = [
    "command", "builtin", "exec", "nice", "nohup", "timeout", "time", "stdbuf", "setsid", "ionice", "sh -c", "bash -c",
];
/// Commands that change the directory in which the next ones run.
const MOVERS: [&str; 4] = ["cd", "pushd", "popd", "chdir"];
/// Commands of shells that change neither the directory nor a file, nor what other words mean.
const BUILTINS: [&str; 33] = [
    "for", "select", "case", ":", "true", "false", "echo", "printf", "test", "[", "[[", "]]", "pwd", "export", "unset",
    "local", "declare", "readonly", "read", "set", "wait", "jobs", "kill", "type", "command", "builtin", "exec",
    "exit", "return", "break", "continue", "umask", "ulimit",
];
/// Words after which others may mean something else, although there may be programs of these names.
const UNSEEN: [&str; 8] = ["source", ".", "alias", "unalias", "shopt", "setopt", "enable", "function"];
/// Other programs that make no links.
const READERS: [&str; 12] = ["ls", "pwd", "grep", "rg", "head", "tail", "wc", "du", "stat", "sleep", "mkdir", "touch"];

/// Whether every program of the line about which the rule says something changes only files in these folders.
pub fn is_within(command: &str, rule: &str, rules: &Rules, folders: &[&str], place: &Place) -> bool {
    let meant = rules::programs(command, rule, rules);
    let line = shell::runs(command);
    if meant.is_cut || meant.runs.is_empty() || is_doubtful(command) {
        return false;
    }
    let Some(directories) = directories(&line.runs, place) else { return false };
    // Each name once: it is looked for in many directories.
    let mut names = BTreeSet::new();
    for run in &line.runs {
        let is_new = run.words.first().is_none_or(|word| names.insert((&word.text, word.is_plain)));
        if is_new && !is_seen(run, &directories, place) {
            return false;
        }
    }
    let is_still = line.runs.iter().all(makes_no_links);
    let scope = inside::Scope { top: &place.top, folders, is_still };
    meant.runs.iter().all(|run| is_harmless(run) && is_run_within(run, &directories, &scope))
}

/// Whether words of the line may mean something that cannot be seen: patterns of bash and zsh with parentheses,
/// functions, and directories that `cd` searches.
fn is_doubtful(command: &str) -> bool {
    let is_apart = |c: char| c.is_whitespace() || "$(<>;&|{\\!\"'`=".contains(c);
    let parts: Vec<&str> = command.split('(').collect();
    let before = parts.split_last().map_or(&[][..], |(_, before)| before);
    let is_glued = before.iter().any(|text| text.chars().next_back().is_some_and(|c| !is_apart(c)));
    let is_pattern = before.iter().any(|text| text.ends_with(['!', '=']));
    is_glued
        || is_pattern
        || ["CDPATH", "function "].iter().any(|it| command.contains(it))
        || command.contains('\u{fffd}')
}

fn is_harmless(run: &Run) -> bool {
    let is_known = |via: &String| HARMLESS.contains(&via.as_str());
    !run.is_elsewhere && !run.has_more_words && run.via.iter().all(is_known)
}

/// The directories in which the programs of a line may run: each `cd` may succeed or fail, or be in a subshell. `None`
/// if that cannot be seen.
fn directories(runs: &[Run], place: &Place) -> Option<Vec<PathBuf>> {
    let mut found = vec![place.cwd.clone()];
    for run in runs.iter().filter(|run| run.program().is_some_and(|name| MOVERS.contains(&name))) {
        let [to] = run.arguments() else { return None };
        if !to.is_plain || to.text.starts_with(['-', '+']) || inside::is_pattern(&to.text) {
            return None;
        }
        let to = inside::literal(&to.text)?;
        let more: Vec<PathBuf> = found.iter().map(|from| from.join(to)).collect();
        found.extend(more);
        found.dedup();
        if found.len() > DIRECTORIES {
            return None;
        }
    }
    Some(found)
}

/// Whether it can be seen what the command is: no function or alias that may change the directory.
fn is_seen(run: &Run, directories: &[PathBuf], place: &Place) -> bool {
    let Some(word) = run.words.first() else { return true };
    let Some(name) = run.program() else { return false };
    let is_test = matches!(name, "[" | "[[");
    if UNSEEN.contains(&name) || word.text.starts_with(['~', '=']) || !is_test && inside::is_pattern(&word.text) {
        return false;
    }
    // A shell may go into a directory that is called as a program.
    if word.text.contains('/') {
        return !directories.iter().any(|dir| dir.join(&word.text).is_dir());
    }
    MOVERS.contains(&name) || BUILTINS.contains(&name) || changed::is_understood(name) || place.has_program(name)
}

/// Whether the command leaves links where they are, and makes none.
fn makes_no_links(run: &Run) -> bool {
    let Some(name) = run.program() else { return run.words.is_empty() };
    let is_known = |list: &[&str]| list.contains(&name);
    is_known(&MOVERS)
        || is_known(&BUILTINS)
        || is_known(&READERS)
        || is_known(&HARMLESS)
        || matches!(run.script(), Some(Script::Word(_)))
        || changed::is_understood(name) && name != "rsync"
}

fn is_run_within(run: &Run, directories: &[PathBuf], scope: &inside::Scope) -> bool {
    let Some(files) = changed::changed(run).filter(|files| !files.is_empty()) else { return false };
    let is_in = |file: &Changed| directories.iter().all(|dir| scope.contains(dir, *file));
    files.iter().all(is_in)
}

#[cfg(test)]
#[path = "allow_tests.rs"]
mod tests;
