//! SessionEnd: the conversation is over, unless another window has it open. Its session is parked while tasks are open
//! and somebody may come back to them, or when a turn broke off, else completed; one that never asked anything leaves
//! nothing behind.

use crate::{PROGRAM, ask, damaged};
use cs_core::ending::{BY_HOOK, Ending};
use cs_core::error::{Error, Result};
use cs_core::intake::Intake;
use cs_core::live::Live;
use cs_core::process::{self, Process};

pub fn ended(intake: &Intake) -> Result<()> {
    let lock = intake.lock();
    let known = intake.store.live_for(&intake.uuid, &lock)?;
    let mut live = match known {
        None if intake.has_just_ended()? => return intake.store.drop_live(&intake.uuid),
        None => intake.noted(intake.new_live()),
        Some(mut live) if intake.is_from_another_window(&live) => {
            intake.caller().iter().for_each(|window| live.closed_by(window));
            return intake.store.write_live(&intake.uuid, &live);
        }
        Some(live) => match other_window(&live) {
            Some(window) => return left_to(intake, live, window),
            None => intake.noted(live),
        },
    };
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

/// Another process that has the conversation open.
fn other_window(live: &Live) -> Option<Process> {
    live.windows().find(|window| process::is_alive(window) == Some(true))
}

/// The window that was heard last is closed, and its turn with it; the conversation goes on in another one.
fn left_to(intake: &Intake, mut live: Live, window: Process) -> Result<()> {
    live.closed_by(&window);
    live.set_process(Some(window));
    live.turn_ended(0, None, intake.now);
    let shown = ask::show(intake, &mut live);
    intake.store.write_live(&intake.uuid, &live)?;
    shown
}
