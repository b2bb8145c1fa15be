//! Usage as `cs-usage keep` stores it: the summaries of conversations, and the days.

use cs_core::days::{Amount, Days};
use cs_core::usage::Usage;
use render::{format_cost, format_usage_cost};

use super::{parts, text};
use crate::Target;

pub const TARGET: Target = Target { name: "usage", check, words: WORDS, seeds, most: 8 << 10, runs: 500_000 };

const WORDS: &[&str] = &[
    "\"input_tokens\":",
    "\"output_tokens\":",
    "\"cache_creation_input_tokens\":",
    "\"cache_read_input_tokens\":",
    "\"total_tokens\":",
    "\"cost_usd\":",
    "\"unpriced_tokens\":",
    "\"turns\":",
    "\"models\":",
    "\"kept_at\":",
    "\"from\":",
    "\"rows\":",
    "\"stats_cache\":",
    "[\"2026-11-21\",\"shop\",\"opus\",1,2,3,4,0.5,0]",
    "[null,\"shop\",\"opus\",0,0,0,0,null,10]",
    "18446744073709551615",
    "1e308",
    "-1",
    "null",
    "0.004",
];

fn seeds() -> Vec<Vec<u8>> {
    let summary = r#"{"input_tokens":3,"output_tokens":4,"cache_creation_input_tokens":5,"cache_read_input_tokens":6,
        "total_tokens":18,"cost_usd":0.25,"unpriced_tokens":7,"turns":2,"messages":3,"first_at":"2026-11-21T08:00:00Z",
        "models":{"opus":{"input_tokens":3,"output_tokens":4,"total_tokens":7,"cost_usd":0.25},"new":{"total_tokens":7}},
        "kept_at":"2026-11-21T10:00:00Z","rows":[["2026-11-21T08:00:00Z","opus",3,4,5,6,0.25]]}"#;
    let days = r#"{"kept_at":"2026-11-21T10:00:00Z","from":"2026-11-01","rows":[[null,"shop","opus",1,2,3,4,null,10],
        ["2026-11-21","shop","opus",1,2,3,4,0.5,0]],"stats_cache":{"2026-10-01":{"opus":12}}}"#;
    vec![summary.into(), days.into(), [summary.as_bytes(), b"\xff", days.as_bytes()].concat()]
}

fn check(bytes: &[u8]) {
    for part in parts(bytes).into_iter().take(4) {
        let part = text(part);
        if let Ok(mut usage) = serde_json::from_str::<Usage>(&part) {
            let costs = usage.models.values_mut().map(|of| &mut of.cost_usd).chain([&mut usage.cost_usd]);
            costs.for_each(whole);
            check_reads_back(&usage);
            check_cost_word(usage.cost_usd, usage.unpriced_tokens, &format_usage_cost(&usage));
            check_sums(usage.models.values().map(Amount::from));
        }
        if let Ok(mut days) = serde_json::from_str::<Days>(&part) {
            days.rows.iter_mut().for_each(|row| whole(&mut row.amount.cost_usd));
            check_reads_back(&days);
            check_sums(days.rows.iter().map(|row| row.amount));
        }
    }
}

/// Rounds to whole dollars, since the JSON parser may get the last digit of a fraction wrong, which does not matter.
fn whole(usd: &mut Option<f64>) {
    *usd = usd.map(|usd| usd.clamp(-1e9, 1e9).round());
}

fn check_reads_back<T: serde::Serialize + serde::de::DeserializeOwned + PartialEq + std::fmt::Debug>(value: &T) {
    let written = serde_json::to_string(value).expect("it has a text");
    assert_eq!(serde_json::from_str::<T>(&written).expect("written data can be read"), *value);
}

/// Panics unless the cost is one short word that never claims zero for an unknown cost.
fn check_cost_word(usd: Option<f64>, unpriced: u64, reported: &str) {
    assert!(!reported.is_empty() && !reported.contains(char::is_control), "{reported:?}");
    assert_eq!(reported == "unknown", usd.is_none(), "{reported:?} of {usd:?}");
    assert_eq!(reported.ends_with("unknown"), usd.is_none() || unpriced > 0, "{reported:?} of {unpriced}");
}

/// Panics unless sums are at least their parts and keep an unknown price unknown.
fn check_sums(amounts: impl Iterator<Item = Amount>) {
    let (mut sum, mut most, mut priced) = (Amount::default(), 0, true);
    for amount in amounts {
        priced &= amount.cost_usd.is_some() || amount.total_tokens == 0;
        most = most.max(amount.total_tokens);
        let unpriced = sum.unpriced_tokens.max(amount.unpriced_tokens);
        sum.add(&amount);
        assert!(sum.total_tokens >= most && sum.unpriced_tokens >= unpriced, "{sum:?}");
    }
    assert!(sum.cost_usd.is_some() || !priced, "all prices are known but not the total: {sum:?}");
    check_cost_word(sum.cost_usd, sum.unpriced_tokens, &format_cost(sum.cost_usd, sum.unpriced_tokens, 0));
}
