//! Owns how rows look on a page: one file without scripts and references. Must stay true: every text passes
//! [`escape_html`].

use crate::markdown::TALK;
use crate::people::{self, text};
use crate::row::{Row, Value};
use cs_core::visible::one_line;
use render::escape_html;

/// The body of a page.
#[derive(Default)]
pub struct Html {
    /// The elements that are open, the innermost last.
    open: Vec<&'static str>,
    table: Option<&'static str>,
    thread: String,
}

impl Html {
    /// The text of a row.
    pub fn row(&mut self, row: &Row) -> String {
        let mut out = String::new();
        if !TALK.contains(&row.row) {
            self.table_row(row, &mut out);
            return out;
        }
        self.end_table(&mut out);
        match row.row {
            "conversation" => self.conversation(row, &mut out),
            "prompt" => {
                self.thread(row, &mut out);
                self.close("section", &mut out);
                out.push_str("<section>\n");
                self.open.push("section");
                let (turn, text) = (escape_html(&people::turn(row)), escape_html(&people::prompt(row)));
                out.push_str(&format!("<h3>{turn}</h3>\n<blockquote>{text}</blockquote>\n"));
            }
            "answer" => {
                self.thread(row, &mut out);
                out.push_str(&format!("<p>{}</p>\n", escape_html(text(row, "text").trim())));
            }
            "commit" | "files" => {
                self.close("section", &mut out);
                self.item(row, &mut out);
            }
            _ => self.item(row, &mut out),
        }
        out
    }

    /// What comes after the last row.
    pub fn end(&mut self) -> String {
        let mut out = String::new();
        self.close_all(&mut out);
        out + "</main>\n</body>\n</html>\n"
    }

    fn conversation(&mut self, row: &Row, out: &mut String) {
        self.close_all(out);
        self.thread = "main".into();
        self.open.push("article");
        let id = escape_html(&text(row, "conversation"));
        let facts = escape_html(&people::facts(row).join(" · "));
        let name = escape_html(&one_line(&people::name(row)));
        out.push_str(&format!(
            "<article id=\"{id}\">\n<h2>{name}</h2>\n<p><small>{facts} · <code>{id}</code></small></p>\n"
        ));
    }

    fn item(&mut self, row: &Row, out: &mut String) {
        self.thread(row, out);
        let shown = |name: &str| escape_html(&text(row, name));
        let line = |name: &str| escape_html(&one_line(&text(row, name)));
        let text = match row.row {
            "call" => {
                let head = format!("{} <code>{}</code> <small>— {}</small>", line("tool"), line("text"), line("ended"));
                match row.get("input") {
                    Some(Value::Text(_)) => {
                        format!("<details>\n<summary>{head}</summary>\n<pre>{}</pre>\n</details>\n", shown("input"))
                    }
                    _ => format!("<div>{head}</div>\n"),
                }
            }
            "result" | "reasoning" | "compaction" | "injected" => {
                let label = escape_html(&if row.row == "result" { "Result".into() } else { people::label(row) });
                format!("<details>\n<summary>{label}</summary>\n<pre>{}</pre>\n</details>\n", shown("text"))
            }
            "commit" => {
                let how = Some(line("how")).filter(|how| !how.is_empty()).map(|how| format!(" <small>({how})</small>"));
                format!("<div>Commit <code>{}</code> {}{}</div>\n", line("sha"), line("text"), how.unwrap_or_default())
            }
            "files" => {
                let files: String = people::text(row, "files")
                    .lines()
                    .map(|file| format!("<li><code>{}</code></li>\n", escape_html(file)))
                    .collect();
                format!("<div>Files changed</div>\n<ul class=\"files\">\n{files}</ul>\n")
            }
            _ => {
                let (label, said) = (escape_html(&people::label(row)), shown("text"));
                let colon = if said.is_empty() { "" } else { ":" };
                format!("<p><small>{label}{colon}</small> {said}</p>\n")
            }
        };
        out.push_str(&text);
    }

    fn thread(&mut self, row: &Row, out: &mut String) {
        let thread = text(row, "thread");
        if !thread.is_empty() && thread != self.thread {
            self.close("section", out);
            out.push_str(&format!("<h3>Thread {}</h3>\n", escape_html(&one_line(&thread))));
            self.thread = thread;
        }
    }

    fn table_row(&mut self, row: &Row, out: &mut String) {
        if people::is_wide(row) {
            return self.wide_row(row, out);
        }
        if self.table != Some(row.row) {
            self.close_all(out);
            self.table = Some(row.row);
            let head: String = row
                .cells
                .iter()
                .map(|(name, _)| format!("<th scope=\"col\">{}</th>", name.replace('_', " ")))
                .collect();
            out.push_str(&format!(
                "<section>\n<h2>{}</h2>\n<div class=\"wide\">\n<table class=\"plain\">\n<thead>\n<tr>{head}</tr>\n</thead>\n<tbody>\n",
                escape_html(&people::title(row.row))
            ));
        }
        let cell = |(name, value): &(&str, Value)| {
            let class = if matches!(value, Value::Number(_) | Value::Dollars(_)) { " class=\"number\"" } else { "" };
            format!("<td{class}>{}</td>", escape_html(&people::cell(name, value)))
        };
        out.push_str(&format!("<tr>{}</tr>\n", row.cells.iter().map(cell).collect::<String>()));
    }

    /// A row with a table of its own.
    fn wide_row(&mut self, row: &Row, out: &mut String) {
        self.close_all(out);
        let line = |(name, text): (String, String)| {
            format!("<tr><th scope=\"row\">{}</th><td>{}</td></tr>\n", escape_html(&name), escape_html(&text))
        };
        let lines: String = people::known(row).into_iter().map(line).collect();
        let name = escape_html(&one_line(&people::name(row)));
        out.push_str(&format!("<section>\n<h2>{name}</h2>\n<table>\n<tbody>\n{lines}</tbody>\n</table>\n</section>\n"));
    }

    fn end_table(&mut self, out: &mut String) {
        if self.table.take().is_some() {
            out.push_str("</tbody>\n</table>\n</div>\n</section>\n");
        }
    }

    /// Closes the innermost element if it is this one.
    fn close(&mut self, name: &str, out: &mut String) {
        if self.open.last() == Some(&name) {
            self.open.pop();
            out.push_str(&format!("</{name}>\n"));
        }
    }

    fn close_all(&mut self, out: &mut String) {
        self.end_table(out);
        while let Some(name) = self.open.pop() {
            out.push_str(&format!("</{name}>\n"));
        }
    }
}
