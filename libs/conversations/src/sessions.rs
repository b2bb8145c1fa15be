//! Owns which session records a conversation has. Must stay true: no record is read unless its id fits the conversation's.

use cs_core::error::Result;
use cs_core::id::{Names, SessionId, Uuid};
use cs_core::store::Store;
use std::collections::HashMap;

/// The ids of all session records, by the part that a conversation's id decides.
#[derive(Debug)]
pub struct Sessions<'s> {
    store: &'s Store,
    by_end: HashMap<String, Vec<SessionId>>,
}

impl<'s> Sessions<'s> {
    /// Reads which records there are, archived ones too, and opens none.
    pub fn of(store: &'s Store) -> Result<Sessions<'s>> {
        let mut by_end: HashMap<String, Vec<SessionId>> = HashMap::new();
        for dir in [store.home.archive(), store.home.sessions()] {
            for id in store.ids(&dir)? {
                let end = id.as_str().rfind('_').and_then(|at| id.as_str().get(at..)).unwrap_or_default().to_string();
                by_end.entry(end).or_default().push(id);
            }
        }
        Ok(Sessions { store, by_end })
    }

    /// The records of a conversation, the oldest first. One that cannot be read is left out.
    pub fn ids(&self, uuid: &str) -> Vec<SessionId> {
        let Ok(uuid) = Uuid::parse(uuid) else { return Vec::new() };
        let is_its = |id: &SessionId| {
            self.store.session(id).is_ok_and(|record| record.claude_session_id.as_deref() == Some(uuid.as_str()))
        };
        let names = Names::of(&uuid);
        let mut found: Vec<SessionId> =
            names.ends().filter_map(|end| self.by_end.get(end)).flatten().filter(|id| is_its(id)).cloned().collect();
        let files = [self.store.live(&uuid), self.store.ended(&uuid)];
        found.extend(files.into_iter().filter_map(|live| live.ok()??.session()));
        found.sort();
        found.dedup();
        found
    }
}
