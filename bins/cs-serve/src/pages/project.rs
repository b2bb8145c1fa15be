//! `/project/<slug>`: one project.

use super::overview::Filters;
use crate::app::Asked;
use crate::http::{Refusal, Reply};
use crate::query::Format;
use crate::view::project::Shown;
use cs_core::id::Slug;
use serde::Serialize;

/// The variables of `project.html`.
#[derive(Serialize)]
pub struct Page<'a> {
    /// What the form and the links are filled with.
    pub filters: Filters,
    /// The project: `slug`, `name`, `path`, `current_phase`, `roadmap_summary`, `counts`, `last_activity`,
    /// `open_questions`, `recent_commits`, and `weeks` (`date`, `sessions`, `tasks_done`), and `listing`
    /// (`total`, `sessions`, `damaged`).
    pub project: &'a Shown,
    /// The highest of the weeks' numbers, for charts; at least 1.
    pub most_sessions: usize,
    pub most_tasks: usize,
    pub next: Option<String>,
    pub first: Option<String>,
    /// Names of formats and the URLs that save this project's sessions.
    pub downloads: Vec<(&'static str, String)>,
}

/// The page.
pub fn page(asked: &Asked, slug: &Slug) -> Result<Reply, Refusal> {
    let shown = asked.project(slug)?;
    let formats =
        [("JSON", Format::Json), ("Markdown", Format::Markdown), ("CSV", Format::Csv), ("HTML", Format::Html)];
    let export = |format: Format| format!("/api/export/project/{slug}?format={}", format.as_str());
    let url = |query| format!("{}?{query}", asked.path);
    let page = Page {
        filters: Filters::new(asked, shown.listing.counts),
        most_sessions: shown.weeks.iter().map(|week| week.sessions).max().unwrap_or_default().max(1),
        most_tasks: shown.weeks.iter().map(|week| week.tasks_done).max().unwrap_or_default().max(1),
        next: shown.listing.next_cursor.as_deref().and_then(|id| asked.after(id)).map(url),
        first: asked.query.cursor.is_some().then(|| url(asked.query.first_page())),
        downloads: formats.into_iter().map(|(name, format)| (name, export(format))).collect(),
        project: &shown,
    };
    asked.app.pages.render("project.html", &page)
}
