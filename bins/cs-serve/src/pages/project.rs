//! `/project/<slug>`: one project.

use super::charts::{self, Columns};
use super::figures::Top;
use super::overview::Filters;
use super::rows::SessionRow;
use super::stacks::{self, Chart};
use super::usage::{self, AmountTable};
use crate::asked::Asked;
use crate::http::{Refusal, Reply};
use crate::view::history::Week;
use crate::view::project::{self, ShownProject};
use cs_core::clock;
use cs_core::id::Slug;
use render::Format;
use serde::Serialize;

/// The variables of `project.html`.
#[derive(Serialize)]
pub struct ProjectPage<'a> {
    pub top: Top,
    /// The values of the form and the links.
    pub filters: Filters,
    /// The project: `slug`, `name`, `path`, `current_phase`, `roadmap_summary`, `counts`, `last_activity`,
    /// `open_questions`, `recent_commits`, and `listing` (`total`, `damaged`).
    pub project: &'a ShownProject,
    pub rows: Vec<SessionRow<'a>>,
    /// Sessions that began, and tasks done, by week.
    pub sessions: Columns,
    pub tasks: Columns,
    /// Its usage; `None` if nothing was counted yet.
    pub used: Option<ProjectUse>,
    pub next: Option<String>,
    pub first: Option<String>,
    /// Names of formats and the URLs that save this project's sessions.
    pub downloads: Vec<(&'static str, String)>,
}

/// The usage of a project.
#[derive(Serialize)]
pub struct ProjectUse {
    pub kept_at: String,
    pub is_old: bool,
    /// All of it, by model.
    pub table: AmountTable,
    /// The last month, else the last half year; `None` if both are empty.
    pub chart: Option<Chart>,
}

/// The page.
pub fn render(asked: &Asked, slug: &Slug) -> Result<Reply, Refusal> {
    let shown = project::show(asked.caches, &asked.snapshot, &asked.query, slug)?;
    let formats =
        [("JSON", Format::Json), ("Markdown", Format::Markdown), ("CSV", Format::Csv), ("HTML", Format::Html)];
    let export = |format: Format| format!("/api/export/project/{slug}?format={}", format.name());
    let url = |query| format!("{}?{query}", asked.path);
    let home = shown.project.path.as_deref();
    let page = ProjectPage {
        top: asked.top(),
        filters: Filters::new(asked, shown.listing.counts),
        rows: shown.listing.sessions.iter().map(|session| asked.row_with_usage(session, home)).collect(),
        sessions: by_week(&shown.weeks, |week| week.sessions),
        tasks: by_week(&shown.weeks, |week| week.tasks_done),
        used: used(asked, &shown),
        next: shown.listing.next_cursor.as_deref().and_then(|id| asked.after(id)).map(url),
        first: asked.query.cursor.is_some().then(|| url(asked.query.first_page())),
        downloads: formats.into_iter().map(|(name, format)| (name, export(format))).collect(),
        project: &shown,
    };
    asked.render(&page)
}

fn used(asked: &Asked, shown: &ShownProject) -> Option<ProjectUse> {
    let sum = shown.usage.as_ref()?;
    Some(ProjectUse {
        kept_at: sum.kept_at.clone(),
        is_old: usage::is_old(&sum.kept_at, clock::now()),
        table: usage::by_model(&sum.total),
        chart: stacks::recent(asked.caches.used()?.as_ref(), &shown.project.slug),
    })
}

fn by_week(weeks: &[Week], number: impl Fn(&Week) -> usize) -> Columns {
    let dates: Vec<(String, Vec<usize>)> = weeks.iter().map(|week| (week.date.clone(), vec![number(week)])).collect();
    charts::columns(&dates)
}
