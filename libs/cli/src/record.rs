//! Owns how a session is shown: one JSON line with its state, or a block for people.

use crate::Context;
use crate::block::Block;
use crate::failure::Outcome;
use crate::out::Form;
use cs_core::clock;
use cs_core::record::{Commit, Session, Task, TaskStatus};
use cs_core::state::Verdict;
use cs_core::states::States;
use cs_core::timeline;
use cs_core::usage::Usage;
use cs_core::zone::Zone;
use render::{
    Style, format_count, format_local_minute, format_model_cost, format_quantity, format_stamps, format_usage_cost,
};
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
            let mut block = block(&session, &verdict);
            usage.inspect(|usage| add_usage(&mut block, usage));
            block.print(&mut context.out)?;
        }
    }
    context.out.flush()
}

/// A session as lines for people, as [`States::settle`] leaves it.
fn block(session: &Session, verdict: &Verdict) -> Block {
    let mut block = Block::new(&session.intent);
    let when = |at: &str| clock::parse(at).map(|at| format_local_minute(at, Zone::system()));
    block.field("id", &session.session_id);
    block.marked_field("state", verdict.state.as_str(), Style::of(verdict), &format!(" ({})", verdict.reason));
    let mut field = |name: &str, value: Option<&str>| block.field(name, value.unwrap_or_default());
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
    add_sections(&mut block, session);
    let event =
        |at: &str, text: &str| (format!("{}  ", when(at).unwrap_or_default()), format_stamps(text, Zone::system()));
    block.section("timeline", timeline::of(session).iter().map(|fact| event(fact.timestamp, &fact.message)));
    block
}

fn add_sections(block: &mut Block, session: &Session) {
    let mark = |status| match status {
        TaskStatus::Pending => "[ ] ",
        TaskStatus::InProgress => "[>] ",
        TaskStatus::Completed => "[x] ",
        TaskStatus::Skipped => "[-] ",
    };
    let task = |task: &Task| (mark(task.status).to_string(), format!("{}  {}", task.subject, task.id));
    block.section("tasks", session.tasks.iter().map(task));
    let short = |sha: &str| format!("{} ", sha.get(..7).unwrap_or(sha));
    let commit = |commit: &Commit| (short(&commit.sha), commit.message.clone());
    block.section("commits", session.commits.iter().map(commit));
    let lists = [
        ("files", &session.files_changed),
        ("decisions", &session.decisions),
        ("questions", &session.open_questions),
        ("next steps", &session.next_steps),
    ];
    for (title, items) in lists {
        block.section(title, items.iter().map(|item| (String::new(), item.clone())));
    }
}

/// Adds the usage of a session.
fn add_usage(block: &mut Block, usage: &Usage) {
    let (turns, messages) = (format_quantity(usage.turns, "turn"), format_quantity(usage.messages, "message"));
    let (cost, tokens) = (format_usage_cost(usage), format_count(usage.total_tokens));
    block.field("usage", &format!("{cost} at list prices, {tokens} tokens, {turns}, {messages}"));
    for (name, of) in &usage.models {
        block.item("", &format!("{name}  {} tokens, {}", format_count(of.total_tokens), format_model_cost(of)));
    }
}
