//! What people say about conversations: redactions and what was wrongly found, tags, notes, dispositions; in
//! `marks/<uuid>.jsonl`, append-only. And the one answer to what may be shown of a text: marks, then rules.
//!
//! Must stay true: nothing is changed or removed, undoing is a line; a secret never enters; if a marked text has changed,
//! the whole field is withheld.

mod file;
mod mark;
mod sanitizer;
mod tags;

pub use file::{Marks, append};
pub use mark::{Mark, NewMark, Op, Target};
pub use sanitizer::{Cut, Sanitized, Sanitizer, Why};
pub use tags::Tags;
