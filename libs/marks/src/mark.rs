//! Owns one mark: its words, and what it must say. Pure.

use cs_core::clock::Instant;
use cs_core::error::{Error, Result};
use cs_core::validate;

/// Characters of a note.
const NOTE: usize = 4000;
/// Characters of a tag and of the word of a disposition.
const WORD: usize = 60;
/// Characters of what is shown instead of a redacted text.
const WITH: usize = 100;

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
    /// All of them.
    pub const ALL: [Op; 7] = [Op::Redact, Op::Keep, Op::Tag, Op::Untag, Op::Note, Op::Disposition, Op::Undo];

    /// The one with this word.
    pub fn of_word(word: &str) -> Option<Op> {
        Op::ALL.into_iter().find(|op| op.word() == word)
    }

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
    /// The field; `text` unless said. Without one, a redaction without a span is about all fields of the entry.
    pub field: Option<String>,
    /// Bytes of the field's text, the first and the one behind the last; `None`: all of it.
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

impl NewMark {
    /// The mark as it is stored: texts trimmed, their secrets masked. Refuses what says nothing, or is too long, and a
    /// secret in what is shown.
    pub fn storable(self) -> Result<NewMark> {
        let (what, limit) = match self.op {
            Op::Note => ("note", NOTE),
            Op::Tag | Op::Untag => ("tag", WORD),
            Op::Disposition => ("disposition", WORD),
            Op::Redact | Op::Keep | Op::Undo => ("text that is shown instead", WITH),
        };
        let with = self.with.as_deref().map(|with| validate::text(what, with, limit)).transpose()?;
        let reason = self.reason.as_deref().map(|why| validate::text("reason", why, validate::REASON)).transpose()?;
        if self.op != Op::Note && with.as_deref() != self.with.as_deref().map(str::trim) {
            return Err(Error::Invalid(format!("the {what} contains a secret")));
        }
        let mark = NewMark { with, reason, ..self };
        mark.check().map(|()| mark).map_err(|text| Error::Invalid(text.into()))
    }

    /// Whether it says all that its kind must say, and nothing else.
    pub(crate) fn check(&self) -> std::result::Result<(), &'static str> {
        let Target { entry, field, span, digest } = &self.target;
        let is_word = self.with.as_deref().is_some_and(is_word);
        match self.op {
            Op::Redact | Op::Keep if entry.is_none() => Err("name the entry"),
            Op::Redact | Op::Keep if digest.is_none() => Err("the digest of the text is missing"),
            Op::Redact | Op::Keep if span.is_some_and(|(from, to)| from >= to) => Err("nothing is marked"),
            Op::Redact | Op::Keep | Op::Undo if self.reason.is_none() => Err("a reason is needed"),
            Op::Redact if self.with.as_deref().is_some_and(|with| with.contains(['[', ']', '\n'])) => {
                Err("what is shown instead is one line without brackets")
            }
            Op::Tag | Op::Untag if !is_word => Err("a tag is one word without spaces and commas"),
            Op::Disposition if !is_word => Err("a disposition is one word, such as followed, ignored or needs-review"),
            Op::Disposition if entry.is_none() => Err("name the entry"),
            Op::Note if self.with.is_none() => Err("the note is empty"),
            Op::Undo if self.of.is_none() => Err("name the mark"),
            Op::Tag | Op::Untag | Op::Note | Op::Disposition | Op::Undo if field.is_some() || span.is_some() => {
                Err("it is about no field")
            }
            _ if self.op != Op::Undo && self.of.is_some() => Err("only an undoing names a mark"),
            _ => Ok(()),
        }
    }
}

/// Whether a text is one word.
fn is_word(text: &str) -> bool {
    let is_fit = |c: char| !c.is_whitespace() && !c.is_control() && c != ',' && !cs_core::visible::is_hidden(c);
    !text.is_empty() && !text.starts_with('-') && text.chars().all(is_fit)
}
