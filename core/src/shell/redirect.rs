//! Owns redirections, here-documents, and the state of a script to which they belong.

use super::parser::Parser;
use super::{Direction, NESTED, Redirect, WORDS, Word};

/// A here-document whose lines have not been read yet.
pub(super) struct Awaited {
    pub(super) delimiter: String,
    /// Whether tabs at the beginning of a line are ignored (`<<-`).
    is_indented: bool,
    /// Whether the delimiter has quotes, so that nothing in the text is expanded.
    is_literal: bool,
    /// The index of its text.
    body: usize,
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

impl<'a> Parser<'a> {
    /// A redirection with its target; the lines of a here-document follow after the line.
    pub(super) fn redirect(&mut self, script: &mut Script) {
        let start = self.at;
        self.skip(1);
        while matches!(self.peek(), Some(b'<' | b'>' | b'&' | b'|')) && self.after(1) != Some(b'(') {
            self.skip(1);
        }
        if self.since(start) == b"<<" && self.peek() == Some(b'-') {
            self.skip(1);
        }
        let operator = self.since(start);
        while matches!(self.peek(), Some(b' ' | b'\t')) {
            self.skip(1);
        }
        if matches!(self.peek(), None | Some(b'\n' | b';' | b'|' | b')')) {
            return;
        }
        let word = self.word();
        if operator.starts_with(b"<<") {
            script.input = self.here_text(operator, word);
        } else {
            script.redirect(operator, word);
        }
    }

    /// The text of a here-string, or the place for that of a here-document.
    fn here_text(&mut self, operator: &[u8], word: Word) -> Source {
        let body = self.bodies.len();
        if operator == b"<<<" {
            self.bodies.push(word.text);
        } else {
            let (is_indented, is_literal) = (operator == b"<<-", word.is_quoted);
            self.bodies.push(String::new());
            self.awaited.push(Awaited { delimiter: word.text, is_indented, is_literal, body });
        }
        Source::Text(body)
    }

    /// Reads the here-documents that the line before announced.
    pub(super) fn here_documents(&mut self) {
        for awaited in std::mem::take(&mut self.awaited) {
            let start = self.at;
            let mut end = start;
            while self.at < self.text.len() {
                end = self.at;
                let line = self.line();
                let tabs = line.iter().take_while(|&&byte| awaited.is_indented && byte == b'\t').count();
                if line.get(tabs..) == Some(awaited.delimiter.as_bytes()) {
                    break;
                }
                end = self.at;
            }
            let text = self.text.get(start..end).unwrap_or_default();
            if let Some(body) = self.bodies.get_mut(awaited.body) {
                *body = String::from_utf8_lossy(text).into_owned();
            }
            if !awaited.is_literal && self.depth < NESTED {
                self.adopt(Parser::new(text, self.depth + 1, self.left).commands_in_text());
            }
        }
    }

    /// The rest of the line, without its end, which is skipped.
    fn line(&mut self) -> &'a [u8] {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let length = rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len());
        self.skip(length + 1);
        rest.get(..length).unwrap_or_default()
    }
}

impl Script {
    /// Adds a redirection. Those that copy or close a descriptor (`2>&1`, `<&-`) have no file.
    fn redirect(&mut self, operator: &[u8], target: Word) {
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
