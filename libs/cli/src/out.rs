//! Owns standard output: one locked, buffered writer; JSON lines in a pipe, tables on a terminal.

use crate::failure::Outcome;
use render::layout_table;
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
    /// Ids only.
    pub quiet: bool,
    writer: BufWriter<Stdout>,
}

impl Out {
    /// The requested form, else the one that suits the destination.
    pub fn new(form: Option<Form>, quiet: bool) -> Self {
        let natural = if std::io::stdout().is_terminal() { Form::Table } else { Form::Json };
        Out { form: form.unwrap_or(natural), quiet, writer: BufWriter::with_capacity(64 * 1024, std::io::stdout()) }
    }

    /// One JSON object on one line.
    pub fn json(&mut self, value: &impl Serialize) -> Outcome<()> {
        serde_json::to_writer(&mut self.writer, value).map_err(std::io::Error::from)?;
        self.writer.write_all(b"\n")?;
        Ok(())
    }

    /// One line of text as it is.
    pub fn line(&mut self, text: &str) -> Outcome<()> {
        self.writer.write_all(text.as_bytes())?;
        self.writer.write_all(b"\n")?;
        Ok(())
    }

    /// Text as it is, with its own line ends.
    pub fn text(&mut self, text: &str) -> Outcome<()> {
        self.writer.write_all(text.as_bytes())?;
        Ok(())
    }

    /// An aligned table that fits the terminal: the last column is cut if necessary.
    pub fn table(&mut self, header: &[&str], rows: &[Vec<String>]) -> Outcome<()> {
        let rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(|cell| sanitize(cell)).collect()).collect();
        for line in layout_table(header, &rows, terminal_width()) {
            self.line(&line)?;
        }
        Ok(())
    }

    /// Flushes the output.
    pub fn flush(&mut self) -> Outcome<()> {
        self.writer.flush()?;
        Ok(())
    }
}

/// The width of the terminal that shows the output; `None` if it is not a terminal. `COLUMNS`
/// overrides it.
#[allow(unsafe_code, reason = "ioctl(2)")]
fn terminal_width() -> Option<usize> {
    if let Some(columns) = std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok()).filter(|n| *n >= 20) {
        return Some(columns);
    }
    if !std::io::stdout().is_terminal() {
        return None;
    }
    // SAFETY: winsize is plain old data for which all zeros is a value, and the call only writes it.
    let size = unsafe {
        let mut size: libc::winsize = std::mem::zeroed();
        (libc::ioctl(1, libc::TIOCGWINSZ, &raw mut size) == 0).then_some(size)
    };
    size.map(|size| usize::from(size.ws_col)).filter(|columns| *columns >= 20)
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
