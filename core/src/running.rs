//! Owns which running conversations a line for people counts: the status line, the line for bars.
//! Must stay true: the cost does not depend on the number of sessions; only running conversations are examined.

use crate::clock::Instant;
use crate::id::{SessionId, Uuid};
use crate::live::Live;
use crate::record::Status;
use crate::state::State;
use crate::states::States;
use crate::store::Store;
use chrono::TimeDelta;

/// Maximum number of conversations that are examined: those with the latest events.
const MOST: usize = 100;

/// The states of running conversations, except `own`, whose sessions are active; only the states that are wanted.
/// `stale_after` is that of the settings.
pub fn states(
    store: &Store,
    own: Option<&Uuid>,
    stale_after: TimeDelta,
    now: Instant,
    is_wanted: impl Fn(State) -> bool,
) -> Vec<State> {
    let lives = store.newest_running(MOST).unwrap_or_default();
    let states = States::of_lives(store, &lives, stale_after, now);
    let is_other = |live: &&Live| own.is_none_or(|own| own.as_str() != live.claude_session_id);
    let wanted = lives.iter().filter(is_other).filter_map(|live| {
        let id = live.session_id.as_deref()?;
        let state = states.of(id, Status::Active, &live.last_event_at, None).state;
        is_wanted(state).then_some((id, state))
    });
    // A person may have closed the session while its conversation continues.
    let is_active = |id: &str| SessionId::parse(id).is_ok_and(|id| store.is_active(&id));
    wanted.filter(|(id, _)| is_active(id)).map(|(_, state)| state).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;
    use crate::paths::Home;
    use crate::witness::Witness;
    use std::fs;

    /// A store with a conversation that waits in each of these sessions: the status in the record, and what else it says.
    fn counted(records: &[(&str, &str)], notes: &str) -> usize {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(dir.path());
        let store = Store::for_people(home.clone(), Witness::NONE);
        ["sessions", "live", "spool"].iter().for_each(|name| fs::create_dir(dir.path().join(name)).unwrap());
        let now = clock::parse("2026-11-21T10:00:00Z").unwrap();
        for (number, (status, more)) in records.iter().enumerate() {
            let id = SessionId::parse(&format!("sess_20261121T0900_{number:04x}")).unwrap();
            let uuid = Uuid::parse(&format!("00000000-0000-4000-8000-{number:012x}")).unwrap();
            let mut live = Live::new(uuid.as_str(), now);
            live.session_id = Some(id.to_string());
            live.asked("which one?", None, now);
            store.write_live(&uuid, &live).unwrap();
            let tasks = r#"[{"id":"t00000001","subject":"x","status":"pending","added_at":"","updated_at":""}]"#;
            let record = format!(
                r#"{{"session_id":"{id}","tasks":{tasks},"project_slug":"a","status":"{status}","intent":"b","roadmap_ref":null,
                "started_at":"2026-11-21T09:00:00+00:00","last_heartbeat":"2026-11-21T09:00:00+00:00"{more}}}"#
            );
            fs::write(home.session(&id), record).unwrap();
            fs::write(home.spool(&id), notes).unwrap();
        }
        states(&store, None, store.config().stale_after(), now, |state| state == State::Waiting).len()
    }

    #[test]
    fn a_conversation_whose_process_ended_counts_only_against_its_session() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::for_people(Home::at(dir.path()), Witness::NONE);
        ["sessions", "live"].iter().for_each(|name| fs::create_dir(dir.path().join(name)).unwrap());
        let at = |minute: u32| clock::parse(&format!("2026-11-21T10:{minute:02}:00Z")).unwrap();
        let own = crate::process::find(std::process::id()).unwrap();
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let gone = crate::process::Process { pid: child.id(), ..own.clone() };
        child.wait().unwrap();
        let live = |number: u32, session: u32, process: &crate::process::Process, minute| {
            let uuid = Uuid::parse(&format!("00000000-0000-4000-8000-{number:012x}")).unwrap();
            let mut live = Live::new(uuid.as_str(), at(minute));
            live.session_id = Some(format!("sess_20261121T0900_{session:04x}"));
            live.asked("which one?", None, at(minute));
            live.set_process(Some(process.clone()));
            store.write_live(&uuid, &live).unwrap();
        };
        let count = || {
            for session in 0..9 {
                let id = SessionId::parse(&format!("sess_20261121T0900_{session:04x}")).unwrap();
                fs::write(store.home.session(&id), r#"{"tasks":[],"status":"active","#).unwrap();
            }
            states(&store, None, store.config().stale_after(), at(30), State::needs_user).len()
        };
        live(1, 1, &own, 1);
        (2..9).for_each(|number| live(number, number, &gone, 2));
        assert_eq!((count(), store.newest_running(MOST).unwrap().len()), (1, 1));
        // A conversation of a session that was continued by another one: the later one decides.
        live(10, 1, &gone, 3);
        assert_eq!((count(), store.newest_running(MOST).unwrap().len()), (0, 2));
        live(1, 1, &own, 4);
        assert_eq!(count(), 2, "both are of a session that waits");
        live(10, 1, &crate::process::Process { host: Some("elsewhere:1".into()), ..gone }, 1);
        assert_eq!(store.newest_running(MOST).unwrap().len(), 2, "nobody here knows");
    }

    #[test]
    fn a_conversation_counts_while_its_session_is_active() {
        let long = format!(r#","outcome":"{}""#, "x".repeat(20_000));
        let all = [("active", ""), ("parked", ""), ("completed", long.as_str()), ("active", long.as_str())];
        assert_eq!(counted(&all, ""), 2);
        let note = |change: &str| format!("{{\"at\":\"2026-11-21T09:30:00+00:00\",\"nonce\":\"n\",{change}}}\n");
        assert_eq!(counted(&all, &note(r#""change":"happened","message":"it \"ended\"""#)), 2);
        let resumed = [("active", ""), ("completed", r#","ended_by":"hook","ended_at":"2026-11-21T09:20:00+00:00""#)];
        assert_eq!(counted(&resumed, ""), 1);
        assert_eq!(counted(&resumed, &note(r#""change":"reopened""#)), 2, "what a hook noted holds");
    }
}
