//! Owns which place in an entry a person means: all of it, some words, a text that they know. Must stay true: the text
//! itself goes nowhere; only where it stands, and the digest of the field around it.

use crate::fields::TEXT;
use crate::mark::Target;
use cs_core::error::{Error, Result};
use redaction::Key;
use std::borrow::Cow;
use std::ops::Range;

/// How often a text may stand in one entry to be marked there at once.
pub const MOST: usize = 500;

/// How much of a field is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Extent<'a> {
    /// All of it.
    Whole,
    /// These bytes.
    Span(Range<usize>),
    /// These words, counted from 1, the last one included.
    Words(usize, usize),
    /// This text, wherever it stands.
    Text(&'a str),
}

/// What a mark on an entry is about; `fields` are those of the entry, as [`crate::fields`] returns them. Without a name,
/// all of it is the whole entry, a text is looked for in all fields, and words are those of `text`.
pub fn targets(
    key: &Key,
    entry: &str,
    fields: &[(&'static str, Cow<str>)],
    name: Option<&str>,
    extent: &Extent,
) -> Result<Vec<Target>> {
    let with_digest = |field: Option<&str>, span: Option<Range<usize>>, digest: &str| Target {
        entry: Some(entry.to_string()),
        field: field.map(str::to_string),
        span: span.map(|span| (span.start, span.end)),
        digest: Some(digest.to_string()),
    };
    let target =
        |field: Option<&str>, span: Option<Range<usize>>, text: &str| with_digest(field, span, &key.digest(text));
    let all_of = |field: &str, text: &str, spans: Vec<Range<usize>>| -> Vec<Target> {
        let digest = if spans.is_empty() { String::new() } else { key.digest(text) };
        spans.into_iter().map(|span| with_digest(Some(field), Some(span), &digest)).collect()
    };
    let of_plan = || fields.first().map(|(own, _)| *own).filter(|_| fields.iter().all(|(own, _)| *own != TEXT));
    let wanted = name.or_else(of_plan).unwrap_or(TEXT);
    let text = fields.iter().find(|(own, _)| *own == wanted).map(|(_, text)| text.as_ref());
    if name.is_none() && *extent == Extent::Whole {
        return Ok(vec![target(None, None, text.unwrap_or_default())]);
    }
    if let (Extent::Text(needle), None) = (extent, name) {
        let found: Vec<_> = fields.iter().map(|(own, text)| (own, text, spans(own, text, needle))).collect();
        few(found.iter().map(|(_, _, spans)| spans.len()).sum())?;
        return some(found.into_iter().flat_map(|(own, text, spans)| all_of(own, text, spans)).collect());
    }
    let text = text.ok_or_else(|| {
        let names: Vec<&str> = fields.iter().map(|(own, _)| *own).collect();
        let there = if names.is_empty() { "no text".to_string() } else { format!("only {}", names.join(", ")) };
        Error::Missing(format!("the entry {entry} has no {wanted:?}, {there}"))
    })?;
    let of_span = |span| target(Some(wanted), Some(span), text);
    match extent {
        Extent::Whole => Ok(vec![target(Some(wanted), None, text)]),
        Extent::Span(span) if !span.is_empty() && text.get(span.clone()).is_some() => Ok(vec![of_span(span.clone())]),
        Extent::Span(_) => Err(Error::Invalid("this is no part of the text".into())),
        Extent::Words(from, to) => words(text, *from, *to).map(|span| vec![of_span(span)]),
        Extent::Text(needle) => {
            let spans = spans(wanted, text, needle);
            few(spans.len())?;
            some(all_of(wanted, text, spans))
        }
    }
}

/// Refuses what would be so many marks that nobody can look at them, and no other one has room.
fn few(count: usize) -> Result<()> {
    match count > MOST {
        true => Err(Error::Refused(format!(
            "the text stands {count} times in one entry; at most {MOST} can be marked: name a longer text, or all of it"
        ))),
        false => Ok(()),
    }
}

fn some(found: Vec<Target>) -> Result<Vec<Target>> {
    match found.is_empty() {
        false => Ok(found),
        true => Err(Error::Missing("the text is not in this entry".into())),
    }
}

/// Where a text stands in another one, without overlaps.
pub fn find_all(text: &str, needle: &str) -> Vec<Range<usize>> {
    if needle.is_empty() {
        return Vec::new();
    }
    text.match_indices(needle).map(|(at, found)| at..at + found.len()).collect()
}

/// Where a text stands in a field: in one that is JSON, also as JSON spells it.
fn spans(field: &str, text: &str, needle: &str) -> Vec<Range<usize>> {
    let mut all = find_all(text, needle);
    if field == "input" {
        let spelled = serde_json::to_string(needle).unwrap_or_default();
        let spelled = spelled.trim_start_matches('"').strip_suffix('"').unwrap_or_default();
        if spelled != needle {
            all.extend(find_all(text, spelled));
        }
    }
    all
}

/// The bytes of some words.
fn words(text: &str, from: usize, to: usize) -> Result<Range<usize>> {
    let mut all = text.split_whitespace().map(|word| {
        let at = word.as_ptr() as usize - text.as_ptr() as usize;
        at..at + word.len()
    });
    let first = from.checked_sub(1).and_then(|n| all.nth(n));
    let last = match to.checked_sub(from) {
        Some(0) => first.clone(),
        Some(more) => all.nth(more - 1),
        None => None,
    };
    match (first, last) {
        (Some(first), Some(last)) => Ok(first.start..last.end),
        _ => {
            let count = text.split_whitespace().count();
            Err(Error::Invalid(format!("the text has no words {from}..{to}, only {count}, counted from 1")))
        }
    }
}
