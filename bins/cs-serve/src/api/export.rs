//! Owns exports: sessions as files that are saved.

use crate::app::{Asked, refusal};
use crate::http::{Refusal, Reply};
use crate::query::Format;
use crate::view::session;
use cs_core::id::{SessionId, Slug};

/// `/api/export/session/<id>`
pub fn session(asked: &Asked, id: &SessionId) -> Result<Reply, Refusal> {
    let shown = session::show(&asked.app.keeper, id).map_err(|error| refusal(&error))?;
    match asked.query.format.unwrap_or(Format::Json) {
        Format::Json => Ok(Reply::json(&shown.session).saved_as(&format!("{id}.json"))),
        other => Err(unknown(other)),
    }
}

/// `/api/export/project/<slug>`
pub fn project(asked: &Asked, slug: &Slug) -> Result<Reply, Refusal> {
    let shown = asked.project(slug)?;
    match asked.query.format.unwrap_or(Format::Json) {
        Format::Json => Ok(Reply::json(&shown.listing.sessions).saved_as(&format!("{slug}.json"))),
        other => Err(unknown(other)),
    }
}

fn unknown(format: Format) -> Refusal {
    Refusal::new(400, "BAD_REQUEST", &format!("{} is not made here", format.as_str()))
}
