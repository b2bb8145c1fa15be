//! Owns reading the usage of sessions. `cs-usage keep` writes the summaries.

use super::Store;
use crate::clock::Date;
use crate::days::{Days, HEAD};
use crate::error::{Error, Result};
use crate::file;
use crate::id::{SessionId, Uuid};
use crate::record::Session;
use crate::usage::Usage;
use crate::validate::FILE_BYTES;

/// The last bytes of the days that are read first: a month is among them, unless there are very many projects. A line for
/// people reads them each time it is drawn.
const ENDS: [usize; 2] = [64 * 1024, 1024 * 1024];

impl Store {
    /// The usage of a session in the last summary of its conversation; `None` if there is none. Several sessions of one
    /// conversation (a resumed one that got a new record) each have a share.
    pub fn usage_of(&self, session: &Session) -> Result<Option<Usage>> {
        let uuid = session.claude_session_id.as_deref().and_then(|uuid| Uuid::parse(uuid).ok());
        uuid.map_or(Ok(None), |uuid| self.usage(&uuid, &session.session_id))
    }

    /// The usage of the session with this id in this conversation.
    pub fn usage(&self, uuid: &Uuid, session_id: &str) -> Result<Option<Usage>> {
        let path = self.home.usage(uuid);
        let Some(bytes) = file::read(&path)? else { return Ok(None) };
        let usage: Usage = serde_json::from_slice(&bytes).map_err(|error| Error::corrupt(&path, error.to_string()))?;
        Ok(usage.bounded().of_record(session_id))
    }

    /// The sessions among which the usage of a conversation is divided; none if it is not divided.
    pub(super) fn sharers(&self, uuid: &Uuid) -> Vec<SessionId> {
        let bytes = file::read(&self.home.usage(uuid)).ok().flatten().unwrap_or_default();
        let usage = serde_json::from_slice::<Usage>(&bytes).ok();
        let records = usage.into_iter().flat_map(|usage| usage.records.into_keys());
        records.filter_map(|id| SessionId::parse(&id).ok()).collect()
    }

    /// The usage of each day since `first`, see [`Days::parse_since`]; `None` if there is none.
    pub fn usage_days_since(&self, first: Date) -> Result<Option<Days>> {
        let path = self.home.usage_days();
        let corrupt = |error: serde_json::Error| Error::corrupt(&path, error.to_string());
        for most in ENDS {
            let Some([head, tail]) = file::ends(&path, HEAD, most)? else { return Ok(None) };
            let days = match tail.len() < most {
                true => Some(Days::parse_since(&[head, tail].concat(), first)),
                false => Days::parse_ends(&head, &tail, first),
            };
            if let Some(days) = days {
                return days.map(|days| Some(days.bounded())).map_err(corrupt);
            }
        }
        let Some(bytes) = file::read_at_most(&path, FILE_BYTES)? else { return Ok(None) };
        Days::parse_since(&bytes, first).map(|days| Some(days.bounded())).map_err(corrupt)
    }

    /// The usage of each day in the last summary; `None` if there is none.
    pub fn usage_days(&self) -> Result<Option<Days>> {
        let path = self.home.usage_days();
        let Some(bytes) = file::read(&path)? else { return Ok(None) };
        let days: Days = serde_json::from_slice(&bytes).map_err(|error| Error::corrupt(&path, error.to_string()))?;
        Ok(Some(days.bounded()))
    }
}
