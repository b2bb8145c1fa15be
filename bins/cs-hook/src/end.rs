//! SessionEnd: the conversation is over. Its session is parked while tasks are open and somebody may
//! come back to them, else completed; one that never asked anything leaves nothing behind.

use cs_core::ending::{BY_HOOK, Ending};
use cs_core::error::Result;
use cs_core::intake::Intake;
use cs_core::live::Live;

pub fn ended(intake: &Intake) -> Result<()> {
    let _lock = intake.store.lock_live(&intake.uuid)?;
    let known = intake.store.live(&intake.uuid)?;
    if known.is_none() && intake.has_just_ended()? {
        return intake.store.drop_live(&intake.uuid);
    }
    let live = intake.noted(known.unwrap_or_else(|| Live::new(intake.uuid.as_str(), intake.now)));
    let ending = Ending {
        setting: intake.store.config_for_hooks().hooks().session_end,
        attended: !crate::is_unattended(),
        why: "the conversation ended",
        message: None,
        by: BY_HOOK,
        seen_at: Some(intake.now),
        now: intake.now,
    };
    intake.store.end_conversation(&intake.uuid, live, &ending, None).map(drop)
}
