//! `/session/<id>`: one session.

use super::figures::{Figures, Top};
use crate::app::{Asked, refusal};
use crate::http::{Refusal, Reply};
use crate::view::session::{self, Shown};
use cs_core::clock;
use cs_core::export::Format;
use cs_core::id::{SessionId, Uuid};
use cs_core::record::{Event, Status};
use serde::Serialize;

/// Most events that the page shows; a download has all of them.
const EVENTS: usize = 500;

/// The variables of `session.html`.
#[derive(Serialize)]
pub struct Page<'a> {
    pub top: Top,
    /// The whole record with `state`, `state_reason`, `state_at`, `is_archived`, `project_name`,
    /// `resume_command`, `earlier`, `later`; but see `events`.
    pub session: &'a Shown,
    /// The newest events, newest first.
    pub events: Vec<&'a Event>,
    /// How many older ones are not shown.
    pub hidden_events: usize,
    pub tasks_done: usize,
    pub tasks_total: usize,
    /// From beginning to end, in words; none while it goes on.
    pub took: Option<String>,
    pub figures: Option<Figures>,
    /// Names of formats and the URLs that save this session.
    pub downloads: Vec<(&'static str, String)>,
}

/// The page.
pub fn page(asked: &Asked, id: &SessionId) -> Result<Reply, Refusal> {
    let shown = session::show(&asked.app.keeper, &asked.snapshot, id).map_err(|error| refusal(&error))?;
    let record = &shown.session;
    let (tasks_done, tasks_total) = record.task_progress();
    let formats = [("JSON", Format::Json), ("Markdown", Format::Markdown), ("HTML", Format::Html)];
    let url = |format: Format| format!("/api/export/session/{id}?format={}", format.name());
    let uuid = record.claude_session_id.as_deref().filter(|_| record.status == Status::Active);
    let page = Page {
        top: asked.top(),
        events: record.events.iter().rev().take(EVENTS).collect(),
        hidden_events: record.events.len().saturating_sub(EVENTS),
        tasks_done,
        tasks_total,
        took: took(&record.started_at, record.ended_at.as_deref()),
        figures: uuid.and_then(|uuid| asked.figures(&Uuid::parse(uuid).ok()?)),
        downloads: formats.into_iter().map(|(name, format)| (name, url(format))).collect(),
        session: &shown,
    };
    asked.app.pages.render("session.html", &page)
}

fn took(started_at: &str, ended_at: Option<&str>) -> Option<String> {
    Some(clock::age(clock::parse(started_at)?, clock::parse(ended_at?)?))
}
