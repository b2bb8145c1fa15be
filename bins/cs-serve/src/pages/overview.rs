//! `/`: all projects with their sessions, or the sessions that the query selects.

use super::figures::Top;
use super::rows::{self, Section};
use super::usage::Strip;
use crate::asked::Asked;
use crate::http::{Refusal, Reply};
use crate::query::{Query, Wanted};
use crate::view::listing::Kinds;
use crate::view::spending;
use cs_core::clock;
use cs_core::overview::{Damaged, Project, Summary};
use cs_core::project::{Counts, Roadmap};
use cs_core::record::Status;
use cs_core::state::State;
use serde::Serialize;

/// How many projects an overview shows with their sessions; the others have a line each.
const GROUPS: usize = 12;

/// The variables of `overview.html`.
#[derive(Serialize)]
pub struct OverviewPage<'a> {
    pub top: Top,
    /// The values of the form and the links.
    pub filters: Filters,
    /// Whether the query asks for anything. If not, `groups` has the projects with their other sessions;
    /// else it has only the selected sessions, in the order of the list, page by page.
    pub is_filtered: bool,
    /// The sessions of all projects in which the user has to act, waiting before idle; then those in which something
    /// runs. Empty if filtered.
    pub needs_me: Section<'a>,
    pub running: Section<'a>,
    pub groups: Vec<Group<'a>>,
    /// Projects without a group, for lack of room or of sessions.
    pub others: Vec<&'a Project>,
    /// How many sessions the query selects; without a query, all.
    pub total: usize,
    pub damaged: &'a [Damaged],
    /// Without any session: what `cs-setup doctor` found, and what fixes it; empty if that is not known.
    pub diagnosis: Vec<String>,
    /// Recent usage; `None` if the query selects sessions.
    pub usage: Option<Strip>,
    /// Whether conversations are searched, too.
    pub searches: bool,
    /// URL of the next page of a filtered list.
    pub next: Option<String>,
    /// URL of the first page, on any other one.
    pub first: Option<String>,
}

/// A project and those of its sessions that are shown.
#[derive(Serialize)]
pub struct Group<'a> {
    pub slug: &'a str,
    pub name: &'a str,
    pub current_phase: &'a str,
    pub roadmap: Option<&'a Roadmap>,
    pub counts: Counts,
    pub open_questions: usize,
    /// How many of its sessions are at the top of the page instead.
    pub needs_me: usize,
    pub running: usize,
    pub sections: Vec<Section<'a>>,
}

/// Everything about the query that a page shows.
#[derive(Serialize)]
pub struct Filters {
    /// The path that the form requests.
    pub path: String,
    pub chips: Vec<Chip>,
    pub projects: Vec<Choice>,
    pub project: String,
    pub status: String,
    pub state: String,
    pub since: String,
    pub until: String,
    pub q: String,
    pub include_archived: bool,
    /// Whether anything but a kind is asked for.
    pub is_narrowed: bool,
    /// The same list as JSON.
    pub api_url: String,
}

/// A filter that is one click away.
#[derive(Serialize)]
pub struct Chip {
    pub key: &'static str,
    pub label: &'static str,
    pub count: usize,
    pub url: String,
    pub is_on: bool,
}

/// A project in the selector.
#[derive(Serialize)]
pub struct Choice {
    pub slug: String,
    pub name: String,
    pub is_on: bool,
}

/// The page.
pub fn render(asked: &Asked) -> Result<Reply, Refusal> {
    if asked.query.is_filtered() { filtered(asked) } else { everything(asked) }
}

fn everything(asked: &Asked) -> Result<Reply, Refusal> {
    let overview = &asked.snapshot.overview;
    let is_shown = |project: &&Project| project.counts.total() > 0;
    let (shown, empty): (Vec<&Project>, Vec<&Project>) = overview.shown().partition(is_shown);
    let page = OverviewPage {
        top: asked.top(),
        filters: Filters::new(asked, Kinds::of(overview)),
        is_filtered: false,
        needs_me: asked.at_top("needs_me", State::needs_user),
        running: asked.at_top("running", rows::is_running),
        groups: shown.iter().take(GROUPS).map(|project| group(project, asked.sections(project))).collect(),
        others: shown.into_iter().skip(GROUPS).chain(empty).collect(),
        total: overview.counts.total(),
        damaged: &overview.damaged,
        diagnosis: if overview.counts.total() == 0 { asked.caches.diagnosis.lines() } else { Vec::new() },
        usage: Some(Strip::new(&spending::lately(asked.caches), clock::now())),
        searches: false,
        next: None,
        first: None,
    };
    asked.render(&page)
}

fn filtered(asked: &Asked) -> Result<Reply, Refusal> {
    let listing = asked.listing()?;
    let url = |query: Query| format!("{}?{query}", asked.path);
    let page = OverviewPage {
        top: asked.top(),
        filters: Filters::new(asked, listing.counts),
        is_filtered: true,
        needs_me: Section::default(),
        running: Section::default(),
        groups: grouped(asked, &listing.sessions),
        others: Vec::new(),
        total: listing.total,
        damaged: &listing.damaged,
        diagnosis: Vec::new(),
        usage: None,
        searches: asked.is_of_owner && asked.query.q.is_some() && asked.query.cursor.is_none(),
        next: listing.next_cursor.as_deref().and_then(|id| asked.after(id)).map(url),
        first: asked.query.cursor.is_some().then(|| url(asked.query.first_page())),
    };
    asked.render(&page)
}

impl Asked<'_> {
    /// The query for the page behind this session.
    pub fn after(&self, id: &str) -> Option<Query> {
        let cursor = cs_core::id::SessionId::parse(id).ok()?;
        Some(Query { cursor: Some(cursor), ..self.query.clone() })
    }
}

fn group<'a>(project: &'a Project, sections: Vec<Section<'a>>) -> Group<'a> {
    Group {
        slug: &project.slug,
        name: &project.name,
        current_phase: &project.current_phase,
        roadmap: Some(&project.roadmap_summary),
        counts: project.counts,
        open_questions: project.open_questions.len(),
        needs_me: project.active.iter().filter(|session| session.state.needs_user()).count(),
        running: project.active.iter().filter(|session| rows::is_running(session.state)).count(),
        sections,
    }
}

/// The sessions of a list by project, projects in the order in which they come up.
fn grouped<'a>(asked: &'a Asked, sessions: &'a [Summary]) -> Vec<Group<'a>> {
    let projects = &asked.snapshot.overview.projects;
    let mut slugs: Vec<&str> = Vec::new();
    for session in sessions {
        if !slugs.contains(&session.project_slug.as_str()) {
            slugs.push(&session.project_slug);
        }
    }
    let of = |slug: &'a str| {
        let known = projects.iter().find(|project| project.slug == slug);
        let home = known.and_then(|project| project.path.as_deref());
        let of_project = sessions.iter().filter(|session| session.project_slug == slug);
        let rows = of_project.map(|session| asked.row(session, home)).collect();
        let sections = vec![Section { key: "found", rows, hidden: 0, more_url: String::new() }];
        known.map_or_else(|| unknown(slug), |project| group(project, Vec::new())).with(sections)
    };
    slugs.into_iter().map(of).collect()
}

/// A project that only archived sessions name.
fn unknown(slug: &str) -> Group<'_> {
    Group {
        slug,
        name: slug,
        current_phase: "",
        roadmap: None,
        counts: Counts::default(),
        open_questions: 0,
        needs_me: 0,
        running: 0,
        sections: Vec::new(),
    }
}

impl<'a> Group<'a> {
    fn with(self, sections: Vec<Section<'a>>) -> Self {
        // All sessions of a filtered list are in its sections.
        Group { sections, needs_me: 0, running: 0, ..self }
    }
}

impl Filters {
    /// The form's values for a query, and its alternatives.
    pub fn new(asked: &Asked, kinds: Kinds) -> Self {
        let query = &asked.query;
        let text = |when: &Option<crate::query::When>| when.as_ref().map(|when| when.text.clone()).unwrap_or_default();
        let chosen = query.project.as_ref().map(ToString::to_string).unwrap_or_default();
        let choice = |project: &Project| Choice {
            slug: project.slug.clone(),
            name: project.name.clone(),
            is_on: project.slug == chosen,
        };
        let mut projects: Vec<Choice> = asked.snapshot.overview.projects.iter().map(choice).collect();
        projects.sort_by(|a, b| a.name.to_lowercase().cmp(&b.name.to_lowercase()).then_with(|| a.slug.cmp(&b.slug)));
        Filters {
            path: asked.path.to_string(),
            chips: chips(asked, kinds),
            projects,
            status: query.status.map(|status| status.as_str().to_string()).unwrap_or_default(),
            state: query.state.map(state_word).unwrap_or_default(),
            since: text(&query.since),
            until: text(&query.until),
            q: query.q.clone().unwrap_or_default(),
            include_archived: query.include_archived,
            is_narrowed: query.since.is_some()
                || query.until.is_some()
                || query.include_archived
                || query.project.is_some(),
            api_url: format!("/api/sessions?{}", Query { project: query.project.clone(), ..query.clone() }),
            project: chosen,
        }
    }
}

fn state_word(wanted: Wanted) -> String {
    match wanted {
        Wanted::One(state) => state.as_str().to_string(),
        Wanted::NeedsMe => "needs_me".to_string(),
        Wanted::Failed => "failed".to_string(),
    }
}

fn chips(asked: &Asked, kinds: Kinds) -> Vec<Chip> {
    let stale = Some(Wanted::One(State::Stale));
    let gone = Some(Wanted::One(State::Gone));
    let suspended = Some(Wanted::One(State::Suspended));
    [
        ("all", "All", kinds.all, None, None),
        ("needs_me", "Needs me", kinds.needs_me, None, Some(Wanted::NeedsMe)),
        ("active", "Active", kinds.active, Some(Status::Active), None),
        ("parked", "Parked", kinds.parked, Some(Status::Parked), None),
        ("completed", "Completed", kinds.completed, Some(Status::Completed), None),
        ("failed", "Failed", kinds.failed, None, Some(Wanted::Failed)),
        ("suspended", "Suspended", kinds.suspended, None, suspended),
        ("stale", "Stale", kinds.stale, None, stale),
        ("gone", "Gone", kinds.gone, None, gone),
    ]
    .into_iter()
    .map(|(key, label, count, status, state)| {
        let query = Query { status, state, cursor: None, ..asked.query.clone() };
        let is_on = (query.status, query.state) == (asked.query.status, asked.query.state);
        let text = query.to_string();
        let url = if text.is_empty() { asked.path.to_string() } else { format!("{}?{text}", asked.path) };
        Chip { key, label, count, url, is_on }
    })
    .collect()
}
