//! Owns how a command line of a POSIX shell or bash is split into simple commands and words, with
//! quotes, comments, redirections, here-documents and keywords (POSIX Shell Command Language;
//! bash(1), GRAMMAR and QUOTING), and which programs these commands run after wrappers ([`runs`]).
//! Commands in substitutions are commands too.
//!
//! Must stay true: any text gives a result, in time proportional to its length; nesting is
//! limited, and a result that a limit has cut says so. Nothing is expanded: a word with an
//! expansion in it is not plain.
//!
//! Deliberately absent: the values of variables, aliases, and which branch is taken.

mod parser;
mod redirect;
mod run;
mod script;
mod word;
mod wrapper;

pub use run::{DEPTH, Run, Runs, Script, runs};

use parser::Parser;

/// Deepest nesting of substitutions and subshells that is parsed.
const NESTED: usize = 40;
/// Maximum number of bytes that are parsed.
pub const LONGEST: usize = 64 * 1024;
/// Maximum number of commands and nested scripts of a line.
const COMMANDS: usize = 1_000;
/// Maximum number of words of a command that are kept.
pub const WORDS: usize = 500;

/// A word as the command receives it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Word {
    /// Without quotes. An expansion is as it is written, `$(…)` for those that contain commands.
    pub text: String,
    /// Whether it has no expansion.
    pub is_plain: bool,
    /// Whether it has quotes, so that it is not a keyword.
    pub is_quoted: bool,
}

impl Word {
    /// Whether it is `NAME=value` or `NAME+=value`.
    #[must_use]
    pub fn is_assignment(&self) -> bool {
        let Some((name, _)) = self.text.split_once('=') else { return false };
        let name = name.strip_suffix('+').unwrap_or(name);
        let is_letter = |c: char| c == '_' || c.is_ascii_alphanumeric();
        name.starts_with(|c: char| c == '_' || c.is_ascii_alphabetic()) && name.chars().all(is_letter)
    }
}

/// What a redirection does with its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// `<`
    Read,
    /// `>`, `>|`, `&>`, `<>`: the file loses its content, or may lose it.
    Write,
    /// `>>`, `&>>`
    Append,
}

/// A redirection to or from a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redirect {
    /// What happens to the file.
    pub direction: Direction,
    /// The file.
    pub target: Word,
}

/// Where a command's standard input comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Input {
    /// The same as the shell's.
    #[default]
    Inherited,
    /// This text: a here-document or here-string.
    Text(String),
    /// The command before.
    Pipe,
    /// A file.
    File,
}

/// A simple command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Command {
    /// The command's name and its arguments. Empty for redirections without a command.
    pub words: Vec<Word>,
    /// Its standard input.
    pub input: Input,
    /// Its other redirections to and from files.
    pub redirects: Vec<Redirect>,
    /// Whether its output is the input of the next command.
    pub feeds: bool,
    /// Whether it may run more than once: it is in a loop, or in a line that defines functions.
    pub repeats: bool,
}

/// The simple commands of a command line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Commands {
    /// Those of a substitution precede the command around it.
    pub commands: Vec<Command>,
    /// Whether a limit has cut something off.
    pub is_cut: bool,
}

/// The simple commands of a command line.
#[must_use]
pub fn parse(line: &str) -> Commands {
    let bytes = line.as_bytes();
    let kept = bytes.get(..LONGEST).unwrap_or(bytes);
    let mut parsed = Parser::new(kept, 0, COMMANDS).commands();
    parsed.is_cut |= kept.len() < bytes.len();
    parsed
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
mod tests;
