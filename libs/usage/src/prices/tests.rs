//! Prices: days, modes, regions, and unknown prices.

use super::*;
use agents::tokens::Tokens;

fn row(day: &str, tokens: [u64; 5]) -> QuarterRow {
    let first = cs_core::clock::parse(&format!("{day}T12:00:00Z")).unwrap().timestamp_millis();
    let tokens = Tokens::from(tokens);
    let class = Class::default().of_prompt(tokens.prompt());
    QuarterRow { session: 0, model: 0, class, calls: 1, searches: 0, tokens, cost: 0, first, last: first }
}

fn usd(cost: Option<Cost>) -> Option<f64> {
    cost.map(|cost| crate::sum::usd(cost.pico_usd))
}

#[test]
fn the_client_and_the_table_agree() {
    // The cost that Claude Code 2.1.329 itself reports for such calls (cost-state of the recorded sessions).
    let prices = Prices::new(&Config::default()).0;
    let call = row("2026-11-21", [120, 40, 2000, 0, 8000]);
    assert_eq!(usd(prices.tariff("claude-opus-5-5").cost(&call)), Some(0.01288));
    assert_eq!(usd(prices.tariff("claude-sonnet-5-5").cost(&call)), Some(0.00644));
}

#[test]
fn prices_depend_on_the_day() {
    let prices = Prices::new(&Config::default()).0;
    let read = |day: &str| usd(prices.tariff("claude-sonnet-5-5").cost(&row(day, [0, 0, 0, 0, 100_000])));
    assert_eq!(read("2026-10-06"), Some(0.02));
    assert_eq!(read("2026-10-07"), Some(0.01));
    assert_eq!(read("2026-09-27"), None, "there was no such model yet");
}

#[test]
fn long_prompts_fast_mode_and_hour_caches_have_their_prices() {
    let prices = Prices::new(&Config::default()).0;
    let haiku = |read: u64| usd(prices.tariff("claude-haiku-5-5").cost(&row("2026-11-21", [0, 1_000_000, 0, 0, read])));
    assert_eq!(haiku(100_000), Some(0.501));
    assert_eq!(haiku(100_001), Some(2.505_000_05));
    assert_eq!(usd(prices.tariff("claude-opus-5-5").cost(&row("2026-11-21", [0, 0, 0, 1_000, 0]))), Some(0.008));
    let mut fast = row("2026-11-21", [1_000, 0, 0, 0, 0]);
    fast.class = fast.class.with(Class::FAST);
    assert_eq!(usd(prices.tariff("claude-opus-5").cost(&fast)), Some(0.01));
    assert_eq!(prices.tariff("claude-sonnet-5-5").cost(&fast), None);
    let mut us = row("2026-11-21", [1_000, 0, 0, 0, 0]);
    us.class = us.class.with(Class::US);
    assert_eq!(usd(prices.tariff("claude-opus-5").cost(&us)), Some(0.0055));
    let codex = row("2026-11-21", [272_000, 1_000, 0, 0, 1]);
    assert_eq!(usd(prices.tariff("gpt-6.1-sol").cost(&codex)), Some(1.103_000_2));
}

/// A call of a million tokens of input on a day, with a class.
fn million(day: &str, model: &str, class: fn(Class) -> Class) -> Option<f64> {
    let mut row = row(day, [1_000_000, 0, 0, 0, 0]);
    row.class = class(Class::default());
    usd(Prices::new(&Config::default()).0.tariff(model).cost(&row))
}

#[test]
fn geographic_profiles_cost_more_since_4_5() {
    let cost = |model: &str| million("2026-11-20", model, |class| class);
    for (model, dollars) in [
        ("global.anthropic.claude-opus-4-8", 5.0),
        ("us.anthropic.claude-opus-4-8", 5.5),
        ("au.anthropic.claude-opus-4-8-v1:0", 5.5),
        ("apac.anthropic.claude-haiku-4-5-20251001-v1:0", 1.1),
        ("us.anthropic.claude-sonnet-4-20250514-v1:0", 3.0),
        ("eu.anthropic.claude-opus-4-1-20250805-v1:0", 15.0),
    ] {
        assert_eq!(cost(model), Some(dollars), "{model}");
    }
    assert_eq!(cost("us-gov.anthropic.claude-opus-4-8"), None, "the government's regions have prices of their own");
    let both = million("2026-11-20", "us.anthropic.claude-opus-4-8", |class| class.with(Class::US));
    assert_eq!(both, Some(5.5), "one place, one factor");
}

#[test]
fn fast_mode_prices_end() {
    let fast = |day: &str, model: &str| million(day, model, |class| class.with(Class::FAST));
    assert_eq!(fast("2026-06-28", "claude-opus-4-6"), Some(30.0));
    assert_eq!(fast("2026-06-29", "claude-opus-4-6"), None);
    assert_eq!(fast("2026-07-23", "claude-opus-4-7"), Some(30.0));
    assert_eq!(fast("2026-07-24", "claude-opus-4-7"), None);
    assert_eq!(fast("2026-11-29", "claude-opus-4-8"), Some(10.0));
    assert_eq!(fast("2026-11-30", "claude-opus-4-8"), None);
    assert_eq!(fast("2026-11-30", "claude-opus-5-5"), Some(8.0));
    assert_eq!(million("2026-11-20", "anthropic/claude-opus-4.8-fast", |class| class), Some(10.0), "by its name");
    assert_eq!(million("2026-11-30", "claude-opus-4-8", |class| class), Some(5.0), "the model goes on");
}

#[test]
fn tiers_of_service_have_their_own_prices_or_none() {
    let cost = |model: &str, class| million("2026-11-20", model, class);
    assert_eq!(cost("claude-opus-5", |class| class.of_tier(Tier::Batch)), Some(2.5));
    assert_eq!(cost("claude-opus-5", |class| class.of_tier(Tier::Priority)), None);
    assert_eq!(cost("claude-opus-5", |class| class.of_tier(Tier::Other)), None);
    assert_eq!(cost("gpt-5.5", |class| class.of_tier(Tier::Priority)), Some(12.5));
    assert_eq!(cost("gpt-5.5", |class| class.of_tier(Tier::Batch)), Some(2.5));
    assert_eq!(cost("gpt-6.2-sol", |class| class.of_tier(Tier::Priority).of_prompt(300_000)), Some(8.0));
    assert_eq!(cost("gpt-5.5", |class| class.of_tier(Tier::Priority).of_prompt(300_000)), None);
    // The bits do not interfere.
    let class = Class::default().with(Class::SIDE).of_tier(Tier::Other).of_prompt(150_000);
    assert!(class.tier() == Tier::Other && class.longer_than(100_000) && !class.longer_than(200_000));
    assert!(class.has(Class::SIDE) && class.of_tier(Tier::Standard).of_prompt(0) == Class(Class::SIDE));
}

#[test]
fn a_line_without_a_cost_has_the_list_price() {
    let prices = Prices::new(&Config::default()).0;
    let mut said = row("2026-11-20", [1_000_000, 0, 0, 0, 0]);
    said.class = said.class.with(Class::RECORDED);
    assert_eq!(usd(prices.tariff("claude-opus-5").cost(&said)), Some(5.0));
    said.cost = 250_000_000_000;
    assert_eq!(usd(prices.tariff("claude-opus-5").cost(&said)), Some(0.25));
}

#[test]
fn unconfirmed_prices_are_marked() {
    let prices = Prices::new(&Config::default()).0;
    let is_confirmed = |day: &str, model: &str, input: u64| {
        prices.tariff(model).cost(&row(day, [input, 0, 0, 0, 0])).map(|cost| cost.confirmed)
    };
    assert_eq!(is_confirmed("2026-11-20", "claude-opus-5", 1), Some(true));
    assert_eq!(is_confirmed("2026-03-01", "claude-opus-4-6", 200_000), Some(true));
    assert_eq!(is_confirmed("2026-03-01", "claude-opus-4-6", 200_001), Some(false));
    assert_eq!(is_confirmed("2026-11-21", "gpt-5.6-sol", 1), Some(true));
    assert_eq!(is_confirmed("2026-11-22", "gpt-5.6-sol", 1), Some(false));
}

/// Every price has a source, no two prices of a model are valid on the same day, and there are no gaps.
#[test]
fn the_table_is_complete() {
    let table: Value = serde_json::from_str(TABLE).unwrap();
    let rows = table["prices"].as_array().unwrap();
    for row in rows {
        for field in ["source", "checked"] {
            assert!(row[field].as_str().is_some_and(|text| text.len() > 9), "{row}");
        }
    }
    let prices = Prices::new(&Config::default()).0;
    let understood = |model: &Model| model.dated().len();
    assert_eq!(prices.by_model.values().map(understood).sum::<usize>(), rows.len(), "each row can be understood");
    assert_eq!(table["web_search"], WEB_SEARCH);
    for (model, known) in &prices.by_model {
        assert_eq!(*model, plain_name(model));
        for pair in known.dated().windows(2) {
            assert_eq!(pair[0].until, pair[1].from, "{model}");
        }
    }
}

#[test]
fn unknown_models_have_no_price() {
    let prices = Prices::new(&Config::default()).0;
    assert_eq!(prices.tariff("claude-next").cost(&row("2026-11-21", [1, 0, 0, 0, 0])), None);
    // Only the price of its one-hour cache is unknown.
    assert_eq!(prices.tariff("gpt-5").cost(&row("2026-11-21", [0, 0, 0, 1, 0])), None);
    assert!(prices.tariff("gpt-5").cost(&row("2026-11-21", [1, 0, 0, 0, 0])).is_some());
}

#[test]
fn own_prices_take_precedence_and_invalid_ones_are_reported() {
    let config = |prices: &str| -> Config {
        let text = format!(r#"{{"usage":{{"prices":[{prices}]}}}}"#);
        Config::read(std::path::Path::new("/x"), text.as_bytes())
    };
    let (prices, _) = Prices::new(&config(r#"{"model":"claude-next","input":1,"output":2}"#));
    assert_eq!(usd(prices.tariff("claude-next").cost(&row("2026-11-21", [1_000_000, 0, 0, 0, 0]))), Some(1.0));
    let (prices, _) = Prices::new(&config(r#"{"model":"gpt-5","input":7,"output":2,"from":"2026-01-01"}"#));
    assert_eq!(usd(prices.tariff("gpt-5").cost(&row("2026-11-21", [1_000_000, 0, 0, 0, 0]))), Some(7.0));
    assert_eq!(usd(prices.tariff("gpt-5").cost(&row("2025-12-31", [1_000_000, 0, 0, 0, 0]))), Some(1.25));
    let good = r#"{"model":"claude-next","input":1,"output":2}"#;
    for (bad, name) in [
        (r#"{"model":"x","output":2}"#, "the price of x: missing field `input`"),
        (r#"{"input":1,"output":2}"#, "the price of number 1: missing field `model`"),
        (r#"{"model":"x","input":-1,"output":2}"#, "the price of x: "),
        (r#"{"model":"x","input":1,"output":2,"from":"yesterday"}"#, "the price of x: "),
        (r#"{"model":"x","input":1,"output":2,"above":{"tokens":5,"input":1,"output":1}}"#, "the price of x: "),
        ("7", "the price of number 1: "),
    ] {
        let (prices, wrong) = Prices::new(&config(&format!("{bad},{good}")));
        let told: Vec<String> = wrong.iter().map(Error::to_string).collect();
        assert!(matches!(told.as_slice(), [one] if one.starts_with(name)), "{told:?}");
        assert!(prices.tariff("claude-next").cost(&row("2026-11-21", [1, 0, 0, 0, 0])).is_some());
    }
    let none = Config::read(std::path::Path::new("/x"), br#"{"usage":{"prices":7}}"#);
    assert_eq!(Prices::new(&none).1.len(), 1);
}

#[test]
fn only_prices_of_models_that_occur_are_parsed() {
    let prices = Prices::new(&Config::default()).0;
    assert!(prices.by_model.len() > 40 && prices.by_model.values().all(|model| model.dated.get().is_none()));
    assert!(prices.tariff("gpt-5").cost(&row("2026-11-21", [1, 0, 0, 0, 0])).is_some());
    assert_eq!(prices.by_model.values().filter(|model| model.dated.get().is_some()).count(), 1);
}
