//! Owns how a session ends that nobody ended by hand: with its conversation, or because nothing was
//! heard of it. Pure; `store/close.rs` brings it to disk. Must stay true: a session that was ended
//! here says so (`ended_by`), so that its conversation gets it back when it goes on after all.

use crate::clock::{self, Instant};
use crate::config::SessionEnd;
use crate::error::Result;
use crate::record::{Session, Status};
use crate::session::{self, Completion};
use crate::validate;

/// `ended_by` of a session that ended with its conversation.
pub const BY_HOOK: &str = "hook";
/// `ended_by` of a session that was closed because its conversation had vanished.
pub const BY_CLEANUP: &str = "cleanup";

/// How a session ends.
#[derive(Clone, Copy, Debug)]
pub struct Ending<'a> {
    /// What the settings want.
    pub setting: SessionEnd,
    /// Whether a person may come back to it.
    pub attended: bool,
    /// What happened, as the reason of a parked session begins: `the conversation ended`.
    pub why: &'a str,
    /// The agent's last message: the outcome of a completed session.
    pub message: Option<&'a str>,
    /// [`BY_HOOK`] or [`BY_CLEANUP`].
    pub by: &'a str,
    /// The last sign of life.
    pub seen_at: Option<Instant>,
    pub now: Instant,
}

/// Ends an active session. Steps that are left stay with it either way.
pub fn finish(record: &mut Session, ending: &Ending) -> Result<()> {
    if let Some(seen_at) = ending.seen_at
        && clock::parse(&record.last_heartbeat).is_none_or(|known| known < seen_at)
    {
        record.last_heartbeat = clock::stamp(seen_at);
    }
    let open: Vec<&str> =
        record.tasks.iter().filter(|task| task.status.is_open()).map(|task| task.subject.as_str()).collect();
    let count = open.len();
    // Cut: another program may have written a subject that is no step as it stands.
    let steps = open.iter().map(|subject| validate::cut(subject, validate::NEXT_STEP));
    let steps: Vec<String> = steps.filter(|step| !step.is_empty()).take(validate::NEXT_STEPS).collect();
    let parks = match ending.setting {
        SessionEnd::Keep => {
            record.awaiting_action = None;
            return Ok(());
        }
        SessionEnd::Park => true,
        SessionEnd::Complete => false,
        SessionEnd::Auto => count > 0 && ending.attended,
    };
    if parks {
        session::park(record, &format!("{}{}", ending.why, left(count)), &steps, ending.now)?;
    } else {
        let done =
            Completion { outcome: ending.message.map(str::to_string), next_steps: steps, ..Completion::default() };
        session::complete(record, &done, ending.now)?;
    }
    record.ended_by = Some(ending.by.to_string());
    Ok(())
}

fn left(count: usize) -> String {
    match count {
        0 => String::new(),
        1 => " with 1 open task".to_string(),
        more => format!(" with {more} open tasks"),
    }
}

/// Whether a session ended by itself, so that its conversation may have it back. One that a person
/// ended stays ended.
pub fn is_ours(record: &Session) -> bool {
    record.status != Status::Active && matches!(record.ended_by.as_deref(), Some(BY_HOOK | BY_CLEANUP))
}

/// Whether nothing ever happened in a session after it was made: no sign of life, nothing that
/// anybody said or did, nothing that we do not know.
pub fn is_empty(record: &Session) -> bool {
    let lists = [&record.files_changed, &record.decisions, &record.open_questions, &record.next_steps];
    let texts = [&record.roadmap_ref, &record.outcome, &record.parked_reason, &record.awaiting_action];
    // The hooks note the first prompt here, too: then somebody asked for something.
    let texts = texts.into_iter().chain([&record.current_activity]);
    let links = [&record.ended_at, &record.ended_by, &record.resumed_from, &record.resumed_as];
    record.status == Status::Active
        && record.last_heartbeat == record.started_at
        && record.events.is_empty()
        && record.commits.is_empty()
        && record.tasks.is_empty()
        && lists.into_iter().all(Vec::is_empty)
        && texts.chain(links).all(Option::is_none)
        && record.unknown.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{SessionId, Slug};
    use crate::session::Start;
    use crate::task;

    fn at(text: &str) -> Instant {
        clock::parse(&format!("2026-11-21T{text}Z")).unwrap()
    }

    fn new() -> Session {
        let id = SessionId::parse("sess_20261121T0337_ca5d").unwrap();
        let start = Start { intent: "x".into(), ..Start::default() };
        session::create(&id, &Slug::parse("api").unwrap(), start, at("03:37:00")).unwrap()
    }

    fn ending(setting: SessionEnd) -> Ending<'static> {
        let (why, by) = ("no sign of life", BY_CLEANUP);
        Ending {
            setting,
            attended: true,
            why,
            message: Some("done"),
            by,
            seen_at: Some(at("04:00:00")),
            now: at("09:00:00"),
        }
    }

    #[test]
    fn subjects_of_other_programs_do_not_keep_a_session_open() {
        let mut record = new();
        task::add(&mut record, "write tests", at("03:38:00")).unwrap();
        record.tasks.iter_mut().for_each(|task| task.subject = format!("a\u{1b}{}", "b".repeat(900)));
        finish(&mut record, &ending(SessionEnd::Auto)).unwrap();
        assert_eq!(record.parked_reason.as_deref(), Some("no sign of life with 1 open task"));
        assert_eq!(record.next_steps.iter().map(|step| step.chars().count()).collect::<Vec<_>>(), [500]);
        assert!(is_ours(&record));
    }

    #[test]
    fn the_heartbeat_is_the_last_sign_of_life_and_never_goes_back() {
        let mut record = new();
        record.last_heartbeat = clock::stamp(at("05:00:00"));
        finish(&mut record, &ending(SessionEnd::Complete)).unwrap();
        assert_eq!(record.last_heartbeat, clock::stamp(at("05:00:00")));
        assert_eq!(record.ended_at, Some(clock::stamp(at("09:00:00"))));
        let mut record = new();
        finish(&mut record, &ending(SessionEnd::Keep)).unwrap();
        assert_eq!(
            (record.last_heartbeat.as_str(), record.ended_at.is_none()),
            (clock::stamp(at("04:00:00")).as_str(), true)
        );
        assert!(!is_ours(&record));
    }

    #[test]
    fn only_what_says_nothing_is_empty() {
        assert!(is_empty(&new()));
        let changes: [fn(&mut Session); 8] = [
            |record| session::beat(record, at("03:37:01")),
            |record| session::decision(record, "use sqlite", at("03:37:00")).unwrap(),
            |record| session::commit(record, "abcd", "").unwrap(),
            |record| task::add(record, "a", at("03:37:00")).unwrap(),
            |record| session::event(record, "a", at("03:37:00")).unwrap(),
            |record| record.current_activity = Some("reading".into()),
            |record| record.resumed_from = Some("sess_20261120T0337_ca5d".into()),
            |record| drop(record.unknown.insert("theirs".into(), 1.into())),
        ];
        for (n, change) in changes.iter().enumerate() {
            let mut record = new();
            change(&mut record);
            assert!(!is_empty(&record), "{n}");
        }
    }
}
