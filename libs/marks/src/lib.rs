//! What people say about conversations: redactions and what was wrongly found, tags, notes, dispositions; in
//! `marks/<uuid>.jsonl`, append-only. And the one answer to what may be shown of a text: marks, then rules.
//!
//! Must stay true: nothing is changed or removed, undoing is a line; a secret never enters; if a marked text has changed,
//! the whole field is withheld.

mod actor;
mod fields;
mod file;
mod held;
mod inherited;
mod line;
mod mark;
mod place;
mod repeats;
mod sanitizer;
mod tags;

#[cfg(test)]
mod tests;

pub use actor::actor;
pub use fields::{TEXT, field, field_name, fields};
pub use file::{BYTES, MOST_AT_ONCE, Marks, append, append_all, are_there, forget};
pub use held::{Others, is_lasting};
pub use line::Broken;
pub use mark::{Mark, NewMark, Op, Target};
pub use place::{Extent, find_all, targets};
pub use repeats::{check_said, check_targets, decoded, repeats};
pub use sanitizer::{Cut, Sanitized, Sanitizer, WITHHELD, Why};
pub use tags::{Tagged, Tags};
