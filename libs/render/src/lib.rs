//! Owns how data looks outside: numbers, money, times, tables and CSV for people, and whole sessions (from a
//! [`Document`] to the text of a file, in five formats).
//! Must stay true: no other crate formats a number, an amount or a time for people. Everything here is pure (no files,
//! no clock), and text of a record can never break the format around it.
//! Deliberately absent: choosing sessions, masking, writing files.
//!
//! `sheet` decides which facts of a session are shown in which order; `markdown` and `html` only format them.

mod bar;
mod calls;
mod commonmark;
mod csv;
mod difference;
mod html;
mod json;
mod markdown;
mod money;
mod news;
mod number;
mod readable;
mod session_csv;
mod sheet;
mod style;
mod table;
mod time;
mod width;

pub use bar::format_bar;
pub use calls::{format_call, format_call_details, format_call_end, format_calls, format_subagent, format_subject};
pub use commonmark::{escape_markdown_cell, escape_markdown_code, escape_markdown_line, escape_markdown_text};
pub use csv::{Cell, format_csv_row, format_text_cell};
pub use difference::{Fate, compare_lines};
pub use html::{PAGE_STYLE, escape_html};
pub use json::SessionRow;
pub use money::{
    ESTIMATE, LIST_PRICE, format_cost, format_dollars, format_model_cost, format_round_dollars, format_usage_cost,
};
pub use news::{News, Words};
pub use number::{
    format_bytes, format_context, format_count, format_number, format_percent, format_points, format_progress,
    format_quantity, format_ratio, format_round_count, format_used_percent,
};
pub use readable::{READABLE, Readable, Reading, StyledLine};
pub use session_csv::is_own_csv;
pub use style::{Paint, STYLES, Style};
pub use table::{Column, Layout, Table, TableCell};
pub use time::{
    format_age, format_age_cell, format_ago, format_ago_by_minute, format_between, format_day, format_duration,
    format_local_day, format_local_minute, format_local_second, format_local_time, format_millis, format_minute,
    format_month, format_near_second, format_near_time, format_second, format_span, format_stamps, format_time,
    format_time_of_day, format_took, format_until,
};
pub use width::{cut_start_to_width, cut_to_width, width_of, wrap_indented, wrap_to_width};

use audit::Work;
use cs_core::clock;
use cs_core::project::Roadmap;
use cs_core::record::{Session, Status, TaskStatus};
use cs_core::state::Verdict;
use cs_core::usage::Usage;
use serde::Serialize;

/// Occurs in the first two lines of every export except CSV, which is recognised by its header. The number grows when a
/// field of the JSON form changes its meaning or is removed.
pub const MARK: &str = "cs-export:1";

/// A format of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Indented JSON.
    Json,
    /// One compact JSON object per line.
    Jsonl,
    /// CommonMark with GitHub's tables and check boxes.
    Markdown,
    /// RFC 4180, one row per session.
    Csv,
    /// One file without scripts or references, for reading and printing.
    Html,
}

/// All formats.
pub const FORMATS: [Format; 5] = [Format::Json, Format::Jsonl, Format::Markdown, Format::Csv, Format::Html];

// A missing variant could not be selected. `Html` must stay the last variant.
const _: () = assert!(FORMATS.len() == Format::Html as usize + 1);

impl Format {
    /// The format's name.
    pub fn name(self) -> &'static str {
        match self {
            Format::Json => "json",
            Format::Jsonl => "jsonl",
            Format::Markdown => "markdown",
            Format::Csv => "csv",
            Format::Html => "html",
        }
    }

    /// The extension of its files.
    pub fn extension(self) -> &'static str {
        match self {
            Format::Markdown => "md",
            other => other.name(),
        }
    }

    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Format::Json => "application/json",
            Format::Jsonl => "application/x-ndjson",
            Format::Markdown => "text/markdown; charset=utf-8",
            Format::Csv => "text/csv; charset=utf-8; header=present",
            Format::Html => "text/html; charset=utf-8",
        }
    }

    /// The format with this name.
    pub fn named(name: &str) -> Option<Self> {
        FORMATS.into_iter().find(|format| format.name() == name)
    }

    /// The format of files with this extension (without the dot, in any case).
    pub fn of_extension(extension: &str) -> Option<Self> {
        match extension.to_ascii_lowercase().as_str() {
            "htm" => Some(Format::Html),
            "ndjson" => Some(Format::Jsonl),
            "markdown" => Some(Format::Markdown),
            other => FORMATS.into_iter().find(|format| format.extension() == other),
        }
    }
}

/// A session and the facts about it that are not in its record.
#[derive(Clone, Debug)]
pub struct Document<'a> {
    /// The record.
    pub session: &'a Session,
    /// Its state and the reason, if that was determined.
    pub verdict: Option<&'a Verdict>,
    /// Whether the record is in the archive.
    pub archived: bool,
    /// Its tasks by status.
    pub task_summary: TaskSummary,
    /// Its usage, if its conversation has a summary.
    pub usage: Option<&'a Usage>,
    /// What its calls of tools come to, if any is logged.
    pub work: Option<&'a Work>,
    /// See [`duration_seconds`].
    pub duration_seconds: Option<i64>,
}

impl<'a> Document<'a> {
    /// A session with the facts derived from its record.
    pub fn new(session: &'a Session, verdict: Option<&'a Verdict>, archived: bool, usage: Option<&'a Usage>) -> Self {
        let task_summary = TaskSummary::of(session);
        let duration_seconds = duration_seconds(session);
        Document { session, verdict, archived, task_summary, usage, work: None, duration_seconds }
    }

    /// The same with what its calls of tools come to.
    #[must_use]
    pub fn with_work(self, work: Option<&'a Work>) -> Self {
        Document { work, ..self }
    }

    /// The word for its state; the record's status if the state was not determined.
    pub fn state(&self) -> &'static str {
        self.verdict.map_or(self.session.status.as_str(), |verdict| verdict.state.as_str())
    }
}

/// How many tasks a session has, by status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TaskSummary {
    /// Tasks of any status.
    pub total: usize,
    /// Tasks with this status.
    pub pending: usize,
    /// Tasks with this status.
    pub in_progress: usize,
    /// Tasks with this status.
    pub completed: usize,
    /// Tasks with this status.
    pub skipped: usize,
}

impl TaskSummary {
    /// Counts the tasks of a session.
    pub fn of(session: &Session) -> Self {
        let mut summary = TaskSummary { total: session.tasks.len(), ..TaskSummary::default() };
        for task in &session.tasks {
            match task.status {
                TaskStatus::Pending => summary.pending += 1,
                TaskStatus::InProgress => summary.in_progress += 1,
                TaskStatus::Completed => summary.completed += 1,
                TaskStatus::Skipped => summary.skipped += 1,
            }
        }
        summary
    }
}

/// The time from a session's start to its end; for an active session to its last heartbeat, because nothing later is
/// known. `None` if a time cannot be read, or the end is before the start.
pub fn duration_seconds(session: &Session) -> Option<i64> {
    let end = match session.status {
        Status::Active => &session.last_heartbeat,
        _ => session.ended_at.as_ref().unwrap_or(&session.last_heartbeat),
    };
    let seconds = (clock::parse(end)? - clock::parse(&session.started_at)?).num_seconds();
    (seconds >= 0).then_some(seconds)
}

/// A project, shown above its sessions.
#[derive(Clone, Debug, Serialize)]
pub struct Project<'a> {
    /// The project's slug.
    pub slug: &'a str,
    /// The name for people.
    pub name: &'a str,
    /// The phase that people described; empty if they did not.
    pub current_phase: &'a str,
    /// Entries that are done, in progress and next.
    pub roadmap_summary: &'a Roadmap,
}

/// One session as a file.
pub fn render_session(format: Format, document: &Document) -> String {
    match format {
        Format::Json => json::render_session(document),
        Format::Jsonl => json::render_lines(std::slice::from_ref(document)),
        Format::Markdown => markdown::render_session(document),
        Format::Csv => session_csv::render_sessions(std::slice::from_ref(document)),
        Format::Html => html::render_session(document),
    }
}

/// Sessions as one file, in this order, with their project at the head if there is one.
pub fn render_sessions(format: Format, project: Option<&Project>, documents: &[Document]) -> String {
    match format {
        Format::Json => json::render_sessions(project, documents),
        Format::Jsonl => json::render_lines(documents),
        Format::Markdown => markdown::render_sessions(project, documents),
        Format::Csv => session_csv::render_sessions(documents),
        Format::Html => html::render_sessions(project, documents),
    }
}

/// A session in Markdown without the mark, for a file with its own beginning.
pub fn render_markdown_body(document: &Document) -> String {
    markdown::render_body(document, 1)
}
