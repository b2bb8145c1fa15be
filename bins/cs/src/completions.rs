//! Owns the completion of command lines: the scripts for the shells, and what completes a command line of `cs` itself.

use crate::alias::ALIASES;
use crate::help::OWN;
use crate::map;
use cli::complete::Candidate;
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

/// The lines that complete the last word of a command line of `cs` itself.
pub fn lines(words: &[OsString]) -> Vec<String> {
    let Some((current, before)) = words.split_last() else { return Vec::new() };
    let before: Vec<&str> = before.iter().filter_map(|word| word.to_str()).collect();
    let candidates: Vec<Candidate> = match before[..] {
        [] | ["help"] => all_words().collect(),
        ["completions"] => shells().map(|shell| Candidate::new(shell, "")).collect(),
        ["man"] => map::rows().map(|row| Candidate::new(row.name, row.about)).collect(),
        _ => Vec::new(),
    };
    let current = current.to_string_lossy();
    candidates.iter().filter(|candidate| candidate.fits(&current)).map(Candidate::line).collect()
}

fn all_words() -> impl Iterator<Item = Candidate> {
    let alias = ALIASES.iter().map(|alias| Candidate::new(alias.word, &format!("{} {}", alias.program, alias.command)));
    let program = map::of_people().filter_map(|row| Some(Candidate::new(row.name.strip_prefix("cs-")?, row.about)));
    alias.chain(program).chain(OWN.iter().map(|(word, about)| Candidate::new(word, about)))
}
