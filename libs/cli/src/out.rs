//! Owns standard output: one locked, buffered writer; JSON lines in a pipe, tables on a terminal.

use crate::failure::Outcome;
use crate::pager::Pager;
use crate::terminal::{self, Color};
use render::{Layout, Paint, Style, Table};
use serde::Serialize;
use std::io::{BufWriter, IsTerminal, Stdout, Write};

/// How data is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One compact JSON object per line.
    Json,
    /// Aligned, for people.
    Table,
}

/// Standard output.
#[derive(Debug)]
pub struct Out {
    /// The form of the data.
    pub form: Form,
    /// The form that was asked for.
    pub asked: Option<Form>,
    /// Ids only.
    pub quiet: bool,
    /// Whether texts for people are coloured.
    pub paint: Paint,
    writer: BufWriter<Stdout>,
    pager: Option<Pager>,
}

impl Out {
    /// The requested form, else the one that suits the destination.
    pub fn new(form: Option<Form>, quiet: bool, color: Color) -> Self {
        let natural = if std::io::stdout().is_terminal() { Form::Table } else { Form::Json };
        let writer = BufWriter::with_capacity(64 * 1024, std::io::stdout());
        Out { form: form.unwrap_or(natural), asked: form, quiet, paint: color.paint(), writer, pager: None }
    }

    /// One JSON object on one line.
    pub fn json(&mut self, value: &impl Serialize) -> Outcome<()> {
        self.bytes(&json_line(value)?)
    }

    /// One line of text as it is.
    pub fn line(&mut self, text: &str) -> Outcome<()> {
        self.bytes(text.as_bytes())?;
        self.bytes(b"\n")
    }

    /// Text as it is, with its own line ends.
    pub fn text(&mut self, text: &str) -> Outcome<()> {
        self.bytes(text.as_bytes())
    }

    /// Bytes as they are.
    pub fn bytes(&mut self, bytes: &[u8]) -> Outcome<()> {
        match self.pager.as_mut().and_then(Pager::writer) {
            Some(writer) => writer.write_all(bytes)?,
            None => self.writer.write_all(bytes)?,
        }
        Ok(())
    }

    /// From now on, what is printed on a terminal is read in a pager, until [`Out::end_page`].
    pub fn begin_page(&mut self) {
        self.pager = Pager::start();
    }

    /// Waits until the pager was closed.
    pub fn end_page(&mut self) {
        self.pager = None;
    }

    /// An aligned table that fits the terminal. Only texts with spaces or slashes are cut if necessary, and the last
    /// column.
    pub fn table(&mut self, header: &[&str], rows: &[Vec<String>]) -> Outcome<()> {
        self.show(&Table::of_texts(header, rows)).map(drop)
    }

    /// A table that fits the terminal. Returns the titles of the columns for which there is no room.
    pub fn show(&mut self, table: &Table) -> Outcome<Vec<String>> {
        let Layout { lines, dropped } = self.lay_out(table);
        lines.iter().try_for_each(|line| self.line(line))?;
        Ok(dropped)
    }

    /// The lines of a table that fits the terminal.
    pub fn lay_out(&self, table: &Table) -> Layout {
        table.clone().map_text(sanitize).lay_out(terminal::width(), self.paint)
    }

    /// The text, sanitized, in its style.
    pub fn styled(&self, text: &str, style: Style) -> String {
        self.paint.paint(&sanitize(text), style)
    }

    /// Flushes the output.
    pub fn flush(&mut self) -> Outcome<()> {
        self.writer.flush()?;
        Ok(())
    }
}

/// Most lines are shorter, so that they need not be moved while they grow.
const LINE: usize = 1024;

/// A JSON object on one line, for [`Out::bytes`].
pub fn json_line(value: &impl Serialize) -> Outcome<Vec<u8>> {
    let mut line = Vec::with_capacity(LINE);
    serde_json::to_writer(&mut line, value).map_err(std::io::Error::from)?;
    line.push(b'\n');
    Ok(line)
}

/// Text that is harmless to a terminal: control characters and marks that reorder text become visible.
pub fn sanitize(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => clean.push(' '),
            c if c.is_control()
                || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}') =>
            {
                clean.push('\u{fffd}');
            }
            c => clean.push(c),
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_stays_text() {
        assert_eq!(sanitize("a\u{1b}[31mb\u{202e}c\r\n"), "a\u{fffd}[31mb\u{fffd}c\u{fffd} ");
    }
}
