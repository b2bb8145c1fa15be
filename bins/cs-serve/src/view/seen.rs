//! Owns what a person has seen of a session before changing it: a tag of everything that a change of the list can
//! write. It leaves out what hooks change all the time, such as signs of life, files and events: a running session can be
//! parked.

use cs_core::id::fnv1a;
use cs_core::record::Session;
use seats::Seat;
use serde::Serialize;

/// The tag of an agent's seat.
pub fn seen_seat(seat: &Seat) -> String {
    let conversation = seat.claude_session_id.as_deref().unwrap_or_default();
    format!("{:016x}", fnv1a(format!("{}\n{}\n{conversation}", seat.name, seat.status.is_open()).as_bytes()))
}

/// The tag of a session.
pub fn seen(session: &Session) -> String {
    #[derive(Serialize)]
    struct Seen<'a> {
        status: &'a str,
        intent: &'a str,
        asked: Option<&'a str>,
        ended: (Option<&'a str>, Option<&'a str>, Option<&'a str>),
        tasks: Vec<(&'a str, &'a str, &'a str)>,
        doing: [Option<&'a str>; 3],
        next_steps: &'a [String],
    }
    let seen = Seen {
        status: session.status.as_str(),
        intent: &session.intent,
        asked: session.awaiting_action.as_deref(),
        ended: (session.parked_reason.as_deref(), session.outcome.as_deref(), session.resumed_as.as_deref()),
        tasks: session.tasks.iter().map(|task| (&*task.id, &*task.subject, task.status.as_str())).collect(),
        doing: [session.current_activity.as_deref(), session.roadmap_ref.as_deref(), Some(&session.git_branch)],
        next_steps: &session.next_steps,
    };
    format!("{:016x}", fnv1a(&serde_json::to_vec(&seen).unwrap_or_default()))
}
