//! Owns redirections and here-documents.

use super::parser::Parser;
use super::script::{Awaited, Script, Source};
use super::{NESTED, Word};

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
