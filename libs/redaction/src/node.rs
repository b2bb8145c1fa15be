//! Owns reading TOML and JSON into one form, with the line of each value. Names are in lower case: in files of gitleaks
//! their case has no meaning.

use toml::de::{DeTable, DeValue};

/// A value and its line, which is 0 if it is not known.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) value: Value,
    pub(crate) line: usize,
}

#[derive(Clone, Debug)]
pub(crate) enum Value {
    Text(String),
    Number(f64),
    Flag(bool),
    List(Vec<Node>),
    Table(Vec<(String, Node)>),
    /// A date, or nothing.
    Other,
}

/// What is wrong with a file, and where.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(crate) line: usize,
    pub(crate) text: String,
}

impl Fault {
    pub(crate) fn new(line: usize, text: impl Into<String>) -> Fault {
        Fault { line, text: text.into() }
    }
}

impl Node {
    /// The values of a file. It is JSON if it begins with a brace or a bracket that no table of TOML has.
    pub(crate) fn parse(text: &str) -> Result<Node, Fault> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if text.trim_start().starts_with('{') { Node::of_json(text) } else { Node::of_toml(text) }
    }

    pub(crate) fn of_json(text: &str) -> Result<Node, Fault> {
        let value: serde_json::Value = serde_json::from_str(text).map_err(|error| {
            let what = error.to_string();
            let what = what.split(" at line").next().unwrap_or_default().to_string();
            Fault::new(error.line(), format!("it is not valid JSON: {what}"))
        })?;
        Ok(of_json(value))
    }

    fn of_toml(text: &str) -> Result<Node, Fault> {
        let table = DeTable::parse(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            Fault::new(line_of(text, at), format!("it is not valid TOML: {}", error.message()))
        })?;
        let mut lines = Lines { text, at: 0, line: 1 };
        Ok(Node { value: of_table(table.get_ref(), &mut lines), line: 1 })
    }
}

/// Counts lines; it is asked mostly in order.
struct Lines<'t> {
    text: &'t str,
    at: usize,
    line: usize,
}

impl Lines<'_> {
    fn of(&mut self, at: usize) -> usize {
        if at < self.at {
            (self.at, self.line) = (0, 1);
        }
        self.line += newlines(self.text.get(self.at..at).unwrap_or_default());
        self.at = at;
        self.line
    }
}

fn newlines(text: &str) -> usize {
    text.bytes().filter(|byte| *byte == b'\n').count()
}

fn line_of(text: &str, at: usize) -> usize {
    1 + newlines(text.get(..at).unwrap_or(text))
}

fn of_table(table: &DeTable, lines: &mut Lines) -> Value {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(name, _)| name.span().start);
    let entry = |(name, value): (&toml::Spanned<_>, &toml::Spanned<DeValue>)| {
        let line = lines.of(name.span().start);
        let name: &std::borrow::Cow<str> = name.get_ref();
        (name.to_ascii_lowercase(), Node { value: of_value(value.get_ref(), lines), line })
    };
    Value::Table(entries.into_iter().map(entry).collect())
}

fn of_value(value: &DeValue, lines: &mut Lines) -> Value {
    match value {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(number) => {
            let digits = number.as_str().replace('_', "");
            i64::from_str_radix(&digits, number.radix()).map_or(Value::Other, |number| Value::Number(number as f64))
        }
        DeValue::Float(number) => number.as_str().parse().map_or(Value::Other, Value::Number),
        DeValue::Boolean(flag) => Value::Flag(*flag),
        DeValue::Datetime(_) => Value::Other,
        DeValue::Array(all) => Value::List(
            all.iter()
                .map(|one| {
                    let line = lines.of(one.span().start);
                    Node { value: of_value(one.get_ref(), lines), line }
                })
                .collect(),
        ),
        DeValue::Table(table) => of_table(table, lines),
    }
}

fn of_json(value: serde_json::Value) -> Node {
    use serde_json::Value as Json;
    let value = match value {
        Json::Null => Value::Other,
        Json::Bool(flag) => Value::Flag(flag),
        Json::Number(number) => number.as_f64().map_or(Value::Other, Value::Number),
        Json::String(text) => Value::Text(text),
        Json::Array(all) => Value::List(all.into_iter().map(of_json).collect()),
        Json::Object(all) => {
            Value::Table(all.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), of_json(value))).collect())
        }
    };
    Node { value, line: 0 }
}
