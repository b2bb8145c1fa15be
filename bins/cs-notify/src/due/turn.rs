//! Owns what is due when a turn has ended: it took long and no prompt came, or the context is nearly full.

use super::{Finder, Found, NEWS_HOURS, Why};
use crate::reasons::Reason;
use cs_core::clock::{self, TimeDelta};
use cs_core::error::Result;
use cs_core::id::{SessionId, Uuid};
use cs_core::live::{Activity, Live};
use cs_core::record::Session;
use cs_core::state::{State, Verdict};
use cs_core::timeline;
use render::format_percent;

/// How full a context must be, in percent, the fullest first.
const LEVELS: [u8; 2] = [95, 80];

impl Finder<'_, '_> {
    /// A turn that took long has ended, and nothing was asked since. A turn lasts from the person's prompt on: what goes
    /// on in the background belongs to it, and it has not ended before that has.
    pub(super) fn check_done(&self, id: &SessionId, live: &Live, verdict: &Verdict) -> Option<Found> {
        let is_over = verdict.state == State::Idle && live.state == Activity::Idle && verdict.failed.is_none();
        if !is_over || live.unattended || self.is_told_as_child(id) || self.settings.rule(Reason::Done).is_none() {
            return None;
        }
        let ended = clock::parse(&live.since)?;
        let is_news = !self.has_lasted(&live.since, TimeDelta::hours(NEWS_HOURS));
        if !is_news || !self.has_lasted(&live.since, self.settings.waiting_after) {
            return None;
        }
        let record = self.store.recent(id).ok()?;
        let prompts = record.history.iter().filter(|moment| moment.kind == timeline::PROMPT);
        let began = prompts.filter_map(|moment| clock::parse(&moment.at)).filter(|at| *at <= ended).max()?;
        (ended - began >= self.settings.done_after).then(|| Found {
            reason: Reason::Done,
            since: live.since.clone(),
            headline: format!("done after {}", clock::age(began, ended)),
            why: Why::of(verdict),
            state: verdict.state,
            said: verdict.said.clone(),
            once: true,
            level: None,
        })
    }

    /// The context is nearly full, by the client's figure since it was last compacted.
    pub(super) fn check_context(&self, id: &SessionId, live: &Live, verdict: &Verdict) -> Result<Option<Found>> {
        let Ok(uuid) = Uuid::parse(&live.claude_session_id) else { return Ok(None) };
        let is_wanted = !live.unattended && self.settings.rule(Reason::Context).is_some();
        let Some(reading) = self.store.reading(&uuid).filter(|_| is_wanted) else { return Ok(None) };
        let used = reading.context_used_percentage.unwrap_or_default();
        let Some(level) = LEVELS.into_iter().find(|level| used >= f64::from(*level)) else { return Ok(None) };
        let record = self.store.session(id)?;
        let since = compacted_at(&record).unwrap_or(&live.started_at);
        let is_newer = clock::parse(&reading.at) > clock::parse(since);
        Ok(is_newer.then(|| Found {
            reason: Reason::Context,
            since: since.to_string(),
            headline: format!("the context is {} full", format_percent(used)),
            why: Why::of(verdict),
            state: verdict.state,
            said: None,
            once: true,
            level: Some(level),
        }))
    }
}

fn compacted_at(record: &Session) -> Option<&str> {
    let mut events = record.events.iter().rev();
    events.find(|event| event.message.starts_with(timeline::COMPACTED)).map(|event| event.timestamp.as_str())
}
