//! Owns how a mark is written as a line of JSON, and read. Pure.
//! Must stay true: fields are only added; a line that is not understood hides what it may be about, until that is undone.

use crate::mark::{Mark, NewMark, Op, Target};
use cs_core::clock;
use cs_core::id;
use serde::{Deserialize, Serialize};

/// Version of the lines.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Line {
    v: u32,
    id: String,
    at: String,
    actor: String,
    op: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    entry: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    span: Option<(usize, usize)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    digest: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    with: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    of: Option<String>,
}

/// A line that was not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Its name, by which it can be undone: `L` and the number of the line.
    pub id: String,
    /// The entry that it is about, if that much can be read; else it may be about every entry.
    pub entry: Option<String>,
    /// Whether it may be a redaction.
    pub hides: bool,
}

impl Broken {
    /// Whether it may be about an entry.
    pub fn is_about(&self, entry: &str) -> bool {
        self.entry.as_deref().is_none_or(|own| own == entry)
    }
}

/// The line of a mark, with its end.
pub fn encode(mark: &Mark) -> String {
    let NewMark { op, target, with, reason, of } = mark.said.clone();
    let Target { entry, field, span, digest } = target;
    let (id, at, actor) = (mark.id.clone(), clock::stamp(mark.at), mark.actor.clone());
    let op = op.word().to_string();
    let line = Line { v: VERSION, id, at, actor, op, entry, field, span, digest, with, reason, of };
    let mut text = serde_json::to_string(&line).unwrap_or_default();
    text.push('\n');
    text
}

/// The mark in a line; `number` counts lines from 1.
pub fn parse(line: &[u8], number: usize) -> Result<Mark, Broken> {
    let broken = || Broken { id: format!("L{number}"), entry: entry_in(line), hides: may_hide(line) };
    let read: Line = serde_json::from_slice(line).map_err(|_| broken())?;
    let is_ours = read.v == VERSION && id::is_mark_id(&read.id);
    let (Some(op), Some(at), true) = (Op::of_word(&read.op), clock::parse(&read.at), is_ours) else {
        return Err(broken());
    };
    let Line { id, actor, entry, field, span, digest, with, reason, of, .. } = read;
    let said = NewMark { op, target: Target { entry, field, span, digest }, with, reason, of };
    // Without what it is about, it says nothing: it may have lost that.
    if said.check().is_err() {
        return Err(broken());
    }
    Ok(Mark { id, at, actor, said })
}

/// The entry that a damaged line names.
fn entry_in(line: &[u8]) -> Option<String> {
    let whole = value(line, b"\"entry\":\"")?;
    (!whole.contains('\\')).then(|| whole.to_string())
}

/// Whether a damaged line may be a redaction. A word that a newer program writes is none.
fn may_hide(line: &[u8]) -> bool {
    let is_whole = serde_json::from_slice::<serde::de::IgnoredAny>(line).is_ok();
    match value(line, b"\"op\":\"").map(|word| (word, Op::of_word(word))) {
        Some((_, Some(op))) => op == Op::Redact,
        // The words of one version are only added to, and what hides is always this one.
        Some(_) => !(is_whole && line.starts_with(b"{\"v\":1,")),
        None => true,
    }
}

/// The text after this name, up to the next quote.
fn value<'l>(line: &'l [u8], name: &[u8]) -> Option<&'l str> {
    let from = line.windows(name.len()).position(|window| window == name)? + name.len();
    let rest = line.get(from..)?;
    let end = rest.iter().position(|byte| *byte == b'"')?;
    std::str::from_utf8(rest.get(..end)?).ok()
}
