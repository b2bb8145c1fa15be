//! Owns what a parent is told about the agent in a seat: what a turn came to, a failure, a question. One message for each.
//! Must stay true: nothing is computed for it that is not at hand; a figure that is not known is left out.

use crate::seated::Seated;
use agents::hook_call;
use cs_core::error::Result;
use cs_core::id::SessionId;
use cs_core::live::Live;
use cs_core::record::{Session, TaskStatus};
use render::{format_count, format_dollars, format_quantity};
use seats::sight;

/// Maximum number of characters of the agent's last answer.
const ANSWER: usize = 1000;
/// Maximum number of characters of a question or a failure.
const LINE: usize = 200;
/// Maximum number of commits that are named, the newest first.
const COMMITS: usize = 5;
/// Notifications that are questions. A permission has an event of its own, which says more.
const QUESTIONS: [&str; 3] = ["elicitation_dialog", "elicitation_url_dialog", "agent_needs_input"];

/// Whether there is a parent that wants to know.
fn has_reader(seated: &Seated) -> bool {
    seated.seat.tells && seated.seat.parent_seat().is_some()
}

fn tell(seated: &Seated, text: &str, key: Option<&str>) -> Result<()> {
    seated.seats.tell_parent(&seated.seat, text, key, seated.hook.now)
}

/// The turn ended: the last answer, tasks, commits, tokens and cost.
pub fn turn_ended(seated: &Seated, live: Option<&Live>) -> Result<()> {
    if !has_reader(seated) {
        return Ok(());
    }
    let answer = seated.hook.payload.last_message.as_deref().unwrap_or_default().trim();
    let may_tell = live.is_none_or(|live| live.capture);
    let answer: String = answer.chars().filter(|_| may_tell).take(ANSWER).collect();
    let mut parts = vec![format!("{} ended its turn.", seated.seat.name)];
    parts.extend(Some(answer).filter(|answer| !answer.is_empty()));
    let id = live.and_then(Live::session);
    let record = id.as_ref().and_then(|id| seated.hook.store.session(id).ok());
    parts.extend(record.as_ref().map(progress).filter(|line| !line.is_empty()));
    parts.extend(id.and_then(|id| spent(seated, &id, live)));
    tell(seated, &parts.join("\n\n"), None)
}

/// Tasks and commits of the session.
fn progress(record: &Session) -> String {
    let count = |wanted: &[TaskStatus]| record.tasks.iter().filter(|task| wanted.contains(&task.status)).count();
    let (done, open) = (count(&[TaskStatus::Completed]), count(&[TaskStatus::Pending, TaskStatus::InProgress]));
    let tasks = (done + open > 0).then(|| format!("tasks: {done} done, {open} open"));
    let newest = record.commits.iter().rev().take(COMMITS);
    let commits: Vec<String> = newest.map(|commit| format!("{:.7} {}", commit.sha, commit.message)).collect();
    let head = format_quantity(record.commits.len() as u64, "commit");
    let commits = (!commits.is_empty()).then(|| format!("{head}: {}", commits.join("; ")));
    tasks.into_iter().chain(commits).collect::<Vec<_>>().join("\n")
}

/// Tokens and cost of the conversation.
fn spent(seated: &Seated, id: &SessionId, live: Option<&Live>) -> Option<String> {
    let spent = sight::spent(&seated.hook.store, &seated.hook.uuid, Some(id.as_str()), live);
    let tokens = spent.tokens.map(|tokens| format!("{} tokens", format_count(tokens)));
    let figures: Vec<String> = tokens.into_iter().chain(spent.cost_usd.map(format_dollars)).collect();
    (!figures.is_empty()).then(|| figures.join(", "))
}

/// The turn failed.
pub fn failed(seated: &Seated) -> Result<()> {
    let payload = &seated.hook.payload;
    let why = payload.error.as_deref().or(payload.last_message.as_deref()).unwrap_or("unknown");
    tell(seated, &format!("{}: the turn failed: {}", seated.seat.name, hook_call::first_line(why, LINE)), None)
}

/// The agent waits until a person allows a tool, or answers a question.
pub fn asks_permission(seated: &Seated) -> Result<()> {
    let payload = &seated.hook.payload;
    let tool = payload.tool_name.as_deref().unwrap_or("a tool");
    let subject = payload.input.question.as_deref().or(payload.input.command.as_deref());
    let subject = subject.or(payload.input.file_path.as_deref()).map(|subject| format!(": {subject}"));
    let what = format!("{tool}{}", subject.unwrap_or_default());
    let name = &seated.seat.name;
    let what = hook_call::first_line(&what, LINE);
    let stop = if what.ends_with(['.', '?', '!', '…']) { "" } else { "." };
    let text = format!("{name} waits for the user: {what}{stop} Only the user can answer.");
    let key = payload.tool_key().map(|key| format!("asks {} {key}", seated.uuid()));
    tell(seated, &text, key.as_deref())
}

/// The agent waits for something that only a notification says.
pub fn notified(seated: &Seated) -> Result<()> {
    let payload = &seated.hook.payload;
    if !payload.notification_type.as_deref().is_some_and(|kind| QUESTIONS.contains(&kind)) {
        return Ok(());
    }
    let what = hook_call::first_line(payload.message.as_deref().unwrap_or("an answer"), LINE);
    tell(seated, &format!("{} waits for the user: {what}", seated.seat.name), None)
}
