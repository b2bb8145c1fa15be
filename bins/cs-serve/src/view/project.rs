//! Owns one project as it is shown: where it stands, its sessions, and what was done when.

use super::history::{self, Week};
use super::listing::Listing;
use super::spending::OfProject;
use crate::app::Asked;
use crate::http::Refusal;
use crate::query::Query;
use cs_core::clock;
use cs_core::id::Slug;
use cs_core::overview::Project;
use serde::Serialize;

/// A project with everything that is known of it.
#[derive(Debug, Serialize)]
pub struct Shown {
    #[serde(flatten)]
    pub project: Project,
    /// The last half year.
    pub weeks: Vec<Week>,
    /// Its sessions, as the query wants them.
    pub listing: Listing,
    /// All that it used, and its days; none if nobody has summed it up yet.
    pub usage: Option<OfProject>,
}

/// Finds a project; one that only archived sessions name is known, too.
pub fn find(asked: &Asked, slug: &Slug) -> Result<Project, Refusal> {
    let known = asked.snapshot.overview.projects.iter().find(|project| project.slug == slug.as_str());
    match known {
        Some(project) => Ok(project.clone()),
        None if asked.archived()?.slugs().iter().any(|known| known == slug.as_str()) => Ok(bare(slug)),
        None => Err(Refusal::new(404, "NOT_FOUND", &format!("no project {slug}; /api/overview has all"))),
    }
}

/// A project, its sessions as the query wants them, and its last half year.
pub fn show(asked: &Asked, slug: &Slug) -> Result<Shown, Refusal> {
    let (app, project, archived) = (asked.app, find(asked, slug)?, asked.archived()?);
    let query = Query { project: Some(slug.clone()), ..asked.query.clone() };
    let of_project = Asked { app, snapshot: asked.snapshot.clone(), query, path: asked.path };
    let rows = [asked.snapshot.rows.as_ref(), archived.as_ref()];
    let weeks = history::weeks(&app.keeper.store, &app.tasks_done, &rows, slug.as_str(), clock::now());
    Ok(Shown { project, weeks, usage: asked.used_by(slug.as_str()), listing: of_project.listing()? })
}

fn bare(slug: &Slug) -> Project {
    Project {
        slug: slug.to_string(),
        name: slug.to_string(),
        path: None,
        current_phase: String::new(),
        roadmap_summary: cs_core::project::Roadmap::default(),
        counts: cs_core::project::Counts::default(),
        last_activity: String::new(),
        open_questions: Vec::new(),
        recent_commits: Vec::new(),
        active: Vec::new(),
        parked: Vec::new(),
        recent: Vec::new(),
    }
}
