//! Owns reading what conversations used. The summaries are written by `cs-usage keep`.

use super::Store;
use crate::days::Days;
use crate::error::{Error, Result};
use crate::file;
use crate::id::Uuid;
use crate::record::Session;
use crate::usage::Usage;

impl Store {
    /// What the session's conversation used, as it was last summed up; `None` if it was not yet.
    /// Several sessions of one conversation (a resumed one that got a new record) share it.
    pub fn usage_of(&self, session: &Session) -> Result<Option<Usage>> {
        let Some(uuid) = session.claude_session_id.as_deref().and_then(|uuid| Uuid::parse(uuid).ok()) else {
            return Ok(None);
        };
        self.usage(&uuid)
    }

    /// What a conversation used, as it was last summed up; `None` if it was not yet.
    pub fn usage(&self, uuid: &Uuid) -> Result<Option<Usage>> {
        let path = self.home.usage(uuid);
        let Some(bytes) = file::read(&path)? else { return Ok(None) };
        serde_json::from_slice(&bytes).map(Some).map_err(|error| Error::corrupt(&path, error.to_string()))
    }

    /// What was used on each day, as it was last summed up; `None` if it was not yet.
    pub fn usage_days(&self) -> Result<Option<Days>> {
        let path = self.home.usage_days();
        let Some(bytes) = file::read(&path)? else { return Ok(None) };
        serde_json::from_slice(&bytes).map(Some).map_err(|error| Error::corrupt(&path, error.to_string()))
    }
}
