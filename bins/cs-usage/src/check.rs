//! Owns the comparison with the usage that the client itself reports (`cost-state`).

use crate::load::Loaded;
use agents::entry::ClientModel;
use render::format_count;
use serde::Serialize;
use std::collections::BTreeMap;
use usage::book::Session;
use usage::sum::Sum;

/// One model, counted here and reported by the client.
#[derive(Serialize)]
pub struct Check {
    against: &'static str,
    model: String,
    counted_tokens: u64,
    client_tokens: u64,
    /// Tokens that the client reports but that were not counted here; negative if more were counted here.
    difference: i128,
    counted_usd: Option<f64>,
    client_usd: Option<f64>,
}

impl Check {
    fn new(model: &str, counted: &Sum, client: &ClientModel) -> Self {
        let (counted_tokens, client_tokens) = (counted.tokens.total(), total(client));
        Check {
            against: "cost-state",
            model: model.to_string(),
            counted_tokens,
            client_tokens,
            difference: i128::from(client_tokens) - i128::from(counted_tokens),
            counted_usd: counted.cost_usd(),
            client_usd: client.cost_usd,
        }
    }

    /// The comparison in words.
    pub fn describe(&self) -> String {
        let (model, tokens) = (&self.model, format_count(self.counted_tokens));
        let off = format_count(self.client_tokens.abs_diff(self.counted_tokens));
        match self.difference {
            0 => format!("{model}: {tokens} tokens, and the client reports the same"),
            1.. => format!(
                "{model}: {tokens} tokens; the client reports {off} more (requests, or ends of answers, that are in no log)"
            ),
            _ => {
                format!("{model}: {tokens} tokens; the client reports {off} less (it wrote its sum before the end)")
            }
        }
    }
}

fn total(of: &ClientModel) -> u64 {
    of.input_tokens + of.output_tokens + of.cache_read_input_tokens + of.cache_creation_input_tokens
}

/// Returns a check for each model that either side has; none if the client recorded no sum.
pub fn checks(loaded: &Loaded, session: Option<&Session>) -> Vec<Check> {
    let Some((session, client)) = session.and_then(|session| Some((session, session.client.as_ref()?))) else {
        return Vec::new();
    };
    let index = loaded.book.find(session.agent, &session.id);
    let mut counted: BTreeMap<&str, Sum> = BTreeMap::new();
    for row in loaded.book.rows.iter().filter(|row| Some(row.session) == index) {
        let model = loaded.book.models.get(row.model as usize).map_or("", String::as_str);
        counted.entry(model).or_default().add(row, model, &loaded.prices);
    }
    let mut models: Vec<&str> = counted.keys().copied().chain(client.models.keys().map(String::as_str)).collect();
    models.sort_unstable();
    models.dedup();
    let (no_sum, no_client) = (Sum::default(), ClientModel::default());
    let check = |model: &str| {
        let client = client.models.get(model).unwrap_or(&no_client);
        Check::new(model, counted.get(model).unwrap_or(&no_sum), client)
    };
    models.into_iter().map(check).collect()
}
