//! Owns what people may write to name a session: a full id, a unique start or end of one, or `claude:<uuid>`.

use super::Store;
use crate::error::{Error, Result};
use crate::id::{SessionId, Uuid};
use crate::who;

/// A session as people name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selector {
    /// A full session id.
    Id(SessionId),
    /// The session of a conversation.
    Conversation(Uuid),
    /// The start or the end of an id.
    Part(String),
}

impl Selector {
    /// Parses a selector; text that cannot be part of an id is `Invalid`.
    pub fn parse(text: &str) -> Result<Self> {
        if let Some(uuid) = who::conversation(text) {
            return Ok(Selector::Conversation(Uuid::parse(uuid)?));
        }
        if let Ok(id) = SessionId::parse(text) {
            return Ok(Selector::Id(id));
        }
        let ok = !text.is_empty() && text.len() < 23 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if ok {
            return Ok(Selector::Part(text.to_string()));
        }
        Err(Error::Invalid(format!(
            "not a session id: {text:?}; write an id such as sess_20261121T0337_ca5d, its start or end, or claude:UUID"
        )))
    }
}

impl Store {
    /// The one session that the selector names.
    pub fn find(&self, selector: &Selector) -> Result<SessionId> {
        match selector {
            Selector::Id(id) => Ok(id.clone()),
            Selector::Conversation(uuid) => match self.conversation(uuid)? {
                Some(id) => Ok(id),
                None => self
                    .archived_conversation(uuid)?
                    .ok_or_else(|| Error::Missing(format!("no session of the conversation {uuid}"))),
            },
            Selector::Part(part) => self.find_part(part),
        }
    }

    fn find_part(&self, part: &str) -> Result<SessionId> {
        for dir in [self.home.sessions(), self.home.archive()] {
            let mut fits = self.ids(&dir)?;
            fits.retain(|id| id.as_str().starts_with(part) || id.as_str().ends_with(part));
            match fits.as_slice() {
                [] => continue,
                [one] => return Ok(one.clone()),
                many => return Err(ambiguous(part, many)),
            }
        }
        let missing = || Error::Missing(format!("no session {part:?}; cs-session list shows all"));
        match self.find_deleted(&Selector::Part(part.to_string())) {
            Ok(Some(id)) => Err(self.deleted_error(&id).unwrap_or_else(missing)),
            _ => Err(missing()),
        }
    }
}

pub(super) fn ambiguous(part: &str, fits: &[SessionId]) -> Error {
    let shown: Vec<&str> = fits.iter().rev().take(10).map(SessionId::as_str).collect();
    let more = if fits.len() > shown.len() { format!(" and {} more", fits.len() - shown.len()) } else { String::new() };
    Error::Refused(format!("{part:?} is ambiguous: {}{more}", shown.join(", ")))
}
