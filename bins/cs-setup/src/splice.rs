//! Owns changing a JSON text in place: inserted text follows the style around it, and everything else stays. Must stay
//! true: removing an insertion restores the text from before it (except for blanks in an empty container); every result
//! is valid JSON.

use super::text::{self, Kind, Node, Trouble};
use cs_core::quote::Quote;
use cs_core::visible::one_line;

/// A step of a path: the value of a key, or an element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    Key(String),
    Item(usize),
}

/// The steps through nested objects.
pub fn keys(path: &[&str]) -> Vec<Step> {
    path.iter().map(|key| Step::Key((*key).to_string())).collect()
}

/// Sets the member at the path of keys to a value (compact JSON), and creates missing objects on the path.
pub fn put(text: &str, path: &[&str], value: &str) -> Result<String, Trouble> {
    let root = text::parse(text)?;
    let (depth, node) = deepest(text, &root, path)?;
    match path.get(depth..) {
        None | Some([]) if node.value(text) == serde_json::from_str(value).ok() => Ok(text.to_string()),
        None | Some([]) => {
            let shown = Style::of(text).spread(value, line_indent(text, node.span.start));
            Ok(replaced(text, node.span.clone(), &shown))
        }
        Some([first, rest @ ..]) => {
            must_be(text, node, "an object")?;
            let nested = rest.iter().rev().fold(value.to_string(), |value, key| format!("{{{}:{value}}}", quote(key)));
            Ok(add(text, node, &format!("{}:", quote(first)), &nested))
        }
    }
}

/// Adds an element (compact JSON) to the end of the array at the path of keys, and creates missing containers.
pub fn push(text: &str, path: &[&str], value: &str) -> Result<String, Trouble> {
    let root = text::parse(text)?;
    let (depth, node) = deepest(text, &root, path)?;
    if depth < path.len() {
        return put(text, path, &format!("[{value}]"));
    }
    must_be(text, node, "an array")?;
    Ok(add(text, node, "", value))
}

/// Removes the value at the path, and the containers that are empty without it, except those for which `keep` returns
/// true.
pub fn take(text: &str, path: &[Step], keep: &dyn Fn(&[Step]) -> bool) -> Result<String, Trouble> {
    let Some((last, above)) = path.split_last() else { return Ok(text.to_string()) };
    let root = text::parse(text)?;
    let Some(container) = follow(&root, above) else { return Ok(text.to_string()) };
    let spans = spans(container);
    let index = match last {
        Step::Item(index) => Some(*index),
        Step::Key(key) => container.members().iter().rposition(|member| member.key == *key),
    };
    let Some(hole) = index.and_then(|index| removal_range(container, &spans, index)) else {
        return Ok(text.to_string());
    };
    if spans.len() == 1 && !above.is_empty() && !keep(above) {
        return take(text, above, keep);
    }
    Ok(replaced(text, hole, ""))
}

/// The value at a path.
pub fn follow<'a>(root: &'a Node, path: &[Step]) -> Option<&'a Node> {
    path.iter().try_fold(root, |node, step| match step {
        Step::Key(key) => node.get(key),
        Step::Item(index) => node.items().get(*index),
    })
}

/// How many keys of a path exist, and the value of the last one.
fn deepest<'a>(text: &str, root: &'a Node, path: &[&str]) -> Result<(usize, &'a Node), Trouble> {
    let mut node = root;
    for (depth, key) in path.iter().enumerate() {
        must_be(text, node, "an object")?;
        let mut named = node.members().iter().filter(|member| member.key == *key);
        let Some(member) = named.next() else { return Ok((depth, node)) };
        if let Some(second) = named.next() {
            return Err(Trouble::new(second.at, format!("the key {} appears a second time here", quote(key))));
        }
        node = &member.value;
    }
    Ok((path.len(), node))
}

fn must_be(text: &str, node: &Node, kind: &str) -> Result<(), Trouble> {
    let is = match node.kind {
        Kind::Object(_) => "an object",
        Kind::Array(_) => "an array",
        Kind::Scalar => "a plain value",
    };
    let what = || {
        let value = one_line(text.get(node.span.clone()).unwrap_or_default());
        let shown: String = value.chars().take(20).collect();
        Trouble::new(node.span.start, format!("expected {kind} here, found {is}: {}", shown.trim()))
    };
    if is == kind { Ok(()) } else { Err(what()) }
}

fn spans(container: &Node) -> Vec<std::ops::Range<usize>> {
    match &container.kind {
        Kind::Object(members) => members.iter().map(|member| member.at..member.value.span.end).collect(),
        Kind::Array(items) => items.iter().map(|item| item.span.clone()).collect(),
        Kind::Scalar => Vec::new(),
    }
}

/// The range to remove for element `index`: the element, and the comma between it and its neighbour.
fn removal_range(container: &Node, spans: &[std::ops::Range<usize>], index: usize) -> Option<std::ops::Range<usize>> {
    let own = spans.get(index)?;
    let before = index.checked_sub(1).and_then(|index| spans.get(index));
    Some(match (before, spans.get(index + 1)) {
        (Some(before), _) => before.end..own.end,
        (None, Some(after)) => own.start..after.start,
        (None, None) => container.span.start + 1..container.span.end - 1,
    })
}

/// Adds a value as the last of a container; `label` is the key and its colon.
fn add(text: &str, container: &Node, label: &str, value: &str) -> String {
    let style = Style::of(text);
    let label = if label.is_empty() { String::new() } else { format!("{label}{}", style.colon) };
    let (first, last) = (spans(container).first().cloned(), spans(container).last().cloned());
    let (Some(first), Some(last)) = (first, last) else { return fill(text, container, &style, &label, value) };
    let gap = text.get(container.span.start + 1..first.start).unwrap_or_default();
    let added = match gap.rsplit_once('\n') {
        Some((_, indent)) => format!(",{}{indent}{label}{}", style.end, style.spread(value, indent)),
        None => format!(",{}{label}{}", if style.colon.is_empty() { "" } else { " " }, value),
    };
    replaced(text, last.end..last.end, &added)
}

/// Adds the first value of a container.
fn fill(text: &str, container: &Node, style: &Style, label: &str, value: &str) -> String {
    let inside = container.span.start + 1..container.span.end - 1;
    if style.is_one_line && !label.is_empty() && container.span.start > text.len() - text.trim_start().len() {
        return replaced(text, inside, &format!("{label}{value}"));
    }
    if style.is_one_line && label.is_empty() {
        return replaced(text, inside, value);
    }
    let outer = line_indent(text, container.span.start);
    let indent = format!("{outer}{}", style.unit);
    let shown = style.spread(value, &indent);
    replaced(text, inside, &format!("{0}{indent}{label}{shown}{0}{outer}", style.end))
}

fn replaced(text: &str, span: std::ops::Range<usize>, by: &str) -> String {
    let (before, after) = (text.get(..span.start).unwrap_or_default(), text.get(span.end..).unwrap_or_default());
    format!("{before}{by}{after}")
}

fn quote(key: &str) -> String {
    serde_json::to_string(key).unwrap_or_default()
}

/// The blanks at the beginning of the line of byte `at`.
fn line_indent(text: &str, at: usize) -> &str {
    let line = text.get(..at).unwrap_or_default().rsplit('\n').next().unwrap_or_default();
    let line = line.trim_start_matches(text::BOM);
    line.get(..line.len() - line.trim_start_matches([' ', '\t']).len()).unwrap_or_default()
}

/// How a text is laid out.
struct Style<'a> {
    /// The line ending.
    end: &'static str,
    /// One step of indentation.
    unit: &'a str,
    /// The blanks after a colon.
    colon: &'static str,
    /// The whole text is one line.
    is_one_line: bool,
}

impl<'a> Style<'a> {
    fn of(text: &'a str) -> Self {
        let indented = text.lines().find(|line| line.starts_with([' ', '\t']) && !line.trim().is_empty());
        let unit = indented.map(|line| line_indent(line, line.len())).unwrap_or("  ");
        let body = text.trim_start_matches(text::BOM).trim();
        let is_one_line = !body.contains('\n') && !body.trim_matches(['{', '}', ' ', '\t']).is_empty();
        let is_dense = is_one_line && !body.contains("\": ");
        Style {
            end: if text.contains("\r\n") { "\r\n" } else { "\n" },
            unit,
            colon: if is_dense { "" } else { " " },
            is_one_line,
        }
    }

    /// Spreads a compact value over several lines, of which the first is indented by `indent`.
    fn spread(&self, value: &str, indent: &str) -> String {
        if self.is_one_line {
            return value.to_string();
        }
        let mut shown = String::new();
        let (mut depth, mut quote, mut last) = (0usize, Quote::default(), ' ');
        for c in value.chars() {
            let was_open = quote.is_open();
            let is_text = quote.holds_char(c);
            let is_empty = matches!((last, c), ('{', '}') | ('[', ']'));
            let closes = !is_text && matches!(c, '}' | ']');
            depth -= usize::from(closes && depth > 0);
            // A line begins after an opening bracket and a comma, and before a closing bracket, but not in an empty
            // container.
            if !was_open && !is_empty && (closes || matches!(last, '{' | '[' | ',')) {
                shown.push_str(&format!("{}{indent}{}", self.end, self.unit.repeat(depth)));
            }
            shown.push(c);
            if is_text {
                last = '"';
                continue;
            }
            depth += usize::from(matches!(c, '{' | '['));
            if c == ':' {
                shown.push(' ');
            }
            last = c;
        }
        shown
    }
}

#[cfg(test)]
#[path = "splice_tests.rs"]
mod tests;
