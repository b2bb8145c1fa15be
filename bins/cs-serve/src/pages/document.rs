//! Owns reading `docs/API.md` for its page: the part of Markdown that the document uses, as blocks that a template shows
//! with autoescape. A test compares the page with a whole reader of Markdown.

use serde::Serialize;

/// A block of a document.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Block {
    /// A heading of level 1 to 3, and its anchor.
    Heading {
        level: usize,
        id: String,
        spans: Vec<Span>,
    },
    Paragraph {
        spans: Vec<Span>,
    },
    /// Indented lines.
    Code {
        text: String,
    },
    Table {
        head: Vec<Cell>,
        rows: Vec<Vec<Cell>>,
    },
}

/// The text of a table's cell.
pub type Cell = Vec<Span>;

/// A part of a line that looks the same throughout.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Span {
    /// `text`, `code` or `bold`.
    pub look: &'static str,
    pub text: String,
}

/// Reads a document: headings, paragraphs of one line each, indented code, tables.
pub fn read(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    for part in text.split("\n\n").map(|part| part.trim_matches('\n')).filter(|part| !part.is_empty()) {
        blocks.push(match part.chars().next() {
            Some('#') => heading(part),
            Some('|') => table(part),
            Some(' ') => Block::Code { text: unindented(part) },
            _ => Block::Paragraph { spans: spans(part) },
        });
    }
    blocks
}

fn heading(line: &str) -> Block {
    let text = line.trim_start_matches('#');
    let level = line.len() - text.len();
    let words: Vec<String> = text.split(|c: char| !c.is_ascii_alphanumeric()).map(str::to_lowercase).collect();
    let id = words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-");
    Block::Heading { level, id, spans: spans(text.trim()) }
}

fn unindented(part: &str) -> String {
    let lines: Vec<&str> = part.lines().map(|line| line.strip_prefix("    ").unwrap_or(line)).collect();
    lines.join("\n")
}

/// The second line only separates the head from the rows.
fn table(part: &str) -> Block {
    let mut lines = part.lines().map(cells);
    let head = lines.next().unwrap_or_default();
    Block::Table { head, rows: lines.skip(1).collect() }
}

fn cells(line: &str) -> Vec<Cell> {
    let inner = line.trim().trim_start_matches('|');
    let inner = inner.strip_suffix('|').unwrap_or(inner);
    inner.split('|').map(|cell| spans(cell.trim())).collect()
}

/// The parts of a line: `code` between backticks, and bold text between two asterisks.
fn spans(line: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    for (n, part) in line.split('`').enumerate() {
        if n % 2 == 1 {
            push(&mut spans, "code", part);
            continue;
        }
        for (n, part) in part.split("**").enumerate() {
            push(&mut spans, if n % 2 == 1 { "bold" } else { "text" }, part);
        }
    }
    spans
}

fn push(spans: &mut Vec<Span>, look: &'static str, text: &str) {
    if !text.is_empty() {
        spans.push(Span { look, text: text.to_string() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(look: &'static str, text: &str) -> Span {
        Span { look, text: text.into() }
    }

    #[test]
    fn each_kind_of_block_is_read() {
        let text = "# A page\n\nSee `a|b` and **this**:\n\n    one\n      two\n\n| A | B |\n|---|---|\n| `x` |  |\n\n### Or <b>\n";
        let heading = |level, id: &str, text| Block::Heading { level, id: id.into(), spans: vec![span("text", text)] };
        let paragraph = vec![
            span("text", "See "),
            span("code", "a|b"),
            span("text", " and "),
            span("bold", "this"),
            span("text", ":"),
        ];
        let table = Block::Table {
            head: vec![vec![span("text", "A")], vec![span("text", "B")]],
            rows: vec![vec![vec![span("code", "x")], vec![]]],
        };
        let blocks = [
            heading(1, "a-page", "A page"),
            Block::Paragraph { spans: paragraph },
            Block::Code { text: "one\n  two".into() },
            table,
            heading(3, "or-b", "Or <b>"),
        ];
        assert_eq!(read(text), blocks);
    }
}
