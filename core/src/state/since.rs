//! Owns since when a session is in its state. The evidence for a state may be newer than its beginning: a turn that works
//! for an hour fires hooks all the time.

use super::{Evidence, State, Verdict};
use crate::clock::{self, Instant};
use crate::live::{Activity, Live};
use crate::record::Status;

/// The beginning of the state in `verdict`; `None` if nothing credible says it.
pub fn since(evidence: &Evidence, verdict: &Verdict) -> Option<Instant> {
    if evidence.status != Status::Active {
        return evidence.ended_at.filter(|at| clock::is_credible(*at, evidence.now));
    }
    let begun = evidence.live.and_then(|live| clock::credible(begin_of(live, verdict)?, evidence.now));
    begun.or(verdict.evidence_at)
}

/// When the hooks say that the state began; `None` if it is not the state that the hooks reported.
fn begin_of<'l>(live: &'l Live, verdict: &Verdict) -> Option<&'l str> {
    let is_reported = match verdict.state {
        State::Waiting if live.state == Activity::Waiting => verdict.asks,
        State::Waiting if verdict.asks => return live.questions.first().map(|question| question.at.as_str()),
        State::Waiting => live.requested.is_some() && !live.is_in_turn(),
        State::Idle => live.state == Activity::Idle,
        State::Background => {
            live.state == Activity::Background || live.state == Activity::Idle && live.goes_on.is_some()
        }
        State::Working => live.state == Activity::Working,
        _ => false,
    };
    is_reported.then_some(live.since.as_str())
}
