//! How much is found of what is secret, and how often what is ordinary is taken for it: by group, printed with
//! `--nocapture`. The secrets are those of the tests of `redact`: nothing here is a real key.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::print_stdout)]
#![allow(dead_code, reason = "the generators have more than is used here")]

#[path = "../../redact/tests/redact/contexts.rs"]
mod contexts;
#[path = "../../redact/tests/redact/maker.rs"]
mod maker;
#[path = "../../redact/tests/redact/plain.rs"]
mod plain;
#[path = "../../redact/tests/redact/shapes.rs"]
mod shapes;

use maker::Maker;
use redaction::{Engine, Key, Place, Rules, Tier};
use std::collections::{BTreeMap, BTreeSet};

fn engine() -> Engine {
    Engine::new(Rules::builtin(), Key::fresh().unwrap())
}

#[derive(Default)]
struct Row {
    all: usize,
    found: usize,
    definite: usize,
    rules: BTreeSet<String>,
}

/// Whether ten characters of the secret are still there.
fn survives(text: &str, secret: &str) -> bool {
    let letters: Vec<char> = secret.chars().collect();
    letters.windows(letters.len().min(10)).any(|piece| text.contains(&piece.iter().collect::<String>()))
}

#[test]
fn secrets_are_found_under_their_names() {
    let (mut engine, mut maker) = (engine(), Maker(0x5eed_0123_4567_89ab));
    let mut rows: BTreeMap<&str, Row> = BTreeMap::new();
    let known: BTreeSet<String> = engine.rules().all().iter().map(|rule| rule.id.clone()).collect();
    let texts = ["<>", "use <> for now", "VALUE=<>\n", "{\"v\": \"<>\"}", "https://h.example/x?v=<>&n=1", "v: '<>'"];
    for (group, _, shape) in shapes::SHAPES {
        for text in texts {
            let secret = maker.shape(shape);
            let text = text.replace("<>", &secret);
            let redacted = engine.redact(&text, Place::default());
            let body = secret.rsplit("services/").next().and_then(|text| text.rsplit("bot").next()).unwrap();
            let body = body.strip_prefix("https://").and_then(|text| text.split('/').next_back()).unwrap_or(body);
            let row = rows.entry(group).or_default();
            row.all += 1;
            row.found += usize::from(!survives(&redacted.text, body.split("/sendMessage").next().unwrap()));
            row.definite += usize::from(redacted.found.iter().any(|one| one.tier == Tier::Definite));
            row.rules.extend(redacted.found.into_iter().map(|one| one.rule));
        }
    }
    for (group, _, text) in contexts::CONTEXTS {
        let (text, secrets) = maker.context(text);
        let redacted = engine.redact(&text, Place::default());
        let row = rows.entry(group).or_default();
        row.all += 1;
        row.found += usize::from(!secrets.iter().any(|secret| survives(&redacted.text, secret)));
        row.definite += usize::from(redacted.found.iter().any(|one| one.tier == Tier::Definite));
        row.rules.extend(redacted.found.into_iter().map(|one| one.rule));
    }
    let (mut all, mut found) = (0, 0);
    for (group, row) in &rows {
        println!("{group:16} {:5} of {:5}, definite {:5}, {} rules", row.found, row.all, row.definite, row.rules.len());
        assert!(row.found * 100 >= row.all * 95, "{group}");
        assert!(row.rules.is_subset(&known), "{:?}", row.rules.difference(&known));
        (all, found) = (all + row.all, found + row.found);
    }
    println!("{found} of {all}");
    for group in ["models", "code", "packages", "clouds", "vaults", "messages", "databases"] {
        let row = &rows[group];
        assert!(row.definite * 100 >= row.all * 95, "{group}: {} of {} by a definite rule", row.definite, row.all);
    }
    let names = ["anthropic-key", "github-pat", "github-token", "aws-access-key", "slack-token", "stripe-key", "jwt"];
    let seen: BTreeSet<&String> = rows.values().flat_map(|row| &row.rules).collect();
    names.iter().for_each(|name| assert!(seen.contains(&name.to_string()), "{name} is never found"));
}

/// At least 10,000 lines: code, prose, settings, data, and this project.
#[test]
fn ordinary_lines_are_no_secrets() {
    let mut engine = engine();
    let mut by_tier: BTreeMap<Tier, Vec<String>> = BTreeMap::new();
    let mut all = 0;
    // The tests of this project contain secrets that they made up.
    let is_planted = |line: &str| ["ghp_", "sk-ant-", "PRIVATE KEY"].iter().any(|plant| line.contains(plant));
    for (group, lines) in plain::all() {
        for line in lines.into_iter().filter(|line| group != "this project" || !is_planted(line)) {
            all += 1;
            for one in engine.find(&line, Place::default()) {
                by_tier.entry(one.tier).or_default().push(format!("{}: {line}", one.rule));
            }
        }
    }
    let count = |tier| by_tier.get(&tier).map_or(0, Vec::len);
    let (definite, candidate, personal) = (count(Tier::Definite), count(Tier::Candidate), count(Tier::Personal));
    println!("of {all} lines: definite {definite}, candidate {candidate}, personal {personal}");
    by_tier.values().for_each(|lines| lines.iter().take(12).for_each(|line| println!("  {line}")));
    assert!(all >= 10_000, "{all}");
    assert_eq!(definite, 0, "{:?}", by_tier.get(&Tier::Definite));
    assert!(candidate * 100 <= all, "{candidate} of {all}");
}
