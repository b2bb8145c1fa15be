//! Owns what is sent of the texts of a conversation: which fields of a part are looked at as what, and the last look at the
//! line. Must stay true: no text of a part leaves unseen; what a person redacted in a part, and what repeats it in a title,
//! a summary, a folder or a branch, does not leave; neither does a line in which a sure rule still finds something.

use super::Halt;
use agents::entry::Kind;
use agents::part::{Part, PartKind};
use cs_core::error::Error;
use marks::{TEXT, WITHHELD};
use reports::Texts;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The line of a part, with this number.
pub fn body(texts: &mut Texts, part: &Part, seq: u64, has_results: bool) -> Result<Box<RawValue>, Halt> {
    let (mut line, kept) = (Vec::new(), texts.head.kept_by_hand);
    let conversation = texts.conversation;
    let mut show = |field: &str, text: &str| show_field(texts, part, has_results, field, text);
    part.write_shown(conversation, seq, &mut |field, text| show(field, text).map(Cow::Owned), &mut line);
    let kept = texts.head.kept_by_hand - kept;
    checked(texts, Some(part.kind.word()), line, kept)
}

/// A line that may leave, that of a part if it has a kind; so many finds in it were kept by hand.
pub fn checked(texts: &mut Texts, kind: Option<&str>, line: Vec<u8>, kept: u64) -> Result<Box<RawValue>, Halt> {
    let not_json = || Halt::Failed(Error::Invalid("a row cannot be written as JSON".into()));
    let mut line = String::from_utf8(line).map_err(|_| not_json())?;
    line.truncate(line.trim_end().len());
    if let Some(rule) = texts.definite(kind, &line, kept) {
        return Err(Halt::Unsafe { rule, rows: None });
    }
    match line.contains(['\n', '\r']) {
        true => Err(not_json()),
        false => RawValue::from_string(line).map_err(|_| not_json()),
    }
}

/// What is sent of a field; `None`: nothing.
fn show_field(texts: &mut Texts, part: &Part, has_results: bool, field: &str, text: &str) -> Option<String> {
    let (entry, kind) = (part.anchor.as_str(), part.kind.word());
    Some(match field {
        "conversation" | "entry" | "thread" | "call" | "message" | "agent" | "to" | "id" => {
            texts.show_name(field, text)
        }
        "text" if part.kind == PartKind::Result && !has_results => return None,
        // It may tell in other words what a person redacted.
        "text" if matches!(part.entry.kind, Kind::Title(_)) && texts.has_redactions() => {
            texts.head.withheld += 1;
            WITHHELD.to_string()
        }
        "text" if matches!(part.kind, PartKind::Title | PartKind::Compaction) => {
            let shown = texts.show(entry, kind, TEXT, text);
            repeated(texts, field, shown)
        }
        "text" | "command" | "question" | "answer" | "subject" => texts.show(entry, kind, TEXT, text),
        "cwd" | "branch" => texts.show_place(entry, kind, field, text),
        "input" | "options" | "paths" | "path" | "purpose" | "spilled" => texts.show(entry, kind, field, text),
        // Names that clients and models give.
        _ => texts.show("", kind, field, text),
    })
}

/// What is sent of a text that may repeat what was redacted elsewhere.
fn repeated(texts: &mut Texts, field: &str, shown: String) -> String {
    match texts.repeats(&shown) {
        true => texts.show_repeated(field, Some(&shown)).unwrap_or_default(),
        false => shown,
    }
}
