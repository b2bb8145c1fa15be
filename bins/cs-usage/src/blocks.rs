//! `blocks`: the five-hour windows of each agent, as its limits count them, and how fast they are used up.

use crate::load::load_for;
use crate::options::Options;
use crate::output::{print_remark, print_rows};
use crate::row::{Field, Shown, Sides, Subject, UsageRow};
use agents::Agent;
use cli::{Context, Form, Outcome};
use cs_core::clock;
use cs_core::zone::Zone;
use render::{Column, format_cost, format_count, format_minute};
use serde_json::json;
use usage::report::{Block, Burn};
use usage::sum::Sum;

pub fn run(options: &Options, context: &mut Context) -> Outcome<()> {
    let (loaded, filter) = load_for(options, None, context)?;
    let view = loaded.view();
    let now = context.now.timestamp_millis();
    let blocks = view.blocks(&view.rows(&filter));
    if blocks.is_empty() {
        return Err(loaded.nothing(options));
    }
    let names_agent = blocks.iter().any(|block| Some(block.agent) != blocks.first().map(|first| first.agent));
    let row = |block| row(block, &loaded.zone, now, names_agent);
    let rows: Vec<UsageRow<Window>> = blocks.into_iter().map(row).collect();
    let out = &mut context.out;
    print_rows(out, options, &rows)?;
    if out.form == Form::Table && !out.quiet && !options.csv {
        print_remark(out, "the client's own percentage of a window: cs-limits")?;
        out.flush()?;
    }
    loaded.end()
}

/// A five-hour window.
struct Window {
    /// Milliseconds since the epoch.
    start: i64,
    end: i64,
    /// The local time of the start.
    local_start: String,
    agent: Agent,
    /// Whether the table has a column for the agent.
    names_agent: bool,
    is_open: bool,
    burn: Option<Burn>,
    /// Tokens and dollars at the end of the window, at the present rate.
    projection: Option<(u64, Option<f64>)>,
}

fn row(block: Block, zone: &Zone, now: i64, names_agent: bool) -> UsageRow<Window> {
    let local = clock::from_millis(block.start + zone.offset(block.start) * 1000);
    let window = Window {
        start: block.start,
        end: block.end(),
        local_start: local.map(format_minute).unwrap_or_default(),
        agent: block.agent,
        names_agent,
        is_open: block.is_open(now),
        burn: block.burn(now),
        projection: block.projection(now),
    };
    UsageRow { subject: window, sum: block.sum, models: block.models }
}

impl Window {
    fn tokens_per_minute(&self) -> Option<f64> {
        self.burn.map(|burn| burn.tokens_per_minute.round())
    }
}

impl Subject for Window {
    fn fields(&self, sum: &Sum) -> Sides<Field> {
        let stamp = |millis: i64| clock::from_millis(millis).map(clock::stamp);
        let cents = |usd: f64| (usd * 100.0).round() / 100.0;
        let usd_per_hour = self.burn.and_then(|burn| burn.usd_per_hour).map(cents);
        Sides {
            before: vec![
                ("start_at", json!(stamp(self.start).unwrap_or_default())),
                ("agent", json!(self.agent.word())),
            ],
            behind: vec![
                ("end_at", json!(stamp(self.end))),
                ("first_at", json!(stamp(sum.first))),
                ("last_at", json!(stamp(sum.last))),
                ("is_open", json!(self.is_open)),
                ("tokens_per_minute", json!(self.tokens_per_minute())),
                ("usd_per_hour", json!(usd_per_hour)),
                ("projected_total_tokens", json!(self.projection.map(|(tokens, _)| tokens))),
                ("projected_cost_usd", json!(self.projection.and_then(|(_, usd)| usd).map(cents))),
            ],
        }
    }

    fn columns(&self, sum: &Sum) -> Sides<Shown> {
        let cost = |usd: Option<f64>| format_cost(usd, sum.unpriced, sum.unconfirmed);
        let at_end = |(tokens, usd)| format!("{}, {}", format_count(tokens), cost(usd));
        let agent = self.names_agent.then(|| (Column::text("agent").worth(25), self.agent.word().to_string()));
        let number =
            |title, worth, text: Option<String>| (Column::number(title).worth(worth), text.unwrap_or_default());
        Sides {
            before: [(Column::text("start"), self.local_start.clone())].into_iter().chain(agent).collect(),
            behind: vec![
                number("tokens/min", 22, self.tokens_per_minute().map(|rate| format_count(rate as u64))),
                number("$/hour", 24, self.burn.map(|burn| cost(burn.usd_per_hour))),
                number("projected", 50, self.projection.map(at_end)),
            ],
        }
    }
}
