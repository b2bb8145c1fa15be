//! Owns the texts of `cs` itself: its help with the map of programs, and its errors.

use crate::alias::ALIASES;
use crate::{find, map};
use cli::{Failure, did_you_mean, near_words, words};
use cs_core::Error;

/// What `cs` does.
pub const ABOUT: &str = "Runs cs-WORD, or the command that WORD is short for, with the same arguments. Without a \
word: cs-top on a terminal, cs-session list in a pipe.";

/// The words of `cs` itself.
pub const OWN: [(&str, &str); 4] = [
    ("help", "this text, or the help of the next word"),
    ("completions", "the completion script of a shell: bash, zsh or fish"),
    ("man", "the manual page of a program, for man -l -"),
    ("--version", "the version"),
];

const EXAMPLES: &str = "\nExamples:\n  cs list --status parked\n  cs help usage\n";

/// The help: aliases and the map of programs.
pub fn text() -> String {
    let alias = ALIASES.iter().map(|alias| line(alias.word, &format!("{} {}", alias.program, alias.command)));
    let program = map::rows().filter_map(|row| Some(line(row.name.strip_prefix("cs-")?, row.about)));
    let own = OWN.iter().map(|(word, about)| line(word, about));
    let (aliases, programs, own): (String, String, String) = (alias.collect(), program.collect(), own.collect());
    let text = format!(
        "Usage: cs [WORD [ARGUMENTS]]\n\n{ABOUT}\n\nShort for a command:\n{aliases}\nPrograms, each also by its full \
         name (cs-session):\n{programs}\nOf cs itself:\n{own}{EXAMPLES}"
    );
    cli::fitted_help(&text)
}

fn line(word: &str, meaning: &str) -> String {
    format!("  {word:<16}  {meaning}\n")
}

/// The error for a word that nothing is named after.
pub fn unknown(word: &str) -> Failure {
    let names = map::rows().filter_map(|row| row.name.strip_prefix("cs-"));
    let known: Vec<&str> = ALIASES.iter().map(|alias| alias.word).chain(names).chain(["help"]).collect();
    let hint = words::hint(word, None, known.iter().copied());
    let near = hint.as_deref().map_or_else(|| near_words(word, known.iter().copied()), |hint| vec![hint]);
    Failure::Usage(format!("no command {word:?}"), Some(format!("{}see cs help", did_you_mean(&near))))
}

/// The error for a program that should be there.
pub fn missing(program: &str) -> Failure {
    let folder = find::own_folder().map(|folder| format!("in {} nor ", folder.display())).unwrap_or_default();
    Error::Missing(format!("{program} is neither {folder}on PATH; install claude-sessions again")).into()
}
