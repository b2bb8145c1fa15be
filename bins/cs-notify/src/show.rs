//! Owns what is printed: one line for each notice, with its result.

use crate::PROGRAM;
use crate::handler::Handler;
use crate::notice::{About, Event, Notice};
use crate::subject::Subject;
use cli::{Context, Form, Outcome};
use serde::Serialize;
use std::collections::BTreeSet;
use std::io::Write;

/// The result of a notice.
#[derive(Clone, Debug, PartialEq)]
pub enum Fate {
    Sent,
    Failed(String),
    /// It is due, but is not sent for this reason.
    Held(String),
    /// `--dry-run`: it would be sent now.
    Due,
    /// `--dry-run`: it was sent too recently; when.
    Recent(String),
}

impl Fate {
    fn word(&self) -> &'static str {
        match self {
            Fate::Sent => "sent",
            Fate::Failed(_) => "failed",
            Fate::Held(_) => "held",
            Fate::Due => "due",
            Fate::Recent(_) => "told",
        }
    }

    fn note(&self) -> Option<&str> {
        match self {
            Fate::Failed(note) | Fate::Held(note) | Fate::Recent(note) => Some(note),
            Fate::Sent | Fate::Due => None,
        }
    }
}

/// A notice, its result, and the handler that it is about.
#[derive(Clone, Debug)]
pub struct Row {
    pub notice: Notice,
    pub fate: Fate,
    pub via: Option<String>,
}

/// What came of a run.
pub struct Report {
    /// A row for each notice and handler.
    pub rows: Vec<Row>,
    /// The notices that are held back.
    pub held: Vec<Row>,
    /// Whether another run delivers something now.
    pub is_claimed: bool,
}

impl Row {
    /// A notice that no handler gets now.
    pub fn of(notice: Notice, fate: Fate) -> Self {
        Row { notice, fate, via: None }
    }
}

#[derive(Serialize)]
struct NoticeRow<'a> {
    result: &'static str,
    note: Option<&'a str>,
    via: Option<&'a str>,
    #[serde(flatten)]
    event: Event<'a>,
}

/// Prints notices and their results, and the handlers that get them.
pub fn print_rows(context: &mut Context, rows: &[Row], handlers: &[Handler]) -> Outcome<()> {
    match context.out.form {
        _ if context.out.quiet => {
            let mut seen = BTreeSet::new();
            for id in rows.iter().flat_map(|row| row.notice.subjects()).map(Subject::key) {
                if seen.insert(id) {
                    context.out.line(id)?;
                }
            }
        }
        Form::Json => {
            for row in rows {
                let event = row.notice.event(context.now);
                let (result, note) = (row.fate.word(), row.fate.note());
                context.out.json(&NoticeRow { result, note, via: row.via.as_deref(), event })?;
            }
        }
        Form::Table => print_table(context, rows, handlers)?,
    }
    context.out.flush()
}

/// The handler of a row is only of interest if there are several.
fn print_table(context: &mut Context, rows: &[Row], handlers: &[Handler]) -> Outcome<()> {
    let mut header = vec!["result", "reason", "id", "notice"];
    let mut cells: Vec<Vec<String>> = rows.iter().map(cells).collect();
    if handlers.len() > 1 {
        header.insert(1, "via");
        cells.iter_mut().zip(rows).for_each(|(cells, row)| cells.insert(1, row.via.clone().unwrap_or_default()));
    }
    match cells.is_empty() {
        true => context.out.line("no notice is due")?,
        false => context.out.table(&header, &cells)?,
    }
    handlers.iter().try_for_each(|handler| context.out.line(&format!("by {}", handler.describe())))
}

fn cells(Row { notice, fate, .. }: &Row) -> Vec<String> {
    let result = match fate.note() {
        Some(note) if !matches!(fate, Fate::Failed(_)) => note.to_string(),
        _ => fate.word().to_string(),
    };
    let (reason, id) = match &notice.about {
        About::One(subject) => (subject.reason.as_str(), subject.key().to_string()),
        About::Several { reason, count, .. } => (*reason, format!("{count} sessions")),
        About::Nothing { reason } => (*reason, String::new()),
    };
    vec![result, reason.into(), id, format!("{} · {}", notice.title, notice.body)]
}

/// Prints a remark on standard error.
pub fn remark(text: &str) {
    let _ = std::io::stderr().write_all(format!("{PROGRAM}: {text}\n").as_bytes());
}
