//! `/session/<id>`: one session.

use crate::app::{Asked, refusal};
use crate::http::{Refusal, Reply};
use crate::query::Format;
use crate::view::session::{self, Shown};
use cs_core::id::SessionId;
use cs_core::record::Event;
use serde::Serialize;

/// Most events that the page shows; a download has all of them.
const EVENTS: usize = 500;

/// The variables of `session.html`.
#[derive(Serialize)]
pub struct Page<'a> {
    /// The whole record with `state`, `state_reason`, `state_at`, `is_archived`, `project_name`,
    /// `resume_command`, `earlier`, `later`; but see `events`.
    pub session: &'a Shown,
    /// The newest events, newest first.
    pub events: Vec<&'a Event>,
    /// How many older ones are not shown.
    pub hidden_events: usize,
    pub tasks_done: usize,
    pub tasks_total: usize,
    /// Names of formats and the URLs that save this session.
    pub downloads: Vec<(&'static str, String)>,
}

/// The page.
pub fn page(asked: &Asked, id: &SessionId) -> Result<Reply, Refusal> {
    let shown = session::show(&asked.app.keeper, id).map_err(|error| refusal(&error))?;
    let (tasks_done, tasks_total) = shown.session.task_progress();
    let events = &shown.session.events;
    let formats = [("JSON", Format::Json), ("Markdown", Format::Markdown), ("HTML", Format::Html)];
    let url = |format: Format| format!("/api/export/session/{id}?format={}", format.as_str());
    let page = Page {
        events: events.iter().rev().take(EVENTS).collect(),
        hidden_events: events.len().saturating_sub(EVENTS),
        tasks_done,
        tasks_total,
        downloads: formats.into_iter().map(|(name, format)| (name, url(format))).collect(),
        session: &shown,
    };
    asked.app.pages.render("session.html", &page)
}
