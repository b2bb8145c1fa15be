//! Owns how a session is reopened, and how a successor takes over its open work. Must stay true: the outcome of a
//! session that a person closed stays in the timeline.

use super::*;
use crate::reopened;
use crate::timeline::REOPENED;

/// Makes an ended session active again. The reason or outcome of its end goes to the timeline. Next steps that a hook
/// made from open tasks are removed, since the tasks are there; steps of people stay.
pub fn reopen(session: &mut Session, now: Instant) {
    let before = session.clone();
    remember_end(session);
    let (parked, outcome) = (session.parked_reason.take(), session.outcome.take());
    if session.ended_by.is_some() {
        let tasks: Vec<String> = task_steps(session, |_| true).collect();
        session.next_steps.retain(|step| !tasks.contains(step));
    }
    session.status = Status::Active;
    session.ended_at = None;
    session.ended_by = None;
    session.last_message = None;
    if parked.is_none() && outcome.is_none() {
        remember(session, REOPENED, now);
    }
    for text in parked.into_iter().chain(outcome) {
        remember(session, &format!("{REOPENED}; it had ended with: {text}"), now);
    }
    beat(session, now);
    reopened::note(session, before, &clock::stamp(now));
}

/// Stores in the history when and why the session had ended.
fn remember_end(session: &mut Session) {
    if let Some(end) = timeline::end_moment(session) {
        timeline::add(session, end);
    }
}

/// Checks that a session may be resumed: ended, and not resumed before.
pub fn may_resume(old: &Session) -> Result<()> {
    if let Some(successor) = &old.resumed_as {
        return Err(Error::Refused(format!("{} was already resumed as {successor}", old.session_id)));
    }
    if old.status == Status::Active {
        return Err(Error::Refused(format!(
            "{} is active; park or complete it before it can be resumed",
            old.session_id
        )));
    }
    Ok(())
}

/// Links the old session to its successor `new_id`, and completes it if it was parked.
pub fn resumed_as(old: &mut Session, new_id: &str, now: Instant) -> Result<()> {
    may_resume(old)?;
    if old.status == Status::Parked {
        remember_end(old);
        old.status = Status::Completed;
        old.ended_at = Some(clock::stamp(now));
        old.outcome = Some(format!("Resumed as {new_id}"));
    }
    old.resumed_as = Some(new_id.to_string());
    old.ended_by = None;
    Ok(())
}

/// Copies the context of `old` into `new`: roadmap ref, open questions, next steps, unfinished tasks, and the intent
/// unless `intent` is given.
pub fn take_over(new: &mut Session, old: &Session, intent: Option<&str>, now: Instant) -> Result<()> {
    let intent = validate::optional("intent", intent, validate::INTENT)?;
    let (intent, named_by) = match intent {
        Some(intent) => (intent, Namer::Person),
        None => (old.intent.clone(), Namer::of(old)),
    };
    (new.intent, new.intent_by) = (intent, Some(named_by.word().to_string()));
    new.roadmap_ref = new.roadmap_ref.take().or_else(|| old.roadmap_ref.clone());
    new.worktree_root = new.worktree_root.take().or_else(|| old.worktree_root.clone());
    if new.git_branch.is_empty() {
        new.git_branch = old.git_branch.clone();
    }
    for question in &old.open_questions {
        push_once(&mut new.open_questions, question.clone());
    }
    if new.next_steps.is_empty() {
        new.next_steps = old.next_steps.clone();
    }
    // Another conversation has its own task list.
    let is_its_list = new.claude_session_id.is_none() || new.claude_session_id == old.claude_session_id;
    for task in old.tasks.iter().filter(|task| task.status.is_open()) {
        if !new.tasks.iter().any(|known| known.subject == task.subject) {
            let mut task = task.clone();
            task.agent_key = task.agent_key.filter(|_| is_its_list);
            new.tasks.push(task);
        }
    }
    // The same conversation works in the same seat.
    if new.claude_session_id.is_some() && new.claude_session_id == old.claude_session_id {
        new.agent_id = new.agent_id.take().or_else(|| old.agent_id.clone());
        new.parent_session_id = new.parent_session_id.take().or_else(|| old.parent_session_id.clone());
    }
    // An older version may have written the old record, without masking.
    masked::texts(new).for_each(masked::text);
    new.resumed_from = Some(old.session_id.clone());
    beat(new, now);
    Ok(())
}
