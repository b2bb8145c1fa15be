//! Owns building summaries from the book, and writing those that changed. Must stay true: no message that an older
//! summary counted is lost.

use super::{Counted, Summary, SummaryRow, read};
use crate::book::{Book, Session};
use crate::prices::Prices;
use crate::row::QuarterRow;
use crate::shares::{Began, Records, shares};
use crate::sum::sum_usage;
use cs_core::clock::{self, Instant};
use cs_core::file::{self, Durability};
use cs_core::id::Uuid;
use cs_core::lock;
use cs_core::paths::Home;
use cs_core::usage::Usage;
use cs_core::{Error, Result};
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::collections::HashSet;

/// The result of writing summaries.
#[derive(Debug, Default, Serialize)]
pub struct KeepReport {
    /// Summaries that were written.
    pub written: usize,
    /// Summaries that were up to date.
    pub unchanged: usize,
    /// Conversations without a written summary, and why.
    #[serde(skip)]
    pub failed: Vec<(String, Error)>,
}

/// Writes the summary of every conversation in the book that has none, or a different one.
pub fn keep(home: &Home, book: &Book, prices: &Prices, records: &Records, now: Instant) -> Result<KeepReport> {
    let _lock = lock::acquire(&Home::lock_of(&home.usage_keep()), lock::PERSON_WAIT)?;
    let mut done = KeepReport::default();
    let counted: HashSet<u64> = book.sessions.iter().flat_map(|session| session.keys.iter().copied()).collect();
    for (uuid, mut new) in summarize_all(book, prices, records) {
        let written = read(home, &uuid).and_then(|old| match old {
            Some(old) if is_same(&old, &new) || loses_message(&old, &new, &counted) => Ok(false),
            _ => {
                new.usage.kept_at = Some(clock::stamp(now));
                write(home, &uuid, &new).map(|()| true)
            }
        });
        match written {
            Ok(true) => done.written += 1,
            Ok(false) => done.unchanged += 1,
            Err(error) => done.failed.push((uuid.to_string(), error)),
        }
    }
    note_run(home, &done, now)?;
    Ok(done)
}

/// Records when this ran, and its result.
fn note_run(home: &Home, done: &KeepReport, now: Instant) -> Result<()> {
    let (written, unchanged, failed) = (done.written, done.unchanged, done.failed.len());
    let note = json!({"kept_at": clock::stamp(now), "written": written, "unchanged": unchanged, "failed": failed});
    file::replace(&home.usage_keep(), format!("{note}\n").as_bytes(), Durability::Synced)
}

/// Whether two summaries are equal, apart from the time of writing.
fn is_same(old: &Summary, new: &Summary) -> bool {
    let usage = Usage { kept_at: old.usage.kept_at.clone(), ..new.usage.clone() };
    old.counted == new.counted && old.usage == usage
}

/// Whether a message of the old summary would no longer be counted anywhere, such as one in a summary that another
/// program has written since the logs were read.
fn loses_message(old: &Summary, new: &Summary, counted: &HashSet<u64>) -> bool {
    let new_keys: HashSet<u64> = new.counted.keys().collect();
    let elsewhere = old.counted.keys().filter(|key| !new_keys.contains(key)).count();
    old.counted.keys().any(|key| !counted.contains(&key)) || old.usage.messages > new.usage.messages + elsewhere as u64
}

/// Writes a summary; other fields in the file are kept.
fn write(home: &Home, uuid: &Uuid, summary: &Summary) -> Result<()> {
    let path = home.usage(uuid);
    let mut text = serde_json::to_value(summary).unwrap_or_default();
    let old = file::read(&path)?.and_then(|bytes| serde_json::from_slice::<Map<String, Value>>(&bytes).ok());
    if let Some(new) = text.as_object_mut() {
        // Our own fields that may be absent now.
        let left_out = ["unpriced_tokens", "unconfirmed_tokens", "records"];
        let others = old.unwrap_or_default().into_iter().filter(|(name, _)| !left_out.contains(&name.as_str()));
        for (name, value) in others {
            new.entry(name).or_insert(value);
        }
    }
    let bytes = format!("{text}\n").into_bytes();
    if !file::can_be_read(&bytes) {
        return Err(Error::Refused(format!(
            "the summary of {uuid} would be too large to be read ({} bytes)",
            bytes.len()
        )));
    }
    file::replace(&path, &bytes, Durability::Synced)
}

/// The summaries of all conversations in the book with any usage.
pub fn summarize_all(book: &Book, prices: &Prices, records: &Records) -> Vec<(Uuid, Summary)> {
    let mut rows: Vec<Vec<&QuarterRow>> = vec![Vec::new(); book.sessions.len()];
    for row in &book.rows {
        rows.get_mut(row.session as usize).into_iter().for_each(|rows| rows.push(row));
    }
    let sessions = book.sessions.iter().zip(rows).filter(|(_, rows)| !rows.is_empty());
    sessions
        .filter_map(|(session, rows)| {
            let records = records.get(&session.id).map_or(&[][..], Vec::as_slice);
            Some((Uuid::parse(&session.id).ok()?, summarize(book, session, rows, prices, records)))
        })
        .collect()
}

fn summarize(
    book: &Book,
    session: &Session,
    mut rows: Vec<&QuarterRow>,
    prices: &Prices,
    records: &[Began],
) -> Summary {
    let name = |row: &QuarterRow| book.models.get(row.model as usize).map_or("", String::as_str);
    rows.sort_by_key(|row| (row.first, name(row), row.class));
    let mut keys = session.keys.clone();
    keys.sort_unstable();
    keys.dedup();
    let mut usage = sum_usage(book, &rows, prices);
    usage.turns = session.turns;
    usage.records = shares(book, session, &rows, prices, records);
    let mut prompts = session.prompts.clone();
    prompts.sort_unstable();
    let plain = |row: &QuarterRow| QuarterRow { session: 0, model: 0, ..row.clone() };
    let counted = Counted {
        claude_session_id: session.id.clone(),
        agent: session.agent,
        dir: session.dir.clone(),
        title: session.title.clone(),
        rows: rows.iter().map(|row| SummaryRow { model: name(row).to_string(), row: plain(row) }).collect(),
        keys,
        prompts,
        turns: usage.turns,
        messages: usage.messages,
    };
    Summary { counted, usage }
}
