//! Owns the byte positions of values in a JSON text, so that it can be changed without being rewritten. Must stay true:
//! `parse` finds the same values as serde_json; a text that the two would read differently is refused. Deliberately
//! absent: changing anything (`splice`).

use cs_core::quote::Quote;
use serde_json::{Map, Value};
use std::ops::Range;

/// The text of a missing or blank file.
pub const NOTHING: &str = "{}\n";

/// A value and its position.
#[derive(Clone, Debug)]
pub struct Node {
    pub span: Range<usize>,
    pub kind: Kind,
}

/// The parts of a value.
#[derive(Clone, Debug)]
pub enum Kind {
    Object(Vec<Member>),
    Array(Vec<Node>),
    Scalar,
}

/// A key, where it begins, and its value.
#[derive(Clone, Debug)]
pub struct Member {
    pub key: String,
    pub at: usize,
    pub value: Node,
}

/// An error in a text, and the byte where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    pub at: usize,
    pub what: String,
}

impl Trouble {
    pub fn new(at: usize, what: impl Into<String>) -> Self {
        Trouble { at, what: what.into() }
    }

    /// `line 3, column 7: …`, counting from 1, columns in characters.
    pub fn in_text(&self, text: &str) -> String {
        let before = text.get(..self.at).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().trim_start_matches(BOM).chars().count() + 1;
        format!("line {line}, column {column}: {}", self.what)
    }
}

/// The byte order mark that some editors put in front of a text.
pub const BOM: char = '\u{feff}';

/// The whole text as one value.
pub fn parse(text: &str) -> Result<Node, Trouble> {
    let start = if text.starts_with(BOM) { BOM.len_utf8() } else { 0 };
    let body = text.get(start..).unwrap_or_default();
    let expected: Value = serde_json::from_str(body).map_err(|error| explain(text, start, &error))?;
    let mut reader = Reader { text, at: start };
    let node = reader.value().ok_or_else(|| Trouble::new(reader.at, "it is not valid JSON"))?;
    match node.value(text) {
        Some(value) if value == expected => Ok(node),
        _ => Err(Trouble::new(start, "it can be read in two ways, perhaps because a key appears twice")),
    }
}

/// Explains serde_json's error, with a better text for frequent mistakes.
fn explain(text: &str, start: usize, error: &serde_json::Error) -> Trouble {
    let line_start = text.match_indices('\n').map(|(at, _)| at + 1).nth(error.line().wrapping_sub(2)).unwrap_or(start);
    let line_start = if error.line() <= 1 { start } else { line_start };
    let mut at = (line_start + error.column().saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    let here = text.get(at..).unwrap_or_default();
    let what = if here.starts_with("//") || here.starts_with("/*") || here.starts_with('#') {
        "JSON does not allow comments".to_string()
    } else if error.to_string().starts_with("trailing comma") {
        "JSON does not allow a comma before a closing bracket".to_string()
    } else {
        let told = error.to_string();
        told.split(" at line ").next().unwrap_or(&told).to_string()
    };
    Trouble::new(at, what)
}

impl Node {
    /// The value at this position; a key that appears twice has its last value.
    pub fn value(&self, text: &str) -> Option<Value> {
        Some(match &self.kind {
            Kind::Scalar => serde_json::from_str(text.get(self.span.clone())?).ok()?,
            Kind::Array(items) => Value::Array(items.iter().map(|item| item.value(text)).collect::<Option<_>>()?),
            Kind::Object(members) => {
                let pairs = members.iter().map(|member| Some((member.key.clone(), member.value.value(text)?)));
                Value::Object(pairs.collect::<Option<Map<_, _>>>()?)
            }
        })
    }

    /// The members of an object.
    pub fn members(&self) -> &[Member] {
        match &self.kind {
            Kind::Object(members) => members,
            _ => &[],
        }
    }

    /// The elements of an array.
    pub fn items(&self) -> &[Node] {
        match &self.kind {
            Kind::Array(items) => items,
            _ => &[],
        }
    }

    /// The value of a key, if this is an object that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.members().iter().rev().find(|member| member.key == key).map(|member| &member.value)
    }
}

/// The value under these keys, each inside the one before.
pub fn at<'a>(value: &'a Value, path: &[&str]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, key| value.get(key))
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn peek(&mut self) -> Option<u8> {
        let rest = self.text.as_bytes().get(self.at..)?;
        self.at += rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    fn value(&mut self) -> Option<Node> {
        let first = self.peek()?;
        let start = self.at;
        let kind = match first {
            b'{' => Kind::Object(self.list(b'}', Self::member)?),
            b'[' => Kind::Array(self.list(b']', Self::value)?),
            b'"' => {
                self.string()?;
                Kind::Scalar
            }
            _ => {
                let rest = self.text.as_bytes().get(start..)?;
                self.at += rest.iter().take_while(|b| b.is_ascii_alphanumeric() || b"+-.".contains(b)).count();
                Kind::Scalar
            }
        };
        (self.at > start).then_some(Node { span: start..self.at, kind })
    }

    /// The elements between brackets, separated by commas.
    fn list<T>(&mut self, end: u8, mut item: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        self.at += 1;
        let mut items = Vec::new();
        if self.peek()? != end {
            items.push(item(self)?);
            while self.peek()? == b',' {
                self.at += 1;
                items.push(item(self)?);
            }
        }
        self.take(end)?;
        Some(items)
    }

    fn member(&mut self) -> Option<Member> {
        self.peek().filter(|byte| *byte == b'"')?;
        let at = self.at;
        let key = self.string()?;
        self.take(b':')?;
        Some(Member { key, at, value: self.value()? })
    }

    fn string(&mut self) -> Option<String> {
        let (start, mut quote) = (self.at, Quote::default());
        for byte in self.text.as_bytes().get(start..)? {
            self.at += 1;
            quote.holds(*byte);
            if !quote.is_open() {
                return serde_json::from_str(self.text.get(start..self.at)?).ok();
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_match_the_text() {
        let text = "\u{feff} {\"a\\u0022\" : [1, {\"b\": \"]}\\\\\"} ],\r\n\"c\":-1.5e3}\n";
        let node = parse(text).unwrap();
        let list = node.get("a\"").unwrap();
        assert_eq!(&text[list.span.clone()], "[1, {\"b\": \"]}\\\\\"} ]");
        assert_eq!(&text[node.get("c").unwrap().span.clone()], "-1.5e3");
        assert_eq!(&text[list.items()[1].get("b").unwrap().span.clone()], "\"]}\\\\\"");
    }

    #[test]
    fn refusals_name_the_position() {
        for (text, place) in [
            ("{\n  // no\n}", "line 2, column 3: JSON does not allow comments"),
            ("{\n  \"é\": 1, # no\n}", "line 2, column 11: JSON does not allow comments"),
            ("{\"a\": 1,}", "line 1, column 9: JSON does not allow a comma before"),
            ("{\n\"a\": [1,\n]}", "line 3, column 1: JSON does not allow a comma before"),
            ("{\"a\": 1", "line 1, column 7: EOF while parsing an object"),
            ("{} {}", "line 1, column 4: trailing characters"),
            ("{\"a\": \"\\ud800\"}", "line 1, column 14: "),
        ] {
            let told = parse(text).unwrap_err().in_text(text);
            assert!(told.starts_with(place), "{text}: {told}");
        }
    }
}
