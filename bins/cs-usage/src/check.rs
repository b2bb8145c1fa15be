//! Owns the comparison with what the client itself says that it used (`cost-state`).

use crate::load::Loaded;
use agents::entry::ClientModel;
use render::format_count;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use usage::book::Session;
use usage::sum::Sum;

/// One model, on both sides.
struct Pair {
    model: String,
    ours: Sum,
    theirs: ClientModel,
}

impl Pair {
    fn theirs_total(&self) -> u64 {
        let of = &self.theirs;
        of.input_tokens + of.output_tokens + of.cache_read_input_tokens + of.cache_creation_input_tokens
    }

    /// Tokens that the client has and we do not (below zero: the other way round).
    fn difference(&self) -> i128 {
        i128::from(self.theirs_total()) - i128::from(self.ours.tokens.total())
    }
}

fn pairs(loaded: &Loaded, session: Option<&Session>) -> Vec<Pair> {
    let Some((session, client)) = session.and_then(|session| Some((session, session.client.as_ref()?))) else {
        return Vec::new();
    };
    let place = loaded.book.find(session.agent, &session.id);
    let mut ours: BTreeMap<&str, Sum> = BTreeMap::new();
    for row in loaded.book.rows.iter().filter(|row| Some(row.session) == place) {
        let model = loaded.book.models.get(row.model as usize).map_or("", String::as_str);
        ours.entry(model).or_default().add(row, model, &loaded.prices);
    }
    let mut names: Vec<&str> = ours.keys().copied().chain(client.models.keys().map(String::as_str)).collect();
    names.sort_unstable();
    names.dedup();
    let pair = |model: &str| Pair {
        model: model.to_string(),
        ours: ours.get(model).cloned().unwrap_or_default(),
        theirs: client.models.get(model).cloned().unwrap_or_default(),
    };
    names.into_iter().map(pair).collect()
}

/// As JSON, a value a model.
pub fn with_client(loaded: &Loaded, session: Option<&Session>) -> Vec<Value> {
    let line = |pair: Pair| {
        json!({
            "kind": "check", "against": "cost-state", "model": pair.model,
            "counted_tokens": pair.ours.tokens.total(), "client_tokens": pair.theirs_total(),
            "difference": pair.difference(), "counted_usd": pair.ours.cost_usd(), "client_usd": pair.theirs.cost_usd,
        })
    };
    pairs(loaded, session).into_iter().map(line).collect()
}

/// For people, a line a model.
pub fn lines(loaded: &Loaded, session: Option<&Session>) -> Vec<String> {
    let pairs = pairs(loaded, session);
    if pairs.is_empty() {
        return vec!["the client left no sum of its own".to_string()];
    }
    let line = |pair: &Pair| {
        let (model, tokens) = (cli::sanitize(&pair.model), format_count(pair.ours.tokens.total()));
        let off = format_count(u64::try_from(pair.difference().unsigned_abs()).unwrap_or(u64::MAX));
        match pair.difference() {
            0 => format!("{model}: {tokens} tokens, and the client says the same"),
            1.. => format!(
                "{model}: {tokens} tokens; the client says {off} more (requests, or ends of answers, that left no line)"
            ),
            _ => format!("{model}: {tokens} tokens; the client says {off} less (it wrote its sum before the end)"),
        }
    };
    pairs.iter().map(line).collect()
}
