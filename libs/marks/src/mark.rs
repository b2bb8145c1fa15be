//! Owns one mark: the line and its words. Pure.

use cs_core::clock::Instant;

/// What a mark does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// A text is not to be shown.
    Redact,
    /// What a rule finds here may be shown.
    Keep,
    /// A tag is given.
    Tag,
    /// A tag is taken away.
    Untag,
    /// A note.
    Note,
    /// What became of an entry.
    Disposition,
    /// An earlier mark does not hold any more.
    Undo,
}

impl Op {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Op::Redact => "redact",
            Op::Keep => "keep",
            Op::Tag => "tag",
            Op::Untag => "untag",
            Op::Note => "note",
            Op::Disposition => "disposition",
            Op::Undo => "undo",
        }
    }
}

/// What a mark is about: a conversation, an entry of it, or a part of a field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// The anchor of the part; `None`: the conversation.
    pub entry: Option<String>,
    /// The field; `text` unless said.
    pub field: Option<String>,
    /// Bytes of the field's text; `None`: all of it.
    pub span: Option<(usize, usize)>,
    /// HMAC of the field's whole text when it was marked.
    pub digest: Option<String>,
}

/// A mark to be added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMark {
    /// What it does.
    pub op: Op,
    /// What it is about.
    pub target: Target,
    /// The name of a tag, the text of a note, the word of a disposition, what is shown instead of a redacted text.
    pub with: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// The mark that is undone.
    pub of: Option<String>,
}

/// A mark as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// `m` and 12 hexadecimal digits.
    pub id: String,
    /// When.
    pub at: Instant,
    /// Who says he made it; no proof.
    pub actor: String,
    /// What was said.
    pub said: NewMark,
}
