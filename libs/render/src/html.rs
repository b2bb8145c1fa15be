//! Owns the HTML form: one file without external references and scripts, readable on paper.
//! Must stay true: all text of a record passes [`escape_html`]; the page's content security policy forbids scripts and
//! external resources, in case an escape is ever forgotten.

use super::sheet::{Section, Sheet, USAGE_TITLES, call_parts, usage_rows};
use super::time::format_time;
use super::{Document, MARK, Project};
use cs_core::record::{Task, TaskStatus};
use cs_core::visible::{one_line, visible};

/// The style of pages that are files.
pub const PAGE_STYLE: &str = include_str!("page.css");

/// One session as a page.
pub fn render_session(document: &Document) -> String {
    render_page(&document.session.intent, &render_article(document, 1))
}

/// Sessions as a page, with a table of contents.
pub fn render_sessions(project: Option<&Project>, documents: &[Document]) -> String {
    let title = project.map_or("Sessions", |project| project.name);
    let mut body = format!("<header>\n<h1>{}</h1>\n", escape_html(&one_line(title)));
    if let Some(project) = project {
        body.push_str(&render_head(project));
    }
    body.push_str("</header>\n");
    if documents.len() > 1 {
        let entries: String = documents.iter().map(render_entry).collect();
        body.push_str(&format!("<nav>\n<ol>\n{entries}</ol>\n</nav>\n"));
    }
    body.extend(documents.iter().map(|document| render_article(document, 2)));
    render_page(title, &body)
}

/// Escapes text for an element or a quoted attribute.
pub fn escape_html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in visible(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

fn render_page(title: &str, body: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<!-- {MARK} -->\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{}</title>\n<style>\n{PAGE_STYLE}</style>\n</head>\n<body>\n<main>\n{body}</main>\n</body>\n</html>\n",
        escape_html(&one_line(title))
    )
}

fn render_head(project: &Project) -> String {
    let roadmap = project.roadmap_summary;
    let parts = [("Done", &roadmap.completed), ("In progress", &roadmap.in_progress), ("Next", &roadmap.next_up)];
    let mut out = String::new();
    if !project.current_phase.is_empty() {
        out.push_str(&format!("<p>Phase: {}</p>\n", escape_html(project.current_phase)));
    }
    out.extend(parts.into_iter().map(|(title, items)| render_section(title, &Section::List(items), 2)));
    out
}

fn render_entry(document: &Document) -> String {
    let session = document.session;
    format!(
        "<li><a href=\"#{}\">{}</a> <small>{}</small></li>\n",
        escape_html(&session.session_id),
        escape_html(&one_line(&session.intent)),
        escape_html(document.state())
    )
}

fn render_article(document: &Document, level: usize) -> String {
    let sheet = Sheet::of(document);
    let facts: String = sheet
        .facts
        .iter()
        .map(|(name, value)| format!("<tr><th scope=\"row\">{name}</th><td>{}</td></tr>\n", escape_html(value)))
        .collect();
    let sections: String =
        sheet.sections.iter().map(|(title, content)| render_section(title, content, level + 1)).collect();
    format!(
        "<article id=\"{}\" class=\"{}\">\n<h{level}>{}</h{level}>\n<table>\n<tbody>\n{facts}</tbody>\n</table>\n{sections}</article>\n",
        escape_html(&document.session.session_id),
        escape_html(document.state()),
        escape_html(&one_line(sheet.title))
    )
}

fn render_section(title: &str, content: &Section, level: usize) -> String {
    let (class, items): (&str, Vec<String>) = match content {
        Section::Text(text) => {
            return wrap_section(title, level, &format!("<p>{}</p>\n", escape_html(visible(text).trim())));
        }
        Section::Usage(usage) => return wrap_section(title, level, &render_table(&usage_rows(usage))),
        Section::List(items) => ("plain", items.iter().map(|item| escape_html(item)).collect()),
        Section::Files(items) => {
            ("files", items.iter().map(|item| format!("<code>{}</code>", escape_html(item))).collect())
        }
        Section::Tasks(tasks) => ("tasks", tasks.iter().map(render_task).collect()),
        Section::Commits(commits) => {
            let commit = |sha, message| format!("<code>{}</code> {}", escape_html(sha), escape_html(message));
            ("commits", commits.iter().map(|c| commit(&c.sha, &c.message)).collect())
        }
        Section::Calls(calls) => {
            let call = |[at, subject, details]: [String; 3]| {
                let [at, subject, details] = [at, one_line(&subject), details].map(|text| escape_html(&text));
                format!("<time>{at}</time> <span><code>{subject}</code> <small>{details}</small></span>")
            };
            ("timeline", calls.iter().map(|one| call(call_parts(one))).collect())
        }
        Section::Timeline(events) => {
            let event = |at, message| {
                format!("<time>{}</time> <span>{}</span>", escape_html(&format_time(at)), escape_html(message))
            };
            ("timeline", events.iter().map(|e| event(e.timestamp, &e.message)).collect())
        }
    };
    if items.is_empty() {
        return String::new();
    }
    let list: String = items.iter().map(|item| format!("<li>{item}</li>\n")).collect();
    wrap_section(title, level, &format!("<ul class=\"{class}\">\n{list}</ul>\n"))
}

fn render_table(rows: &[[String; USAGE_TITLES.len()]]) -> String {
    let head: String = USAGE_TITLES.iter().map(|title| format!("<th scope=\"col\">{title}</th>")).collect();
    let row = |[name, numbers @ ..]: &[String; USAGE_TITLES.len()]| {
        let cells: String = numbers.iter().map(|text| format!("<td>{}</td>", escape_html(text))).collect();
        format!("<tr><th scope=\"row\">{}</th>{cells}</tr>\n", escape_html(name))
    };
    let body: String = rows.iter().map(row).collect();
    let all = format!("<thead>\n<tr>{head}</tr>\n</thead>\n<tbody>\n{body}</tbody>");
    format!("<div class=\"wide\">\n<table class=\"usage\">\n{all}\n</table>\n</div>\n")
}

fn wrap_section(title: &str, level: usize, content: &str) -> String {
    format!("<section>\n<h{level}>{title}</h{level}>\n{content}</section>\n")
}

fn render_task(task: &Task) -> String {
    let (box_, word) = match task.status {
        TaskStatus::Pending => ("☐", ""),
        TaskStatus::InProgress => ("☐", " <small>in progress</small>"),
        TaskStatus::Completed => ("☑", ""),
        TaskStatus::Skipped => ("☒", " <small>skipped</small>"),
    };
    let status = task.status.as_str();
    format!("<span class=\"box\" title=\"{status}\">{box_}</span> <span>{}</span>{word}", escape_html(&task.subject))
}
