//! `blocks`: five-hour windows of each agent, as its limits count them, with how fast one is used up.

use crate::command::Options;
use crate::load::load_for;
use crate::render::{Line, print};
use cli::{Context, Failure, Outcome};
use cs_core::clock;
use cs_core::zone::Zone;
use render::{format_cost, format_count, format_minute};
use serde_json::json;
use usage::report::Block;

pub fn run(options: &Options, context: &mut Context) -> Outcome<()> {
    if options.join {
        return Err(Failure::Usage("--join is for session".into(), None));
    }
    let (loaded, filter) = load_for(options, context)?;
    let view = loaded.view();
    let now = context.now.timestamp_millis();
    let blocks = view.blocks(&view.rows(&filter));
    if blocks.is_empty() {
        return Err(loaded.nothing());
    }
    let several = blocks.iter().any(|block| Some(block.agent) != blocks.first().map(|first| first.agent));
    let header: &[&str] = if several { &["start", "agent"] } else { &["start"] };
    let line = |block| line(block, &loaded.zone, now, header.len());
    let lines: Vec<Line> = blocks.into_iter().map(line).collect();
    print(&mut context.out, options, header, &["tokens/min", "$/hour", "at its end"], &lines)?;
    loaded.end()
}

/// A window with so many of its keys in a table.
fn line(block: Block, zone: &Zone, now: i64, keys: usize) -> Line {
    let stamp = |millis: i64| clock::from_millis(millis).map(clock::stamp);
    let (burn, projection) = (block.burn(now), block.projection(now));
    let cents = |usd: f64| (usd * 100.0).round() / 100.0;
    let per_minute = burn.map(|burn| burn.tokens_per_minute.round());
    let per_hour = burn.and_then(|burn| burn.usd_per_hour).map(cents);
    let more = vec![
        ("end_at", json!(stamp(block.end()))),
        ("first_at", json!(stamp(block.sum.first))),
        ("last_at", json!(stamp(block.sum.last))),
        ("is_open", json!(block.is_open(now))),
        ("tokens_per_minute", json!(per_minute)),
        ("usd_per_hour", json!(per_hour)),
        ("projected_total_tokens", json!(projection.map(|(tokens, _)| tokens))),
        ("projected_cost_usd", json!(projection.and_then(|(_, usd)| usd).map(cents))),
    ];
    let dollars = |usd: Option<f64>| format_cost(usd, block.sum.unpriced, block.sum.unconfirmed);
    let more_cells = vec![
        per_minute.map(|rate| format_count(rate as u64)).unwrap_or_default(),
        burn.map(|burn| dollars(burn.usd_per_hour)).unwrap_or_default(),
        projection.map(|(tokens, usd)| format!("{}, {}", format_count(tokens), dollars(usd))).unwrap_or_default(),
    ];
    let start = stamp(block.start).unwrap_or_default();
    let local = block.start + zone.offset(block.start) * 1000;
    let shown = clock::from_millis(local).map(format_minute).unwrap_or_default();
    let agent = block.agent.word();
    Line {
        keys: vec![("start_at", json!(start)), ("agent", json!(agent))],
        cells: [shown, agent.to_string()].into_iter().take(keys).collect(),
        sum: block.sum,
        models: block.models,
        more,
        more_cells,
    }
}
