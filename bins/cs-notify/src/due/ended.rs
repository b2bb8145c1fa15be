//! Owns what is due when a session ended without a person: after a turn that had failed, or closed by `cs-cleanup`.

use super::{Finder, Found, NEWS_HOURS, Scope};
use crate::reasons::Reason;
use cs_core::clock::{self, TimeDelta};
use cs_core::ending::{self, BY_CLEANUP};
use cs_core::error::Result;
use cs_core::id::{SessionId, Uuid};
use cs_core::index::IndexEntry;
use cs_core::live::Live;
use cs_core::record::{Session, Status};
use cs_core::state::State;
use serde::Deserialize;

/// What a record says about the end of its session.
#[derive(Deserialize)]
struct End {
    #[serde(default)]
    ended_by: Option<String>,
    #[serde(default)]
    claude_session_id: Option<String>,
}

impl Finder<'_, '_> {
    /// Finds a session that recently ended without a person: after a turn that had failed, or closed by `cs-cleanup`
    /// before this program could send a notice.
    pub(super) fn find_unattended_end(&self, id: &SessionId, entry: &IndexEntry) -> Result<Option<Found>> {
        let last = entry.ended_at.as_deref().unwrap_or(&entry.last_heartbeat);
        if self.has_lasted(last, TimeDelta::hours(NEWS_HOURS)) {
            return Ok(None);
        }
        // For one session alone, looking at the folders costs more than its record.
        let known = Some(self.reader).filter(|_| matches!(self.scope, Scope::All)).and_then(|reader| reader.fields(id));
        if let Some(end) = known.or_else(|| self.store.glance(id))
            && !self.may_be_told(&end)?
        {
            return Ok(None);
        }
        let Ok(record) = self.store.recent(id) else { return Ok(None) };
        if record.status != Status::Active && !ending::is_ours(&record) {
            return Ok(None);
        }
        let uuid = record.claude_session_id.as_deref().and_then(|uuid| Uuid::parse(uuid).ok());
        let ended = uuid.map(|uuid| self.store.ended(&uuid)).transpose()?.flatten();
        let ended = ended.filter(|ended| ended.session_id.as_deref() == Some(id.as_str()));
        let found = match record.ended_by.as_deref() {
            Some(BY_CLEANUP) if record.status != Status::Active => Some(self.describe_closed(&record, ended)),
            _ => ended.and_then(find_failed_end),
        };
        let state = match record.status {
            Status::Active => State::Unknown,
            Status::Parked => State::Parked,
            Status::Completed => State::Completed,
        };
        Ok(found.map(|found| Found { state, ..found }))
    }

    /// Whether the end of a session may be news: most are none, and their records are not read.
    fn may_be_told(&self, end: &End) -> Result<bool> {
        let uuid = end.claude_session_id.as_deref().and_then(|uuid| Uuid::parse(uuid).ok());
        let ended = || uuid.map(|uuid| self.store.ended(&uuid)).transpose();
        Ok(end.ended_by.as_deref() == Some(BY_CLEANUP) || ended()?.flatten().is_some_and(|ended| ended.error.is_some()))
    }

    /// Describes a session that `cs-cleanup` closed as it was before, so that it gets the same notice.
    fn describe_closed(&self, record: &Session, ended: Option<Live>) -> Found {
        let since = ended.as_ref().map_or(&record.last_heartbeat, |ended| &ended.last_event_at).clone();
        let gone = ended.filter(|ended| ended.process().is_some());
        let (reason, headline, why) = match gone {
            Some(Live { error: Some(error), .. }) => {
                (Reason::Error, "the process ended", format!("its process ended after its turn failed: {error}"))
            }
            Some(live) => {
                let why = format!("its process ended without SessionEnd; the last event was {}", live.last_event);
                (Reason::Error, "the process ended", why)
            }
            None => {
                let until = record.ended_at.as_deref().and_then(clock::parse).unwrap_or(self.now);
                let silence =
                    clock::parse(&since).map_or_else(String::new, |at| format!(" for {}", clock::age(at, until)));
                (Reason::Stale, "no sign of life", format!("closed after no sign of life{silence}"))
            }
        };
        Found {
            reason,
            since,
            headline: headline.into(),
            why: why.into(),
            state: State::Unknown,
            said: None,
            once: true,
            level: None,
        }
    }
}

/// Finds a conversation that ended normally, but after a turn that had failed.
fn find_failed_end(ended: Live) -> Option<Found> {
    let (error, since) = ended.error.zip(ended.ended_at)?;
    Some(Found {
        reason: Reason::Error,
        since,
        headline: "ended with an error".into(),
        why: format!("the conversation ended after its turn failed: {error}").into(),
        state: State::Unknown,
        said: None,
        once: true,
        level: None,
    })
}
