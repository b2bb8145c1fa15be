//! SessionEnd: the conversation is over. Its session is parked while tasks are open and somebody may
//! come back to them, else completed; one that never asked anything leaves nothing behind.

use crate::{PROGRAM, damaged};
use cs_core::ending::{BY_HOOK, Ending};
use cs_core::error::{Error, Result};
use cs_core::intake::Intake;

pub fn ended(intake: &Intake) -> Result<()> {
    let lock = intake.lock();
    let known = intake.store.live_for(&intake.uuid, &lock)?;
    if known.is_none() && intake.has_just_ended()? {
        return intake.store.drop_live(&intake.uuid);
    }
    let mut live = intake.noted(known.unwrap_or_else(|| intake.new_live()));
    match damaged::session(intake, &mut live) {
        // What cannot be read for the moment is noted all the same.
        Err(Error::Io { .. }) => {}
        other => drop(other?),
    }
    let ending = Ending {
        setting: intake.config(PROGRAM).hooks.session_end,
        attended: !crate::is_unattended(),
        why: "the conversation ended",
        message: None,
        asked: true,
        dialog: false,
        midway: false,
        by: BY_HOOK,
        seen_at: Some(intake.now),
        now: intake.now,
    };
    intake.store.end_conversation(&intake.uuid, live, &ending, None).map(drop)
}
