//! Owns one project as it is shown: its progress, its sessions, and its weeks.

use super::caches::Caches;
use super::history::{self, Week};
use super::keeper::Snapshot;
use super::listing::{self, Listing};
use super::spending::{self, OfProject};
use crate::query::Query;
use cs_core::clock;
use cs_core::id::Slug;
use cs_core::overview::Project;
use cs_core::{Error, Result};
use serde::Serialize;

/// A project with everything that is shown.
#[derive(Debug, Serialize)]
pub struct ShownProject {
    #[serde(flatten)]
    pub project: Project,
    /// The last half year.
    pub weeks: Vec<Week>,
    /// The sessions that the query selects.
    pub listing: Listing,
    /// Its usage in all, and by day; `None` if nothing was counted yet.
    pub usage: Option<OfProject>,
}

/// Finds a project; one that only archived sessions name counts too.
pub fn find(caches: &Caches, snapshot: &Snapshot, slug: &Slug) -> Result<Project> {
    let known = snapshot.overview.projects.iter().find(|project| project.slug == slug.as_str());
    match known {
        Some(project) => Ok(project.clone()),
        None if caches.archived()?.slugs().iter().any(|known| known == slug.as_str()) => Ok(bare(slug)),
        None => Err(Error::Missing(format!("no project {:?}; /api/overview lists all", slug.as_str()))),
    }
}

/// Reads a project, the sessions that the query selects, and its last half year.
pub fn show(caches: &Caches, snapshot: &Snapshot, query: &Query, slug: &Slug) -> Result<ShownProject> {
    let (project, archived) = (find(caches, snapshot, slug)?, caches.archived()?);
    let rows = [snapshot.rows.as_ref(), archived.as_ref()];
    let weeks = history::weeks(caches.store(), &caches.tasks_done, &rows, slug.as_str(), clock::now());
    let query = Query { project: Some(slug.clone()), ..query.clone() };
    let listing = listing::list(caches, snapshot, &query)?;
    Ok(ShownProject { project, weeks, usage: spending::of_project(caches, slug.as_str()), listing })
}

fn bare(slug: &Slug) -> Project {
    Project {
        slug: slug.to_string(),
        name: slug.to_string(),
        path: None,
        is_hidden: false,
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
