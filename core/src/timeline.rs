//! Owns the timeline of a session: every dated fact of its record, in order. Pure. Must stay true: all programs show
//! this timeline, so that no output lacks a fact that another one has.
//! Deliberately absent: facts without a time, such as changed files and decisions.

use crate::clock::{self, Instant};
use crate::record::{Event, Moment, Session, Status, Task, TaskStatus, Unknown};
use crate::validate;
use serde::Serialize;
use std::borrow::Cow;

/// The first word of the event of a session that was reopened.
pub const REOPENED: &str = "reopened";

/// The event of a session whose conversation was opened and closed again without anything having happened.
pub const LEFT: &str = "opened and left without a prompt";

/// The beginning of the event of a conversation that also works in another repository.
pub const ALSO_IN: &str = "also works in ";

/// The beginning of the event of a context that was compacted.
pub const COMPACTED: &str = "context compacted";

/// A prompt was sent: its first line.
pub const PROMPT: &str = "prompt";
/// The agent, or a command that people run, asked the user for something.
pub const QUESTION: &str = "question";
/// A question was answered.
pub const ANSWER: &str = "answer";
/// A turn failed, for this reason.
pub const FAILURE: &str = "failure";
/// The session was parked for this reason, and reopened later.
pub const PARKED: &str = "parked";
/// The session was completed with this outcome, and reopened later.
pub const COMPLETED: &str = "completed";
/// A commit was made. The text is its name; the message is in the session's commits.
pub const COMMIT: &str = "commit";

/// Something that happened at a known time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fact<'a> {
    /// Instant, as in the record.
    pub timestamp: &'a str,
    /// The fact, in words for people.
    pub message: Cow<'a, str>,
}

/// Adds what a hook saw to the history, once. Beyond the limit the oldest entry is removed.
pub fn add_moment(session: &mut Session, kind: &str, text: &str, at: Instant) {
    add(session, moment(kind, text, at));
}

fn moment(kind: &str, text: &str, at: Instant) -> Moment {
    let (kind, text) = (kind.to_string(), validate::cut(text, validate::MOMENT));
    Moment { at: clock::stamp(at), kind, text, unknown: Unknown::new() }
}

/// When and why a session ended, for its history; `None` if it is active or the time cannot be read.
pub(crate) fn end_moment(session: &Session) -> Option<Moment> {
    let at = session.ended_at.as_deref().and_then(clock::parse)?;
    let (kind, why) = match session.status {
        Status::Active => return None,
        Status::Parked => (PARKED, &session.parked_reason),
        Status::Completed => (COMPLETED, &session.outcome),
    };
    Some(moment(kind, why.as_deref().unwrap_or_default(), at))
}

/// Adds an entry to the history, once.
pub(crate) fn add(session: &mut Session, moment: Moment) {
    if session.history.contains(&moment) {
        return;
    }
    session.history.push(moment);
    let surplus = session.history.len().saturating_sub(validate::HISTORY);
    session.history.drain(..surplus);
}

/// All dated facts of a session, oldest first. A fact whose time cannot be read keeps its position in the record.
pub fn of(session: &Session) -> Vec<Fact<'_>> {
    // With equal times, the event of a reopened session comes before the prompt.
    let (reopened, events): (Vec<&Event>, Vec<&Event>) =
        session.events.iter().partition(|event| event.message.starts_with(REOPENED));
    let mut facts: Vec<Fact> = reopened.into_iter().map(event_fact).collect();
    facts.extend(session.history.iter().filter_map(|moment| Some(fact(&moment.at, describe_moment(moment, session)?))));
    facts.extend(
        session.tasks.iter().map(|task| fact(&task.added_at, format!("new task: {}", on_one_line(&task.subject)))),
    );
    facts.extend(session.tasks.iter().filter_map(ended_task));
    facts.extend(events.into_iter().map(event_fact));
    facts.extend(session.ended_at.as_deref().map(|at| fact(at, describe_end(session))));
    // The beginning comes first, even if the clock was wrong.
    [vec![fact(&session.started_at, describe_start(session))], in_order(facts)].concat()
}

fn fact<'a>(timestamp: &'a str, message: impl Into<Cow<'a, str>>) -> Fact<'a> {
    Fact { timestamp, message: message.into() }
}

fn event_fact(event: &Event) -> Fact<'_> {
    fact(&event.timestamp, event.message.as_str())
}

fn describe_start(session: &Session) -> String {
    match &session.resumed_from {
        Some(before) => format!("started, to continue {before}"),
        None => "started".to_string(),
    }
}

/// Text of an entry of the history; `None` for a commit that was amended later.
fn describe_moment(moment: &Moment, session: &Session) -> Option<String> {
    let name = match moment.kind.as_str() {
        COMMIT => return commit(&moment.text, session),
        PROMPT => "prompt",
        QUESTION => "asked",
        ANSWER => "answered",
        FAILURE => "failed",
        other => other,
    };
    Some(if moment.text.is_empty() { name.to_string() } else { format!("{name}: {}", moment.text) })
}

fn commit(sha: &str, session: &Session) -> Option<String> {
    let made = session.commits.iter().find(|commit| commit.sha == sha)?;
    Some(format!("commit {} {}", sha.get(..7).unwrap_or(sha), on_one_line(&made.message)))
}

fn ended_task(task: &Task) -> Option<Fact<'_>> {
    let how = match task.status {
        TaskStatus::Completed => "done",
        TaskStatus::Skipped => "skipped",
        TaskStatus::Pending | TaskStatus::InProgress => return None,
    };
    Some(fact(&task.updated_at, format!("{how}: {}", on_one_line(&task.subject))))
}

fn describe_end(session: &Session) -> String {
    let (how, why) = match session.status {
        Status::Active => ("ended", None),
        Status::Parked => ("parked", session.parked_reason.as_deref()),
        Status::Completed => ("completed", session.outcome.as_deref()),
    };
    match (why, &session.resumed_as) {
        // The outcome already says this.
        (Some(why), _) => format!("{how}: {}", on_one_line(why)),
        (None, Some(next)) => format!("{how}; continued as {next}"),
        (None, None) => how.to_string(),
    }
}

/// A text on one line; the record shows all its lines elsewhere.
fn on_one_line(text: &str) -> String {
    text.replace("\r\n", " ").replace(['\n', '\t'], " ")
}

fn in_order(mut facts: Vec<Fact>) -> Vec<Fact> {
    let mut last = None;
    facts.sort_by_cached_key(|fact| {
        last = clock::parse(fact.timestamp).or(last);
        last
    });
    facts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{SessionId, Slug};
    use crate::record::TaskStatus;
    use crate::session::{self, Start};
    use crate::task;

    fn at(minute: u32) -> Instant {
        clock::parse(&format!("2026-11-21T03:{minute:02}:00Z")).unwrap()
    }

    fn new() -> Session {
        let id = SessionId::parse("sess_20261121T0300_ca5d").unwrap();
        let start = Start { intent: "Fix the login".into(), ..Start::default() };
        session::create(&id, &Slug::parse("api").unwrap(), start, at(0)).unwrap()
    }

    fn messages(record: &Session) -> Vec<String> {
        of(record).into_iter().map(|fact| fact.message.into_owned()).collect()
    }

    #[test]
    fn every_dated_fact_is_in_the_timeline() {
        let mut record = new();
        session::event(&mut record, "found the cause", at(4)).unwrap();
        add_moment(&mut record, PROMPT, "Fix the login", at(0));
        add_moment(&mut record, QUESTION, "permission for Bash: make", at(2));
        add_moment(&mut record, ANSWER, "permission for Bash: make", at(3));
        add_moment(&mut record, FAILURE, "usage limit", at(6));
        add_moment(&mut record, PROMPT, "", at(7));
        task::add(&mut record, "write a test", at(1)).unwrap();
        let id = record.tasks[0].id.clone();
        task::update(&mut record, &id, Some(TaskStatus::Completed), None, at(8)).unwrap();
        session::commit(&mut record, "1a2b3c4d5e", "Fix login", at(5)).unwrap();
        session::park(&mut record, "lunch", &[], at(9)).unwrap();
        assert_eq!(
            messages(&record),
            [
                "started",
                "prompt: Fix the login",
                "new task: write a test",
                "asked: permission for Bash: make",
                "answered: permission for Bash: make",
                "found the cause",
                "commit 1a2b3c4 Fix login",
                "failed: usage limit",
                "prompt",
                "done: write a test",
                "parked: lunch",
            ]
        );
    }

    #[test]
    fn parking_stays_and_reopening_comes_before_the_prompt() {
        let mut record = new();
        session::park(&mut record, "lunch", &[], at(5)).unwrap();
        session::reopen(&mut record, at(7));
        add_moment(&mut record, PROMPT, "back", at(7));
        let facts = ["started", "parked: lunch", "reopened; it had ended with: lunch", "prompt: back"];
        assert_eq!(messages(&record), facts);
        record.started_at = clock::stamp(at(9));
        assert_eq!(messages(&record), facts, "whatever the clock said");
    }

    #[test]
    fn an_event_without_a_time_keeps_its_position() {
        let mut record = new();
        for (minute, message) in [(1, "one"), (2, "two"), (3, "three")] {
            session::event(&mut record, message, at(minute)).unwrap();
        }
        record.events[1].timestamp = "yesterday".into();
        assert_eq!(messages(&record), ["started", "one", "two", "three"]);
    }

    #[test]
    fn a_fact_is_stored_once_and_the_oldest_is_removed() {
        let mut record = new();
        for n in 0..validate::HISTORY + 3 {
            let when = at(0) + chrono::TimeDelta::seconds(n as i64);
            add_moment(&mut record, PROMPT, "again", when);
            add_moment(&mut record, PROMPT, "again", when);
        }
        assert_eq!(record.history.len(), validate::HISTORY);
        assert_eq!(record.history[0].at, clock::stamp(at(0) + chrono::TimeDelta::seconds(3)));
    }
}
