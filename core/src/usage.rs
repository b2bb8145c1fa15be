//! Owns the wire format of a conversation's usage, `usage/<uuid>.json`, as records show it.
//! Must stay true: an unknown price is never a cost of 0.
//! Deliberately absent: computing the numbers, which the log reader does; the fields of the file that only the log
//! reader needs (`rows`, `keys`, `prompts`); and how numbers look to people.

use crate::validate::{self, COUNT};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Usage of a conversation. Prices are list prices in US dollars.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Usage {
    /// Input that was neither read from a cache nor written to one.
    #[serde(default)]
    pub input_tokens: u64,
    /// Tokens that the models wrote.
    #[serde(default)]
    pub output_tokens: u64,
    /// Input written to a cache.
    #[serde(default)]
    pub cache_creation_input_tokens: u64,
    /// Input read from a cache.
    #[serde(default)]
    pub cache_read_input_tokens: u64,
    /// Sum of the four kinds.
    #[serde(default)]
    pub total_tokens: u64,
    /// List price in US dollars; `None` if no part of it has a known price.
    #[serde(default)]
    pub cost_usd: Option<f64>,
    /// Tokens that `cost_usd` leaves out, because their model has no known price.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unpriced_tokens: u64,
    /// Tokens in `cost_usd` whose price is not confirmed by a provider's page.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unconfirmed_tokens: u64,
    /// Prompts that a person wrote.
    #[serde(default)]
    pub turns: u64,
    /// Answers of models.
    #[serde(default)]
    pub messages: u64,
    /// Share of each model, by its plain name.
    #[serde(default)]
    pub models: BTreeMap<String, ModelUsage>,
    /// Instant of the first answer, RFC 3339, UTC.
    #[serde(default)]
    pub first_at: Option<String>,
    /// Instant of the last answer, RFC 3339, UTC.
    #[serde(default)]
    pub last_at: Option<String>,
    /// When this was written.
    #[serde(default)]
    pub kept_at: Option<String>,
    /// Share of each record, by session id, if several records share the conversation.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub records: BTreeMap<String, Usage>,
}

/// Usage of one model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ModelUsage {
    /// Input that was neither read from a cache nor written to one.
    #[serde(default)]
    pub input_tokens: u64,
    /// Tokens that the model wrote.
    #[serde(default)]
    pub output_tokens: u64,
    /// Input written to a cache.
    #[serde(default)]
    pub cache_creation_input_tokens: u64,
    /// Input read from a cache.
    #[serde(default)]
    pub cache_read_input_tokens: u64,
    /// Sum of the four kinds.
    #[serde(default)]
    pub total_tokens: u64,
    /// List price in US dollars; `None` if no price is known.
    #[serde(default)]
    pub cost_usd: Option<f64>,
}

fn bound(counts: [&mut u64; 3], total: &mut u64, cost: &mut Option<f64>) {
    counts.into_iter().chain([total]).for_each(|count| *count = COUNT.min(*count));
    *cost = cost.and_then(validate::dollars);
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl ModelUsage {
    /// Input, output, cache written, cache read, all.
    pub fn tokens(&self) -> [u64; 5] {
        let (written, read) = (self.cache_creation_input_tokens, self.cache_read_input_tokens);
        [self.input_tokens, self.output_tokens, written, read, self.total_tokens]
    }

    /// Adds another model's usage. The sum has no cost if either part has none.
    pub fn add(&mut self, other: &ModelUsage) {
        self.input_tokens = self.input_tokens.saturating_add(other.input_tokens);
        self.output_tokens = self.output_tokens.saturating_add(other.output_tokens);
        self.cache_creation_input_tokens =
            self.cache_creation_input_tokens.saturating_add(other.cache_creation_input_tokens);
        self.cache_read_input_tokens = self.cache_read_input_tokens.saturating_add(other.cache_read_input_tokens);
        self.total_tokens = self.total_tokens.saturating_add(other.total_tokens);
        self.cost_usd = self.cost_usd.zip(other.cost_usd).map(|(ours, theirs)| ours + theirs);
    }
}

impl Usage {
    /// Input, output, cache written, cache read, all.
    pub fn tokens(&self) -> [u64; 5] {
        let (written, read) = (self.cache_creation_input_tokens, self.cache_read_input_tokens);
        [self.input_tokens, self.output_tokens, written, read, self.total_tokens]
    }

    /// The usage of a record: its share if the conversation is divided (`None` if the record is newer than the
    /// division), else all of it.
    pub fn of_record(mut self, session_id: &str) -> Option<Usage> {
        if self.records.is_empty() {
            return Some(self);
        }
        let share = self.records.remove(session_id)?;
        Some(Usage { kept_at: self.kept_at, ..share })
    }

    /// The same with implausible figures removed: a count that is too large becomes the largest plausible one, such a
    /// cost becomes unknown.
    pub fn bounded(mut self) -> Self {
        let (tokens, cost) = (&mut self.total_tokens, &mut self.cost_usd);
        bound([&mut self.input_tokens, &mut self.output_tokens, &mut self.cache_creation_input_tokens], tokens, cost);
        let costs = [&mut self.unpriced_tokens, &mut self.unconfirmed_tokens];
        let others = [&mut self.cache_read_input_tokens, &mut self.turns, &mut self.messages];
        others.into_iter().chain(costs).for_each(|count| *count = COUNT.min(*count));
        for model in self.models.values_mut() {
            let kinds = [&mut model.input_tokens, &mut model.output_tokens, &mut model.cache_creation_input_tokens];
            bound(kinds, &mut model.total_tokens, &mut model.cost_usd);
            model.cache_read_input_tokens = COUNT.min(model.cache_read_input_tokens);
        }
        self.records = self.records.into_iter().map(|(id, share)| (id, share.bounded())).collect();
        self
    }
}
