//! Owns how a session is shown: one JSON line with its state, or a block for people.

use crate::Context;
use crate::failure::Outcome;
use crate::out::{Form, sanitize};
use cs_core::clock;
use cs_core::record::{Session, TaskStatus};
use cs_core::state::Verdict;
use cs_core::states::States;
use cs_core::timeline;
use cs_core::usage::{ModelUsage, Usage};
use cs_core::zone::Zone;
use render::{format_count, format_local_minute, format_model_cost, format_quantity, format_usage_cost};
use serde::Serialize;
use std::borrow::Cow;

#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    session: Cow<'a, Session>,
    state: &'a str,
    state_reason: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    failed: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    said: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<&'a Usage>,
}

/// A whole record with its state and usage, as JSON.
pub fn shown<'a>(session: &'a Session, verdict: &'a Verdict, usage: Option<&'a Usage>) -> impl Serialize + 'a {
    let session = session.without(&["state", "state_reason", "failed", "said", "usage"]);
    let (state, failed, said) = (verdict.state.as_str(), verdict.failed.as_deref(), verdict.said.as_deref());
    Shown { session, state, state_reason: &verdict.reason, failed, said, usage }
}

/// Prints a session in the requested form.
pub fn print_session(context: &mut Context, session: &Session) -> Outcome<()> {
    print_session_with(context, session, None)
}

/// Prints a session and its usage.
pub fn print_session_with(context: &mut Context, session: &Session, usage: Option<&Usage>) -> Outcome<()> {
    if context.out.quiet {
        context.out.line(&session.session_id)?;
        return context.out.flush();
    }
    let mut session = session.clone();
    let verdict = States::read(&context.store, context.store.config().stale_after(), context.now)?.settle(&mut session);
    match context.out.form {
        Form::Json => {
            context.out.json(&shown(&session, &verdict, usage))?;
        }
        Form::Table => {
            for line in block(&session, &verdict).into_iter().chain(usage.into_iter().flat_map(used)) {
                context.out.line(&line)?;
            }
        }
    }
    context.out.flush()
}

/// A line with a label, which is as wide as the longest one.
pub fn format_field(name: &str, value: &str) -> String {
    format!("  {name:<12} {value}")
}

/// A session as lines for people, as [`States::settle`] leaves it.
pub fn block(session: &Session, verdict: &Verdict) -> Vec<String> {
    let mut lines = vec![sanitize(&session.intent)];
    let mut field = |name: &str, value: Option<&str>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            lines.push(format_field(name, &sanitize(value)));
        }
    };
    let state = format!("{} ({})", verdict.state.as_str(), verdict.reason);
    let when = |at: &str| clock::parse(at).map(|at| format_local_minute(at, Zone::system()));
    field("id", Some(&session.session_id));
    field("state", Some(&state));
    field("project", Some(&session.project_slug));
    field("branch", Some(&session.git_branch));
    field("work tree", session.worktree_root.as_deref());
    field("agent", session.agent.as_deref());
    field("conversation", session.claude_session_id.as_deref());
    field("roadmap", session.roadmap_ref.as_deref());
    field("started", when(&session.started_at).as_deref());
    field("ended", session.ended_at.as_deref().and_then(when).as_deref());
    field("doing", session.current_activity.as_deref());
    field("needs you", session.awaiting_action.as_deref());
    field("said", verdict.said.as_deref());
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
    lines.extend(section("timeline", timeline::of(session).iter().map(|fact| event(fact.timestamp, &fact.message))));
    lines
}

/// The usage of a session, as lines for people.
fn used(usage: &Usage) -> Vec<String> {
    let model = |(name, of): (&String, &ModelUsage)| {
        format!("    {}  {} tokens, {}", sanitize(name), format_count(of.total_tokens), format_model_cost(of))
    };
    let (turns, messages) = (format_quantity(usage.turns, "turn"), format_quantity(usage.messages, "message"));
    let (cost, tokens) = (format_usage_cost(usage), format_count(usage.total_tokens));
    let all = format_field("usage", &format!("{cost} at list prices, {tokens} tokens, {turns}, {messages}"));
    std::iter::once(all).chain(usage.models.iter().map(model)).collect()
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
