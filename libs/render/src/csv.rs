//! Owns the CSV form: RFC 4180, one row a session, lists as lines of one cell.
//! Must stay true: no cell begins like a formula. A spreadsheet runs such a cell, so `'` stands
//! before it, which spreadsheets take for "this is text".

use super::Document;
use cs_core::record::Session;
use cs_core::usage::Usage;
use cs_core::visible::visible;

const HEADER: [&str; 40] = [
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
];

/// So many columns the first version had; others come behind them.
const FIRST: usize = 33;

/// The header and a row for each session.
pub fn all(documents: &[Document]) -> String {
    let mut out = HEADER.join(",") + "\r\n";
    for document in documents {
        let cells: Vec<String> = row(document).iter().map(|text| cell(text)).collect();
        out.push_str(&cells.join(","));
        out.push_str("\r\n");
    }
    out
}

/// Whether the text begins as [`all`] of any version begins: how such a file is told from others.
pub fn is_own(text: &str) -> bool {
    let first = HEADER.get(..FIRST).unwrap_or_default().join(",");
    text.strip_prefix(&first).is_some_and(|rest| rest.starts_with("\r\n") || rest.starts_with(','))
}

/// A text as a cell: harmless to spreadsheets, in quotes where it must be.
pub fn cell(text: &str) -> String {
    let mut shown = visible(text);
    if is_formula(&shown) {
        shown.insert(0, '\'');
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ':' | '+' | '/');
    if shown.chars().all(plain) {
        return shown;
    }
    format!("\"{}\"", shown.replace('"', "\"\""))
}

/// What spreadsheets take for a formula, some of them also after spaces or in wide characters. A
/// carriage return at the beginning is visible by now.
fn is_formula(text: &str) -> bool {
    let first = text.trim_start_matches([' ', '\n']).chars().next();
    matches!(first, Some('=' | '+' | '-' | '@' | '\t' | '␍' | '＝' | '＋' | '－' | '＠'))
}

/// In the order of [`HEADER`].
fn row(document: &Document) -> Vec<String> {
    record(document).into_iter().chain(used(document.usage)).collect()
}

/// Tokens and cost. What is not known is empty, never 0.
fn used(usage: Option<&Usage>) -> [String; 7] {
    let Some(usage) = usage else { return Default::default() };
    let [input, output, written, read, total] = usage.tokens().map(|tokens| tokens.to_string());
    let cost = usage.cost_usd.map(|usd| usd.to_string()).unwrap_or_default();
    [input, output, written, read, total, cost, usage.unpriced_tokens.to_string()]
}

/// What the record says, and what follows from it.
fn record(document: &Document) -> [String; FIRST] {
    let session = document.session;
    let tasks = document.task_summary;
    let optional = |text: &Option<String>| text.clone().unwrap_or_default();
    [
        session.session_id.clone(),
        session.project_slug.clone(),
        session.status.as_str().into(),
        document.state().into(),
        document.verdict.map(|verdict| verdict.reason.clone()).unwrap_or_default(),
        session.intent.clone(),
        session.started_at.clone(),
        optional(&session.ended_at),
        document.duration_seconds.map(|seconds| seconds.to_string()).unwrap_or_default(),
        session.last_heartbeat.clone(),
        optional(&session.outcome),
        optional(&session.parked_reason),
        optional(&session.current_activity),
        optional(&session.awaiting_action),
        optional(&session.roadmap_ref),
        session.git_branch.clone(),
        optional(&session.worktree_root),
        session.agent().into(),
        optional(&session.claude_session_id),
        document.archived.to_string(),
        optional(&session.resumed_from),
        optional(&session.resumed_as),
        tasks.total.to_string(),
        tasks.completed.to_string(),
        (tasks.pending + tasks.in_progress).to_string(),
        tasks.skipped.to_string(),
        task_lines(session),
        lines(session.decisions.iter().cloned()),
        commit_lines(session),
        lines(session.files_changed.iter().cloned()),
        event_lines(session),
        lines(session.open_questions.iter().cloned()),
        lines(session.next_steps.iter().cloned()),
    ]
}

fn task_lines(session: &Session) -> String {
    lines(session.tasks.iter().map(|task| format!("[{}] {}", task.status.as_str(), task.subject)))
}

fn commit_lines(session: &Session) -> String {
    lines(session.commits.iter().map(|commit| format!("{} {}", commit.sha, commit.message)))
}

fn event_lines(session: &Session) -> String {
    lines(session.events.iter().map(|event| format!("{} {}", event.timestamp, event.message)))
}

/// Items as lines. Made visible one by one: a carriage return at the end of one is not half of our line end.
fn lines(items: impl Iterator<Item = String>) -> String {
    items.map(|item| visible(&item)).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_text() {
        assert_eq!(cell("plain"), "plain");
        assert_eq!(cell("a,\"b\"\nc"), "\"a,\"\"b\"\"\nc\"");
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "\n=1", "＝1"] {
            let text = cell(formula);
            assert!(text.trim_start_matches('"').starts_with('\''), "{text}");
        }
        assert_eq!(cell(""), "");
    }

    #[test]
    fn files_of_every_version_are_known_again() {
        let first = HEADER[..FIRST].join(",");
        assert!(is_own(&all(&[])) && is_own(&format!("{first}\r\n")));
        assert!(!is_own(&first) && !is_own(&format!("{first}x\r\n")) && !is_own("session_id,project_slug\r\n"));
    }
}
