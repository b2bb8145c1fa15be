//! Owns Claude Code's own `stats-cache.json`: days that it remembers after their transcripts are
//! gone. Must stay true: these are another kind of number (UTC days, input and output tokens only,
//! no cost), and are never added to ours.

use chrono::NaiveDate;
use cs_core::file;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

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
pub fn days(roots: &[PathBuf]) -> BTreeMap<NaiveDate, BTreeMap<String, u64>> {
    let mut days: BTreeMap<NaiveDate, BTreeMap<String, u64>> = BTreeMap::new();
    for root in roots {
        // A file of another program: what cannot be understood is as if it were not there.
        let bytes = file::read(&root.join("stats-cache.json")).ok().flatten().unwrap_or_default();
        let Ok(stats) = serde_json::from_slice::<StatsCache>(&bytes) else { continue };
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
