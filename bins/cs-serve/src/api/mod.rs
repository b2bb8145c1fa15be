//! Owns the API: documents of the view as JSON. `docs/API.md` says what each field means.

pub mod conversation;
pub mod export;
mod limits;
pub mod machines;

pub use limits::limits;

use crate::asked::Asked;
use crate::http::{Refusal, Reply};
use crate::site::Site;
use crate::view::calls::Seen;
use crate::view::spending::{self, Lately, Spent};
use crate::view::usage::Rollup;
use crate::view::{agents, calls, history, project, session};
use cs_core::clock;
use cs_core::id::{SeatId, SessionId, Slug};
use cs_core::overview::Overview;
use serde::Serialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// `/healthz`
pub fn health(site: &Site) -> Reply {
    let health = json!({"status": "ok", "readers": site.readers, "review": site.is_review()});
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
    let mut shown = session::show(&asked.caches.keeper, &asked.snapshot, id)?;
    shown.audit = shown.work.as_ref().and_then(|work| serde_json::to_value(work).ok());
    Ok(Reply::json(&shown))
}

/// `/api/project/<slug>`
pub fn project(asked: &Asked, slug: &Slug) -> Result<Reply, Refusal> {
    Ok(Reply::json(&project::show(asked.caches, &asked.snapshot, &asked.query, slug)?))
}

/// `/api/agents`
pub fn agents(asked: &Asked) -> Result<Reply, Refusal> {
    Ok(Reply::json(&json!({"agents": asked.snapshot.agents.rows(asked.store())})))
}

/// `/api/agents/<agent>`
pub fn agent(asked: &Asked, id: &SeatId) -> Result<Reply, Refusal> {
    Ok(Reply::json(&agents::show(&asked.caches.keeper.store, &asked.snapshot.agents, id)?))
}

/// `/api/leases`
pub fn leases(asked: &Asked) -> Result<Reply, Refusal> {
    Ok(Reply::json(&json!({"leases": agents::leases(asked.store())?})))
}

/// `/api/audit`
pub fn audit(asked: &Asked) -> Result<Reply, Refusal> {
    let found = calls::list(asked.caches, &asked.snapshot, &asked.query, clock::now())?;
    let all = |calls: &[Seen]| calls.iter().map(with_session).collect::<Vec<Value>>();
    let tools: Vec<Value> = found.tools.iter().map(|(name, calls)| json!({"name": name, "calls": calls})).collect();
    Ok(Reply::json(&json!({
        "since": found.since,
        "until": found.until,
        "begins_at": found.begins_at,
        "is_cut": found.is_cut,
        "sums": found.sums,
        "calls": all(&found.calls),
        "slowest": all(&found.slowest),
        "tools": tools,
        "next_before": found.next_before,
        "subagents": found.subagents,
    })))
}

fn with_session(seen: &Seen) -> Value {
    let mut value = json!(seen.call);
    if let Some(fields) = value.as_object_mut() {
        fields.insert("session_id".to_string(), json!(seen.session_id));
        seen.purpose.iter().for_each(|purpose| drop(fields.insert("purpose".to_string(), json!(purpose))));
    }
    value
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
