//! Owns the summary of an agent's work: what its seat, its session's record, its conversation's log and its figures say.
//! Must stay true: what is not known is left out.

use crate::row::{self, Row};
use agents::{LastMessage, last_messages};
use cli::seat::Agents;
use cli::{Block, Context, Outcome};
use cs_core::clock::{self, Instant};
use cs_core::error::Error;
use cs_core::id::SessionId;
use cs_core::masked;
use cs_core::record::{Session, Task, TaskStatus};
use cs_core::states::States;
use cs_core::zone::Zone;
use render::{Style, format_count, format_dollars, format_local_minute, format_quantity};
use seats::Seat;
use seats::sight::{self, Held, Seen};
use serde::Serialize;

/// How many messages of the conversation are shown.
const MESSAGES: usize = 10;

/// How much a summary says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// What is recorded.
    Short,
    /// The last messages of the conversation, too.
    Deep,
}

/// What an agent was to do, and what became of it.
#[derive(Default, Serialize)]
pub struct Summary {
    /// What the list says about its seat.
    #[serde(flatten)]
    seat: serde_json::Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    intent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    awaiting_action: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    git_branch: Option<String>,
    tasks_done: Vec<String>,
    tasks_open: Vec<String>,
    files_changed: Vec<String>,
    commits: Vec<String>,
    open_questions: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    messages: Vec<LastMessage>,
    /// What the agent answered when it was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply: Option<String>,
    /// What the person's own command made of all this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// Sums up the work of the agent in a seat.
pub fn of(context: &Context, agents: &Agents, seat: &Seat, depth: Depth) -> Outcome<Summary> {
    let states = States::of_lives(&context.store, &agents.lives, context.config().stale_after(), context.now);
    let seen = sight::look(seat, &agents.lives, &states);
    let held = Held::read(&context.store, std::slice::from_ref(seat), context.now);
    let row: Row = row::row(&context.store, &seen, &held, 0);
    let live = seen.live.filter(|_| depth == Depth::Deep);
    Ok(Summary {
        seat: serde_json::to_value(&row).unwrap_or_default(),
        messages: live.map(|live| last_messages(live, MESSAGES)).unwrap_or_default(),
        ..session(context, &seen, &states)?.map(of_record).unwrap_or_default()
    })
}

/// What the record of a session says.
fn of_record(session: Session) -> Summary {
    let tasks = |wanted: fn(TaskStatus) -> bool| -> Vec<String> {
        let tasks = session.tasks.iter().filter(|task| wanted(task.status));
        tasks.map(|task: &Task| task.subject.clone()).collect()
    };
    Summary {
        tasks_done: tasks(|status| status == TaskStatus::Completed),
        tasks_open: tasks(TaskStatus::is_open),
        intent: Some(session.intent),
        awaiting_action: session.awaiting_action,
        outcome: session.outcome.or(session.last_message),
        git_branch: Some(session.git_branch),
        files_changed: session.files_changed,
        commits: session.commits.iter().map(|one| commit(&one.sha, &one.message)).collect(),
        open_questions: session.open_questions,
        ..Summary::default()
    }
}

/// The record of the present conversation, masked; `None` if there is none yet.
fn session(context: &Context, seen: &Seen, states: &States) -> Outcome<Option<Session>> {
    let Some(id) = seen.session_id().and_then(|id| SessionId::parse(id).ok()) else { return Ok(None) };
    let mut session = match context.store.session(&id) {
        Err(Error::Missing(_)) => return Ok(None),
        other => other?,
    };
    states.settle(&mut session);
    masked::session(&mut session);
    Ok(Some(session))
}

fn commit(sha: &str, message: &str) -> String {
    format!("{} {message}", sha.get(..7).unwrap_or(sha))
}

/// A summary as lines for people.
pub fn block(summary: &Summary, now: Instant) -> Block {
    let seat = |name: &str| summary.seat.get(name).and_then(|value| value.as_str()).unwrap_or_default();
    let mut block = Block::new(seat("name"));
    block.field("id", seat("agent_id"));
    block.marked_field("state", seat("state"), Style::Strong, &format!(" ({})", seat("state_reason")));
    block.field("intent", summary.intent.as_deref().unwrap_or_default());
    block.field("doing", seat("doing"));
    block.field("asks", or(seat("asks"), summary.awaiting_action.as_deref()));
    block.field("failed", seat("failed"));
    block.field("said", or(seat("said"), summary.outcome.as_deref()));
    block.field("branch", summary.git_branch.as_deref().unwrap_or_default());
    block.field("last call", &last_call(summary, now));
    block.field("usage", &usage(summary));
    let leases = summary.seat.get("lease_paths").and_then(serde_json::Value::as_array).into_iter().flatten();
    block.field("leases", &leases.filter_map(serde_json::Value::as_str).collect::<Vec<_>>().join(", "));
    add_lists(&mut block, summary);
    block
}

/// The first text, unless it is empty.
fn or<'t>(first: &'t str, second: Option<&'t str>) -> &'t str {
    if first.is_empty() { second.unwrap_or_default() } else { first }
}

/// Adds what has several lines.
fn add_lists(block: &mut Block, summary: &Summary) {
    let mark = |mark: &'static str| move |text: &String| (mark.to_string(), text.clone());
    let (done, open) = (summary.tasks_done.iter().map(mark("[x] ")), summary.tasks_open.iter().map(mark("[ ] ")));
    block.section("tasks", done.chain(open));
    block.section("commits", summary.commits.iter().map(mark("")));
    block.section("files", summary.files_changed.iter().map(mark("")));
    block.section("questions", summary.open_questions.iter().map(mark("")));
    let when =
        |at: &Option<String>| at.as_deref().and_then(clock::parse).map(|at| format_local_minute(at, Zone::system()));
    let head = |one: &LastMessage| format!("{} {}  ", when(&one.at).unwrap_or_default(), one.from);
    block.section("messages", summary.messages.iter().map(|one| (head(one), one.text.clone())));
    block.section(
        "reply",
        summary.reply.iter().flat_map(|text| text.lines()).map(|line| (String::new(), line.to_string())),
    );
}

fn last_call(summary: &Summary, now: Instant) -> String {
    let call = summary.seat.get("last_call").cloned();
    let Some(call) = call.and_then(|call| serde_json::from_value::<agents::LastCall>(call).ok()) else {
        return String::new();
    };
    let subject = call.subject.as_deref().map(|subject| format!(": {subject}")).unwrap_or_default();
    format!("{}{subject}", row::last(&call, now))
}

/// What the work has used, as far as it is known.
fn usage(summary: &Summary) -> String {
    let number = |name: &str| summary.seat.get(name).and_then(serde_json::Value::as_u64);
    let cost = summary.seat.get("cost_usd").and_then(serde_json::Value::as_f64).map(format_dollars);
    let tokens = number("tokens").map(|count| format!("{} tokens", format_count(count)));
    let calls = number("calls").map(|count| format_quantity(count, "call"));
    cost.into_iter().chain(tokens).chain(calls).collect::<Vec<_>>().join(", ")
}
