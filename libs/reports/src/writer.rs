//! Owns the body of a report while it is made: rows, in one of the formats. Must stay true: every
//! cell of a row is in JSON; in CSV every one that has a column.

use crate::head::{self, Head, digest_of, parse};
use crate::html::Html;
use crate::markdown::Markdown;
use crate::request::{Format, Mode};
use crate::row::{Row, Value};
use crate::spool::Spool;
use cs_core::error::{Error, Result};
use render::{Cell, format_csv_row};
use std::io::{self, Read, Write};
use std::path::PathBuf;

/// A report has fewer bytes: more are not read when it is verified.
pub const LARGEST: u64 = 1024 * 1024 * 1024;

/// How rows look.
enum Layout {
    Json { has_rows: bool },
    Jsonl,
    Csv(Vec<&'static str>),
    Markdown(Markdown),
    Html(Html),
}

/// Rows on their way into a report.
pub struct Writer {
    format: Format,
    mode: Mode,
    columns: Vec<&'static str>,
    layout: Layout,
    spool: Spool,
}

impl Writer {
    /// An empty body; the columns are those of CSV.
    pub fn new(format: Format, mode: Mode, columns: Vec<&'static str>) -> Writer {
        let layout = match format {
            Format::Json => Layout::Json { has_rows: false },
            Format::Jsonl => Layout::Jsonl,
            Format::Csv => Layout::Csv(columns.clone()),
            Format::Markdown => Layout::Markdown(Markdown::new(mode)),
            Format::Html => Layout::Html(Html::default()),
        };
        Writer { format, mode, columns, layout, spool: Spool::new() }
    }

    /// Appends a row. A row `conversation` begins the next one; kinds of parts are its entries; other rows of the same name
    /// that follow each other are a table.
    pub fn add(&mut self, row: &Row) -> Result<()> {
        let text = match &mut self.layout {
            Layout::Json { has_rows } => {
                let comma = if std::mem::replace(has_rows, true) { ",\n" } else { "\n" };
                format!("{comma}{}", json(row))
            }
            Layout::Jsonl => json(row) + "\n",
            Layout::Csv(columns) => csv(row, columns),
            Layout::Markdown(markdown) => markdown.row(row),
            Layout::Html(html) => html.row(row),
        };
        self.spool.add(&text)?;
        fits(0, self.spool.bytes())
    }

    /// Ends the body; the head is complete now but for the digest.
    pub(crate) fn finish(mut self, mut head: Head) -> Result<Made> {
        let end = match &mut self.layout {
            Layout::Json { .. } => "\n]}\n".to_string(),
            Layout::Jsonl | Layout::Csv(_) => String::new(),
            Layout::Markdown(markdown) => markdown.end(),
            Layout::Html(html) => html.end(),
        };
        self.spool.add(&end)?;
        let (before, between) = head.write(self.format, self.mode, &self.columns);
        // The digest follows.
        fits(before.len() + 100, self.spool.bytes())?;
        head.content_digest = digest_of(before.as_bytes(), self.spool.hash(between)?);
        let before = format!("{before}{}{between}", head.content_digest);
        Ok(Made { head, unread: Vec::new(), before, body: self.spool })
    }
}

/// Refuses a report that could not be verified, with a head and a body of so many bytes.
fn fits(head: usize, body: u64) -> Result<()> {
    match head <= head::MOST && head as u64 + body < LARGEST {
        true => Ok(()),
        false => Err(Error::Refused("the report would be too long to be verified; choose fewer conversations".into())),
    }
}

/// A report that was made.
pub struct Made {
    /// Its head.
    pub head: Head,
    /// Logs that could not be read, or not to their ends; what is missing is counted as gaps.
    pub unread: Vec<(PathBuf, io::Error)>,
    before: String,
    body: Spool,
}

impl Made {
    /// Number of bytes.
    pub fn bytes(&self) -> u64 {
        self.before.len() as u64 + self.body.bytes()
    }

    /// Whether this is the same report, unchanged since it was made, at whatever time and with whatever version.
    pub fn is_same(&mut self, old: &mut dyn Read) -> io::Result<bool> {
        let mut head = vec![0; self.before.len()];
        if !read_all(old, &mut head)? {
            return Ok(false);
        }
        let Ok(parsed) = parse(&head) else { return Ok(false) };
        let Head { made_at, content_digest, .. } = self.head.clone();
        let said = parsed.head.content_digest.clone();
        if (Head { made_at, content_digest, ..parsed.head }) != self.head {
            return Ok(false);
        }
        let (before, between) = head.split_at(parsed.digest_at.start);
        let between = String::from_utf8_lossy(between.get(said.len()..).unwrap_or_default()).into_owned();
        let mut is_same = digest_of(before, self.body.hash(&between).map_err(io::Error::other)?) == said;
        let mut room = Vec::new();
        self.body.each(&mut |bytes| {
            room.resize(bytes.len(), 0);
            is_same = is_same && read_all(old, &mut room)? && room == bytes;
            Ok(())
        })?;
        Ok(is_same && old.read(&mut [0])? == 0)
    }

    /// Writes it. It is the same as often as it is written.
    pub fn write(&mut self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(self.before.as_bytes())?;
        self.body.copy(out)
    }

    /// The same bytes, piece by piece, for one who reads slowly.
    pub fn into_pieces(mut self) -> io::Result<Pieces> {
        self.body.rewind()?;
        Ok(Pieces { before: Some(self.before), body: self.body })
    }
}

/// A report that is read piece by piece.
pub struct Pieces {
    before: Option<String>,
    body: Spool,
}

impl Iterator for Pieces {
    type Item = io::Result<Vec<u8>>;

    fn next(&mut self) -> Option<io::Result<Vec<u8>>> {
        match self.before.take() {
            Some(before) => Some(Ok(before.into_bytes())),
            None => self.body.piece().transpose(),
        }
    }
}

/// Fills the room; `false` if there are not so many bytes.
fn read_all(from: &mut dyn Read, room: &mut [u8]) -> io::Result<bool> {
    match from.read_exact(room) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

/// A row as JSON, its cells in their order. A cell without a value is left out.
fn json(row: &Row) -> String {
    serde_json::to_string(row).unwrap_or_default()
}

fn csv(row: &Row, columns: &[&str]) -> String {
    let cell = |name: &&str| match row.get(name) {
        _ if *name == "row" => Cell::Plain(row.row.into()),
        Some(Value::Text(text)) => Cell::text(text.as_str()),
        // Ids come from logs too: what looks like a formula is none.
        Some(Value::Word(word)) => Cell::text(word.as_str()),
        Some(Value::Texts(texts)) => Cell::text(texts.join("\n")),
        Some(Value::Number(number)) => Cell::number(Some(*number)),
        Some(Value::Dollars(usd)) => Cell::number(Some(*usd)),
        Some(Value::Empty) | None => Cell::Empty,
    };
    format_csv_row(&columns.iter().map(cell).collect::<Vec<_>>())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_report_that_could_not_be_verified_is_not_made() {
        assert!(fits(head::MOST, LARGEST - 1 - head::MOST as u64).is_ok());
        assert!(fits(head::MOST + 1, 0).is_err() && fits(0, LARGEST).is_err());
        let made = |logs: usize| {
            let digests = (0..logs).map(|n| (format!("{n:0100}"), "x".repeat(100)));
            let head = Head { report: head::MARK.into(), source_digests: digests.collect(), ..Head::default() };
            Writer::new(Format::Json, Mode::Tokens, Vec::new()).finish(head)
        };
        assert!(parse(made(70_000).unwrap().before.as_bytes()).is_ok());
        assert!(made(90_000).is_err());
    }
}
