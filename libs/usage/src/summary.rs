//! Owns summaries of conversations, `usage/<uuid>.json`: written while the log exists, and never deleted. Must stay
//! true: what a summary counted stays counted, in it or in another summary.

mod keep;

pub use keep::{KeepReport, keep, summarize_all};

use crate::read::on_all_processors;
use crate::row::QuarterRow;
use agents::Agent;
use agents::tokens::{Class, Tokens};
use cs_core::file;
use cs_core::id::Uuid;
use cs_core::paths::Home;
use cs_core::usage::Usage;
use cs_core::{Error, Result};
use serde::{Deserialize, Serialize};

/// A summary. Records show its [`Usage`]; the rest is for reports.
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

/// A [`QuarterRow`] with its model's name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub struct SummaryRow {
    /// The model's plain name.
    pub model: String,
    /// Its field `model` is not used: the name is in this struct.
    pub row: QuarterRow,
}

/// First and last call, model, class, calls, searches, tokens, recorded cost.
type Written = (i64, i64, String, Class, u64, u64, Tokens, u64);

impl From<Written> for SummaryRow {
    fn from((first, last, model, class, calls, searches, tokens, cost): Written) -> Self {
        SummaryRow {
            model,
            row: QuarterRow { session: 0, model: 0, class, calls, searches, tokens, cost, first, last },
        }
    }
}

impl From<SummaryRow> for Written {
    fn from(SummaryRow { model, row }: SummaryRow) -> Self {
        (row.first, row.last, model, row.class, row.calls, row.searches, row.tokens, row.cost)
    }
}

impl Summary {
    /// Parses the bytes twice, once for each half: much faster than `#[serde(flatten)]`.
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
    /// Its usage by quarters of an hour.
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

/// All summaries, and the errors of those that cannot be parsed.
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
    Err(Error::corrupt(&path, "it contains another conversation"))
}
