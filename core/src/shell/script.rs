//! Owns the state of a script while it is read: the command that has begun, and the here-documents that it awaits.

use super::{Direction, Redirect, WORDS, Word};

/// A here-document whose lines have not been read yet.
pub(super) struct Awaited {
    pub(super) delimiter: String,
    /// Whether tabs at the beginning of a line are ignored (`<<-`).
    pub(super) is_indented: bool,
    /// Whether the delimiter has quotes, so that nothing in the text is expanded.
    pub(super) is_literal: bool,
    /// The index of its text.
    pub(super) body: usize,
}

/// Where the input of a command comes from, as far as the line has been read.
#[derive(Clone, Copy, Default)]
pub(super) enum Source {
    #[default]
    Inherited,
    /// The text with this index.
    Text(usize),
    File,
}

/// The state of one script: the line, or the text between parentheses.
#[derive(Default)]
pub(super) struct Script {
    pub(super) words: Vec<Word>,
    pub(super) redirects: Vec<Redirect>,
    pub(super) input: Source,
    /// Whether the command follows a `|`.
    pub(super) is_piped: bool,
    /// How many `case` are open.
    pub(super) cases: usize,
    /// Whether one of their patterns comes next.
    pub(super) in_pattern: bool,
}

impl Script {
    /// Adds a redirection. Those that copy or close a descriptor (`2>&1`, `<&-`) have no file.
    pub(super) fn redirect(&mut self, operator: &[u8], target: Word) {
        let is_descriptor = target.is_plain && target.text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        let direction = match operator {
            b"<" => Direction::Read,
            b">>" | b"&>>" => Direction::Append,
            b">&" | b"<&" if is_descriptor => return,
            b">" | b">|" | b"&>" | b">&" | b"<>" => Direction::Write,
            _ => return,
        };
        if direction == Direction::Read {
            self.input = Source::File;
        }
        if self.redirects.len() < WORDS {
            self.redirects.push(Redirect { direction, target });
        }
    }
}
