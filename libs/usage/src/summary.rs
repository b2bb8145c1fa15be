//! Owns summaries of conversations, `usage/<uuid>.json`: written while the log exists, and never deleted. Must stay
//! true: what a summary counted stays counted, in it or in another summary.

mod keep;
mod load;

pub use keep::{KeepReport, keep, summarize_all};
pub(crate) use load::load_wanted;
pub use load::{Listed, list, load, load_listed};

use crate::pack::packed;
use crate::row::QuarterRow;
use agents::Agent;
use agents::tokens::{Class, Tokens};
use cs_core::file;
use cs_core::id::Uuid;
use cs_core::paths::Home;
use cs_core::usage::Usage;
use cs_core::{Error, Result};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt::Write as _;

/// A summary. Records show its [`Usage`].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// What reports need.
    #[serde(flatten)]
    pub counted: Counted,
    /// The sums.
    #[serde(flatten)]
    pub usage: Usage,
}

/// The part of a summary that is counted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Counted {
    claude_session_id: String,
    agent: Agent,
    #[serde(default)]
    dir: String,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    rows: Vec<SummaryRow>,
    /// Hashes of the messages that were counted.
    #[serde(default, serialize_with = "write_keys", deserialize_with = "read_keys")]
    keys: Vec<u64>,
    /// When prompts were written, in milliseconds since the epoch.
    #[serde(default)]
    prompts: Vec<i64>,
    /// That of [`Usage`].
    #[serde(default, skip_serializing)]
    pub turns: u64,
    /// That of [`Usage`].
    #[serde(default, skip_serializing)]
    pub messages: u64,
}

packed!(Counted { claude_session_id, agent, dir, title, rows, keys, prompts, turns, messages });
packed!(SummaryRow { model, row });

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
        Ok(Summary { counted: serde_json::from_slice(bytes)?, usage: serde_json::from_slice(bytes)? })
    }
}

impl Counted {
    /// The conversation's id.
    pub fn session(&self) -> &str {
        &self.claude_session_id
    }
    /// The agent of the conversation.
    pub fn agent(&self) -> Agent {
        self.agent
    }
    /// The directory in which it began.
    pub fn dir(&self) -> &str {
        &self.dir
    }
    /// Its title.
    pub fn title(&self) -> Option<&str> {
        self.title.as_deref()
    }
    /// Its usage by quarters of an hour.
    pub fn rows(&self) -> &[SummaryRow] {
        &self.rows
    }
    /// When prompts were written, in milliseconds since the epoch.
    pub fn prompts(&self) -> &[i64] {
        &self.prompts
    }
    /// Hashes of the messages that were counted.
    pub fn keys(&self) -> impl Iterator<Item = u64> {
        self.keys.iter().copied()
    }
}

/// As one text, 16 hexadecimal digits each.
fn write_keys<S: Serializer>(keys: &[u64], to: S) -> std::result::Result<S::Ok, S::Error> {
    let mut text = String::with_capacity(keys.len() * 16);
    for key in keys {
        let _ = write!(text, "{key:016x}");
    }
    to.serialize_str(&text)
}

fn read_keys<'de, D: Deserializer<'de>>(from: D) -> std::result::Result<Vec<u64>, D::Error> {
    let text = Cow::<str>::deserialize(from)?;
    let key = |digits: &[u8]| u64::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok();
    Ok(text.as_bytes().chunks_exact(16).filter_map(key).collect())
}

fn read(home: &Home, uuid: &Uuid) -> Result<Option<Summary>> {
    let path = home.usage(uuid);
    let Some(bytes) = file::read(&path)? else { return Ok(None) };
    let summary = Summary::parse(&bytes).map_err(|error| Error::corrupt(&path, error.to_string()))?;
    if summary.counted.session() == uuid.as_str() {
        return Ok(Some(summary));
    }
    Err(Error::corrupt(&path, "it contains another conversation"))
}
