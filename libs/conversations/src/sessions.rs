//! Owns which session records a conversation has. Must stay true: no record is read unless its id fits the conversation's.

use cs_core::error::Result;
use cs_core::id::{Names, SessionId, Uuid};
use cs_core::record::Session;
use cs_core::store::Store;

/// The ids of all session records, in the order of the part that a conversation's id decides.
#[derive(Debug, Default)]
pub struct SessionNames(Vec<SessionId>);

/// The part of an id that a conversation's id decides.
fn end(id: &SessionId) -> &str {
    id.as_str().rfind('_').and_then(|at| id.as_str().get(at..)).unwrap_or_default()
}

impl SessionNames {
    /// Reads which records there are, archived ones too, and opens none.
    pub fn read(store: &Store) -> Result<SessionNames> {
        let mut all = store.ids(&store.home.archive())?;
        all.extend(store.ids(&store.home.sessions())?);
        all.sort_by(|a, b| end(a).cmp(end(b)));
        Ok(SessionNames(all))
    }

    /// The ids that the records of a conversation may have, by their names alone.
    pub fn of(&self, uuid: &Uuid) -> Vec<&SessionId> {
        let names = Names::of(uuid);
        let with = |wanted| {
            let from = self.0.partition_point(|id| end(id) < wanted);
            self.0.iter().skip(from).take_while(move |id| end(id) == wanted)
        };
        names.ends().flat_map(with).collect()
    }

    /// The records of a conversation, the oldest first. One that cannot be read is left out.
    pub fn records(&self, store: &Store, uuid: &str) -> Vec<Session> {
        let Ok(uuid) = Uuid::parse(uuid) else { return Vec::new() };
        let mut ids: Vec<SessionId> = self.of(&uuid).into_iter().cloned().collect();
        let named = ids.len();
        let files = [store.live(&uuid), store.ended(&uuid)];
        ids.extend(files.into_iter().filter_map(|live| live.ok()??.session()));
        let mut found: Vec<Session> = Vec::new();
        for (n, id) in ids.iter().enumerate() {
            let is_known = found.iter().any(|record| record.session_id == id.as_str());
            let record = Some(id).filter(|_| !is_known).and_then(|id| store.session(id).ok());
            // The conversation's own file knows its session, whatever that is called.
            let is_its = |record: &Session| record.claude_session_id.as_deref() == Some(uuid.as_str()) || n >= named;
            found.extend(record.filter(is_its));
        }
        found.sort_by(|a, b| (&a.started_at, &a.session_id).cmp(&(&b.started_at, &b.session_id)));
        found
    }
}

/// The session records of conversations.
#[derive(Debug)]
pub struct Sessions<'s> {
    store: &'s Store,
    names: SessionNames,
}

impl<'s> Sessions<'s> {
    /// Reads which records there are, archived ones too, and opens none.
    pub fn of(store: &'s Store) -> Result<Sessions<'s>> {
        Ok(Sessions { store, names: SessionNames::read(store)? })
    }

    /// The records of a conversation, the oldest first. One that cannot be read is left out.
    pub fn records(&self, uuid: &str) -> Vec<Session> {
        self.names.records(self.store, uuid)
    }

    /// The ids of those records.
    pub fn ids(&self, uuid: &str) -> Vec<String> {
        self.records(uuid).into_iter().map(|record| record.session_id).collect()
    }
}
