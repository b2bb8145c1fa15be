//! Owns the life of a session: every change of a record, as a pure function of the record, the input and the instant.
//! Must stay true: a refused change leaves the record unchanged.
//! Deliberately absent: the disk, names of files, and tasks (see `task`).

mod commits;
mod handover;

pub use commits::{
    RecordedCommit, also_committed, also_in, amended_commit, commit, has_also_committed, has_commit, recorded_commits,
};
pub use handover::{may_resume, reopen, resumed_as, take_over};

use crate::clock::{self, Instant};
use crate::error::{Error, Result};
use crate::id::{SessionId, Slug};
use crate::masked;
use crate::namer::Namer;
use crate::record::{Commit, Event, SCHEMA_VERSION, Session, Status, Task, Unknown};
use crate::timeline::{self, ANSWER, QUESTION};
use crate::validate;

/// The fields of a new session. Texts are checked by [`create`].
#[derive(Clone, Debug, Default)]
pub struct Start {
    /// The session's purpose; must not be empty.
    pub intent: String,
    /// Author of the intent.
    pub named_by: Namer,
    /// Entry of the project's roadmap.
    pub roadmap_ref: Option<String>,
    /// `None` if unknown.
    pub git_branch: Option<String>,
    /// Absolute path of the work tree's root.
    pub worktree_root: Option<String>,
    /// The agent's conversation, a UUID.
    pub claude_session_id: Option<String>,
    /// The agent's word on the wire; `None` means `claude-code`.
    pub agent: Option<String>,
    /// The seat in which it works.
    pub agent_id: Option<String>,
    /// The session of the agent that spawned it.
    pub parent_session_id: Option<String>,
}

/// Creates an active session.
pub fn create(id: &SessionId, slug: &Slug, start: Start, now: Instant) -> Result<Session> {
    let stamp = clock::stamp(now);
    Ok(Session {
        session_id: id.to_string(),
        project_slug: slug.to_string(),
        status: Status::Active,
        intent: validate::text("intent", &start.intent, validate::INTENT)?,
        roadmap_ref: validate::optional("roadmap ref", start.roadmap_ref.as_deref(), validate::ROADMAP_REF)?,
        started_at: stamp.clone(),
        last_heartbeat: stamp,
        ended_at: None,
        outcome: None,
        parked_reason: None,
        current_activity: None,
        awaiting_action: None,
        events: Vec::new(),
        git_branch: validate::optional("branch", start.git_branch.as_deref(), validate::BRANCH)?.unwrap_or_default(),
        worktree_root: start.worktree_root.as_deref().map(|root| validate::path("work tree", root)).transpose()?,
        claude_session_id: start.claude_session_id,
        files_changed: Vec::new(),
        commits: Vec::new(),
        decisions: Vec::new(),
        open_questions: Vec::new(),
        next_steps: Vec::new(),
        tasks: Vec::new(),
        schema_version: SCHEMA_VERSION,
        agent: start.agent,
        ended_by: None,
        written_by: None,
        intent_by: Some(start.named_by).filter(|by| *by != Namer::Prompt).map(|by| by.word().to_string()),
        resumed_from: None,
        resumed_as: None,
        last_message: None,
        history: Vec::new(),
        also_in: Vec::new(),
        reopened: None,
        agent_id: start.agent_id,
        parent_session_id: start.parent_session_id,
        audit_head: None,
        folded: None,
        unknown: Unknown::new(),
    })
}

/// The intent of a session as long as no prompt, title or person gives a better one.
pub fn unsaid_intent(slug: &str) -> String {
    format!("conversation in {slug}")
}

/// Changes to single fields; `None` leaves a field as it is.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// The session's purpose; must not be empty.
    pub intent: Option<String>,
    /// The present activity.
    pub activity: Option<String>,
    /// Entry of the project's roadmap.
    pub roadmap_ref: Option<String>,
    /// The git branch.
    pub branch: Option<String>,
}

/// Applies changes to single fields.
pub fn update(session: &mut Session, changes: &Changes, now: Instant) -> Result<()> {
    let intent = validate::optional("intent", changes.intent.as_deref(), validate::INTENT)?;
    let activity = validate::optional("activity", changes.activity.as_deref(), validate::ACTIVITY)?;
    let roadmap = validate::optional("roadmap ref", changes.roadmap_ref.as_deref(), validate::ROADMAP_REF)?;
    let branch = validate::optional("branch", changes.branch.as_deref(), validate::BRANCH)?;
    if let Some(intent) = intent {
        session.intent = intent;
        session.intent_by = Some(Namer::Person.word().to_string());
    }
    if let Some(branch) = branch {
        session.git_branch = branch;
    }
    session.current_activity = activity.or(session.current_activity.take());
    session.roadmap_ref = roadmap.or(session.roadmap_ref.take());
    beat(session, now);
    Ok(())
}

/// Records a sign of life, unless the session has ended.
pub fn beat(session: &mut Session, now: Instant) {
    if session.status == Status::Active {
        session.last_heartbeat = clock::stamp(now);
    }
}

/// Adds to the timeline.
pub fn event(session: &mut Session, message: &str, now: Instant) -> Result<()> {
    let message = validate::text("event message", message, validate::EVENT)?;
    session.events.push(Event { timestamp: clock::stamp(now), message, unknown: Unknown::new() });
    beat(session, now);
    Ok(())
}

/// Adds to the timeline what a hook saw, unless the newest event has the same text and is younger than five seconds:
/// hooks may be registered twice.
pub fn event_once(session: &mut Session, message: &str, now: Instant) -> Result<()> {
    let repeated = session.events.last().is_some_and(|last| {
        last.message == message && clock::parse(&last.timestamp).is_some_and(|at| (now - at).num_seconds().abs() < 5)
    });
    if repeated { Ok(()) } else { event(session, message, now) }
}

/// Adds a text of a program to the timeline. The text is cut to fit, and does not count as a sign of life.
pub fn remember(session: &mut Session, message: &str, now: Instant) {
    let message = validate::cut(message, validate::EVENT);
    session.events.push(Event { timestamp: clock::stamp(now), message, unknown: Unknown::new() });
}

/// The next steps of a session that ends without new ones: its present steps, then open tasks up to three in all. All
/// steps of people are kept and come first.
pub fn steps_left(session: &Session) -> Vec<String> {
    let mut steps = session.next_steps.clone();
    for step in task_steps(session, |task| task.status.is_open()) {
        if steps.len() < validate::NEXT_STEPS {
            push_once(&mut steps, step);
        }
    }
    steps
}

/// Tasks as steps. They are cut to fit, because another program may have written a longer subject.
fn task_steps(session: &Session, wanted: impl Fn(&Task) -> bool) -> impl Iterator<Item = String> {
    let tasks = session.tasks.iter().filter(move |task| wanted(task));
    tasks.map(|task| validate::cut(&task.subject, validate::NEXT_STEP)).filter(|step| !step.is_empty())
}

/// Adds a decision, once per text.
pub fn decision(session: &mut Session, text: &str, now: Instant) -> Result<()> {
    push_once(&mut session.decisions, validate::text("decision", text, validate::DECISION)?);
    beat(session, now);
    Ok(())
}

/// Adds an open question, once per text.
pub fn question(session: &mut Session, text: &str, now: Instant) -> Result<()> {
    push_once(&mut session.open_questions, validate::text("question", text, validate::QUESTION)?);
    beat(session, now);
    Ok(())
}

/// Adds a changed file, once per path; ignores it beyond the limit.
pub fn file_changed(session: &mut Session, path: &str) {
    let path = validate::file_name(path);
    if !path.is_empty() && session.files_changed.len() < validate::FILES {
        push_once(&mut session.files_changed, path);
    }
}

fn push_once(list: &mut Vec<String>, text: String) {
    if !list.contains(&text) {
        list.push(text);
    }
}

/// Stores what the user is needed for.
pub fn request_action(session: &mut Session, reason: &str, now: Instant) -> Result<()> {
    must_be_active(session)?;
    let reason = validate::text("reason", reason, validate::REASON)?;
    waits_for(session, Some(&reason), now);
    Ok(())
}

/// Clears what the user is needed for.
pub fn clear_action(session: &mut Session, now: Instant) {
    waits_for(session, None, now);
}

/// Replaces what the user is needed for; the previous question counts as answered. A question that returns after
/// another one is not added to the history again.
pub fn waits_for(session: &mut Session, what: Option<&str>, now: Instant) {
    let before = session.awaiting_action.take();
    if before.as_deref() != what {
        let was_asked =
            |what: &str| session.history.iter().any(|moment| moment.kind == QUESTION && moment.text == what);
        let is_back = before.is_some() && what.is_some_and(was_asked);
        before.iter().for_each(|before| timeline::add_moment(session, ANSWER, before, now));
        what.iter().filter(|_| !is_back).for_each(|what| timeline::add_moment(session, QUESTION, what, now));
    }
    session.awaiting_action = what.map(str::to_string);
    beat(session, now);
}

/// Puts an active session aside.
pub fn park(session: &mut Session, reason: &str, next_steps: &[String], now: Instant) -> Result<()> {
    must_be_active(session)?;
    let reason = validate::text("reason", reason, validate::REASON)?;
    let steps = checked_steps(next_steps)?;
    session.status = Status::Parked;
    session.parked_reason = Some(reason);
    end(session, steps, now);
    Ok(())
}

/// The input for completing a session.
#[derive(Clone, Debug, Default)]
pub struct Completion {
    /// The session's result.
    pub outcome: Option<String>,
    /// At most three.
    pub next_steps: Vec<String>,
    /// Names and subjects.
    pub commits: Vec<(String, String)>,
    /// Changed files.
    pub files: Vec<String>,
}

/// Ends an active or parked session for good.
pub fn complete(session: &mut Session, done: &Completion, now: Instant) -> Result<()> {
    if session.status == Status::Completed {
        return Err(Error::Refused(format!("{} is already completed", session.session_id)));
    }
    let outcome = validate::optional("outcome", done.outcome.as_deref(), validate::OUTCOME)?;
    let steps = checked_steps(&done.next_steps)?;
    let files = done.files.iter().map(|file| validate::path("file", file)).collect::<Result<Vec<_>>>()?;
    let mut next = session.clone();
    for (sha, message) in &done.commits {
        commit(&mut next, sha, message, now)?;
    }
    for file in &files {
        file_changed(&mut next, file);
    }
    next.status = Status::Completed;
    next.outcome = outcome.or(next.outcome);
    end(&mut next, steps, now);
    *session = next;
    Ok(())
}

fn end(session: &mut Session, steps: Vec<String>, now: Instant) {
    session.ended_at = Some(clock::stamp(now));
    session.awaiting_action = None;
    session.current_activity = None;
    session.ended_by = None;
    session.reopened = None;
    if !steps.is_empty() {
        session.next_steps = steps;
    }
}

fn checked_steps(steps: &[String]) -> Result<Vec<String>> {
    if steps.len() > validate::NEXT_STEPS {
        return Err(Error::Invalid(format!(
            "{} next steps given, at most {} are kept",
            steps.len(),
            validate::NEXT_STEPS
        )));
    }
    steps.iter().map(|step| validate::text("next step", step, validate::NEXT_STEP)).collect()
}

fn must_be_active(session: &Session) -> Result<()> {
    match session.status {
        Status::Active => Ok(()),
        other => Err(Error::Refused(format!("{} is {}, not active", session.session_id, other.as_str()))),
    }
}

#[cfg(test)]
mod tests;
