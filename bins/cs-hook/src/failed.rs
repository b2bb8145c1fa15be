//! PostModelRequest (Codex): a request that failed ends the turn, unless the agent tries again. Codex tells of every
//! request, so one that was answered must cost next to nothing.

use crate::ask;
use cs_core::error::Result;
use cs_core::hook;
use cs_core::intake::{self, Intake};

/// Most characters of what went wrong.
const WHY: usize = 200;

pub fn requested(intake: &Intake) -> Result<()> {
    let failed = intake.payload.status.as_deref() == Some("failed");
    let is_after_failure = || Ok(intake.store.live(&intake.uuid)?.is_some_and(|live| live.request_failed));
    if !failed && (intake.payload.status.as_deref() != Some("completed") || !is_after_failure()?) {
        return Ok(());
    }
    let told = hook::failure(intake.payload.error.as_deref().unwrap_or("unknown"));
    let why = intake::first_line(&told, WHY);
    ask::change(intake, |live| match failed {
        true => live.request_failed(&why, intake.now),
        false => live.went_on(intake.now),
    })
}
