//! Owns the CSV form of sessions: one row per session, lists as lines in one cell. Must stay true: the order of columns
//! never changes; new ones are added at the end.

use super::Document;
use super::csv::{Cell, format_csv_row};
use audit::Work;
use cs_core::record::Session;
use cs_core::usage::Usage;
use cs_core::visible::visible;

const HEADER: [&str; 48] = [
    "session_id",
    "project_slug",
    "status",
    "state",
    "state_reason",
    "intent",
    "started_at",
    "ended_at",
    "duration_seconds",
    "last_heartbeat",
    "outcome",
    "parked_reason",
    "current_activity",
    "awaiting_action",
    "roadmap_ref",
    "git_branch",
    "worktree_root",
    "agent",
    "claude_session_id",
    "archived",
    "resumed_from",
    "resumed_as",
    "tasks_total",
    "tasks_completed",
    "tasks_open",
    "tasks_skipped",
    "tasks",
    "decisions",
    "commits",
    "files_changed",
    "events",
    "open_questions",
    "next_steps",
    "input_tokens",
    "output_tokens",
    "cache_creation_input_tokens",
    "cache_read_input_tokens",
    "total_tokens",
    "cost_usd",
    "unpriced_tokens",
    "agent_id",
    "parent_session_id",
    "tool_calls",
    "failed_calls",
    "denied_calls",
    "destructive_calls",
    "sensitive_calls",
    "opaque_calls",
];

/// The number of columns in the first version.
const FIRST: usize = 33;

/// The header and a row for each session.
pub fn render_sessions(documents: &[Document]) -> String {
    let rows = documents.iter().map(|document| format_csv_row(&session_cells(document)));
    std::iter::once(format_csv_row(&HEADER.map(Cell::text))).chain(rows).collect()
}

/// Whether the text begins like the output of any version of [`render_sessions`], which identifies such a file.
pub fn is_own_csv(text: &str) -> bool {
    let first = HEADER.get(..FIRST).unwrap_or_default().join(",");
    text.strip_prefix(&first).is_some_and(|rest| rest.starts_with("\r\n") || rest.starts_with(','))
}

/// In the order of [`HEADER`].
fn session_cells(document: &Document) -> Vec<Cell> {
    let session = document.session;
    let seat = [&session.agent_id, &session.parent_session_id].map(|id| id.as_ref().map_or(Cell::Empty, Cell::text));
    record_cells(document)
        .into_iter()
        .chain(usage_cells(document.usage))
        .chain(seat)
        .chain(work_cells(document.work))
        .collect()
}

/// What its calls of tools come to; empty if none is logged, which is not 0.
fn work_cells(work: Option<&Work>) -> [Cell; 6] {
    let Some(sums) = work.and_then(|work| work.sums) else { return [const { Cell::Empty }; 6] };
    [sums.calls, sums.failed, sums.denied, sums.destructive, sums.sensitive, sums.opaque]
        .map(|count| Cell::number(Some(count)))
}

/// Tokens and cost.
fn usage_cells(usage: Option<&Usage>) -> [Cell; 7] {
    let Some(usage) = usage else { return [const { Cell::Empty }; 7] };
    let [input, output, written, read, total] = usage.tokens().map(|tokens| Cell::number(Some(tokens)));
    let (cost, unpriced) = (Cell::number(usage.cost_usd), Cell::number(Some(usage.unpriced_tokens)));
    [input, output, written, read, total, cost, unpriced]
}

/// The fields of the record, and the facts derived from it.
fn record_cells(document: &Document) -> [Cell; FIRST] {
    let session = document.session;
    let tasks = document.task_summary;
    let text = |text: &str| Cell::text(text);
    let optional = |text: &Option<String>| text.as_ref().map_or(Cell::Empty, Cell::text);
    let count = |count: usize| Cell::number(Some(count));
    [
        text(&session.session_id),
        text(&session.project_slug),
        text(session.status.as_str()),
        text(document.state()),
        document.verdict.map_or(Cell::Empty, |verdict| text(&verdict.reason)),
        text(&session.intent),
        text(&session.started_at),
        optional(&session.ended_at),
        Cell::number(document.duration_seconds),
        text(&session.last_heartbeat),
        optional(&session.outcome),
        optional(&session.parked_reason),
        optional(&session.current_activity),
        optional(&session.awaiting_action),
        optional(&session.roadmap_ref),
        text(&session.git_branch),
        optional(&session.worktree_root),
        text(session.agent()),
        optional(&session.claude_session_id),
        Cell::Plain(document.archived.to_string()),
        optional(&session.resumed_from),
        optional(&session.resumed_as),
        count(tasks.total),
        count(tasks.completed),
        count(tasks.pending + tasks.in_progress),
        count(tasks.skipped),
        task_cell(session),
        list_cell(session.decisions.iter().cloned()),
        commit_cell(session),
        list_cell(session.files_changed.iter().cloned()),
        event_cell(session),
        list_cell(session.open_questions.iter().cloned()),
        list_cell(session.next_steps.iter().cloned()),
    ]
}

fn task_cell(session: &Session) -> Cell {
    list_cell(session.tasks.iter().map(|task| format!("[{}] {}", task.status.as_str(), task.subject)))
}

fn commit_cell(session: &Session) -> Cell {
    list_cell(session.commits.iter().map(|commit| format!("{} {}", commit.sha, commit.message)))
}

fn event_cell(session: &Session) -> Cell {
    list_cell(session.events.iter().map(|event| format!("{} {}", event.timestamp, event.message)))
}

/// Items as lines. Each is made visible separately, so that a carriage return at its end does not join our line end.
fn list_cell(items: impl Iterator<Item = String>) -> Cell {
    Cell::Text(items.map(|item| visible(&item)).collect::<Vec<_>>().join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_every_version_are_recognized() {
        let first = HEADER[..FIRST].join(",");
        assert!(is_own_csv(&render_sessions(&[])) && is_own_csv(&format!("{first}\r\n")));
        assert!(
            !is_own_csv(&first) && !is_own_csv(&format!("{first}x\r\n")) && !is_own_csv("session_id,project_slug\r\n")
        );
    }
}
