//! SessionEnd: the client ends, or goes on with another conversation, which takes the seat at its start.

use crate::seated::Seated;
use cs_core::error::Result;

/// Reasons after which the client goes on.
const GOES_ON: [&str; 2] = ["clear", "resume"];

pub fn on_session_end(seated: &Seated) -> Result<()> {
    let reason = seated.hook.payload.reason.as_deref().unwrap_or_default();
    if GOES_ON.contains(&reason) {
        return Ok(());
    }
    let ended = seated.seats.end(&seated.id, Some(seated.uuid()), "ended", seated.hook.now).map(drop);
    // The waiter of a client that is killed soon need not look at its process.
    seated.inbox.wake();
    ended
}
