//! Owns what a reopened session was before, so that it becomes that again if its conversation is closed without
//! anything having happened. Pure. Must stay true: once anything but a name was added to the record, by whomever, the
//! end counts as a new one.

use crate::id::fnv1a;
use crate::record::{Reopened, Session, Status, Unknown};
use crate::timeline::{self, REOPENED};

/// Stores in a session that was just reopened, at `at`, what it was before.
pub(crate) fn note(session: &mut Session, before: Session, at: &str) {
    session.reopened = Some(Box::new(Reopened {
        at: at.to_string(),
        mark: mark(session),
        status: before.status,
        ended_at: before.ended_at,
        ended_by: before.ended_by,
        outcome: before.outcome,
        parked_reason: before.parked_reason,
        next_steps: before.next_steps,
        unknown: Unknown::new(),
    }));
}

/// Gives an active session its former end back, without the traces of its reopening. Does nothing and returns false if
/// it was not reopened, or if anything happened since.
pub(crate) fn restore(session: &mut Session) -> bool {
    let Some(before) = session.reopened.take_if(|before| before.status != Status::Active) else { return false };
    if before.mark != mark(session) {
        return false;
    }
    session.status = before.status;
    session.ended_at = before.ended_at;
    session.ended_by = before.ended_by;
    session.outcome = before.outcome;
    session.parked_reason = before.parked_reason;
    session.next_steps = before.next_steps;
    session.events.retain(|event| event.timestamp != before.at || !event.message.starts_with(REOPENED));
    if let Some(end) = timeline::end_moment(session) {
        session.history.retain(|moment| *moment != end);
    }
    true
}

/// A hash of everything that shows that something happened. Names, the project and the places where the conversation
/// was opened do not.
fn mark(session: &Session) -> String {
    let mut rest = session.clone();
    (rest.reopened, rest.folded, rest.intent_by, rest.claude_session_id) = (None, None, None, None);
    [&mut rest.last_heartbeat, &mut rest.intent, &mut rest.project_slug].into_iter().for_each(String::clear);
    rest.also_in.clear();
    rest.events.retain(|event| !event.message.starts_with(timeline::ALSO_IN));
    format!("{:016x}", fnv1a(&rest.to_bytes()))
}
