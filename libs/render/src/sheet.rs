//! Owns what people see of a session, and in which order: the facts, then the sections that are not empty. Deliberately
//! absent: formatting (see `markdown` and `html`).

use super::Document;
use super::calls::{format_call, format_call_details, format_calls};
use super::money::{format_model_cost, format_usage_cost};
use super::number::format_number;
use super::time::{format_duration, format_time};
use audit::{Call, Work, worst};
use cs_core::record::{Commit, Session, Task};
use cs_core::timeline::{self, Fact};
use cs_core::usage::Usage;

/// A session for people.
pub struct Sheet<'a> {
    pub title: &'a str,
    pub facts: Vec<(&'static str, String)>,
    pub sections: Vec<(&'static str, Section<'a>)>,
}

/// The content under a heading.
pub enum Section<'a> {
    Text(&'a str),
    List(&'a [String]),
    Tasks(&'a [Task]),
    Commits(&'a [Commit]),
    Files(&'a [String]),
    Timeline(Vec<Fact<'a>>),
    Usage(&'a Usage),
    /// The calls of tools that a person should know of, oldest first.
    Calls(Vec<&'a Call>),
}

impl<'a> Sheet<'a> {
    /// Arranges a document.
    pub fn of(document: &Document<'a>) -> Self {
        let session = document.session;
        Sheet { title: &session.intent, facts: collect_facts(document), sections: collect_sections(document) }
    }
}

fn collect_facts(document: &Document) -> Vec<(&'static str, String)> {
    let session = document.session;
    let some = |text: &Option<String>| text.clone().unwrap_or_default();
    let state = match document.verdict {
        Some(verdict) => format!("{} ({})", verdict.state.as_str(), verdict.reason),
        None => session.status.as_str().to_string(),
    };
    let all = [
        ("Session", session.session_id.clone()),
        ("Project", session.project_slug.clone()),
        ("State", state),
        ("Started", format_time(&session.started_at)),
        ("Ended", session.ended_at.as_deref().map(format_time).unwrap_or_default()),
        ("Duration", document.duration_seconds.map(format_duration).unwrap_or_default()),
        ("Tasks", describe_tasks(document)),
        ("Turns", document.usage.map(|usage| format_number(usage.turns)).unwrap_or_default()),
        ("Answers", document.usage.map(|usage| format_number(usage.messages)).unwrap_or_default()),
        ("Tools", document.work.and_then(|work| work.sums.as_ref()).map(format_calls).unwrap_or_default()),
        ("Activity", some(&session.current_activity)),
        ("Needs you", some(&session.awaiting_action)),
        ("Said", document.verdict.and_then(|verdict| verdict.said.clone()).unwrap_or_default()),
        ("Roadmap", some(&session.roadmap_ref)),
        ("Branch", session.git_branch.clone()),
        ("Work tree", some(&session.worktree_root)),
        ("Agent", session.agent().to_string()),
        ("Conversation", some(&session.claude_session_id)),
        ("Seat", some(&session.agent_id)),
        ("Spawned by", some(&session.parent_session_id)),
        ("Continues", some(&session.resumed_from)),
        ("Continued as", some(&session.resumed_as)),
        ("Archived", if document.archived { "yes".into() } else { String::new() }),
    ];
    all.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

fn describe_tasks(document: &Document) -> String {
    let summary = document.task_summary;
    match (summary.total, summary.skipped) {
        (0, _) => String::new(),
        (total, 0) => format!("{} of {total} completed", summary.completed),
        (total, skipped) => format!("{} of {} completed, {skipped} skipped", summary.completed, total - skipped),
    }
}

fn collect_sections<'a>(document: &Document<'a>) -> Vec<(&'static str, Section<'a>)> {
    let session: &'a Session = document.session;
    let all = [
        ("Outcome", text_section(session.outcome.as_deref())),
        ("Parked because", text_section(session.parked_reason.as_deref())),
        ("Tasks", list_section(&session.tasks, Section::Tasks)),
        ("Decisions", list_section(&session.decisions, Section::List)),
        ("Commits", list_section(&session.commits, Section::Commits)),
        ("Files", list_section(&session.files_changed, Section::Files)),
        ("Usage", document.usage.map(Section::Usage)),
        ("Calls to know of", document.work.and_then(call_section)),
        ("Timeline", Some(Section::Timeline(timeline::of(session)))),
        ("Open questions", list_section(&session.open_questions, Section::List)),
        ("Next steps", list_section(&session.next_steps, Section::List)),
    ];
    all.into_iter().filter_map(|(title, section)| Some((title, section?))).collect()
}

fn call_section(work: &Work) -> Option<Section<'_>> {
    (!work.named.is_empty()).then(|| Section::Calls(work.named.iter().rev().collect()))
}

/// A call in three parts: when, what, and what is known about it.
pub fn call_parts(call: &Call) -> [String; 3] {
    let verdict = worst(call).map(|verdict| format!("{}: ", verdict.word())).unwrap_or_default();
    [format_time(&call.at), format_call(call), format!("{verdict}{}", format_call_details(call))]
}

fn text_section(text: Option<&str>) -> Option<Section<'_>> {
    text.filter(|text| !text.trim().is_empty()).map(Section::Text)
}

fn list_section<'a, T>(items: &'a [T], section: impl Fn(&'a [T]) -> Section<'a>) -> Option<Section<'a>> {
    (!items.is_empty()).then(|| section(items))
}

/// The column titles of [`usage_rows`].
pub const USAGE_TITLES: [&str; 7] = ["Model", "Input", "Output", "Cache write", "Cache read", "Total", "List price"];

/// The usage of a session, a row for each model and one for all.
pub fn usage_rows(usage: &Usage) -> Vec<[String; 7]> {
    let row = |name: &str, tokens: [u64; 5], cost: String| {
        let [input, output, written, read, total] = tokens.map(format_number);
        [name.to_string(), input, output, written, read, total, cost]
    };
    let models = usage.models.iter().map(|(name, of)| row(name, of.tokens(), format_model_cost(of)));
    let all = row("All models", usage.tokens(), format_usage_cost(usage));
    models.chain([all]).collect()
}
