//! Owns standard output: one locked, buffered writer; JSON lines in a pipe, tables on a terminal.

use crate::failure::Outcome;
use serde::Serialize;
use std::io::{BufWriter, IsTerminal, Stdout, Write};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// How data is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One compact JSON object a line.
    Json,
    /// Aligned, for people.
    Table,
}

/// Standard output.
#[derive(Debug)]
pub struct Out {
    pub form: Form,
    /// Ids only.
    pub quiet: bool,
    writer: BufWriter<Stdout>,
}

impl Out {
    /// The form that was asked for, else the one that fits where the output goes.
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

    /// Text as it is, with the line ends that it has.
    pub fn text(&mut self, text: &str) -> Outcome<()> {
        self.writer.write_all(text.as_bytes())?;
        Ok(())
    }

    /// An aligned table that fits the terminal: the last column is cut where it must be.
    pub fn table(&mut self, header: &[&str], rows: &[Vec<String>]) -> Outcome<()> {
        let rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(|cell| sanitize(cell)).collect()).collect();
        let width_of = |column: usize| {
            let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.width());
            cells.chain(header.get(column).map(|title| title.width())).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..header.len()).map(width_of).collect();
        let room = terminal_width();
        let titles: Vec<String> = header.iter().map(|title| title.to_uppercase()).collect();
        for row in std::iter::once(&titles).chain(&rows) {
            let line = align(row, &widths, room);
            self.line(&line)?;
        }
        Ok(())
    }

    /// Hands everything to the reader.
    pub fn flush(&mut self) -> Outcome<()> {
        self.writer.flush()?;
        Ok(())
    }
}

fn align(row: &[String], widths: &[usize], room: Option<usize>) -> String {
    let mut line = String::new();
    for (n, (cell, width)) in row.iter().zip(widths).enumerate() {
        if n > 0 {
            line.push_str("  ");
        }
        line.push_str(cell);
        if n + 1 < widths.len() {
            line.extend(std::iter::repeat_n(' ', width.saturating_sub(cell.width())));
        }
    }
    match room {
        Some(room) if line.width() > room => shorten(&line, room),
        _ => line.trim_end().to_string(),
    }
}

/// At most `room` columns, the last one `…` if something was cut.
fn shorten(text: &str, room: usize) -> String {
    let mut kept = String::new();
    let mut width = 0;
    for c in text.chars() {
        width += c.width().unwrap_or(0);
        if width >= room {
            break;
        }
        kept.push(c);
    }
    kept.push('…');
    kept
}

/// The width of the terminal that shows the output; `None` where it is no terminal. `COLUMNS`
/// overrides it.
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

/// Text that cannot do anything to a terminal: control characters and marks that reorder text
/// become visible.
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

    #[test]
    fn wide_characters_align() {
        let line = align(&["日本".into(), "x".into()], &[6, 1], None);
        assert_eq!(line, "日本    x");
        assert_eq!(shorten("日本語です", 6), "日本…");
    }
}
