//! Owns the rows of what people said about a conversation: a row for each mark, by whose id the same mark of several
//! machines is one. Must stay true: what a mark hides is not told, neither by its place in the text, nor by a digest, nor by
//! the reason.

use super::present::Present;
use super::{Each, Halt, shown};
use crate::row::{Row, Table};
use cs_core::clock;
use marks::{Mark, Op};
use redaction::{Engine, Tally};
use reports::{Head, Texts};
use serde::Serialize;

/// The body of a row.
#[derive(Serialize)]
struct Body {
    v: u32,
    id: String,
    at: String,
    actor: String,
    op: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    entry: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    with: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    of: Option<String>,
}

/// The version of the body.
const VERSION: u32 = 1;

/// Passes on the marks of a conversation, the oldest first. Lines that cannot be understood are left out.
pub fn rows(present: &Present, engine: &mut Engine, each: &mut Each) -> Result<(), Halt> {
    let (mut head, mut ledger) = (Head::default(), Tally::default());
    let mut texts = Texts::new(&present.conversation.uuid, engine, &present.marks, false, &mut head, &mut ledger);
    texts.hide(present.spoken.clone());
    present.marks.all.iter().try_for_each(|mark| {
        let row = row(&mut texts, mark)?;
        each(row, texts.notes())
    })
}

fn row(texts: &mut Texts, mark: &Mark) -> Result<Row, Halt> {
    let said = &mark.said;
    let name = |texts: &mut Texts, field: &str, name: &Option<String>| {
        name.as_deref().map(|name| texts.show_name(field, name))
    };
    let body = Body {
        v: VERSION,
        id: mark.id.clone(),
        at: clock::stamp(mark.at),
        actor: texts.show_person("actor", &mark.actor),
        op: said.op.word(),
        entry: name(texts, "entry", &said.target.entry),
        field: name(texts, "field", &said.target.field),
        with: texts.show_repeated("with", said.with.as_deref()),
        // Why something is hidden tells of it.
        reason: texts.show_repeated("reason", said.reason.as_deref().filter(|_| said.op != Op::Redact)),
        of: name(texts, "of", &said.of),
    };
    let (id, at) = (body.id.clone(), body.at.clone());
    let line = serde_json::to_vec(&body).unwrap_or_default();
    Ok(Row {
        table: Table::Mark,
        id,
        kind: Some(said.op.word().to_string()),
        at: Some(at),
        project: None,
        agent: None,
        conversation: None,
        body: shown::checked(texts, None, line, 0)?,
    })
}
