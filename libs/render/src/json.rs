//! Owns the JSON forms: the record as it is, with the facts derived from it.
//! Must stay true: no key occurs twice, even if a record has an unknown field with the name of
//! one that is added here; the added one wins.

use super::{Document, MARK, Project, TaskSummary};
use audit::Work;
use cs_core::record::Session;
use cs_core::usage::Usage;
use serde::Serialize;
use std::borrow::Cow;

/// A session as JSON and in templates.
#[derive(Debug, Serialize)]
pub struct SessionRow<'a> {
    exported_by: &'static str,
    #[serde(flatten)]
    session: Cow<'a, Session>,
    state: &'static str,
    state_reason: Option<&'a str>,
    archived: bool,
    task_summary: TaskSummary,
    usage: Option<&'a Usage>,
    #[serde(skip_serializing_if = "Option::is_none")]
    audit: Option<&'a Work>,
    duration_seconds: Option<i64>,
}

const ADDED: [&str; 8] =
    ["exported_by", "state", "state_reason", "archived", "task_summary", "usage", "audit", "duration_seconds"];

impl<'a> SessionRow<'a> {
    /// The row of a document.
    pub fn of(document: &Document<'a>) -> Self {
        SessionRow {
            exported_by: MARK,
            session: document.session.without(&ADDED),
            state: document.state(),
            state_reason: document.verdict.map(|verdict| verdict.reason.as_str()),
            archived: document.archived,
            task_summary: document.task_summary,
            usage: document.usage,
            audit: document.work,
            duration_seconds: document.duration_seconds,
        }
    }
}

#[derive(Serialize)]
struct AllSessions<'a> {
    exported_by: &'static str,
    project: Option<&'a Project<'a>>,
    sessions: Vec<SessionRow<'a>>,
}

/// One session as an object.
pub fn render_session(document: &Document) -> String {
    format_pretty(&SessionRow::of(document))
}

/// An object with the project (or null) and the list of sessions.
pub fn render_sessions(project: Option<&Project>, documents: &[Document]) -> String {
    format_pretty(&AllSessions { exported_by: MARK, project, sessions: documents.iter().map(SessionRow::of).collect() })
}

/// One compact object per line.
pub fn render_lines(documents: &[Document]) -> String {
    let line = |document| serde_json::to_string(&SessionRow::of(document)).unwrap_or_default() + "\n";
    documents.iter().map(line).collect()
}

fn format_pretty(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_occurs_twice() {
        let text =
            r#"{"session_id":"s","project_slug":"p","status":"active","intent":"i","state":"mine","usage":7,"x":1}"#;
        let session = Session::read(text.as_bytes()).unwrap();
        let line = render_lines(&[Document::new(&session, None, false, None)]);
        assert_eq!(["\"state\":", "\"usage\":"].map(|key| line.matches(key).count()), [1, 1], "{line}");
        let value: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!((value["state"].as_str(), value["x"].as_i64()), (Some("active"), Some(1)));
    }
}
