//! Owns a row of a report: what it is, and its cells by name, the same for every format. Pure. Must stay true: a text in
//! it was sanitized; formats only escape it.

use serde::ser::{Serialize, SerializeMap, Serializer};

/// The content of a cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A text that people, agents or tools wrote.
    Text(String),
    /// A word of ours, an id, a time: no text of anybody.
    Word(String),
    /// Several texts.
    Texts(Vec<String>),
    /// A number.
    Number(u64),
    /// US dollars.
    Dollars(f64),
    /// Not known, or none: never 0.
    Empty,
}

/// A row.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// What it is: `conversation`, the kind of an entry such as `prompt`, or the name of a table such as `day`.
    pub row: &'static str,
    /// Its cells. Rows of the same name have the same cells in the same order, if it is the name of a table.
    pub cells: Vec<(&'static str, Value)>,
}

impl Row {
    /// A row without cells.
    pub fn new(row: &'static str) -> Row {
        Row { row, cells: Vec::new() }
    }

    /// With one more cell.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: Value) -> Row {
        self.cells.push((name, value));
        self
    }

    /// With a text, or an empty cell.
    #[must_use]
    pub fn text(self, name: &'static str, text: Option<String>) -> Row {
        self.with(name, text.filter(|text| !text.is_empty()).map_or(Value::Empty, Value::Text))
    }

    /// With a word, or an empty cell.
    #[must_use]
    pub fn word(self, name: &'static str, word: Option<impl Into<String>>) -> Row {
        self.with(name, word.map(Into::into).filter(|word: &String| !word.is_empty()).map_or(Value::Empty, Value::Word))
    }

    /// With texts, or an empty cell.
    #[must_use]
    pub fn texts(self, name: &'static str, texts: Vec<String>) -> Row {
        self.with(name, if texts.is_empty() { Value::Empty } else { Value::Texts(texts) })
    }

    /// With a number, or an empty cell.
    #[must_use]
    pub fn number(self, name: &'static str, number: Option<u64>) -> Row {
        self.with(name, number.map_or(Value::Empty, Value::Number))
    }

    /// With US dollars, or an empty cell.
    #[must_use]
    pub fn dollars(self, name: &'static str, usd: Option<f64>) -> Row {
        self.with(name, usd.map_or(Value::Empty, Value::Dollars))
    }

    /// The cell of this name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.cells.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }
}

impl Serialize for Row {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("row", self.row)?;
        for (name, value) in &self.cells {
            match value {
                Value::Text(text) | Value::Word(text) => map.serialize_entry(name, text)?,
                Value::Texts(texts) => map.serialize_entry(name, texts)?,
                Value::Number(number) => map.serialize_entry(name, number)?,
                Value::Dollars(usd) => map.serialize_entry(name, usd)?,
                Value::Empty => {}
            }
        }
        map.end()
    }
}
