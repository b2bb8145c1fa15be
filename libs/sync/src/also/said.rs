//! Owns what people said about a conversation on another machine: the marks in its rows. Must stay true: each text has a
//! bound; a mark of another form is passed over.

use crate::row::Row;
use cs_core::clock;
use cs_core::validate::{cut, cut_lines};
use marks::{Mark, NewMark, Op, Target};
use serde::Deserialize;

/// Longest note, in characters.
const NOTE: usize = 4000;
/// Longest other text, in characters.
const TEXT: usize = 500;
/// Longest name of an entry, a field, a person or a tag, in characters.
const NAME: usize = 200;
/// Longest id of a mark, in bytes.
const ID: usize = 40;

#[derive(Deserialize)]
struct Line {
    actor: String,
    entry: Option<String>,
    field: Option<String>,
    with: Option<String>,
    reason: Option<String>,
    of: Option<String>,
}

/// The mark of a row; `None` if it is none. Where in its field it is does not leave its machine.
pub(super) fn mark(row: &Row) -> Option<Mark> {
    let Line { actor, entry, field, with, reason, of } = serde_json::from_str(row.body.get()).ok()?;
    let op = Op::of_word(row.kind.as_deref()?)?;
    let at = clock::parse(row.at.as_deref()?)?;
    let is_id = !row.id.is_empty() && row.id.len() <= ID;
    let name = |text: String| cut(&text, NAME);
    // A note may have several lines.
    let with = with.map(|with| if op == Op::Note { cut_lines(&with, NOTE) } else { name(with) });
    let target = Target { entry: entry.map(name), field: field.map(name), ..Target::default() };
    let said = NewMark { op, target, with, reason: reason.map(|reason| cut(&reason, TEXT)), of: of.map(name) };
    is_id.then(|| Mark { id: row.id.clone(), at, actor: name(actor), said })
}
