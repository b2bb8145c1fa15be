//! Owns what a program reads about a notice: the event as JSON, its text, or a template with the event's fields. Must
//! stay true: in `{field:json}` a text stays one text of JSON, whatever it contains.

use crate::notice::Notice;
use cs_core::clock::Instant;
use serde_json::Value;

/// The fields of an event that a template may name.
const FIELDS: [&str; 17] = [
    "at",
    "title",
    "body",
    "text",
    "reason",
    "agent_id",
    "session_id",
    "project",
    "project_name",
    "intent",
    "agent",
    "claude_session_id",
    "state",
    "state_reason",
    "said",
    "since",
    "cwd",
];

/// What a program reads.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// The event, one JSON object on one line.
    Json,
    /// The title and the body, on two lines.
    Text,
    /// A template.
    Template(Vec<Part>),
}

/// A part of a template.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    Text(String),
    /// A field as it is, or as JSON with its quotation marks.
    Field {
        name: String,
        is_json: bool,
    },
}

/// Parses a template: `{field}` and `{field:json}` are replaced; any other brace is text. The error names a field that
/// does not exist.
pub fn parse(template: &str) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        match after.split_once('}').and_then(|(word, then)| Some((field(word)?, then))) {
            Some((Part::Field { name, .. }, _)) if !FIELDS.contains(&name.as_str()) => {
                return Err(format!("{{{name}}} is not a field; the fields are {}", FIELDS.join(", ")));
            }
            Some((part, then)) => {
                parts.extend((!text.is_empty()).then(|| Part::Text(std::mem::take(&mut text))));
                parts.push(part);
                rest = then;
            }
            None => {
                text.push('{');
                rest = after;
            }
        }
    }
    text.push_str(rest);
    parts.extend((!text.is_empty()).then_some(Part::Text(text)));
    Ok(parts)
}

fn field(word: &str) -> Option<Part> {
    let (name, is_json) = word.strip_suffix(":json").map_or((word, false), |name| (name, true));
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    is_name.then(|| Part::Field { name: name.to_string(), is_json })
}

impl Input {
    /// What the program reads about this notice.
    pub fn of(&self, notice: &Notice, now: Instant) -> Vec<u8> {
        let event = notice.event(now);
        match self {
            Input::Json => {
                let mut line = serde_json::to_vec(&event).unwrap_or_default();
                line.push(b'\n');
                line
            }
            Input::Text => format!("{}\n{}\n", notice.title, notice.body).into_bytes(),
            Input::Template(parts) => {
                let event = serde_json::to_value(&event).unwrap_or_default();
                parts.iter().map(|part| part.filled(&event)).collect::<String>().into_bytes()
            }
        }
    }
}

impl Part {
    fn filled(&self, event: &Value) -> String {
        match self {
            Part::Text(text) => text.clone(),
            Part::Field { name, is_json } => {
                let value = event.get(name).filter(|value| !value.is_null());
                let text = match value {
                    Some(Value::String(text)) => text.clone(),
                    Some(other) => other.to_string(),
                    None => String::new(),
                };
                if *is_json { Value::from(text).to_string() } else { text }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cs_core::clock;

    fn filled(template: &str, title: &str) -> String {
        let notice = Notice { title: title.into(), ..Notice::test() };
        let now = clock::parse("2026-11-21T09:00:00Z").unwrap();
        String::from_utf8(Input::Template(parse(template).unwrap()).of(&notice, now)).unwrap()
    }

    #[test]
    fn fields_are_replaced_and_other_braces_are_text() {
        assert_eq!(filled("{title}: {reason}{said}", "api"), "api: test");
        assert_eq!(filled("{\"a\": {}, {{title}} {Title} {", "x"), "{\"a\": {}, {x} {Title} {");
        assert!(parse("{title} {headline}").unwrap_err().starts_with("{headline} is not a field"));
    }

    #[test]
    fn a_text_cannot_break_out_of_its_json() {
        for title in ["\", \"x\": \"", "\\", "{body}", "é\u{1f600}", "}"] {
            let value: Value = serde_json::from_str(&filled("{\"content\": {title:json}}", title)).unwrap();
            assert_eq!(value, serde_json::json!({"content": title}));
        }
    }
}
