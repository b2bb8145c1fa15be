//! Owns what a find is: a span, the name of its rule, and how sure that is.

use std::ops::Range;

/// How sure a rule is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sure {
    /// A shape that nothing else has.
    Definite,
    /// A value whose name, place or randomness suggests a secret.
    Candidate,
    /// It identifies a person.
    Personal,
}

/// A span that a rule found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Find {
    /// Bytes of the text.
    pub span: Range<usize>,
    /// The rule's name.
    pub rule: &'static str,
    /// How sure the rule is.
    pub sure: Sure,
}

/// The rule for keys of makers that are not in the table.
pub(super) const UNKNOWN_MAKER: &str = "prefixed-key";
