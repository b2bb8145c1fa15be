//! Owns what people see of a session, and in which order: the facts, then the sections that are
//! not empty. Deliberately absent: any form (see `markdown` and `html`).

use super::Document;
use cs_core::clock;
use cs_core::record::{Commit, Session, Task};
use cs_core::timeline::{self, Fact};
use cs_core::usage::Usage;

/// A session for people.
pub struct Sheet<'a> {
    pub title: &'a str,
    pub facts: Vec<(&'static str, String)>,
    pub sections: Vec<(&'static str, Section<'a>)>,
}

/// What stands under a heading.
pub enum Section<'a> {
    Text(&'a str),
    List(&'a [String]),
    Tasks(&'a [Task]),
    Commits(&'a [Commit]),
    Files(&'a [String]),
    Timeline(Vec<Fact<'a>>),
    Usage(&'a Usage),
}

impl<'a> Sheet<'a> {
    /// Arranges a document.
    pub fn of(document: &Document<'a>) -> Self {
        let session = document.session;
        Sheet { title: &session.intent, facts: facts(document), sections: sections(document) }
    }
}

fn facts(document: &Document) -> Vec<(&'static str, String)> {
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
        ("Started", when(&session.started_at)),
        ("Ended", session.ended_at.as_deref().map(when).unwrap_or_default()),
        ("Duration", document.duration_seconds.map(duration).unwrap_or_default()),
        ("Tasks", tasks(document)),
        ("Turns", document.usage.map(|usage| grouped(usage.turns)).unwrap_or_default()),
        ("Answers", document.usage.map(|usage| grouped(usage.messages)).unwrap_or_default()),
        ("Activity", some(&session.current_activity)),
        ("Needs you", some(&session.awaiting_action)),
        ("Said", document.verdict.and_then(|verdict| verdict.said.clone()).unwrap_or_default()),
        ("Roadmap", some(&session.roadmap_ref)),
        ("Branch", session.git_branch.clone()),
        ("Work tree", some(&session.worktree_root)),
        ("Agent", session.agent().to_string()),
        ("Conversation", some(&session.claude_session_id)),
        ("Continues", some(&session.resumed_from)),
        ("Continued as", some(&session.resumed_as)),
        ("Archived", if document.archived { "yes".into() } else { String::new() }),
    ];
    all.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

fn tasks(document: &Document) -> String {
    let summary = document.task_summary;
    match (summary.total, summary.skipped) {
        (0, _) => String::new(),
        (total, 0) => format!("{} of {total} completed", summary.completed),
        (total, skipped) => format!("{} of {} completed, {skipped} skipped", summary.completed, total - skipped),
    }
}

fn sections<'a>(document: &Document<'a>) -> Vec<(&'static str, Section<'a>)> {
    let session: &'a Session = document.session;
    let all = [
        ("Outcome", text(session.outcome.as_deref())),
        ("Parked because", text(session.parked_reason.as_deref())),
        ("Tasks", filled(&session.tasks, Section::Tasks)),
        ("Decisions", filled(&session.decisions, Section::List)),
        ("Commits", filled(&session.commits, Section::Commits)),
        ("Files", filled(&session.files_changed, Section::Files)),
        ("Usage", document.usage.map(Section::Usage)),
        ("Timeline", Some(Section::Timeline(timeline::of(session)))),
        ("Open questions", filled(&session.open_questions, Section::List)),
        ("Next steps", filled(&session.next_steps, Section::List)),
    ];
    all.into_iter().filter_map(|(title, section)| Some((title, section?))).collect()
}

fn text(text: Option<&str>) -> Option<Section<'_>> {
    text.filter(|text| !text.trim().is_empty()).map(Section::Text)
}

fn filled<'a, T>(items: &'a [T], section: impl Fn(&'a [T]) -> Section<'a>) -> Option<Section<'a>> {
    (!items.is_empty()).then(|| section(items))
}

/// What stands above the columns of [`used`].
pub const USED: [&str; 7] = ["Model", "Input", "Output", "Cache write", "Cache read", "Total", "List price"];

/// What a session used, a row for each model and one for all.
pub fn used(usage: &Usage) -> Vec<[String; 7]> {
    let row = |name: &str, tokens: [u64; 5], cost: String| {
        let [input, output, written, read, total] = tokens.map(grouped);
        [name.to_string(), input, output, written, read, total, cost]
    };
    let models = usage.models.iter().map(|(name, of)| row(name, of.tokens(), in_words(of.cost())));
    let all = row("All models", usage.tokens(), in_words(usage.cost()));
    models.chain([all]).collect()
}

/// A cost in words, where there may be nobody to ask what `?` means.
fn in_words(cost: String) -> String {
    cost.replace('?', "unknown")
}

/// A number with commas between its thousands.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> = digits.as_bytes().rchunks(3).rev().filter_map(|group| str::from_utf8(group).ok()).collect();
    groups.join(",")
}

/// An instant for people: `2026-11-21 03:37 UTC`; the text itself if it is none.
pub fn when(at: &str) -> String {
    clock::parse(at).map_or_else(|| at.to_string(), |at| at.format("%Y-%m-%d %H:%M UTC").to_string())
}

/// A duration for people: `40 s`, `5 min`, `3 h 10 min`, `12 d 4 h`.
pub fn duration(seconds: i64) -> String {
    match (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        assert_eq!([0, 999, 1_000, 12_345_678].map(grouped), ["0", "999", "1,000", "12,345,678"]);
    }
}
