//! Owns how the fields of a line of JSON are written. Must stay true: the line is valid JSON without a raw control
//! character; every text that is not a word of ours is masked, or given by the caller, unless raw output is asked for.

use super::text::write_text;
use super::{PartKind, VERSION};
use serde::de::IgnoredAny;
use std::borrow::Cow;

/// Says what is written for a text, by the name of its field; without an answer the field is left out. It sees every text
/// that is not a word of ours: ids, anchors and names too. That of `input` is JSON; an answer that is none is written as a
/// text.
pub type Show<'s> = dyn for<'t> FnMut(&str, &'t str) -> Option<Cow<'t, str>> + 's;

/// What is written of the texts of others.
pub(super) enum Texts<'s> {
    /// All, as they are.
    Raw,
    /// All, without their secrets.
    Masked,
    /// What this says.
    By(&'s mut Show<'s>),
}

impl Texts<'_> {
    /// As they are, or masked.
    pub(super) fn raw(is_raw: bool) -> Self {
        if is_raw { Texts::Raw } else { Texts::Masked }
    }

    /// What is written for a text that `mask` masks.
    fn shown<'t>(&mut self, name: &str, text: &'t str, mask: fn(&str) -> Cow<'_, str>) -> Option<Cow<'t, str>> {
        match self {
            Texts::Raw => Some(Cow::Borrowed(text)),
            Texts::Masked => Some(mask(text)),
            Texts::By(show) => show(name, text),
        }
    }
}

/// Writes the fields of a line.
pub(super) struct Line<'o> {
    out: &'o mut Vec<u8>,
    texts: Texts<'o>,
}

impl<'o> Line<'o> {
    pub(super) fn new(kind: PartKind, conversation: &str, texts: Texts<'o>, out: &'o mut Vec<u8>) -> Self {
        out.extend_from_slice(b"{\"v\":");
        out.extend_from_slice(VERSION.to_string().as_bytes());
        let mut line = Line { out, texts };
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
        self.shown(name, text, |text| Cow::Borrowed(text));
    }

    pub(super) fn text(&mut self, name: &str, text: &str) {
        self.shown(name, text, redact::mask);
    }

    pub(super) fn filled_text(&mut self, name: &str, text: &str) {
        self.some_text(name, Some(text).filter(|text| !text.is_empty()));
    }

    pub(super) fn some_text(&mut self, name: &str, text: Option<&str>) {
        text.into_iter().for_each(|text| self.text(name, text));
    }

    pub(super) fn command(&mut self, name: &str, text: &str) {
        self.shown(name, text, redact::mask_command);
    }

    /// The name of a tool.
    pub(super) fn tool(&mut self, name: &str, text: &str) {
        self.shown(name, text, redact::mask_tool);
    }

    fn shown(&mut self, name: &str, text: &str, mask: fn(&str) -> Cow<'_, str>) {
        if let Some(text) = self.texts.shown(name, text, mask) {
            self.name(name);
            write_text(&text, self.out);
        }
    }

    /// A list of texts; one that is not shown is empty.
    pub(super) fn strings<T: AsRef<str>>(&mut self, name: &str, all: &[T]) {
        self.list(name, all, |line, text| {
            let text = line.texts.shown(name, text.as_ref(), redact::mask).unwrap_or_default();
            write_text(&text, line.out);
        });
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
        let Texts::By(show) = &mut self.texts else {
            let is_raw = matches!(self.texts, Texts::Raw);
            let json = super::input::masked(json, is_raw);
            return json.into_iter().for_each(|json| self.field(name, &json));
        };
        let Some(shown) = show(name, json) else { return };
        match super::input::masked(&shown, true) {
            None => {}
            Some(json) if serde_json::from_str::<IgnoredAny>(&json).is_ok() => self.field(name, &json),
            Some(_) => {
                self.name(name);
                write_text(&shown, self.out);
            }
        }
    }
}
