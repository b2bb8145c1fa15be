//! Owns how that which a tool was called with is laid out: a change of a file as the lines that go and come, anything else as
//! its fields, with real line ends.

use super::{Readable, StyledLine};
use crate::Style;
use crate::difference::{Fate, compare_lines};
use agents::entry::{Asked, CallClass, Tool};
use agents::part::masked_input;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use std::fmt;

/// A line: what it is marked with, its text, its style.
pub(super) type InputLine = (&'static str, String, Style);

const PLAIN: &str = "    $ ";

/// What a call was given. A plan and a question are shown as such, so they give nothing here.
pub(super) fn lines(tool: &Tool, asked: &Asked, is_raw: bool) -> Vec<InputLine> {
    match tool {
        Tool::Run(command) if !command.is_empty() => return vec![(PLAIN, command.to_string(), Style::Dim)],
        _ => {}
    }
    // Masked as a whole: a secret may go over several lines.
    let input = asked.input.as_deref().filter(|_| !matches!(asked.class, CallClass::Plan | CallClass::Ask));
    let Some(input) = input.and_then(|input| masked_input(input, is_raw)) else { return Vec::new() };
    let Ok(Fields(fields)) = serde_json::from_str(&input) else {
        return vec![(PLAIN, input.into_owned(), Style::Dim)];
    };
    let mut lines = Vec::new();
    let is_file = fields.iter().any(|(name, _)| name == "file_path");
    let text = |wanted: &str| fields.iter().find(|(name, _)| name == wanted).and_then(|(_, value)| value.as_str());
    for (name, value) in &fields {
        match (name.as_str(), value) {
            // The line of the call names it.
            ("file_path", _) => {}
            ("old_string", Value::String(old)) => compare(old, text("new_string").unwrap_or_default(), &mut lines),
            ("new_string", Value::String(_)) if text("old_string").is_some() => {}
            ("edits", Value::Array(edits)) => {
                for edit in edits {
                    let text = |name| edit.get(name).and_then(Value::as_str).unwrap_or_default();
                    compare(text("old_string"), text("new_string"), &mut lines);
                }
            }
            ("content", Value::String(content)) if is_file => compare("", content, &mut lines),
            (name, value) => field(name, value, &mut lines),
        }
    }
    lines
}

fn field(name: &str, value: &Value, lines: &mut Vec<InputLine>) {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_string);
    if text.contains('\n') {
        lines.push((PLAIN, format!("{name}:"), Style::Dim));
        lines.extend(text.lines().map(|line| ("    $   ", line.to_string(), Style::Dim)));
    } else {
        lines.push((PLAIN, format!("{name}: {text}"), Style::Dim));
    }
}

/// The lines that go and come.
fn compare(old: &str, new: &str, lines: &mut Vec<InputLine>) {
    lines.extend(compare_lines(old, new).into_iter().map(|(fate, text)| {
        let (mark, style) = match fate {
            Fate::Same => ("      ", Style::Dim),
            Fate::Gone => ("    − ", Style::Wrong),
            Fate::Come => ("    + ", Style::Good),
        };
        (mark, text.to_string(), style)
    }));
}

/// The fields of an object, in their order.
struct Fields(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(InOrder)
    }
}

struct InOrder;

impl<'de> Visitor<'de> for InOrder {
    type Value = Fields;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Fields, M::Error> {
        let mut fields = Vec::new();
        while let Some(field) = map.next_entry()? {
            fields.push(field);
        }
        Ok(Fields(fields))
    }
}

impl Readable<'_> {
    /// Appends the lines of what a call was given.
    pub(super) fn input(&self, input: &[InputLine], lines: &mut Vec<StyledLine>) {
        for (mark, text, style) in input {
            match text.trim().is_empty() {
                true => lines.push(vec![(mark.trim_end().to_string(), *style)]),
                false => self.paragraph(text, mark, *style, lines),
            }
        }
    }
}
