//! Owns the last look at a row before it leaves: an object of JSON on one line, all of whose values are looked at where they
//! stand. Must stay true: what a sure rule finds in a key or a number, which cannot be replaced, does not leave.

use super::Halt;
use cs_core::error::Error;
use redaction::json::{Changes, Json};
use redaction::{Engine, Entry, Key, Place, Tier};
use serde::Serialize;
use serde_json::value::RawValue;
use std::collections::HashSet;

/// The body of a row; `stay` are the ids in it, which are shown as they are. What is replaced is added to `replaced`.
pub fn checked(
    engine: &mut Engine,
    of: &impl Serialize,
    stay: &HashSet<&str>,
    replaced: &mut Vec<Entry>,
) -> Result<Box<RawValue>, Halt> {
    let text = text_of(of)?;
    let mut json = Json::default();
    let changes = json.line(engine, &text, Place::default()).filter(|_| json.is_between());
    let Some(Changes { mut pieces, left }) = changes else { return Err(not_json()) };
    if let Some(piece) = left.iter().find(|piece| piece.found.tier == Tier::Definite) {
        return Err(Halt::Unsafe { rule: piece.found.rule.clone(), rows: None });
    }
    let is_id = |span: &std::ops::Range<usize>| {
        text.get(span.clone()).is_some_and(|found| stay.iter().any(|id| id.contains(found)))
    };
    pieces.retain(|piece| !is_id(&piece.span));
    if pieces.is_empty() {
        return raw(text);
    }
    replaced.extend(pieces.iter().map(|piece| Entry {
        rule: piece.found.rule.clone(),
        tier: piece.found.tier.word().to_string(),
        count: 1,
        placeholder: piece.found.placeholder.clone(),
        ..Entry::default()
    }));
    String::from_utf8(redaction::replace(text.as_bytes(), &pieces)).map_or_else(|_| Err(not_json()), raw)
}

/// A hash over something that does not leave as it is. With the key, it still names the same; without, no guess can be
/// compared with it.
pub fn hash(key: &Key, of: &str) -> String {
    key.digest(of)
}

/// The body of a row whose texts were all looked at, and whose keys are ours.
pub fn plain(of: &impl Serialize) -> Result<Box<RawValue>, Halt> {
    raw(text_of(of)?)
}

/// On one line: a record's fields of other programs keep the lines that they have in its file.
fn text_of(of: &impl Serialize) -> Result<String, Halt> {
    let mut text = serde_json::to_string(of).map_err(|_| not_json())?;
    text.retain(|c| !matches!(c, '\n' | '\r'));
    Ok(text)
}

fn raw(text: String) -> Result<Box<RawValue>, Halt> {
    RawValue::from_string(text).map_err(|_| not_json())
}

fn not_json() -> Halt {
    Halt::Failed(Error::Invalid("a row cannot be written as JSON".into()))
}
