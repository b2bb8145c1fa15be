//! The payload that Claude Code sends to its status line, and the formats that people configure.

use std::sync::LazyLock;

use agents::statusline::Payload;
use cli::format;
use cs_core::clock::{self, Instant};
use cs_core::id::Uuid;
use cs_core::paths::Home;
use cs_core::statusline::Reading;
use cs_core::store::Store;
use cs_core::zone::{Day, Zone};
use unicode_width::UnicodeWidthStr;

use super::{check_repair, parts, samples, text};
use crate::Target;
use program::facts::Facts;
use program::{layout, style};

/// The program's own source files, because a program cannot be linked.
#[allow(dead_code, reason = "the program uses more of them")]
#[path = "../../../../bins/cs-statusline/src"]
mod program {
    pub mod facts;
    pub mod layout;
    pub mod style;
}

pub const TARGET: Target = Target { name: "statusline", check, words: WORDS, seeds, most: 6 << 10, runs: 100_000 };

const WORDS: &[&str] = &[
    "\"session_id\":",
    "\"model\":",
    "\"display_name\":",
    "\"workspace\":",
    "\"current_dir\":",
    "\"project_dir\":",
    "\"cwd\":",
    "\"cost\":",
    "\"total_cost_usd\":",
    "\"total_duration_ms\":",
    "\"total_lines_added\":",
    "\"context_window\":",
    "\"used_percentage\":",
    "\"total_input_tokens\":",
    "\"context_window_size\":",
    "\"rate_limits\":",
    "\"five_hour\":",
    "\"resets_at\":",
    "{model}",
    "{bar}",
    "{tokens}",
    "{lines}",
    "{five_hour}",
    "[ ({project})]",
    "[[",
    "]",
    "{nobody}",
    "\u{2764}\u{fe0f}",
    "\u{200d}",
    "\u{301}",
    "\u{1f469}\u{200d}\u{1f4bb}",
    "\u{9b}31m",
    "\u{2028}",
    "\u{3000}",
];

fn seeds() -> Vec<Vec<u8>> {
    let reported = samples("fixtures/claude-code/statusline", ".json").into_iter();
    let lines = samples("fixtures/claude-code/statusline", ".jsonl");
    let lines = lines.iter().flat_map(|file| file.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).take(6));
    let mut all: Vec<Vec<u8>> = reported.chain(lines).filter(|line| !line.is_empty()).collect();
    let limits = r#"{"rate_limits":{"five_hour":{"used_percentage":41.5,"resets_at":1795273200}},"cwd":"/w/日本"}"#;
    for format in ["{five_hour}[ {nobody}[ {lines}]]\\[", "{project}", "[", "{", "", "\u{2764}\u{fe0f} {cost}"] {
        all.push([limits.as_bytes(), b"\xff", format.as_bytes(), b"\xff12"].concat());
    }
    all.push([b"{}\xff", "[".repeat(60_000).as_bytes()].concat());
    all.push([b"{\"cwd\":\"/w/x\"}\xff", "[{project}]".repeat(9_000).as_bytes(), b"\xff70"].concat());
    all.push(b"".to_vec());
    all
}

static NOW: LazyLock<Instant> = LazyLock::new(|| clock::parse("2026-11-21T10:00:00Z").expect("an instant"));
static TODAY: LazyLock<Day> = LazyLock::new(|| Zone::utc().day_of(*NOW));

fn check(bytes: &[u8]) {
    check_repair(bytes);
    let parts = parts(bytes);
    let part = |n: usize| text(parts.get(n).copied().unwrap_or_default());
    let payload = Payload::decode(parts[0]);
    let reading = figures(&payload);
    let uuid = payload.text("/session_id").and_then(|id| Uuid::parse(id).ok());
    let store = Store::for_hooks(Home::at("/nonexistent"), agents::WITNESS);
    let facts = Facts {
        store: Some(&store),
        uuid: uuid.as_ref(),
        payload: &payload,
        reading: &reading,
        today: &TODAY,
        now: *NOW,
        seen: Default::default(),
    };
    let asked = part(2).trim().parse().unwrap_or(80).max(1);
    for width in [1, 2, 40, asked] {
        let own = shown(&facts, layout::FORMAT, width);
        assert!(own.width() > 0 && !own.trim().is_empty(), "blank at {width}: {own:?}");
        shown(&facts, &part(1), width);
    }
    let whole = shown(&facts, "{model}|{project}", usize::MAX);
    if let Some(model) = &reading.model {
        assert!(whole.starts_with(&cli::sanitize(model)), "{whole:?} without {model:?}");
    }
}

/// The line as a terminal shows it; panics unless it is one fitting line without control codes other than our colours.
fn shown(facts: &Facts, format: &str, width: usize) -> String {
    let line = format::fit(&format::parse(format), &|name| facts.value(name), width, &style::paint);
    let codes = render::STYLES.map(render::Style::code).into_iter().chain(["0"]);
    let plain = codes.fold(line.clone(), |line, code| line.replace(&format!("\u{1b}[{code}m"), ""));
    let steers = |c: char| c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    assert!(!plain.contains(steers), "{plain:?}");
    assert!(plain.width() <= width, "{} columns of {width}: {plain:?}", plain.width());
    assert_eq!(line.matches("\u{1b}[0m").count() * 2, line.matches('\u{1b}').count(), "unterminated colour: {line:?}");
    plain
}

/// The stored figures; panics unless they can be read back and their sums make sense.
fn figures(payload: &Payload) -> Reading {
    let (day, began) = (TODAY.date.to_string(), TODAY.began);
    let first = payload.reading(None, &day, began, *NOW);
    let second = payload.reading(Some(&first), &day, began, *NOW);
    for reading in [&first, &second] {
        let written = serde_json::to_vec(reading).expect("figures can be serialised");
        let again: Reading = serde_json::from_slice(&written).expect("written data can be read");
        assert_eq!(again, *reading);
        let used = reading.context_used_percentage.into_iter().chain(reading.cost_usd).chain(reading.cost_today_usd());
        used.for_each(|figure| assert!(figure.is_finite() && figure >= 0.0, "{reading:?}"));
        for limit in [&reading.five_hour, &reading.seven_day].into_iter().flatten() {
            assert!(limit.resets_at.as_deref().is_none_or(|at| clock::parse(at).is_some()), "{limit:?}");
        }
    }
    assert!(!second.is_due_after(Some(&first)), "the same data is not written again");
    first
}
