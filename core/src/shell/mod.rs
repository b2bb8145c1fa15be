//! Owns how a command line of a POSIX shell or bash falls into simple commands and their words: what
//! quotes, comments, redirections, here-documents and keywords do to it (POSIX Shell Command
//! Language; bash(1), GRAMMAR and QUOTING). Commands in substitutions are commands too.
//!
//! Must stay true: any text yields something, in a time that grows with its length only; nesting
//! has an end. Nothing is expanded: a word with an expansion in it is not plain.
//!
//! Deliberately absent: aliases, the values of variables, which branch is taken, and here-documents
//! of which a shell makes more than data.

mod parser;
mod word;

use parser::Parser;

/// Deepest nesting of substitutions and subshells that is looked into.
const DEPTH: usize = 40;

/// A word as the command gets it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Word {
    /// Without quotes; what is expanded is left out.
    pub text: String,
    /// Nothing in it is expanded.
    pub is_plain: bool,
    /// It has quotes, so that it is no keyword.
    pub is_quoted: bool,
}

/// A simple command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Command {
    /// The command's name and its arguments.
    pub words: Vec<Word>,
    /// The text of its here-document or here-string.
    pub input: Option<String>,
    /// It may run more than once: it stands in a loop, or in a line that defines functions.
    pub repeats: bool,
}

/// The simple commands of a command line. Those of a substitution stand before the command around it.
#[must_use]
pub fn parse(line: &str) -> Vec<Command> {
    Parser::new(line.as_bytes(), 0).commands()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
mod tests;
