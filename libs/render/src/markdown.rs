//! Owns the Markdown form: CommonMark with GitHub's tables and check boxes. All text of a record
//! goes through `commonmark`.

use super::commonmark::{cell, code, line, text};
use super::sheet::{Section, Sheet, USED, used};
use super::time::format_time;
use super::{Document, MARK, Project};
use cs_core::record::{Task, TaskStatus};
use cs_core::visible::visible;

/// One session as a file.
pub fn one(document: &Document) -> String {
    format!("<!-- {MARK} -->\n\n{}", body(document, 1))
}

/// Sessions as one file, under a heading of their own.
pub fn all(project: Option<&Project>, documents: &[Document]) -> String {
    let mut out = format!("<!-- {MARK} -->\n\n");
    match project {
        Some(project) => out.push_str(&head(project)),
        None => out.push_str("# Sessions\n"),
    }
    for document in documents {
        out.push('\n');
        out.push_str(&body(document, 2));
    }
    out
}

fn head(project: &Project) -> String {
    let mut out = format!("# {}\n", line(project.name));
    if !project.current_phase.is_empty() {
        out.push_str(&format!("\nPhase: {}\n", line(project.current_phase)));
    }
    let roadmap = project.roadmap_summary;
    let parts = [("Done", &roadmap.completed), ("In progress", &roadmap.in_progress), ("Next", &roadmap.next_up)];
    for (title, items) in parts {
        out.push_str(&section(title, &Section::List(items), 2));
    }
    out
}

/// A session under a heading of this level.
pub fn body(document: &Document, level: usize) -> String {
    let sheet = Sheet::of(document);
    let mut out = format!("{} {}\n\n| Field | Value |\n|---|---|\n", "#".repeat(level), line(sheet.title));
    for (name, value) in &sheet.facts {
        out.push_str(&format!("| {name} | {} |\n", cell(value)));
    }
    for (title, content) in &sheet.sections {
        out.push_str(&section(title, content, level + 1));
    }
    out
}

fn section(title: &str, content: &Section, level: usize) -> String {
    let items: Vec<String> = match content {
        Section::Usage(usage) => return format!("\n{} {title}\n\n{}", "#".repeat(level), table(&used(usage))),
        Section::Text(all) => return format!("\n{} {title}\n\n{}\n", "#".repeat(level), text(visible(all).trim(), "")),
        Section::List(items) => items.iter().map(|item| text(item, "  ")).collect(),
        Section::Files(items) => items.iter().map(|item| code(item)).collect(),
        Section::Tasks(tasks) => tasks.iter().map(task).collect(),
        Section::Commits(commits) => {
            commits.iter().map(|commit| format!("{} {}", code(&commit.sha), text(&commit.message, "  "))).collect()
        }
        Section::Timeline(events) => events
            .iter()
            .map(|event| format!("{}: {}", line(&format_time(event.timestamp)), text(&event.message, "  ")))
            .collect(),
    };
    if items.is_empty() {
        return String::new();
    }
    let list: String = items.iter().map(|item| format!("- {item}\n")).collect();
    format!("\n{} {title}\n\n{list}", "#".repeat(level))
}

/// Numbers stand on the right.
fn table(rows: &[[String; USED.len()]]) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let body = rows.iter().map(|row| line(&row.each_ref().map(|text| cell(text))));
    let head = format!("| {} |\n|---|{}\n", USED.join(" | "), "--:|".repeat(USED.len() - 1));
    std::iter::once(head).chain(body).collect()
}

/// A check box; a list knows only two kinds, so the others are said in words.
fn task(task: &Task) -> String {
    let subject = text(&task.subject, "  ");
    match task.status {
        TaskStatus::Pending => format!("[ ] {subject}"),
        TaskStatus::InProgress => format!("[ ] {subject} *(in progress)*"),
        TaskStatus::Completed => format!("[x] {subject}"),
        TaskStatus::Skipped => format!("[x] {subject} *(skipped)*"),
    }
}
