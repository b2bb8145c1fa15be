//! Owns the tags and dispositions of all conversations, for lists and filters.

use cs_core::error::Result;
use cs_core::store::Store;
use std::collections::BTreeMap;

/// Tags by the id of a conversation.
#[derive(Clone, Debug, Default)]
pub struct Tags {
    by_id: BTreeMap<String, Vec<String>>,
}

impl Tags {
    /// Reads those of all conversations that have marks.
    pub fn read(_store: &Store) -> Result<Tags> {
        Ok(Tags::default())
    }

    /// The tags of a conversation, in alphabetical order.
    pub fn of(&self, uuid: &str) -> &[String] {
        self.by_id.get(uuid).map_or(&[], Vec::as_slice)
    }
}
