//! Owns the Markdown form: CommonMark with GitHub's tables and check boxes. All text of a record
//! goes through `commonmark`.

use super::commonmark::{escape_markdown_cell, escape_markdown_code, escape_markdown_line, escape_markdown_text};
use super::sheet::{Section, Sheet, USAGE_TITLES, call_parts, usage_rows};
use super::time::format_time;
use super::{Document, MARK, Project};
use cs_core::record::{Task, TaskStatus};
use cs_core::visible::visible;

/// One session as a file.
pub fn render_session(document: &Document) -> String {
    format!("<!-- {MARK} -->\n\n{}", render_body(document, 1))
}

/// Sessions as one file, each under its own heading.
pub fn render_sessions(project: Option<&Project>, documents: &[Document]) -> String {
    let mut out = format!("<!-- {MARK} -->\n\n");
    match project {
        Some(project) => out.push_str(&render_head(project)),
        None => out.push_str("# Sessions\n"),
    }
    for document in documents {
        out.push('\n');
        out.push_str(&render_body(document, 2));
    }
    out
}

fn render_head(project: &Project) -> String {
    let mut out = format!("# {}\n", escape_markdown_line(project.name));
    if !project.current_phase.is_empty() {
        out.push_str(&format!("\nPhase: {}\n", escape_markdown_line(project.current_phase)));
    }
    let roadmap = project.roadmap_summary;
    let parts = [("Done", &roadmap.completed), ("In progress", &roadmap.in_progress), ("Next", &roadmap.next_up)];
    for (title, items) in parts {
        out.push_str(&render_section(title, &Section::List(items), 2));
    }
    out
}

/// A session under a heading of this level.
pub fn render_body(document: &Document, level: usize) -> String {
    let sheet = Sheet::of(document);
    let mut out =
        format!("{} {}\n\n| Field | Value |\n|---|---|\n", "#".repeat(level), escape_markdown_line(sheet.title));
    for (name, value) in &sheet.facts {
        out.push_str(&format!("| {name} | {} |\n", escape_markdown_cell(value)));
    }
    for (title, content) in &sheet.sections {
        out.push_str(&render_section(title, content, level + 1));
    }
    out
}

fn render_section(title: &str, content: &Section, level: usize) -> String {
    let items: Vec<String> = match content {
        Section::Usage(usage) => {
            return format!("\n{} {title}\n\n{}", "#".repeat(level), render_table(&usage_rows(usage)));
        }
        Section::Text(all) => {
            return format!("\n{} {title}\n\n{}\n", "#".repeat(level), escape_markdown_text(visible(all).trim(), ""));
        }
        Section::List(items) => items.iter().map(|item| escape_markdown_text(item, "  ")).collect(),
        Section::Files(items) => items.iter().map(|item| escape_markdown_code(item)).collect(),
        Section::Tasks(tasks) => tasks.iter().map(render_task).collect(),
        Section::Commits(commits) => commits
            .iter()
            .map(|commit| {
                format!("{} {}", escape_markdown_code(&commit.sha), escape_markdown_text(&commit.message, "  "))
            })
            .collect(),
        Section::Calls(calls) => calls
            .iter()
            .map(|call| {
                let [at, subject, details] = call_parts(call);
                let code = escape_markdown_code(&subject);
                format!("{}: {code} ({})", escape_markdown_line(&at), escape_markdown_line(&details))
            })
            .collect(),
        Section::Timeline(events) => events
            .iter()
            .map(|event| {
                format!(
                    "{}: {}",
                    escape_markdown_line(&format_time(event.timestamp)),
                    escape_markdown_text(&event.message, "  ")
                )
            })
            .collect(),
    };
    if items.is_empty() {
        return String::new();
    }
    let list: String = items.iter().map(|item| format!("- {item}\n")).collect();
    format!("\n{} {title}\n\n{list}", "#".repeat(level))
}

/// Numbers are aligned to the right.
fn render_table(rows: &[[String; USAGE_TITLES.len()]]) -> String {
    let row = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let body = rows.iter().map(|cells| row(&cells.each_ref().map(|text| escape_markdown_cell(text))));
    let head = format!("| {} |\n|---|{}\n", USAGE_TITLES.join(" | "), "--:|".repeat(USAGE_TITLES.len() - 1));
    std::iter::once(head).chain(body).collect()
}

/// A check box; a list has only two kinds, so other statuses are written out.
fn render_task(task: &Task) -> String {
    let subject = escape_markdown_text(&task.subject, "  ");
    match task.status {
        TaskStatus::Pending => format!("[ ] {subject}"),
        TaskStatus::InProgress => format!("[ ] {subject} *(in progress)*"),
        TaskStatus::Completed => format!("[x] {subject}"),
        TaskStatus::Skipped => format!("[x] {subject} *(skipped)*"),
    }
}
