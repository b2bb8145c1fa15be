//! Owns what a report says behind the escapes of its format, so that an escape hides nothing from a rule; and counting its
//! rows, where the format has rows. Must stay true: what cannot be decoded is still looked at as it is.

use crate::request::Format;
use serde_json::Value;

/// Rows that are not entries.
const NO_ENTRIES: [&str; 7] = ["head", "conversation", "files", "commit", "unmatched", "day", "model"];

/// A text of a report.
pub struct Piece {
    /// The text.
    pub text: String,
    /// The line of the file on which it begins.
    pub line: usize,
    /// Whether its lines are lines of the file.
    pub has_lines: bool,
}

/// The number of rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub entries: u64,
    pub conversations: u64,
}

/// The texts of a report, and the file as it is.
pub fn pieces(format: Option<Format>, bytes: &[u8]) -> Vec<Piece> {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let mut pieces = match format {
        Some(Format::Json | Format::Jsonl) => strings(&text),
        Some(Format::Csv) => {
            let fields = |(line, record): (usize, Vec<String>)| {
                record.into_iter().map(move |text| Piece { text, line, has_lines: false })
            };
            records(&text).into_iter().flat_map(fields).collect()
        }
        Some(Format::Markdown) => vec![whole(text.lines().map(markdown).collect::<Vec<_>>().join("\n"))],
        Some(Format::Html) => vec![whole(entities(&text)), whole(entities(&without_tags(&text)))],
        None => vec![whole(entities(&text.replace('\\', "")))],
    };
    pieces.push(whole(text));
    pieces
}

/// The elements of pages of reports.
const ELEMENTS: [&str; 34] = [
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "main",
    "header",
    "article",
    "section",
    "h1",
    "h2",
    "h3",
    "p",
    "div",
    "small",
    "code",
    "pre",
    "blockquote",
    "details",
    "summary",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "ul",
    "ol",
    "li",
    "br",
    "em",
    "strong",
    "span",
];
/// Their attributes.
const ATTRIBUTES: [&str; 8] = ["id", "class", "scope", "lang", "charset", "name", "content", "http-equiv"];

/// Whether a page has elements or attributes that no report has.
pub fn is_active(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let mut rest = text.as_ref();
    while let Some((_, after)) = rest.split_once('<') {
        rest = after;
        let Some(tag) = after.split('>').next().filter(|tag| tag.starts_with(char::is_alphabetic)) else { continue };
        let (name, attributes) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
        // Every other piece is what an attribute is.
        let named = attributes.split('"').step_by(2).map(|piece| piece.trim().trim_end_matches('='));
        if !ELEMENTS.contains(&name) || !named.filter(|name| !name.is_empty()).all(|name| ATTRIBUTES.contains(&name)) {
            return true;
        }
    }
    false
}

/// The text without tags and comments, which may stand in the middle of a word. It has the same lines.
fn without_tags(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        out.push_str(before);
        let end = if after.starts_with("!--") { "-->" } else { ">" };
        let (tag, behind) = after.split_once(end).unwrap_or((after, ""));
        out.extend(tag.chars().filter(|c| *c == '\n'));
        rest = behind;
    }
    out + rest
}

fn whole(text: String) -> Piece {
    Piece { text, line: 1, has_lines: true }
}

/// The rows of a report; `None` if its format has none.
pub fn counts(format: Format, bytes: &[u8]) -> Option<Counts> {
    let text = String::from_utf8_lossy(bytes);
    let names: Vec<String> = match format {
        Format::Csv => records(&text).into_iter().skip(1).filter_map(|(_, row)| row.into_iter().next()).collect(),
        Format::Json | Format::Jsonl => {
            let rows = text.lines().filter_map(value);
            rows.filter_map(|row| row.get("row")?.as_str().map(str::to_string)).collect()
        }
        Format::Markdown | Format::Html => return None,
    };
    let count = |is_it: &dyn Fn(&str) -> bool| names.iter().filter(|name| is_it(name)).count() as u64;
    Some(Counts {
        entries: count(&|name| !NO_ENTRIES.contains(&name)),
        conversations: count(&|name| matches!(name, "conversation" | "session")),
    })
}

/// The row on a line: an object, perhaps with what joins it to others.
fn value(line: &str) -> Option<Value> {
    let line = line.trim().trim_end_matches(',');
    let line = line.strip_prefix("{\"head\":").unwrap_or(line);
    serde_json::from_str(line).or_else(|_| serde_json::from_str(line.trim_end_matches([']', '}']))).ok()
}

/// All strings in lines of JSON.
fn strings(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for (n, line) in text.lines().enumerate() {
        let mut open: Vec<Value> = value(line).into_iter().collect();
        while let Some(value) = open.pop() {
            match value {
                Value::String(text) => {
                    // JSON in a string is decoded, too.
                    let inner = Some(&text).filter(|text| text.starts_with(['{', '[']));
                    open.extend(inner.and_then(|text| serde_json::from_str(text).ok()));
                    // So are escapes of JSON that stands in other text.
                    let plain = escapes(&text).map(|text| Piece { text, line: n + 1, has_lines: false });
                    pieces.extend(plain);
                    pieces.push(Piece { text, line: n + 1, has_lines: false });
                }
                Value::Array(values) => open.extend(values),
                Value::Object(fields) => {
                    for (name, value) in fields {
                        open.push(Value::String(name));
                        open.push(value);
                    }
                }
                _ => {}
            }
        }
    }
    pieces
}

/// A text with `\\uXXXX` as the letters that they mean; `None` if it has none.
fn escapes(text: &str) -> Option<String> {
    let mut parts = text.split("\\u");
    let mut plain = parts.next()?.to_string();
    let mut has_escapes = false;
    for part in parts {
        let digits = part.get(..4).and_then(|digits| u32::from_str_radix(digits, 16).ok()).and_then(char::from_u32);
        match (digits, part.get(4..)) {
            (Some(letter), Some(rest)) => {
                has_escapes = true;
                plain.push(letter);
                plain.push_str(rest);
            }
            _ => {
                plain.push_str("\\u");
                plain.push_str(part);
            }
        }
    }
    has_escapes.then_some(plain)
}

/// The records of CSV, each with the line on which it begins.
fn records(text: &str) -> Vec<(usize, Vec<String>)> {
    let (mut all, mut record, mut field) = (Vec::new(), Vec::new(), String::new());
    let (mut is_quoted, mut line, mut begins) = (false, 1, 1);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        line += usize::from(letter == '\n');
        match letter {
            '"' if is_quoted && letters.peek() == Some(&'"') => {
                letters.next();
                field.push('"');
            }
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => record.push(std::mem::take(&mut field)),
            '\r' if !is_quoted && letters.peek() == Some(&'\n') => {}
            '\n' if !is_quoted => {
                record.push(std::mem::take(&mut field));
                all.push((begins, std::mem::take(&mut record)));
                begins = line;
            }
            other => field.push(other),
        }
    }
    if !field.is_empty() || !record.is_empty() {
        record.push(field);
        all.push((begins, record));
    }
    all
}

/// A line of Markdown without its escapes and the sign of a quotation.
fn markdown(line: &str) -> String {
    let line = line.trim_start_matches(['>', ' ']);
    let mut plain = String::with_capacity(line.len());
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        match letters.peek() {
            Some(next) if letter == '\\' && next.is_ascii_punctuation() => plain.extend(letters.next()),
            _ => plain.push(letter),
        }
    }
    entities(&plain)
}

/// A text without entities of HTML.
fn entities(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        plain.push_str(before);
        let end = after.bytes().take(10).position(|byte| byte == b';');
        let found = end.and_then(|end| Some((entity(after.get(..end)?)?, after.get(end + 1..)?)));
        match found {
            Some((letter, after)) => {
                plain.push(letter);
                rest = after;
            }
            None => {
                plain.push('&');
                rest = after;
            }
        }
    }
    plain.push_str(rest);
    plain
}

fn entity(name: &str) -> Option<char> {
    let of_number = |digits: &str, radix| u32::from_str_radix(digits, radix).ok().and_then(char::from_u32);
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some(' '),
        _ => match name.strip_prefix('#')? {
            hex if hex.starts_with(['x', 'X']) => of_number(hex.get(1..)?, 16),
            digits => of_number(digits, 10),
        },
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    fn texts(format: Format, text: &str) -> Vec<(usize, String)> {
        let mut pieces = pieces(Some(format), text.as_bytes());
        pieces.pop();
        pieces.into_iter().map(|piece| (piece.line, piece.text)).collect()
    }

    #[test]
    fn a_page_with_what_no_report_has_is_active() {
        for page in
            ["<script>", "<p onclick=\"x\">", "<a href=\"x\">", "<img src=x>", "<p class=\"x\" style=\"y\">", "<P>"]
        {
            assert!(is_active(page.as_bytes()), "{page}");
        }
        assert!(!is_active(b"<!DOCTYPE html>\n<td class=\"number\">1 < 2</td><h3>x</h3>"));
    }

    #[test]
    fn escapes_hide_nothing() {
        assert_eq!(texts(Format::Markdown, "> a\\_b &lt;\n  \\[x\\] \\n"), [(1, "a_b <\n[x] \\n".to_string())]);
        let html = texts(Format::Html, "a&#95;b &amp;lt; &x &#x5f; c<b>d</b>e<!-- x -->f");
        assert_eq!(html[0], (1, "a_b &lt; &x _ c<b>d</b>e<!-- x -->f".to_string()));
        assert_eq!(html[1], (1, "a_b &lt; &x _ cdef".to_string()));
        let csv = texts(Format::Csv, "a,\"b\"\"c\r\nd\",e\r\nf\r\n");
        let csv: Vec<(usize, &str)> = csv.iter().map(|(line, text)| (*line, text.as_str())).collect();
        assert_eq!(csv, [(1, "a"), (1, "b\"c\r\nd"), (1, "e"), (3, "f")]);
        let json = texts(
            Format::Jsonl,
            "{\"row\":\"x\"}\n{\"a\":[\"g\\u0068\\np_\"],\"b\":\"{\\\"c\\\":\\\"\\\\u0064\\\"}\"}\n",
        );
        for expected in [(1, "x"), (2, "gh\np_"), (2, "d")] {
            assert!(json.iter().any(|(line, text)| (*line, text.as_str()) == expected), "{expected:?} {json:?}");
        }
    }

    #[test]
    fn rows_are_counted_in_all_formats_that_have_rows() {
        let names = ["head", "conversation", "prompt", "call", "commit", "unmatched"];
        let rows: Vec<String> = names.iter().map(|name| format!("{{\"row\":\"{name}\"}}")).collect();
        let json = format!("{{\"head\":{{\"x\":1}},\n\"rows\":[\n{}\n]}}\n", rows[1..].join(",\n"));
        let csv = format!("row,text\r\n{}", names.map(|name| format!("{name},\"a\r\nb\"\r\n")).join(""));
        let expected = Some(Counts { entries: 2, conversations: 1 });
        assert_eq!(counts(Format::Jsonl, rows.join("\n").as_bytes()), expected);
        assert_eq!(counts(Format::Json, json.as_bytes()), expected);
        assert_eq!(counts(Format::Csv, csv.as_bytes()), expected);
        assert_eq!(counts(Format::Markdown, b"# x"), None);
    }
}
