//! Owns how a session ends without a person: with its conversation, or after a long silence. Pure; `store/close.rs`
//! writes the record. Must stay true: such a session has `ended_by`, so that it is reopened if its conversation
//! continues; everything that a person wrote stays in the record, at least in the timeline.

use crate::clock::{self, Instant};
use crate::config::SessionEnd;
use crate::error::Result;
use crate::record::{Event, Session, Status};
use crate::reopened;
use crate::session::{self, Completion};
use crate::timeline;
use crate::validate;

/// `ended_by` of a session that ended with its conversation.
pub const BY_HOOK: &str = "hook";
/// `ended_by` of a session that `cs-cleanup` closed because its conversation was gone or silent.
pub const BY_CLEANUP: &str = "cleanup";

/// Words in the reason and in the event of a session that ended during a turn.
const IN_THE_MIDDLE: &str = " in the middle of";

/// How a session ends.
#[derive(Clone, Copy, Debug)]
pub struct Ending<'a> {
    /// The configured rule for ends of conversations.
    pub setting: SessionEnd,
    /// Whether a person may come back to the conversation.
    pub attended: bool,
    /// Beginning of a parked session's reason: `the conversation ended`.
    pub why: &'a str,
    /// The agent's last message, if it may be newer than the record's. It becomes the outcome of a completed session.
    pub message: Option<&'a str>,
    /// Whether anything may have been asked in the conversation.
    pub asked: bool,
    /// Whether `awaiting_action` of the record is a question of the agent, which a hook wrote.
    pub dialog: bool,
    /// Whether a turn was running; `None`: derived from the record. An interrupted turn has no answer, so no earlier
    /// message becomes the outcome, and an attended session is parked.
    pub midway: Option<bool>,
    /// [`BY_HOOK`] or [`BY_CLEANUP`].
    pub by: &'a str,
    /// Instant of the last sign of life.
    pub seen_at: Option<Instant>,
    /// The instant of the end.
    pub now: Instant,
}

/// Ends an active session, and then adds `note` to its timeline. The next steps are kept. A session that was reopened,
/// and in which nothing happened since, gets its former end back.
pub fn finish(record: &mut Session, ending: &Ending, note: Option<&str>) -> Result<()> {
    if let Some(seen_at) = ending.seen_at
        && clock::credible(&record.last_heartbeat, ending.now).is_none_or(|known| known < seen_at)
    {
        record.last_heartbeat = clock::stamp(seen_at);
    }
    if ending.midway != Some(true) && reopened::restore(record) {
        session::remember(record, timeline::LEFT, ending.now);
        return note.map_or(Ok(()), |note| session::event(record, note, ending.now));
    }
    if ending.setting == SessionEnd::Keep {
        let of_people = is_of_people(record);
        record.awaiting_action.take_if(|_| ending.is_question(of_people));
        return Ok(());
    }
    let parked = parked_reason(record, ending);
    let midway = is_midway(record, ending);
    let during = midway.then(|| format!("ended{}", in_the_middle(record)));
    let steps = session::steps_left(record);
    let last_message = record.last_message.take();
    keep_words(record, ending);
    if let Some(reason) = parked {
        session::park(record, &reason, &[], ending.now)?;
    } else {
        // An active session has an outcome only if another program wrote it; that one is kept.
        let message = ending.message.or(last_message.as_deref()).filter(|_| !midway);
        let outcome = message.filter(|_| record.outcome.is_none()).map(str::to_string);
        session::complete(record, &Completion { outcome, ..Completion::default() }, ending.now)?;
    }
    record.next_steps = steps;
    record.ended_by = Some(ending.by.to_string());
    during.iter().for_each(|during| session::remember(record, during, ending.now));
    note.map_or(Ok(()), |note| session::event(record, note, ending.now))
}

/// Whether a turn is running. A prompt clears `last_message`, so a record without one has an unanswered prompt.
fn is_midway(record: &Session, ending: &Ending) -> bool {
    let is_unanswered = record.current_activity.is_some() && record.last_message.is_none() && !is_of_people(record);
    ending.midway.unwrap_or(is_unanswered)
}

/// The reason for parking the session; `None`: complete it.
fn parked_reason(record: &Session, ending: &Ending) -> Option<String> {
    let count = record.tasks.iter().filter(|task| task.status.is_open()).count();
    let waits = (count > 0 && ending.attended) || (is_of_people(record) && !ending.is_known_to_be_over());
    let breaks_off = is_midway(record, ending) && ending.attended;
    let middle = match ending.setting {
        SessionEnd::Auto if waits => String::new(),
        SessionEnd::Auto if breaks_off => in_the_middle(record),
        SessionEnd::Park => String::new(),
        SessionEnd::Auto | SessionEnd::Complete | SessionEnd::Keep => return None,
    };
    Some(validate::cut(&format!("{}{middle}{}", ending.why, left(count)), validate::REASON))
}

/// The question, otherwise the prompt, at which a turn was interrupted.
fn in_the_middle(record: &Session) -> String {
    let what = record.awaiting_action.as_deref().or(record.current_activity.as_deref());
    format!("{IN_THE_MIDDLE}: {}", what.unwrap_or("a turn"))
}

/// Stores the agent's last message, which was reported after the end of the session: the turn was not interrupted. A
/// session that was parked only for that is completed. `instead_of` is the message that the end had stored.
pub fn add_late_message(
    record: &mut Session,
    message: Option<&str>,
    instead_of: Option<&str>,
    now: Instant,
) -> Result<()> {
    if record.ended_by.as_deref() != Some(BY_HOOK) || record.outcome.as_deref() != instead_of {
        return Ok(());
    }
    let was_broken_off = record.parked_reason.as_deref().is_some_and(|reason| reason.contains(IN_THE_MIDDLE));
    let ended_at = record.ended_at.as_deref().and_then(clock::parse).unwrap_or(now);
    if record.status == Status::Parked && was_broken_off {
        let (parked_reason, steps) = (record.parked_reason.take(), record.next_steps.clone());
        let done = Completion { outcome: message.map(str::to_string), ..Completion::default() };
        if let Err(error) = session::complete(record, &done, ended_at) {
            record.parked_reason = parked_reason;
            return Err(error);
        }
        (record.next_steps, record.ended_by) = (steps, Some(BY_HOOK.to_string()));
    } else if record.status == Status::Completed {
        record.outcome = message.map(str::to_string).or(record.outcome.take());
    }
    record.events.retain(|event| !is_of_a_broken_turn(event, ended_at));
    Ok(())
}

fn is_of_a_broken_turn(event: &Event, ended_at: Instant) -> bool {
    event.timestamp == clock::stamp(ended_at) && event.message.starts_with(&format!("ended{IN_THE_MIDDLE}: "))
}

impl Ending<'_> {
    /// Whether a person's session is over with its conversation: somebody ended it, and something was asked in it.
    fn is_known_to_be_over(&self) -> bool {
        self.by == BY_HOOK && self.asked
    }

    /// Whether `awaiting_action` is a question that a hook wrote for an agent that is gone.
    fn is_question(&self, of_people: bool) -> bool {
        !of_people || self.dialog
    }
}

/// Moves texts to the timeline that the end would remove and no hook would write again.
fn keep_words(record: &mut Session, ending: &Ending) {
    let of_people = is_of_people(record);
    let is_question = ending.is_question(of_people);
    let is_prompt = !of_people || ending.is_known_to_be_over();
    let words = [
        ("it had been parked", record.parked_reason.take()),
        ("it needed the user", record.awaiting_action.take().filter(|_| !is_question)),
        ("it was doing", record.current_activity.take().filter(|_| !is_prompt)),
    ];
    for (what, text) in words {
        if let Some(text) = text {
            session::remember(record, &format!("{what}: {text}"), ending.now);
        }
    }
}

/// Text of the event for a sign of life with an impossible time.
pub fn doubt(sign: Instant) -> String {
    let way = if clock::is_wrong(sign) { "behind" } else { "ahead" };
    format!("the clock was {way}: the last sign of life is of {}; its age counts from here", clock::stamp(sign))
}

/// Instant of the event with [`doubt`]'s text.
pub fn doubted_at(record: &Session, sign: Instant, now: Instant) -> Option<Instant> {
    let text = doubt(sign);
    let noted = record.events.iter().filter(|event| event.message == text);
    noted.filter_map(|event| clock::credible(&event.timestamp, now)).min()
}

fn left(count: usize) -> String {
    match count {
        0 => String::new(),
        1 => " with 1 open task".to_string(),
        more => format!(" with {more} open tasks"),
    }
}

/// Whether a hook or `cs-cleanup` ended the session, so that its conversation may reopen it. Other programs do not
/// remove `ended_by` when they complete a session that we parked; such a session still has a parked reason.
pub fn is_ours(record: &Session) -> bool {
    let by_us = matches!(record.ended_by.as_deref(), Some(BY_HOOK | BY_CLEANUP));
    match record.status {
        Status::Active => false,
        Status::Parked => by_us,
        Status::Completed => by_us && record.parked_reason.is_none(),
    }
}

/// Whether a person may have written in the record, or an agent with the commands that people run. True for records of
/// older versions and of other programs, which do not say so.
pub fn is_of_people(record: &Session) -> bool {
    record.written_by.as_deref() != Some(BY_HOOK)
}

/// Whether a hook created the session and nothing happened in it afterwards: no sign of life, no text, no unknown
/// field. Checks every field that could hold a text, since other programs may leave `written_by` unchanged.
pub fn is_empty(record: &Session) -> bool {
    let lists = [&record.files_changed, &record.decisions, &record.open_questions, &record.next_steps];
    let texts = [&record.roadmap_ref, &record.outcome, &record.parked_reason, &record.awaiting_action];
    // Hooks store the first prompt here too, so the session had a prompt.
    let texts = texts.into_iter().chain([&record.current_activity]);
    let links = [&record.ended_at, &record.ended_by, &record.resumed_from, &record.resumed_as, &record.agent_id];
    !is_of_people(record)
        && record.intent == session::unsaid_intent(&record.project_slug)
        && record.status == Status::Active
        && record.last_heartbeat == record.started_at
        && record.events.is_empty()
        && record.history.iter().all(|moment| moment.text.is_empty() && moment.unknown.is_empty())
        && record.also_in.is_empty()
        && record.commits.is_empty()
        && record.tasks.is_empty()
        && lists.into_iter().all(Vec::is_empty)
        && texts.chain(links).all(Option::is_none)
        && record.unknown.is_empty()
}

#[cfg(test)]
mod tests;
