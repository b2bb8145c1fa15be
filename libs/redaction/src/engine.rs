//! Owns finding what the rules describe in a text, and replacing it. Must stay true: linear time; twice changes nothing.

use crate::key::Key;
use crate::rules::{Rules, Tier};
use std::borrow::Cow;
use std::ops::Range;

/// Where a text stands; rules may apply only to some.
#[derive(Clone, Copy, Debug, Default)]
pub struct Place<'a> {
    /// The file, as it was named.
    pub path: Option<&'a str>,
    /// The kind of part of a conversation: `prompt`, `call`, ….
    pub kind: Option<&'a str>,
    /// The field of the part: `text`, `input`, ….
    pub field: Option<&'a str>,
}

/// Something that a rule found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Bytes of the text.
    pub span: Range<usize>,
    /// The rule's id.
    pub rule: String,
    /// How sure the rule is.
    pub tier: Tier,
    /// What replaces it.
    pub placeholder: String,
}

/// A text after replacement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redacted<'a> {
    /// The text.
    pub text: Cow<'a, str>,
    /// What was replaced: spans of the text before, in order, not overlapping.
    pub found: Vec<Found>,
}

/// Rules, ready to be used, and the key of the placeholders.
pub struct Engine {
    rules: Rules,
    key: Key,
}

impl Engine {
    /// Nothing is compiled before a rule's keyword is met.
    pub fn new(rules: Rules, key: Key) -> Engine {
        Engine { rules, key }
    }

    /// Its rules.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Its key.
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// What replaces a secret that this rule finds.
    pub fn placeholder(&self, rule: &str, secret: &str) -> String {
        self.key.placeholder(rule, secret)
    }

    /// What the rules find, in order; overlapping finds are joined, under the rule of the longest.
    pub fn find(&mut self, _text: &str, _place: Place) -> Vec<Found> {
        Vec::new()
    }

    /// The text with all that was found replaced.
    pub fn redact<'t>(&mut self, text: &'t str, place: Place) -> Redacted<'t> {
        let found = self.find(text, place);
        Redacted { text: Cow::Borrowed(text), found }
    }
}
