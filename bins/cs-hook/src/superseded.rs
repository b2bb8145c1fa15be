//! A client process has one conversation at a time: where another one begins in it, the older is over, whatever its
//! client told of that (`/clear` in an editor tells nothing). Must stay true: only where the client names its process,
//! since what starts our programs otherwise may serve many; Codex's app server holds several threads in one.

use crate::{PROGRAM, end};
use cs_core::error::Result;
use cs_core::id::Uuid;
use cs_core::intake::{self, Intake};
use cs_core::live::Live;

/// Ends what the process had before, and leaves it out of the running conversations. Without the lock of the new
/// conversation: one at a time. There is one to end, since each beginning ends one; so what a beginning costs does not
/// depend on how much there is.
pub fn by(intake: &Intake, live: &Live, lives: &mut Vec<Live>) {
    if intake::named_process() != live.pid || live.agent.as_deref() == Some("codex") {
        return;
    }
    let of_it = lives.iter().filter(|older| is_of_the_process(older, live));
    let last = of_it.max_by(|a, b| a.last_event_at.cmp(&b.last_event_at));
    let Some(uuid) = last.and_then(|older| Uuid::parse(&older.claude_session_id).ok()) else { return };
    match finish(intake, &uuid, live) {
        Ok(()) => lives.retain(|other| other.claude_session_id != uuid.as_str()),
        Err(error) => {
            intake::log(&intake.store.home, PROGRAM, &format!("end of {uuid}, which was superseded: {error}"));
        }
    }
}

fn is_of_the_process(older: &Live, live: &Live) -> bool {
    older.claude_session_id != live.claude_session_id
        && older.process().is_some()
        && older.process() == live.process()
        && older.agent == live.agent
}

fn finish(intake: &Intake, uuid: &Uuid, live: &Live) -> Result<()> {
    let _lock = intake.store.lock_live(uuid)?;
    let older = intake.store.live(uuid)?.filter(|older| is_of_the_process(older, live));
    let Some(older) = older else { return Ok(()) };
    match end::other_window(&older, live.process().as_ref()) {
        Some(window) => end::left_to(intake, uuid, older, window),
        None => {
            let attended = !older.unattended;
            let ending = end::ending(intake, "its client began another conversation", attended);
            intake.store.end_conversation(uuid, older, &ending, None).map(drop)
        }
    }
}
