//! Owns the tags and dispositions of sessions: those of their conversations. Must stay true: without marks nothing is read
//! but the directory of marks.

use conversations::Sessions;
use cs_core::error::Result;
use cs_core::id::SessionId;
use cs_core::store::Store;
use marks::Tags;
use std::collections::HashMap;

/// The tags of sessions.
#[derive(Debug, Default)]
pub struct Tagged {
    tags: Tags,
    /// The conversations of sessions that have some.
    conversations: HashMap<String, String>,
}

impl Tagged {
    /// Reads them. What cannot be read is told, and the program goes on without.
    pub fn read(store: &Store) -> Self {
        Tagged::found(store).unwrap_or_else(|error| {
            cli::defer(&error);
            Tagged::default()
        })
    }

    fn found(store: &Store) -> Result<Self> {
        let tags = Tags::read(store)?;
        let mut conversations = HashMap::new();
        if !tags.is_empty() {
            let sessions = Sessions::of(store)?;
            for uuid in tags.ids() {
                conversations.extend(sessions.ids(uuid).into_iter().map(|id| (id, uuid.to_string())));
            }
        }
        Ok(Tagged { tags, conversations })
    }

    /// The tags of a session.
    pub fn tags(&self, id: &SessionId) -> &[String] {
        self.conversations.get(id.as_str()).map_or(&[], |uuid| self.tags.of(uuid))
    }

    /// The dispositions of entries of a session.
    pub fn dispositions(&self, id: &SessionId) -> &[String] {
        self.conversations.get(id.as_str()).map_or(&[], |uuid| self.tags.dispositions(uuid))
    }

    /// Whether a session has all these tags and dispositions.
    pub fn fits(&self, id: &SessionId, tags: &[String], dispositions: &[String]) -> bool {
        let uuid = self.conversations.get(id.as_str()).map_or("", String::as_str);
        self.tags.fit(uuid, tags, dispositions)
    }
}
