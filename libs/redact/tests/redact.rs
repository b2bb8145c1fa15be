//! How many secrets are masked, and how many ordinary texts: by group, printed with `--nocapture`.
//! Nothing here is a real key, and none is in the sources: `maker` generates all of them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::print_stdout)]

#[path = "redact/contexts.rs"]
mod contexts;
#[path = "redact/maker.rs"]
mod maker;
#[path = "redact/plain.rs"]
mod plain;
#[path = "redact/shapes.rs"]
mod shapes;

use maker::Maker;
use redact::mask;
use std::collections::BTreeMap;

/// Different secrets of each family.
const ROUNDS: usize = 5;

/// The surroundings of a key, by setting.
const SETTINGS: [(&str, &[&str]); 5] = [
    ("text", &["<>", "use <> for now", "here it is (<>).", "it was `<>`, I think", "→<>←"]),
    (
        "shell",
        &[
            "export VALUE=<>",
            "curl -H 'X-Thing: <>' https://h.example/",
            "tool --with <> run",
            "echo \"<>\" | tool",
            "VALUE=<> tool && other",
        ],
    ),
    (
        "json",
        &[
            "{\"v\": \"<>\"}",
            "{\"v\":[\"<>\",1]}",
            "\"{\\\"v\\\": \\\"<>\\\"}\"",
            "{\"m\": \"a\\n<>\\nb\"}",
            "{\"m\": \"{\\\"n\\\":\\\"x\\\\n<>\\\\n\\\"}\"}",
        ],
    ),
    ("files", &["VALUE=<>\nOTHER=1\n", "value: <>\n", "value = '<>'\n", "<v><></v>", "- <>\n"]),
    (
        "addresses",
        &[
            "https://h.example/x?v=<>&n=1",
            "GET /x?v=<> HTTP/1.1",
            "X-Thing: <>\r\n",
            "a%20v%3D<>%26n",
            "v=\\u0027<>\\u0027",
        ],
    ),
];

#[derive(Default)]
struct Score {
    all: usize,
    found: usize,
    missed: Vec<String>,
}

impl Score {
    fn count(&mut self, found: bool, miss: impl FnOnce() -> String) {
        self.all += 1;
        self.found += usize::from(found);
        if !found {
            let missed = miss();
            let family = missed.split_inclusive(": ").next().unwrap_or_default();
            if self.missed.len() < 40 && !self.missed.iter().any(|known| known.starts_with(family)) {
                self.missed.push(missed);
            }
        }
    }

    fn percent(&self) -> f64 {
        100.0 * self.found as f64 / self.all.max(1) as f64
    }
}

fn print_scores(title: &str, scores: &BTreeMap<String, Score>) -> f64 {
    println!("{title}");
    let (mut all, mut found) = (0, 0);
    for (name, score) in scores {
        println!("  {name:24} {:6} of {:6} {:6.2} %", score.found, score.all, score.percent());
        score.missed.iter().for_each(|missed| println!("      {missed}"));
        (all, found) = (all + score.all, found + score.found);
    }
    let percent = 100.0 * found as f64 / all as f64;
    println!("  {:24} {found:6} of {all:6} {percent:6.2} %", "all");
    percent
}

/// Whether a piece of the secret is still there: ten characters of it, or all of a shorter one. The prefix that all
/// keys of its kind share does not count.
fn survives(masked: &str, secret: &str) -> bool {
    let letters: Vec<char> = secret.chars().collect();
    let size = letters.len().min(10);
    letters.windows(size).any(|piece| masked.contains(&piece.iter().collect::<String>()))
}

#[test]
fn secrets_are_masked_in_every_context() {
    let mut maker = Maker(0x5eed_0123_4567_89ab);
    let mut scores: BTreeMap<String, Score> = BTreeMap::new();
    for (group, name, shape) in shapes::SHAPES {
        for _ in 0..ROUNDS {
            let secret = maker.shape(shape);
            let body = secret.split("services/").last().and_then(|text| text.split("bot").last()).unwrap();
            let body = body.strip_prefix("https://").and_then(|text| text.split('/').next_back()).unwrap_or(body);
            let body = body.split("/sendMessage").next().unwrap();
            for (setting, texts) in SETTINGS {
                for text in texts {
                    let text = text.replace("<>", &secret);
                    let masked = mask(&text);
                    let score = scores.entry(format!("{group}, {setting}")).or_default();
                    score.count(!survives(&masked, body), || format!("{name}: {text:?} became {masked:?}"));
                    assert_eq!(mask(&masked), masked, "a second time, {text:?}");
                }
            }
        }
    }
    for (group, name, text) in contexts::CONTEXTS {
        for _ in 0..ROUNDS {
            let (text, secrets) = maker.context(text);
            for (setting, text) in [("text", text.clone()), ("json", json(&text)), ("json in json", json(&json(&text)))]
            {
                let masked = mask(&text);
                let score = scores.entry(format!("{group}, {setting}")).or_default();
                score.count(!secrets.iter().any(|secret| survives(&masked, secret)), || {
                    format!("{name}: {text:?} became {masked:?}")
                });
                assert_eq!(mask(&masked), masked, "a second time, {text:?}");
            }
        }
    }
    let percent = print_scores("masked of what is secret", &scores);
    let families = shapes::SHAPES.len() + contexts::CONTEXTS.len();
    println!("{families} families");
    assert!(families > 350 && percent >= 99.0, "{percent:.2} %");
    scores.iter().for_each(|(name, score)| assert!(score.percent() >= 95.0, "{name}: {:.2} %", score.percent()));
}

/// The text as a JSON string in an object.
fn json(text: &str) -> String {
    serde_json::json!({ "command": text }).to_string()
}

#[test]
fn ordinary_lines_are_unchanged() {
    let mut scores: BTreeMap<String, Score> = BTreeMap::new();
    for (group, lines) in plain::all() {
        for line in lines {
            let masked = mask(&line);
            let score = scores.entry(group.to_string()).or_default();
            score.count(masked == line, || format!("{line:?} became {masked:?}"));
        }
    }
    let percent = print_scores("untouched of what is ordinary", &scores);
    assert!(percent >= 99.8, "{percent:.2} %");
    scores.iter().for_each(|(name, score)| assert!(score.percent() >= 99.0, "{name}: {:.2} %", score.percent()));
}
