//! Owns all archived sessions in short. The archive has no index; its records do not change, so each is read once, when
//! the archive is requested.

use super::index_rows::IndexRows;
use cs_core::Result;
use cs_core::id::SessionId;
use cs_core::index::IndexEntry;
use cs_core::record::Session;
use cs_core::stamp::{Stamp, unchanged};
use cs_core::store::Store;
use std::sync::{Arc, Mutex, PoisonError};

/// The archived sessions that were read.
#[derive(Debug, Default)]
pub struct Archive {
    known: Mutex<(Option<Stamp>, Arc<IndexRows>)>,
}

impl Archive {
    /// All archived sessions, newest first. Damaged ones are left out: their project is not known.
    pub fn rows(&self, store: &Store) -> Result<Arc<IndexRows>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let dir = store.home.archive();
        let stamp = Stamp::of(&dir);
        if unchanged(known.0.as_ref(), stamp.as_ref()) {
            return Ok(known.1.clone());
        }
        let ids = store.ids(&dir)?;
        let new: Vec<Session> = ids
            .iter()
            .filter(|id| known.1.find(id.as_str()).is_none())
            // A current record of the same id takes precedence.
            .filter_map(|id| store.session(id).ok().map(slim))
            .collect();
        let rows = Arc::new(IndexRows::new(&merged(&ids, &known.1, &new)));
        *known = (stamp, rows.clone());
        Ok(rows)
    }
}

/// Drops the timeline and the lists, which a session in short does not need.
fn slim(session: Session) -> Session {
    Session {
        events: Vec::new(),
        files_changed: Vec::new(),
        commits: Vec::new(),
        decisions: Vec::new(),
        open_questions: Vec::new(),
        tasks: Vec::new(),
        unknown: cs_core::record::Unknown::new(),
        ..session
    }
}

fn merged<'a>(ids: &[SessionId], known: &'a IndexRows, new: &'a [Session]) -> Vec<(SessionId, IndexEntry<'a>)> {
    let entry = |id: &SessionId| match known.find(id.as_str()) {
        Some(row) => Some(IndexEntry {
            project_slug: row.project_slug.into(),
            status: row.status,
            intent: row.intent.into(),
            started_at: row.started_at.into(),
            ended_at: row.ended_at.map(Into::into),
            last_heartbeat: row.last_heartbeat.into(),
        }),
        None => {
            let found = new.binary_search_by(|session| session.session_id.as_str().cmp(id.as_str())).ok()?;
            new.get(found).map(IndexEntry::of)
        }
    };
    ids.iter().filter_map(|id| Some((id.clone(), entry(id)?))).collect()
}
