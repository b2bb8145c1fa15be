//! Owns how a session is shown: one JSON line with its state, or a block for people.

use crate::Context;
use crate::failure::Outcome;
use crate::out::{Form, sanitize};
use cs_core::clock;
use cs_core::record::{Session, TaskStatus};
use cs_core::state::{self, Verdict};
use serde::Serialize;

#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    session: &'a Session,
    state: &'a str,
    state_reason: &'a str,
}

/// Prints a session in the form that was asked for.
pub fn print_session(context: &mut Context, session: &Session) -> Outcome<()> {
    if context.out.quiet {
        context.out.line(&session.session_id)?;
        return context.out.flush();
    }
    let lives = context.store.all_live()?;
    let stale_after = context.store.config().unwrap_or_default().stale_after();
    let verdict = context.store.verdict_of(session, &lives, stale_after, context.now);
    match context.out.form {
        Form::Json => {
            let state = verdict.state.as_str();
            context.out.json(&Shown { session, state, state_reason: &verdict.reason })?;
        }
        Form::Table => {
            let awaited = state::awaited(session, &lives, verdict.state);
            for line in block(session, &verdict, awaited) {
                context.out.line(&line)?;
            }
        }
    }
    context.out.flush()
}

/// A session as lines for people. `awaited`: see [`state::awaited`].
pub fn block(session: &Session, verdict: &Verdict, awaited: Option<&str>) -> Vec<String> {
    let mut lines = vec![sanitize(&session.intent)];
    let mut field = |name: &str, value: Option<&str>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            lines.push(format!("  {name:<10} {}", sanitize(value)));
        }
    };
    let state = format!("{} ({})", verdict.state.as_str(), verdict.reason);
    let when = |at: &str| clock::parse(at).map(|at| at.format("%Y-%m-%d %H:%M UTC").to_string());
    field("id", Some(&session.session_id));
    field("state", Some(&state));
    field("project", Some(&session.project_slug));
    field("branch", Some(&session.git_branch));
    field("work tree", session.worktree_root.as_deref());
    field("agent", session.agent.as_deref());
    field("talk", session.claude_session_id.as_deref());
    field("roadmap", session.roadmap_ref.as_deref());
    field("started", when(&session.started_at).as_deref());
    field("ended", session.ended_at.as_deref().and_then(when).as_deref());
    field("doing", session.current_activity.as_deref());
    field("needs you", awaited);
    field("outcome", session.outcome.as_deref());
    field("parked", session.parked_reason.as_deref());
    field("continues", session.resumed_from.as_deref());
    lines.extend(tasks(session));
    let commits = session
        .commits
        .iter()
        .map(|commit| format!("{} {}", commit.sha.get(..7).unwrap_or(&commit.sha), commit.message));
    lines.extend(section("commits", commits));
    lines.extend(section("files", session.files_changed.iter().cloned()));
    lines.extend(section("decisions", session.decisions.iter().cloned()));
    lines.extend(section("questions", session.open_questions.iter().cloned()));
    lines.extend(section("next steps", session.next_steps.iter().cloned()));
    let event = |at: &str, text: &str| format!("{}  {text}", when(at).unwrap_or_default());
    lines.extend(section("events", session.events.iter().map(|e| event(&e.timestamp, &e.message))));
    lines
}

fn tasks(session: &Session) -> Vec<String> {
    let mark = |status| match status {
        TaskStatus::Pending => "[ ]",
        TaskStatus::InProgress => "[>]",
        TaskStatus::Completed => "[x]",
        TaskStatus::Skipped => "[-]",
    };
    section("tasks", session.tasks.iter().map(|task| format!("{} {}  {}", mark(task.status), task.subject, task.id)))
}

fn section(title: &str, items: impl Iterator<Item = String>) -> Vec<String> {
    let items: Vec<String> = items.map(|item| format!("    {}", sanitize(&item))).collect();
    if items.is_empty() {
        return items;
    }
    std::iter::once(format!("  {title}")).chain(items).collect()
}
