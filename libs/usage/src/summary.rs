//! Owns summaries of conversations, `usage/<uuid>.json`: written while the log is there, and never
//! deleted. Must stay true: what a summary counted stays counted, in it or in another summary.

use crate::book::{Book, Row, Session};
use crate::prices::Prices;
use crate::read::on_all_processors;
use crate::shares::{Began, Records, shares};
use crate::sum::Sum;
use agents::Agent;
use agents::tokens::{Class, Tokens};
use cs_core::clock::{self, Instant};
use cs_core::file::{self, Durability};
use cs_core::id::Uuid;
use cs_core::lock;
use cs_core::paths::Home;
use cs_core::usage::{ModelUsage, Usage};
use cs_core::validate::FILE_BYTES;
use cs_core::{Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;

/// A summary. What records show of it is [`Usage`]; the rest is for reports.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    #[serde(flatten)]
    own: Own,
    /// The sums.
    #[serde(flatten)]
    pub usage: Usage,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Own {
    claude_session_id: String,
    agent: Agent,
    #[serde(default)]
    dir: String,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    rows: Vec<SummaryRow>,
    /// Hashes of the messages that were counted, 16 hexadecimal digits each.
    #[serde(default)]
    keys: String,
    /// When prompts were written, in milliseconds since the epoch.
    #[serde(default)]
    prompts: Vec<i64>,
}

/// A [`Row`] with its model's name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub struct SummaryRow {
    /// The model's plain name.
    pub model: String,
    /// Its `model` is not used: the name is here.
    pub row: Row,
}

/// First and last call, model, class, calls, searches, tokens, recorded cost.
type Written = (i64, i64, String, Class, u64, u64, Tokens, u64);

impl From<Written> for SummaryRow {
    fn from((first, last, model, class, calls, searches, tokens, cost): Written) -> Self {
        SummaryRow { model, row: Row { session: 0, model: 0, class, calls, searches, tokens, cost, first, last } }
    }
}

impl From<SummaryRow> for Written {
    fn from(SummaryRow { model, row }: SummaryRow) -> Self {
        (row.first, row.last, model, row.class, row.calls, row.searches, row.tokens, row.cost)
    }
}

impl Summary {
    /// Understands a summary's bytes. Twice over them is a lot faster than one flattened structure.
    fn parse(bytes: &[u8]) -> serde_json::Result<Self> {
        Ok(Summary { own: serde_json::from_slice(bytes)?, usage: serde_json::from_slice(bytes)? })
    }

    /// The conversation's id.
    pub fn session(&self) -> &str {
        &self.own.claude_session_id
    }
    /// The agent of the conversation.
    pub fn agent(&self) -> Agent {
        self.own.agent
    }
    /// The directory in which it began.
    pub fn dir(&self) -> &str {
        &self.own.dir
    }
    /// Its title.
    pub fn title(&self) -> Option<&str> {
        self.own.title.as_deref()
    }
    /// What it used, by quarters of an hour.
    pub fn rows(&self) -> &[SummaryRow] {
        &self.own.rows
    }
    /// When prompts were written, in milliseconds since the epoch.
    pub fn prompts(&self) -> &[i64] {
        &self.own.prompts
    }
    /// Hashes of the messages that were counted.
    pub fn keys(&self) -> impl Iterator<Item = u64> {
        let digits = self.own.keys.as_bytes().chunks_exact(16);
        digits.filter_map(|digits| u64::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok())
    }
}

/// All summaries. One that cannot be understood is named beside the good ones.
pub fn load(home: &Home) -> (Vec<Summary>, Vec<Error>) {
    let stems = file::stems(&home.usage_dir(), ".json").unwrap_or_default();
    let uuids: Vec<Uuid> = stems.iter().filter_map(|stem| Uuid::parse(stem).ok()).collect();
    let one = |n: usize| uuids.get(n).and_then(|uuid| read(home, uuid).transpose());
    let mut all = Vec::new();
    let mut damaged = Vec::new();
    for (_, summary) in on_all_processors(uuids.len(), one) {
        match summary {
            Some(Ok(summary)) => all.push(summary),
            Some(Err(error)) => damaged.push(error),
            None => {}
        }
    }
    (all, damaged)
}

fn read(home: &Home, uuid: &Uuid) -> Result<Option<Summary>> {
    let path = home.usage(uuid);
    let Some(bytes) = file::read(&path)? else { return Ok(None) };
    let summary = Summary::parse(&bytes).map_err(|error| Error::corrupt(&path, error.to_string()))?;
    if summary.session() == uuid.as_str() {
        return Ok(Some(summary));
    }
    Err(Error::corrupt(&path, "it holds another conversation"))
}

/// The result of writing summaries.
#[derive(Debug, Default, Serialize)]
pub struct KeepReport {
    /// Summaries that were written.
    pub written: usize,
    /// Summaries that were right already.
    pub unchanged: usize,
    /// Conversations that could not be kept, and why.
    #[serde(skip)]
    pub failed: Vec<(String, Error)>,
}

/// Writes a summary of every conversation in the book that has none, or one that says something else.
pub fn keep(home: &Home, book: &Book, prices: &Prices, records: &Records, now: Instant) -> Result<KeepReport> {
    let _lock = lock::acquire(&Home::lock_of(&home.usage_keep()), lock::PERSON_WAIT)?;
    let mut done = KeepReport::default();
    let counted: HashSet<u64> = book.sessions.iter().flat_map(|session| session.keys.iter().copied()).collect();
    for (uuid, mut new) in summarize_all(book, prices, records) {
        let written = read(home, &uuid).and_then(|old| match old {
            Some(old) if is_same(&old, &new) || loses(&old, &new, &counted) => Ok(false),
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

/// Notes when this was done, and what came of it.
fn note_run(home: &Home, done: &KeepReport, now: Instant) -> Result<()> {
    let (written, unchanged, failed) = (done.written, done.unchanged, done.failed.len());
    let note = json!({"kept_at": clock::stamp(now), "written": written, "unchanged": unchanged, "failed": failed});
    file::replace(&home.usage_keep(), format!("{note}\n").as_bytes(), Durability::Synced)
}

/// Whether a summary says the same; when it was written does not matter.
fn is_same(old: &Summary, new: &Summary) -> bool {
    let usage = Usage { kept_at: old.usage.kept_at.clone(), ..new.usage.clone() };
    old.own == new.own && old.usage == usage
}

/// Whether a message of the old summary would be counted nowhere, such as one that another program
/// has kept since the logs were read.
fn loses(old: &Summary, new: &Summary, counted: &HashSet<u64>) -> bool {
    let new_keys: HashSet<u64> = new.keys().collect();
    let elsewhere = old.keys().filter(|key| !new_keys.contains(key)).count();
    old.keys().any(|key| !counted.contains(&key)) || old.usage.messages > new.usage.messages + elsewhere as u64
}

/// Writes a summary; what others wrote into the file besides survives.
fn write(home: &Home, uuid: &Uuid, summary: &Summary) -> Result<()> {
    let path = home.usage(uuid);
    let mut text = serde_json::to_value(summary).unwrap_or_default();
    let old = file::read(&path)?.and_then(|bytes| serde_json::from_slice::<Map<String, Value>>(&bytes).ok());
    if let Some(new) = text.as_object_mut() {
        // Fields of ours that may be left out now.
        let left_out = ["unpriced_tokens", "unconfirmed_tokens", "records"];
        let others = old.unwrap_or_default().into_iter().filter(|(name, _)| !left_out.contains(&name.as_str()));
        for (name, value) in others {
            new.entry(name).or_insert(value);
        }
    }
    let bytes = format!("{text}\n").into_bytes();
    if bytes.len() > FILE_BYTES {
        return Err(Error::Refused(format!("the summary of {uuid} would have {} bytes", bytes.len())));
    }
    file::replace(&path, &bytes, Durability::Synced)
}

/// The summaries of all conversations in the book which used something.
pub fn summarize_all(book: &Book, prices: &Prices, records: &Records) -> Vec<(Uuid, Summary)> {
    let mut rows: Vec<Vec<&Row>> = vec![Vec::new(); book.sessions.len()];
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

fn summarize(book: &Book, session: &Session, mut rows: Vec<&Row>, prices: &Prices, records: &[Began]) -> Summary {
    let name = |row: &Row| book.models.get(row.model as usize).map_or("", String::as_str);
    rows.sort_by_key(|row| (row.first, name(row), row.class));
    let mut keys = session.keys.clone();
    keys.sort_unstable();
    keys.dedup();
    let mut usage = sum_usage(book, &rows, prices);
    usage.turns = session.turns;
    usage.records = shares(book, session, &rows, prices, records);
    let mut prompts = session.prompts.clone();
    prompts.sort_unstable();
    let plain = |row: &Row| Row { session: 0, model: 0, ..row.clone() };
    let own = Own {
        claude_session_id: session.id.clone(),
        agent: session.agent,
        dir: session.dir.clone(),
        title: session.title.clone(),
        rows: rows.iter().map(|row| SummaryRow { model: name(row).to_string(), row: plain(row) }).collect(),
        keys: keys.iter().fold(String::with_capacity(keys.len() * 16), |mut text, key| {
            let _ = write!(text, "{key:016x}");
            text
        }),
        prompts,
    };
    Summary { own, usage }
}

/// The sum of some rows, as records show it.
pub fn sum_usage(book: &Book, rows: &[&Row], prices: &Prices) -> Usage {
    let mut all = Sum::default();
    let mut models: BTreeMap<&str, Sum> = BTreeMap::new();
    for row in rows {
        let model = book.models.get(row.model as usize).map_or("", String::as_str);
        all.add(row, model, prices);
        models.entry(model).or_default().add(row, model, prices);
    }
    let instant = |millis: i64| clock::from_millis(millis).filter(|_| all.calls > 0).map(clock::stamp);
    let of_model = |sum: &Sum| ModelUsage {
        input_tokens: sum.tokens.input,
        output_tokens: sum.tokens.output,
        cache_creation_input_tokens: sum.tokens.written(),
        cache_read_input_tokens: sum.tokens.read,
        total_tokens: sum.tokens.total(),
        cost_usd: sum.cost_usd(),
    };
    Usage {
        input_tokens: all.tokens.input,
        output_tokens: all.tokens.output,
        cache_creation_input_tokens: all.tokens.written(),
        cache_read_input_tokens: all.tokens.read,
        total_tokens: all.tokens.total(),
        cost_usd: all.cost_usd(),
        unpriced_tokens: all.unpriced,
        unconfirmed_tokens: all.unconfirmed,
        turns: 0,
        messages: all.calls,
        models: models.iter().map(|(name, sum)| (name.to_string(), of_model(sum))).collect(),
        first_at: instant(all.first),
        last_at: instant(all.last),
        kept_at: None,
        records: BTreeMap::new(),
    }
}
