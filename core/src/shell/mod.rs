//! Owns how a command line of a POSIX shell or bash is split into simple commands and words, with
//! quotes, comments, redirections, here-documents and keywords (POSIX Shell Command Language;
//! bash(1), GRAMMAR and QUOTING). Commands in substitutions are commands too.
//!
//! Must stay true: any text gives a result, in time proportional to its length; nesting is
//! limited. Nothing is expanded: a word with an expansion in it is not plain.
//!
//! Deliberately absent: aliases, the values of variables, which branch is taken, and the commands in
//! the expansions of a here-document.

mod parser;
mod word;

use parser::Parser;

/// Deepest nesting of substitutions and subshells that is parsed.
const DEPTH: usize = 40;

/// A word as the command receives it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Word {
    /// Without quotes and without expansions.
    pub text: String,
    /// Whether it has no expansion.
    pub is_plain: bool,
    /// Whether it has quotes, so that it is not a keyword.
    pub is_quoted: bool,
}

/// A simple command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Command {
    /// The command's name and its arguments.
    pub words: Vec<Word>,
    /// The text of its here-document or here-string.
    pub input: Option<String>,
    /// Whether it may run more than once: it is in a loop, or in a line that defines functions.
    pub repeats: bool,
}

/// The simple commands of a command line. Those of a substitution precede the command around it.
#[must_use]
pub fn parse(line: &str) -> Vec<Command> {
    Parser::new(line.as_bytes(), 0).commands()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
mod tests;
