//! Owns the life of a session: every change of a record, as a pure function of the record, the
//! input and the instant. Must stay true: a refused change leaves the record as it was.
//! Deliberately absent: disk, ids of files, and tasks (see `task`).

use crate::clock::{self, Instant};
use crate::error::{Error, Result};
use crate::id::{SessionId, Slug};
use crate::masked;
use crate::naming::Namer;
use crate::record::{Commit, Event, SCHEMA_VERSION, Session, Status, Task, Unknown};
use crate::timeline::{self, ANSWER, QUESTION};
use crate::validate;

/// What a new session starts with. Texts are checked by [`create`].
#[derive(Clone, Debug, Default)]
pub struct Start {
    pub intent: String,
    pub named_by: Namer,
    pub roadmap_ref: Option<String>,
    pub git_branch: Option<String>,
    pub worktree_root: Option<String>,
    pub claude_session_id: Option<String>,
    pub agent: Option<String>,
}

/// A new, active session.
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
        folded: None,
        unknown: Unknown::new(),
    })
}

/// The intent of a session of which hooks know no better one: nobody said it.
pub fn unsaid_intent(slug: &str) -> String {
    format!("conversation in {slug}")
}

/// Changes to single fields; `None` leaves a field as it is.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    pub intent: Option<String>,
    pub activity: Option<String>,
    pub roadmap_ref: Option<String>,
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

/// A sign of life. Ended sessions have none.
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

/// Adds to the timeline what a hook saw, unless the newest event says the same and is younger than
/// five seconds: hooks may be registered twice.
pub fn event_once(session: &mut Session, message: &str, now: Instant) -> Result<()> {
    let repeated = session.events.last().is_some_and(|last| {
        last.message == message && clock::parse(&last.timestamp).is_some_and(|at| (now - at).num_seconds().abs() < 5)
    });
    if repeated { Ok(()) } else { event(session, message, now) }
}

/// Adds to the timeline what a machine has to say. It is cut, and is no sign of life.
pub fn remember(session: &mut Session, message: &str, now: Instant) {
    let message = validate::cut(message, validate::EVENT);
    session.events.push(Event { timestamp: clock::stamp(now), message, unknown: Unknown::new() });
}

/// What is to be done next where nobody says so: the steps that stand there, then open tasks. Steps of people go
/// first, and none of them is cut off.
pub fn steps_left(session: &Session) -> Vec<String> {
    let mut steps = session.next_steps.clone();
    for step in task_steps(session, |task| task.status.is_open()) {
        if steps.len() < validate::NEXT_STEPS {
            push_once(&mut steps, step);
        }
    }
    steps
}

/// Tasks as steps. Cut: another program may have written a subject that is no step as it stands.
fn task_steps(session: &Session, wanted: impl Fn(&Task) -> bool) -> impl Iterator<Item = String> {
    let tasks = session.tasks.iter().filter(move |task| wanted(task));
    tasks.map(|task| validate::cut(&task.subject, validate::NEXT_STEP)).filter(|step| !step.is_empty())
}

/// Adds a commit that was made at `at`; one whose first seven digits are known already is the same one.
pub fn commit(session: &mut Session, sha: &str, message: &str, at: Instant) -> Result<()> {
    let sha = validate::sha(sha)?;
    let message = validate::cut(message, validate::COMMIT_MESSAGE);
    if has_commit(session, &sha) {
        return Ok(());
    }
    if session.commits.len() >= validate::COMMITS {
        return Err(Error::Refused(format!(
            "{} has {} commits already, which is the most",
            session.session_id,
            validate::COMMITS
        )));
    }
    timeline::saw(session, timeline::COMMIT, &sha, at);
    session.commits.push(Commit { sha, message, unknown: Unknown::new() });
    Ok(())
}

/// Whether the session has a commit with the same first seven digits.
pub fn has_commit(session: &Session, sha: &str) -> bool {
    session.commits.iter().any(|known| is_same_commit(&known.sha, sha))
}

fn is_same_commit(one: &str, other: &str) -> bool {
    let short = |sha: &str| sha.chars().take(7).collect::<String>().to_ascii_lowercase();
    short(one) == short(other)
}

/// Adds a commit that was made by amending another one, which it replaces: that one is in no branch
/// any more.
pub fn amended_commit(session: &mut Session, old: &str, sha: &str, message: &str, at: Instant) -> Result<()> {
    let Some(place) = session.commits.iter().position(|known| is_same_commit(&known.sha, old)) else {
        return commit(session, sha, message, at);
    };
    if has_commit(session, sha) {
        session.commits.remove(place);
    } else if let Some(known) = session.commits.get_mut(place) {
        known.sha = validate::sha(sha)?;
        known.message = validate::cut(message, validate::COMMIT_MESSAGE);
        let sha = known.sha.clone();
        timeline::saw(session, timeline::COMMIT, &sha, at);
    }
    Ok(())
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

/// Adds a changed file, once per path; beyond the limit it is dropped.
pub fn file_changed(session: &mut Session, path: &str) {
    let path = validate::file_name(path);
    if !path.is_empty() && session.files_changed.len() < validate::FILES {
        push_once(&mut session.files_changed, path);
    }
}

/// Notes that the session works in another repository, too: the root of its work tree, with an event the first time.
pub fn also_in(session: &mut Session, worktree_root: &str, now: Instant) {
    let is_own = session.worktree_root.as_deref() == Some(worktree_root);
    let is_known = session.also_in.iter().any(|known| known == worktree_root);
    if !is_own && !is_known && session.also_in.len() < validate::PLACES {
        session.also_in.push(worktree_root.to_string());
        remember(session, &format!("also works in {worktree_root}"), now);
    }
    beat(session, now);
}

/// Notes a commit in another repository, once: it is none of the session's own.
pub fn also_committed(session: &mut Session, sha: &str, worktree_root: &str, subject: &str, now: Instant) {
    also_in(session, worktree_root, now);
    if !has_also_committed(session, sha) {
        remember(session, &format!("{}{worktree_root}: {subject}", also_commits(sha)), now);
    }
}

/// Whether a commit in another repository is noted.
pub fn has_also_committed(session: &Session, sha: &str) -> bool {
    let begin = also_commits(sha);
    session.events.iter().any(|event| event.message.starts_with(&begin))
}

fn also_commits(sha: &str) -> String {
    format!("also committed {} in ", sha.get(..7).unwrap_or(sha))
}

fn push_once(list: &mut Vec<String>, text: String) {
    if !list.contains(&text) {
        list.push(text);
    }
}

/// Says that the user is needed.
pub fn request_action(session: &mut Session, reason: &str, now: Instant) -> Result<()> {
    must_be_active(session)?;
    let reason = validate::text("reason", reason, validate::REASON)?;
    waits_for(session, Some(&reason), now);
    Ok(())
}

/// Says that the user is not needed any more.
pub fn clear_action(session: &mut Session, now: Instant) {
    waits_for(session, None, now);
}

/// What the user is needed for from now on. What they were needed for before is answered; it may come back after
/// another question that came between, and is then asked no second time.
pub fn waits_for(session: &mut Session, what: Option<&str>, now: Instant) {
    let before = session.awaiting_action.take();
    if before.as_deref() != what {
        let was_asked =
            |what: &str| session.history.iter().any(|moment| moment.kind == QUESTION && moment.text == what);
        let is_back = before.is_some() && what.is_some_and(was_asked);
        before.iter().for_each(|before| timeline::saw(session, ANSWER, before, now));
        what.iter().filter(|_| !is_back).for_each(|what| timeline::saw(session, QUESTION, what, now));
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

/// What is said when a session is completed.
#[derive(Clone, Debug, Default)]
pub struct Completion {
    pub outcome: Option<String>,
    pub next_steps: Vec<String>,
    pub commits: Vec<(String, String)>,
    pub files: Vec<String>,
}

/// Ends an active or parked session for good.
pub fn complete(session: &mut Session, done: &Completion, now: Instant) -> Result<()> {
    if session.status == Status::Completed {
        return Err(Error::Refused(format!("{} is completed already", session.session_id)));
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

/// Makes an ended session active again, as if it had not ended. What it had ended with goes to
/// the timeline. Steps that a hook made of open tasks are tasks again; others are a person's.
pub fn reopen(session: &mut Session, now: Instant) {
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
}

/// With what the event of a session begins that goes on.
pub const REOPENED: &str = "reopened";

/// Keeps in the history when and why a session that goes on had ended.
fn remember_end(session: &mut Session) {
    let Some(at) = session.ended_at.as_deref().and_then(clock::parse) else { return };
    let (kind, why) = match session.status {
        Status::Active => return,
        Status::Parked => (timeline::PARKED, session.parked_reason.clone()),
        Status::Completed => (timeline::COMPLETED, session.outcome.clone()),
    };
    timeline::saw(session, kind, &why.unwrap_or_default(), at);
}

/// Checks that a session may be resumed: ended, and not resumed before.
pub fn may_resume(old: &Session) -> Result<()> {
    if let Some(successor) = &old.resumed_as {
        return Err(Error::Refused(format!("{} was resumed already as {successor}", old.session_id)));
    }
    if old.status == Status::Active {
        return Err(Error::Refused(format!(
            "{} is active; park or complete it before it can be resumed",
            old.session_id
        )));
    }
    Ok(())
}

/// Closes the old record of a pair: it lives on as `new_id`.
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

/// Brings the context of `old` into `new`: roadmap ref, open questions, next steps, unfinished
/// tasks, and the intent unless `intent` names another.
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
    // Another conversation has a list of its own.
    let is_its_list = new.claude_session_id.is_none() || new.claude_session_id == old.claude_session_id;
    for task in old.tasks.iter().filter(|task| task.status.is_open()) {
        if !new.tasks.iter().any(|known| known.subject == task.subject) {
            let mut task = task.clone();
            task.agent_key = task.agent_key.filter(|_| is_its_list);
            new.tasks.push(task);
        }
    }
    // The old record may be older than masking.
    masked::texts(new).for_each(masked::text);
    new.resumed_from = Some(old.session_id.clone());
    beat(new, now);
    Ok(())
}

fn must_be_active(session: &Session) -> Result<()> {
    match session.status {
        Status::Active => Ok(()),
        other => Err(Error::Refused(format!("{} is {}, not active", session.session_id, other.as_str()))),
    }
}

#[cfg(test)]
mod tests;
