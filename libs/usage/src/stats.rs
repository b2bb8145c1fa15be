//! Owns Claude Code's own `stats-cache.json`: days that it still has after their transcripts are gone. Must stay true:
//! its numbers are of another kind (UTC days, input and output tokens only, no cost), and are never added to ours.

use crate::book::Book;
use crate::row::QuarterRow;
use agents::Agent;
use chrono::NaiveDate;
use cs_core::validate::FILE_BYTES;
use cs_core::{clock, open, repair};
use serde::Deserialize;
use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;

/// Tokens by model.
pub type Models = BTreeMap<String, u64>;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StatsCache {
    #[serde(default)]
    daily_model_tokens: Vec<Day>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Day {
    date: String,
    #[serde(default)]
    tokens_by_model: BTreeMap<String, u64>,
}

/// Tokens by model on each UTC day, over all roots.
pub fn days(roots: &[PathBuf]) -> BTreeMap<NaiveDate, Models> {
    let mut days: BTreeMap<NaiveDate, Models> = BTreeMap::new();
    for root in roots {
        // A file of another program: what cannot be parsed counts as missing.
        let bytes = open::foreign_bytes(&root.join("stats-cache.json"), FILE_BYTES).unwrap_or_default();
        let Ok(stats) = repair::decode::<StatsCache>(&bytes, &mut Vec::new()) else { continue };
        for day in stats.daily_model_tokens {
            let Ok(date) = day.date.parse() else { continue };
            let models = days.entry(date).or_default();
            for (model, tokens) in day.tokens_by_model {
                let sum = models.entry(model).or_default();
                *sum = sum.saturating_add(tokens);
            }
        }
    }
    days
}

/// The UTC days on which no row of Claude Code's began.
pub fn uncovered(roots: &[PathBuf], book: &Book, rows: &[&QuarterRow]) -> BTreeMap<NaiveDate, Models> {
    let mut days = days(roots);
    if days.is_empty() {
        return days;
    }
    let agent = |row: &QuarterRow| book.sessions.get(row.session as usize).map(|session| session.agent);
    let claude = rows.iter().filter(|row| agent(row) == Some(Agent::Claude));
    let covered: HashSet<NaiveDate> =
        claude.filter_map(|row| clock::from_millis(row.first)).map(|at| at.date_naive()).collect();
    days.retain(|day, _| !covered.contains(day));
    days
}
