//! Owns which conversation a word on a command line means: `claude:UUID`, the id of a session record, or that of a
//! conversation; of ids also a start or an end. Must stay true: the id of a session wins, since that is the one that other
//! programs show.

use crate::catalog::{Catalog, Conversation};
use agents::logs::Roots;
use cs_core::Error;
use cs_core::error::Result;
use cs_core::store::{Selector, Store};
use cs_core::who;

/// How many candidates an error names.
const CANDIDATES: usize = 10;

/// The conversation that a word means.
pub fn find<'c>(catalog: &'c Catalog, store: &Store, word: &str) -> Result<&'c Conversation> {
    let (id, is_named) = who::conversation(word).map_or((word, false), |id| (id, true));
    let id = id.to_ascii_lowercase();
    let whole = catalog.conversations.iter().find(|one| one.uuid == id || one.logs.iter().any(|log| log.thread == id));
    if let Some(one) = whole {
        return Ok(one);
    }
    let of_session = if is_named { None } else { of_session(catalog, store, word)? };
    match of_session {
        Some(one) => Ok(one),
        None => by_part(catalog, word, &id),
    }
}

impl Catalog {
    /// The conversation with this id, as a session's record has it. If there is no log of it, its prompts may be left: clients
    /// remember them.
    pub fn of_session(&mut self, roots: &Roots, uuid: &str) -> Option<&Conversation> {
        if self.with_id(uuid).is_none() {
            self.add_remembered(roots);
        }
        self.with_id(uuid)
    }

    fn with_id(&self, uuid: &str) -> Option<&Conversation> {
        self.conversations.iter().find(|one| one.uuid.eq_ignore_ascii_case(uuid))
    }
}

/// The conversation of a session; `None` if no session has this id.
fn of_session<'c>(catalog: &'c Catalog, store: &Store, word: &str) -> Result<Option<&'c Conversation>> {
    let id = match Selector::parse(word).and_then(|selector| store.find(&selector)) {
        Ok(id) => id,
        Err(Error::Refused(text)) => return Err(Error::Refused(text)),
        // It may be the id of a conversation.
        Err(_) => return Ok(None),
    };
    let record = store.session(&id)?;
    let Some(uuid) = record.claude_session_id else {
        return Err(Error::Missing(format!("{id} has no conversation")));
    };
    catalog
        .with_id(&uuid)
        .map(Some)
        .ok_or_else(|| Error::Missing(format!("the log of {uuid}, the conversation of {id}, is gone")))
}

fn by_part<'c>(catalog: &'c Catalog, word: &str, part: &str) -> Result<&'c Conversation> {
    let fits = |one: &&Conversation| !part.is_empty() && (one.uuid.starts_with(part) || one.uuid.ends_with(part));
    let found: Vec<&Conversation> = catalog.conversations.iter().filter(fits).collect();
    match found.as_slice() {
        [one] => Ok(one),
        [] => Err(Error::Missing(format!("no conversation {word:?}; cs-transcript list shows all"))),
        several => {
            let shown: Vec<&str> = several.iter().take(CANDIDATES).map(|one| one.uuid.as_str()).collect();
            let more = several.len().saturating_sub(shown.len());
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            Err(Error::Refused(format!("{word:?} is ambiguous: {}{more}", shown.join(", "))))
        }
    }
}
