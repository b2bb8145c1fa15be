//! Owns what a command line of `cs` means.

use crate::alias::{self, Alias};
use crate::find;
use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::PathBuf;

/// What to do.
#[derive(Debug, PartialEq)]
pub enum Route {
    /// Become this program, with these words.
    Program(PathBuf, Vec<OsString>),
    Version,
    Help,
    /// Print the completion script of a shell.
    Completions(Option<String>),
    /// Print the manual page of a program.
    Man(Option<String>),
    /// Print what completes the last of these words.
    Complete(Vec<OsString>),
    /// No program has this name.
    Unknown(String),
    /// An alias stands for a program that is not here.
    Missing(&'static str),
}

/// What a bare `cs` stands for in a pipe, and on a terminal that cannot show [`LIVE`].
const LIST: Alias = Alias { word: "", program: "cs-session", command: "list" };
/// What a bare `cs` stands for on a terminal.
const LIVE: &str = "cs-top";

/// The first word of the question what completes the last of the words after it.
const COMPLETE: &str = "--complete";

/// What these words mean.
pub fn of(words: &[OsString]) -> Route {
    let Some((first, rest)) = words.split_first() else { return bare() };
    let next = || rest.first().map(|word| word.to_string_lossy().into_owned());
    match first.to_str() {
        Some("--version" | "-V") => Route::Version,
        Some("help" | "--help" | "-h") => help(rest),
        Some("completions") => Route::Completions(next()),
        Some("man") => Route::Man(next()),
        Some(COMPLETE) => Route::Complete(rest.to_vec()),
        Some(word) => program(word, rest),
        None => Route::Unknown(first.to_string_lossy().into_owned()),
    }
}

fn bare() -> Route {
    let has_keys = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    let live = (has_keys && !is_dumb).then(|| find::program(LIVE)).flatten();
    live.map_or_else(|| of_alias(&LIST, &[]), |path| Route::Program(path, Vec::new()))
}

/// The help of the named word, or of `cs`.
fn help(rest: &[OsString]) -> Route {
    match rest.first().and_then(|word| word.to_str()) {
        Some(word) => program(word, &["--help".into()]),
        None => Route::Help,
    }
}

/// The name of the program that a word without an alias stands for.
pub fn full_name(word: &str) -> String {
    format!("cs-{}", word.strip_prefix("cs-").unwrap_or(word))
}

fn program(word: &str, rest: &[OsString]) -> Route {
    if let Some(alias) = alias::find(word) {
        return of_alias(alias, rest);
    }
    let is_name = word.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)) && !word.starts_with('-');
    let found = is_name.then(|| find::program(&full_name(word))).flatten();
    found.map_or_else(|| Route::Unknown(word.to_string()), |path| Route::Program(path, rest.to_vec()))
}

fn of_alias(alias: &Alias, rest: &[OsString]) -> Route {
    let words = std::iter::once(alias.command.into()).chain(rest.iter().cloned()).collect();
    find::program(alias.program).map_or(Route::Missing(alias.program), |path| Route::Program(path, words))
}
