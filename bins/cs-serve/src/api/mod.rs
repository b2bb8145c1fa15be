//! Owns the API: documents of the view as JSON. `docs/API.md` says what each field means.

pub mod export;

use crate::app::Asked;
use crate::http::{Refusal, Reply};
use crate::view::listing::{self, Listing};
use crate::view::spending::{self, Lately, Spent};
use crate::view::usage::Used;
use crate::view::{Rows, history, project, session};
use cs_core::clock;
use cs_core::id::{SessionId, Slug};
use cs_core::overview::Overview;
use cs_core::zone::Zone;
use serde::Serialize;
use std::sync::Arc;

/// `/api/overview`
pub fn overview(asked: &Asked) -> Reply {
    #[derive(Serialize)]
    struct Document<'a> {
        #[serde(flatten)]
        overview: &'a Overview,
        usage: Lately,
    }
    Reply::json(&Document { overview: &asked.snapshot.overview, usage: asked.lately() })
}

/// `/api/sessions`
pub fn sessions(asked: &Asked) -> Result<Reply, Refusal> {
    Ok(Reply::json(&asked.listing()?))
}

/// `/api/session/<id>`
pub fn session(asked: &Asked, id: &SessionId) -> Result<Reply, Refusal> {
    let shown = session::show(&asked.app.keeper, &asked.snapshot, id)?;
    Ok(Reply::json(&shown))
}

/// `/api/project/<slug>`
pub fn project(asked: &Asked, slug: &Slug) -> Result<Reply, Refusal> {
    Ok(Reply::json(&asked.project(slug)?))
}

/// `/api/activity`
pub fn activity(asked: &Asked) -> Result<Reply, Refusal> {
    #[derive(Serialize)]
    struct Activity {
        days: Vec<history::Day>,
        usage: Option<Spent>,
    }
    let spent = |used: Arc<Used>| spending::spent(&used, spending::range(&asked.query));
    Ok(Reply::json(&Activity { days: asked.days()?, usage: asked.used().map(spent) }))
}

impl Asked<'_> {
    /// The sessions that the query wants.
    pub fn listing(&self) -> Result<Listing, Refusal> {
        let app = self.app;
        let listed = listing::list(&app.keeper, &app.archive, &app.search, &self.snapshot, &self.query);
        Ok(listed?)
    }

    /// A project, its sessions as the query wants them, and its last half year.
    pub fn project(&self, slug: &Slug) -> Result<project::Shown, Refusal> {
        project::show(self, slug)
    }

    /// All archived sessions.
    pub fn archived(&self) -> Result<Arc<Rows>, Refusal> {
        Ok(self.app.archive.rows(&self.app.keeper.store)?)
    }

    /// The last year, archived sessions included.
    pub fn days(&self) -> Result<Vec<history::Day>, Refusal> {
        let archived = self.archived()?;
        Ok(history::days(self.snapshot.rows.iter().chain(archived.iter()), Zone::system(), clock::now()))
    }
}
