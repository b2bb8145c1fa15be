//! Owns the row of a conversation: its first line, its tags, and how often something was replaced in it.

use super::present::Present;
use super::{Halt, shown};
use crate::row::{Row, Table};
use conversations::Heading;
use cs_core::config::Config;
use cs_core::record::Session;
use cs_core::visible::one_line;
use redaction::{Engine, Entry, Tally};
use reports::{Counts, Head, Texts};
use std::borrow::Cow;

/// Maximum number of characters of a title.
const TITLE: usize = 200;

/// The row, of a conversation with these records, the oldest first, in which so much was replaced.
pub fn row(
    present: &Present,
    records: &[Session],
    config: &Config,
    engine: &mut Engine,
    secrets: &Counts,
) -> Result<(Row, Vec<Entry>), Halt> {
    let of = &present.conversation;
    let heading = Heading::of(present.about()?, records, config);
    let (mut head, mut ledger) = (Head::default(), Tally::default());
    let mut texts = Texts::new(&of.uuid, engine, &present.marks, false, &mut head, &mut ledger);
    texts.hide(present.spoken.clone());
    let title = texts.show_title(&heading).map(|title| shortened(&title));
    let mut show = |field: &str, text: &str| match field {
        "title" => title.clone(),
        "project" | "cwd" | "branch" => texts.show_repeated(field, Some(text)),
        "conversation" | "forked_from" | "parent" => Some(texts.show_name(field, text)),
        _ => texts.show_other(field, Some(text)),
    };
    let mut line = Vec::new();
    heading.write_shown(of, &mut |field, text| show(field, text).map(Cow::Owned), &mut line);
    let project = heading.project.as_deref().and_then(|project| texts.show_repeated("project", Some(project)));
    let tags = present.marks.tags();
    let tags: Vec<String> = tags.iter().filter_map(|tag| texts.show_repeated("tag", Some(tag))).collect();
    add(&mut line, "tags", &tags, tags.is_empty());
    add(&mut line, "secrets", secrets, secrets.is_empty());
    let row = Row {
        table: Table::Conversation,
        id: texts.show_name("conversation", &of.uuid),
        kind: None,
        at: heading.started_at(),
        project,
        agent: Some(of.agent.word().to_string()),
        conversation: None,
        body: shown::checked(&mut texts, None, line, 0)?,
    };
    Ok((row, texts.notes()))
}

/// A title on one line, not longer than those of lists.
fn shortened(title: &str) -> String {
    let line = one_line(title);
    match line.char_indices().nth(TITLE) {
        Some((end, _)) => line.get(..end).unwrap_or_default().to_string() + "…",
        None => line,
    }
}

/// Adds a field to a line that is an object.
fn add(line: &mut Vec<u8>, name: &str, value: &impl serde::Serialize, is_empty: bool) {
    let Ok(json) = serde_json::to_string(value) else { return };
    let end = line.trim_ascii_end().strip_suffix(b"}").map(<[u8]>::len);
    if let Some(end) = end.filter(|_| !is_empty) {
        line.truncate(end);
        line.extend_from_slice(format!(",\"{name}\":{json}}}\n").as_bytes());
    }
}
