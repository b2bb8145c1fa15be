//! Owns how the fields of a line of JSON are written. Must stay true: the line is valid JSON without a raw control
//! character; every text of others is masked unless raw output is asked for.

use super::text::write_text;
use super::{PartKind, VERSION};
use std::borrow::Cow;

/// Writes the fields of a line.
pub(super) struct Line<'o> {
    out: &'o mut Vec<u8>,
    is_raw: bool,
}

impl<'o> Line<'o> {
    pub(super) fn new(kind: PartKind, conversation: &str, is_raw: bool, out: &'o mut Vec<u8>) -> Self {
        out.extend_from_slice(b"{\"v\":");
        out.extend_from_slice(VERSION.to_string().as_bytes());
        let mut line = Line { out, is_raw };
        line.word("kind", kind.word());
        line.plain("conversation", conversation);
        line
    }

    pub(super) fn end(self) {
        self.out.extend_from_slice(b"}\n");
    }

    /// The name of a field of ours, which needs no escape.
    pub(super) fn name(&mut self, name: &str) {
        if !matches!(self.out.last(), Some(b'{')) {
            self.out.push(b',');
        }
        self.out.push(b'"');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
    }

    pub(super) fn field(&mut self, name: &str, value: &str) {
        self.name(name);
        self.out.extend_from_slice(value.as_bytes());
    }

    pub(super) fn flag(&mut self, name: &str, is_set: bool) {
        if is_set {
            self.field(name, "true");
        }
    }

    pub(super) fn number(&mut self, name: &str, number: u64) {
        self.field(name, &number.to_string());
    }

    pub(super) fn some_number(&mut self, name: &str, number: Option<u64>) {
        number.into_iter().for_each(|number| self.number(name, number));
    }

    /// A word of ours, which needs no escape.
    pub(super) fn word(&mut self, name: &str, word: &str) {
        self.name(name);
        self.out.push(b'"');
        self.out.extend_from_slice(word.as_bytes());
        self.out.push(b'"');
    }

    /// An id, in which nothing is masked.
    pub(super) fn plain(&mut self, name: &str, text: &str) {
        self.name(name);
        write_text(text, self.out);
    }

    pub(super) fn text(&mut self, name: &str, text: &str) {
        self.name(name);
        self.string(text);
    }

    pub(super) fn filled_text(&mut self, name: &str, text: &str) {
        self.some_text(name, Some(text).filter(|text| !text.is_empty()));
    }

    pub(super) fn some_text(&mut self, name: &str, text: Option<&str>) {
        text.into_iter().for_each(|text| self.text(name, text));
    }

    pub(super) fn string(&mut self, text: &str) {
        let text = if self.is_raw { Cow::Borrowed(text) } else { redact::mask(text) };
        write_text(&text, self.out);
    }

    pub(super) fn command(&mut self, name: &str, text: &str) {
        self.name(name);
        let text = if self.is_raw { Cow::Borrowed(text) } else { redact::mask_command(text) };
        write_text(&text, self.out);
    }

    /// The name of a tool.
    pub(super) fn tool(&mut self, name: &str, text: &str) {
        self.name(name);
        let text = if self.is_raw { Cow::Borrowed(text) } else { redact::mask_tool(text) };
        write_text(&text, self.out);
    }

    pub(super) fn braces(&mut self, fields: impl FnOnce(&mut Self)) {
        self.out.push(b'{');
        fields(self);
        self.out.push(b'}');
    }

    pub(super) fn object(&mut self, name: &str, fields: impl FnOnce(&mut Self)) {
        self.name(name);
        self.braces(fields);
    }

    pub(super) fn list<T>(&mut self, name: &str, items: &[T], each: impl Fn(&mut Self, &T)) {
        self.name(name);
        self.out.push(b'[');
        for (n, item) in items.iter().enumerate() {
            if n > 0 {
                self.out.push(b',');
            }
            each(self, item);
        }
        self.out.push(b']');
    }

    /// A value that is JSON already. It is left out if it is nested deeper than readers of JSON accept.
    pub(super) fn json(&mut self, name: &str, json: &str) {
        if let Some(json) = super::input::masked(json, self.is_raw) {
            self.field(name, &json);
        }
    }
}
