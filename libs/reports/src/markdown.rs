//! Owns how rows look in Markdown. Must stay true: foreign text stays text, also in a fence, which is longer than any run
//! of backticks in it.

use crate::marked;
use crate::people::{self, text};
use crate::request::Mode;
use crate::row::Row;
use cs_core::visible::visible;
use render::escape_markdown_code;

/// The body in Markdown.
#[derive(Default)]
pub struct Markdown {
    title: &'static str,
    has_begun: bool,
    /// The name of the table that is open.
    table: Option<&'static str>,
    /// Whether the row before was an item of a list.
    is_list: bool,
    thread: String,
    /// Whether the text so far ends with an empty line.
    has_gap: bool,
}

impl Markdown {
    /// An empty body.
    pub fn new(mode: Mode) -> Markdown {
        Markdown { title: mode.title(), ..Markdown::default() }
    }

    /// The text of a row.
    pub fn row(&mut self, row: &Row) -> String {
        let out = self.shown(row);
        self.has_gap = out.ends_with("\n\n");
        out
    }

    fn shown(&mut self, row: &Row) -> String {
        let mut out = self.begin();
        let is_table = !TALK.contains(&row.row);
        if !is_table {
            out.push_str(if self.table.take().is_some() { "\n" } else { "" });
        }
        match row.row {
            _ if is_table => self.table_row(row, &mut out),
            "conversation" => self.conversation(row, &mut out),
            "prompt" => {
                self.block(row, &mut out);
                let quoted = marked::text(&people::prompt(row), "> ");
                out.push_str(&format!("### {}\n\n> {quoted}\n\n", marked::line(&people::turn(row))));
            }
            "answer" => {
                self.block(row, &mut out);
                out.push_str(&format!("{}\n\n", marked::text(&text(row, "text"), "")));
            }
            "call" => {
                self.item(row, &mut out);
                out.push_str(&call(row));
            }
            "result" => {
                self.item(row, &mut out);
                out.push_str(&format!("- Result:\n\n{}", fenced(&text(row, "text"))));
            }
            "commit" => {
                self.item(row, &mut out);
                let how = Some(text(row, "how")).filter(|how| !how.is_empty()).map(|how| format!(" ({how})"));
                let sha = escape_markdown_code(&text(row, "sha"));
                let message = marked::line(&text(row, "text"));
                out.push_str(&format!("- Commit {sha} {message}{}\n", how.unwrap_or_default()));
            }
            "files" => {
                self.item(row, &mut out);
                let files: Vec<String> = text(row, "files").lines().map(escape_markdown_code).collect();
                out.push_str(&format!("- Files changed: {}\n", files.join(", ")));
            }
            _ => {
                self.item(row, &mut out);
                let (label, said) = (marked::line(&people::label(row)), marked::text(&text(row, "text"), "  "));
                out.push_str(&match said.is_empty() {
                    true => format!("- *{label}*\n"),
                    false => format!("- *{label}:* {said}\n"),
                });
            }
        }
        out
    }

    /// What comes after the last row.
    pub fn end(&mut self) -> String {
        self.begin()
    }

    fn begin(&mut self) -> String {
        if std::mem::replace(&mut self.has_begun, true) { String::new() } else { format!("# {}\n", self.title) }
    }

    fn conversation(&mut self, row: &Row, out: &mut String) {
        self.is_list = false;
        self.thread = "main".into();
        let facts: Vec<String> = people::facts(row).iter().map(|fact| marked::line(fact)).collect();
        let id = escape_markdown_code(&text(row, "conversation"));
        let name = marked::line(&people::name(row));
        let gap = self.gap();
        out.push_str(&format!("{gap}## {name}\n\n{} · {id}\n\n", facts.join(" · ")));
    }

    /// The empty line before a heading, unless there is one.
    fn gap(&self) -> &'static str {
        if self.has_gap { "" } else { "\n" }
    }

    /// Text that is no item of a list.
    fn block(&mut self, row: &Row, out: &mut String) {
        if std::mem::take(&mut self.is_list) {
            out.push('\n');
        }
        self.thread(row, out);
    }

    fn item(&mut self, row: &Row, out: &mut String) {
        self.thread(row, out);
        self.is_list = true;
    }

    /// Says in which thread the row is, if that is another one.
    fn thread(&mut self, row: &Row, out: &mut String) {
        let thread = text(row, "thread");
        let is_other = !thread.is_empty() && thread != self.thread;
        if is_other {
            let line = if self.is_list { "\n" } else { "" };
            out.push_str(&format!("{line}*Thread {}*\n\n", marked::line(&thread)));
            self.is_list = false;
            self.thread = thread;
        }
    }

    fn table_row(&mut self, row: &Row, out: &mut String) {
        let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
        let is_new = self.table != Some(row.row);
        let gap = self.gap();
        self.table = Some(row.row);
        self.is_list = false;
        if people::is_wide(row) {
            let title = if is_new { format!("{gap}## {}\n", people::title(row.row)) } else { String::new() };
            out.push_str(&format!("{title}\n### {}\n\n| | |\n| --- | --- |\n", marked::line(&people::name(row))));
            for (name, text) in people::known(row) {
                out.push_str(&line(vec![marked::cell(&name), marked::cell(&text)]));
            }
            return;
        }
        if is_new {
            let names = row.cells.iter().map(|(name, _)| marked::cell(&name.replace('_', " "))).collect();
            let rule = row.cells.iter().map(|_| "---".to_string()).collect();
            out.push_str(&format!("{gap}## {}\n\n{}{}", people::title(row.row), line(names), line(rule)));
        }
        let cells = row.cells.iter().map(|(name, value)| marked::cell(&people::cell(name, value)));
        out.push_str(&line(cells.collect()));
    }
}

/// The rows that are no tables.
pub const TALK: [&str; 20] = [
    "conversation",
    "prompt",
    "injected",
    "answer",
    "reasoning",
    "call",
    "result",
    "plan",
    "ask",
    "context",
    "agent",
    "compaction",
    "stop",
    "attachment",
    "title",
    "relation",
    "rewind",
    "gap",
    "commit",
    "files",
];

/// A call on one line, and what it was given.
fn call(row: &Row) -> String {
    let (tool, ended) = (marked::line(&text(row, "tool")), marked::line(&text(row, "ended")));
    let subject = escape_markdown_code(&text(row, "text"));
    let line = format!("- {tool} {subject}").trim_end().to_string();
    let input = text(row, "input");
    let input = if input.is_empty() { String::new() } else { format!("\n{}", fenced(&input)) };
    format!("{line} — {ended}\n{input}")
}

/// A text as it is, below an item of a list.
fn fenced(text: &str) -> String {
    let shown = visible(text);
    let longest = shown.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat((longest + 1).max(3));
    let lines: String = shown.lines().map(|line| format!("  {line}\n")).collect();
    format!("  {fence}text\n{lines}  {fence}\n")
}
