//! Owns sessions whose last sign of life has an impossible time because the clock was wrong: ahead for a while, or at
//! 1970 until it was set. Their age is unknown, so nothing would ever close or archive them. Therefore an event records
//! when this was noticed, and their age counts from there. Must stay true: no written time is changed, because our own
//! clock may be the wrong one; the event is about one sign of life, and is ignored once there is a newer one.

use super::Store;
use super::close::is_running;
use super::sweep::{Run, SweepAction};
use crate::clock::{self, Instant};
use crate::ending;
use crate::error::{Error, Result};
use crate::id::SessionId;
use crate::index::IndexEntry;
use crate::live::Live;
use crate::record::{SCHEMA_VERSION, Session, Status};
use crate::session;
use crate::state;

impl Store {
    /// Active and completed sessions whose last sign of life or end has an impossible time and no event that records
    /// it. Reads only the records for which the index suggests it.
    pub fn with_impossible_times(&self, now: Instant) -> Result<Vec<SessionId>> {
        let (index, lives) = (self.index()?, self.all_live()?);
        let mut entries = index.entries(|_| true);
        entries.retain(|(id, entry)| impossible_time(id.as_str(), entry, &lives, now).is_some());
        let is_new =
            |id: &SessionId| self.session(id).is_ok_and(|record| unrecorded_time(&record, &lives, now).is_some());
        Ok(entries.into_iter().map(|(id, _)| id).filter(is_new).collect())
    }

    /// Notes that the session's last sign of life has an impossible time. `None` if it no longer has one.
    pub fn note_impossible_time(&self, id: &SessionId, run: Run, now: Instant) -> Result<Option<SweepAction>> {
        let lives = self.all_live()?;
        let mut noted = None;
        let mut note = |record: &mut Session| {
            noted = unrecorded_time(record, &lives, now);
            if let Some(sign) = noted {
                session::remember(record, &ending::doubt(sign), now);
            }
            Ok(())
        };
        let changed = match run {
            Run::Real => self.update(id, now, &mut note).map(drop),
            Run::Dry => self.session(id).and_then(|mut record| note(&mut record)),
        };
        match changed {
            // Another program was faster, or the record needs a newer program.
            Err(Error::Missing(_) | Error::Refused(_) | Error::Newer { .. }) => return Ok(None),
            other => other?,
        }
        let done =
            |sign| SweepAction { session_id: Some(id.clone()), ..SweepAction::new("noted", ending::doubt(sign), run) };
        Ok(noted.map(done))
    }
}

impl Store {
    /// The time when this sign of life was noted as impossible.
    pub(crate) fn doubted_at(&self, id: &str, sign: Instant, now: Instant) -> Option<Instant> {
        let record = self.session(&SessionId::parse(id).ok()?).ok()?;
        ending::doubted_at(&record, sign, now)
    }
}

/// The time from which the session's age is counted, if it is impossible. A running conversation needs no age.
fn impossible_time(id: &str, entry: &IndexEntry, lives: &[Live], now: Instant) -> Option<Instant> {
    let told = match (entry.status, state::latest(id, lives, now)) {
        (Status::Parked, _) => return None,
        (Status::Active, _) if is_running(id, lives) => return None,
        (Status::Active, Some(live)) => &live.last_event_at,
        (Status::Active, None) => entry.last_heartbeat.as_ref(),
        (Status::Completed, _) => entry.ended_at.as_deref().unwrap_or(&entry.last_heartbeat),
    };
    clock::parse(told).filter(|at| !clock::is_credible(*at, now))
}

/// The same for a record without an event about it.
fn unrecorded_time(record: &Session, lives: &[Live], now: Instant) -> Option<Instant> {
    let sign = impossible_time(&record.session_id, &IndexEntry::of(record), lives, now)?;
    let is_ours = record.schema_version <= SCHEMA_VERSION;
    (is_ours && ending::doubted_at(record, sign, now).is_none()).then_some(sign)
}
