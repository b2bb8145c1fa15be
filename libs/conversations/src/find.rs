//! Owns which conversation a word on a command line means.

use crate::catalog::{Catalog, Conversation};

/// Why a word means no conversation.
#[derive(Debug, PartialEq, Eq)]
pub enum Missing {
    /// There is none.
    Unknown,
    /// There are several: their ids.
    Several(Vec<String>),
}

/// The conversation that a word means: its id, or a unique start or end of it.
pub fn find<'c>(catalog: &'c Catalog, word: &str) -> Result<&'c Conversation, Missing> {
    let word = word.to_ascii_lowercase();
    let fits = |one: &&Conversation| one.uuid.starts_with(&word) || one.uuid.ends_with(&word);
    let found: Vec<&Conversation> = catalog.conversations.iter().filter(fits).collect();
    match found.as_slice() {
        [one] => Ok(one),
        [] => Err(Missing::Unknown),
        several => Err(Missing::Several(several.iter().map(|one| one.uuid.clone()).collect())),
    }
}
