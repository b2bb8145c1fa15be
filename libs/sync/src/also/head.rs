//! Owns what is known of a conversation on another machine: its first line.

use crate::row::Row;
use cs_core::clock;
use cs_core::id::Uuid;
use cs_core::validate::{COUNT, cut};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// Longest text, in characters.
const TEXT: usize = 300;
/// Most names of a list.
const NAMES: usize = 50;

/// A conversation.
#[derive(Clone, Debug, Default)]
pub struct Head {
    /// Its id.
    pub id: String,
    /// The agent's word.
    pub agent: Option<String>,
    /// Its project's name.
    pub project: Option<String>,
    /// Its title.
    pub title: Option<String>,
    /// When it began: RFC 3339, UTC.
    pub started_at: Option<String>,
    /// Its tags.
    pub tags: Vec<String>,
    /// How many secrets were replaced in it before it left its machine, by rule.
    pub secrets: BTreeMap<String, u64>,
}

#[derive(Deserialize)]
struct Line {
    title: Option<String>,
    tags: Option<Vec<String>>,
    #[serde(default)]
    secrets: Value,
}

impl Head {
    /// The conversation of a row; `None` if it is none.
    pub(super) fn of(id: &str, row: &Row) -> Option<Head> {
        Uuid::parse(id).ok()?;
        let Line { title, tags, secrets } = serde_json::from_str(row.body.get()).ok()?;
        let short = |text: String| cut(&text, TEXT);
        let count = |(rule, n): (&String, &Value)| Some((cut(rule, TEXT), n.as_u64()?.min(COUNT)));
        let counts = secrets.as_object().into_iter().flatten().filter_map(count);
        Some(Head {
            id: id.to_string(),
            agent: row.agent.clone().map(short),
            project: row.project.clone().map(short),
            title: title.map(short).filter(|title| !title.is_empty()),
            started_at: row.at.as_deref().and_then(clock::parse).map(clock::stamp),
            tags: tags.into_iter().flatten().take(NAMES).map(short).collect(),
            secrets: counts.take(NAMES).collect(),
        })
    }
}
