//! Owns what is printed: one line for each notice, with its result.

use crate::PROGRAM;
use crate::channel::ChannelProgram;
use crate::notice::{About, Event, Notice};
use cli::{Context, Form, Outcome};
use serde::Serialize;
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

#[derive(Serialize)]
struct NoticeRow<'a> {
    result: &'static str,
    note: Option<&'a str>,
    via: Option<&'static str>,
    #[serde(flatten)]
    event: Event<'a>,
}

/// Prints notices and their results.
pub fn print_rows(context: &mut Context, rows: &[(Notice, Fate)], channel: Option<&ChannelProgram>) -> Outcome<()> {
    let via = channel.map(|channel| channel.channel.as_str());
    match context.out.form {
        _ if context.out.quiet => {
            for id in rows.iter().flat_map(|(notice, _)| notice.subjects()).map(|subject| &subject.session_id) {
                context.out.line(id)?;
            }
        }
        Form::Json => {
            for (notice, fate) in rows {
                let event = notice.event(context.now);
                context.out.json(&NoticeRow { result: fate.word(), note: fate.note(), via, event })?;
            }
        }
        Form::Table => {
            let cells: Vec<Vec<String>> = rows.iter().map(|(notice, fate)| cells(notice, fate)).collect();
            if cells.is_empty() {
                context.out.line("no notice is due")?;
            } else {
                context.out.table(&["result", "reason", "id", "notice"], &cells)?;
            }
            if let Some(channel) = channel {
                context.out.line(&format!("by {}", channel.describe()))?;
            }
        }
    }
    context.out.flush()
}

fn cells(notice: &Notice, fate: &Fate) -> Vec<String> {
    let result = match fate.note() {
        Some(note) if !matches!(fate, Fate::Failed(_)) => note.to_string(),
        _ => fate.word().to_string(),
    };
    let (reason, id) = match &notice.about {
        About::One(subject) => (subject.reason.as_str(), subject.session_id.clone()),
        About::Several { reason, count, .. } => (*reason, format!("{count} sessions")),
        About::Nothing { reason } => (*reason, String::new()),
    };
    vec![result, reason.into(), id, format!("{} · {}", notice.title, notice.body)]
}

/// Prints a remark on standard error.
pub fn remark(text: &str) {
    let _ = std::io::stderr().write_all(format!("{PROGRAM}: {text}\n").as_bytes());
}
