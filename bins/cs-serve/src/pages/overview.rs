//! `/`: what is going on, or the sessions that the query wants.

use crate::app::Asked;
use crate::http::{Refusal, Reply};
use crate::query::{Query, Wanted};
use crate::view::listing::Kinds;
use cs_core::overview::{Damaged, Project, Summary};
use cs_core::project::{Counts, Roadmap};
use cs_core::record::Status;
use cs_core::state::State;
use serde::Serialize;

/// The variables of `overview.html`.
#[derive(Serialize)]
pub struct Page<'a> {
    /// What the form and the links are filled with.
    pub filters: Filters,
    /// Whether the query asks for anything. If not, `groups` has every project with its active, parked and
    /// recent sessions; else it has only what the query wants, in the order of the list, page by page.
    pub is_filtered: bool,
    /// In which the user is the one to act, waiting before idle; of all projects. Empty when filtered.
    pub needs_me: Vec<&'a Summary>,
    pub groups: Vec<Group<'a>>,
    /// How many sessions the query wants; all of them when it wants none in particular.
    pub total: usize,
    pub damaged: &'a [Damaged],
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
    pub roadmap: Roadmap,
    pub counts: Counts,
    pub open_questions: &'a [String],
    /// Waiting and idle first, then working, parked, recent ones.
    pub sessions: Vec<&'a Summary>,
}

/// Everything about the query that a page shows.
#[derive(Serialize)]
pub struct Filters {
    /// Where the form leads.
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
    /// What stands behind the `?` now.
    pub query: String,
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
pub fn page(asked: &Asked) -> Result<Reply, Refusal> {
    if asked.query.is_filtered() { filtered(asked) } else { everything(asked) }
}

fn everything(asked: &Asked) -> Result<Reply, Refusal> {
    let overview = &asked.snapshot.overview;
    let mut needs_me: Vec<&Summary> = overview
        .projects
        .iter()
        .flat_map(|project| &project.active)
        .filter(|summary| summary.state.needs_user())
        .collect();
    needs_me.sort_by_key(|summary| (summary.state, std::cmp::Reverse(&summary.state_at)));
    let page = Page {
        filters: Filters::new(asked, Kinds::of(overview)),
        is_filtered: false,
        needs_me,
        groups: overview.projects.iter().map(whole).collect(),
        total: overview.counts.total(),
        damaged: &overview.damaged,
        next: None,
        first: None,
    };
    asked.app.pages.render("overview.html", &page)
}

fn filtered(asked: &Asked) -> Result<Reply, Refusal> {
    let listing = asked.listing()?;
    let projects = &asked.snapshot.overview.projects;
    let url = |query: Query| format!("{}?{query}", asked.path);
    let page = Page {
        filters: Filters::new(asked, listing.counts),
        is_filtered: true,
        needs_me: Vec::new(),
        groups: grouped(projects, &listing.sessions),
        total: listing.total,
        damaged: &listing.damaged,
        next: listing.next_cursor.as_deref().and_then(|id| asked.after(id)).map(url),
        first: asked.query.cursor.is_some().then(|| url(asked.query.first_page())),
    };
    asked.app.pages.render("overview.html", &page)
}

impl Asked<'_> {
    /// The query for the page behind this session.
    pub fn after(&self, id: &str) -> Option<Query> {
        let cursor = cs_core::id::SessionId::parse(id).ok()?;
        Some(Query { cursor: Some(cursor), ..self.query.clone() })
    }
}

fn whole(project: &Project) -> Group<'_> {
    let sessions = project.active.iter().chain(&project.parked).chain(&project.recent).collect();
    group(project, sessions)
}

fn group<'a>(project: &'a Project, sessions: Vec<&'a Summary>) -> Group<'a> {
    Group {
        slug: &project.slug,
        name: &project.name,
        current_phase: &project.current_phase,
        roadmap: project.roadmap_summary.clone(),
        counts: project.counts,
        open_questions: &project.open_questions,
        sessions,
    }
}

/// The sessions of a list by project, projects in the order in which they come up.
fn grouped<'a>(projects: &'a [Project], sessions: &'a [Summary]) -> Vec<Group<'a>> {
    let mut groups: Vec<Group> = Vec::new();
    for session in sessions {
        if let Some(group) = groups.iter_mut().find(|group| group.slug == session.project_slug) {
            group.sessions.push(session);
            continue;
        }
        let known = projects.iter().find(|project| project.slug == session.project_slug);
        groups.push(match known {
            Some(project) => group(project, vec![session]),
            // Only archived sessions name it.
            None => Group {
                slug: &session.project_slug,
                name: &session.project_slug,
                current_phase: "",
                roadmap: Roadmap::default(),
                counts: Counts::default(),
                open_questions: &[],
                sessions: vec![session],
            },
        });
    }
    groups
}

impl Filters {
    /// What a page shows of the query and of its alternatives.
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
            query: query.to_string(),
            api_url: format!("/api/sessions?{}", Query { project: query.project.clone(), ..query.clone() }),
            project: chosen,
        }
    }
}

fn state_word(wanted: Wanted) -> String {
    match wanted {
        Wanted::One(state) => state.as_str().to_string(),
        Wanted::NeedsMe => "needs_me".to_string(),
    }
}

fn chips(asked: &Asked, kinds: Kinds) -> Vec<Chip> {
    let stale = Some(Wanted::One(State::Stale));
    let gone = Some(Wanted::One(State::Gone));
    [
        ("all", "All", kinds.all, None, None),
        ("needs_me", "Needs me", kinds.needs_me, None, Some(Wanted::NeedsMe)),
        ("active", "Active", kinds.active, Some(Status::Active), None),
        ("parked", "Parked", kinds.parked, Some(Status::Parked), None),
        ("completed", "Completed", kinds.completed, Some(Status::Completed), None),
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
