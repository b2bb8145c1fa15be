//! Owns the API: documents of the view as JSON. `docs/API.md` says what each field means.

pub mod export;

use crate::asked::Asked;
use crate::http::{Refusal, Reply};
use crate::site::Site;
use crate::view::spending::{self, Lately, Spent};
use crate::view::usage::Rollup;
use crate::view::{agents, calls, history, project, session};
use cs_core::clock;
use cs_core::id::{SeatId, SessionId, Slug};
use cs_core::overview::Overview;
use serde::Serialize;
use std::sync::Arc;

/// `/healthz`
pub fn health(site: &Site) -> Reply {
    let health = serde_json::json!({"status": "ok", "readers": site.readers});
    Reply::json(&health).with("Cache-Control", "no-store")
}

/// `/api/overview`
pub fn overview(asked: &Asked) -> Result<Reply, Refusal> {
    #[derive(Serialize)]
    struct Document<'a> {
        #[serde(flatten)]
        overview: &'a Overview,
        usage: Lately,
    }
    Ok(Reply::json(&Document { overview: &asked.snapshot.overview, usage: spending::lately(asked.caches) }))
}

/// `/api/sessions`
pub fn sessions(asked: &Asked) -> Result<Reply, Refusal> {
    Ok(Reply::json(&asked.listing()?))
}

/// `/api/session/<id>`
pub fn session(asked: &Asked, id: &SessionId) -> Result<Reply, Refusal> {
    let shown = session::show(&asked.caches.keeper, &asked.snapshot, id)?;
    Ok(Reply::json(&shown))
}

/// `/api/project/<slug>`
pub fn project(asked: &Asked, slug: &Slug) -> Result<Reply, Refusal> {
    Ok(Reply::json(&project::show(asked.caches, &asked.snapshot, &asked.query, slug)?))
}

/// `/api/agents`
pub fn agents(asked: &Asked) -> Result<Reply, Refusal> {
    Ok(Reply::json(&serde_json::json!({"agents": asked.snapshot.agents.rows(asked.store())})))
}

/// `/api/agents/<agent>`
pub fn agent(asked: &Asked, id: &SeatId) -> Result<Reply, Refusal> {
    Ok(Reply::json(&agents::show(&asked.caches.keeper.store, &asked.snapshot.agents, id)?))
}

/// `/api/leases`
pub fn leases(asked: &Asked) -> Result<Reply, Refusal> {
    Ok(Reply::json(&serde_json::json!({"leases": agents::leases(asked.store())?})))
}

/// `/api/audit`
pub fn audit(asked: &Asked) -> Result<Reply, Refusal> {
    Ok(Reply::json(&calls::list(asked.store(), &asked.snapshot, &asked.query, clock::now())?))
}

/// `/api/activity`
pub fn activity(asked: &Asked) -> Result<Reply, Refusal> {
    #[derive(Serialize)]
    struct Activity {
        days: Vec<history::Day>,
        usage: Option<Spent>,
    }
    let spent = |used: Arc<Rollup>| spending::spent(&used, spending::range(&asked.query));
    Ok(Reply::json(&Activity { days: asked.days()?, usage: asked.caches.used().map(spent) }))
}
