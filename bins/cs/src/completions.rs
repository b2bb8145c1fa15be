//! Owns the completion of command lines: the scripts for the shells, and what completes a command line of `cs` itself.

use crate::alias::{self, ALIASES};
use crate::help::OWN;
use crate::offer::Candidate;
use crate::{complete, find, map, route};
use cli::{Failure, Outcome};
use std::ffi::OsString;

/// The shells, and their scripts, in which NAMES stands for the names of the programs.
const SHELLS: [(&str, &str); 3] = [
    ("bash", include_str!("shells/cs.bash")),
    ("zsh", include_str!("shells/cs.zsh")),
    ("fish", include_str!("shells/cs.fish")),
];

/// The script for a shell.
pub fn script(shell: Option<&str>) -> Outcome<String> {
    let names = map::of_people().map(|row| row.name).collect::<Vec<_>>().join(" ");
    let found = SHELLS.iter().find(|(name, _)| Some(*name) == shell);
    found.map(|(_, script)| script.replace("NAMES", &names)).ok_or_else(|| {
        let text =
            shell.map_or_else(|| "no shell is given".to_string(), |shell| format!("no completions for {shell:?}"));
        Failure::Usage(text, Some(format!("cs completions {}", shells().collect::<Vec<_>>().join("|"))))
    })
}

/// The names of the shells.
pub fn shells() -> impl Iterator<Item = &'static str> + Clone {
    SHELLS.iter().map(|(name, _)| *name)
}

/// The lines that complete the last of these words.
pub fn lines(words: &[OsString]) -> Vec<String> {
    let words: Vec<String> = words.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let Some((first, rest)) = words.split_first() else { return Vec::new() };
    let mut found: Vec<Candidate> = match (first.as_str(), rest.len()) {
        (_, 0) | ("help", 1) => all_words().collect(),
        ("completions", 1) => shells().map(|shell| Candidate::new(shell, "")).collect(),
        ("man", 1) => map::rows().map(|row| Candidate::new(row.name, row.about)).collect(),
        _ => return of_program(first, rest).iter().map(Candidate::line).collect(),
    };
    found.retain(|candidate| words.last().is_some_and(|typed| candidate.fits(typed)));
    found.iter().map(Candidate::line).collect()
}

/// The candidates of the program that a word stands for, if it is one of ours. Any other is never run for this.
fn of_program(word: &str, rest: &[String]) -> Vec<Candidate> {
    let alias = alias::find(word);
    let name = alias.map_or_else(|| route::full_name(word), |alias| alias.program.to_string());
    let Some(program) = find::described(&name) else { return Vec::new() };
    let words: Vec<String> =
        alias.map(|alias| alias.command.to_string()).into_iter().chain(rest.iter().cloned()).collect();
    complete::candidates(&program, &words)
}

fn all_words() -> impl Iterator<Item = Candidate> {
    let alias = ALIASES.iter().map(|alias| Candidate::new(alias.word, &format!("{} {}", alias.program, alias.command)));
    let program = map::of_people().filter_map(|row| Some(Candidate::new(row.name.strip_prefix("cs-")?, row.about)));
    alias.chain(program).chain(OWN.iter().map(|(word, about)| Candidate::new(word, about)))
}
