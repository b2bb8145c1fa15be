//! `wait`: waits until agents are idle, wait for an answer, or end. Must stay true: an idle agent counts only if its turn
//! ended after the last thing that it was given, so an old end of a turn is never taken for a new one; nothing is written.

use crate::row::{self, Row};
use crate::watch::{Goal, Met, Plan, Watch};
use argh::{ArgsInfo, FromArgs};
use cli::seat::{Agents, names};
use cli::{Context, Failure, Failures, Form, Out, Outcome, patience};
use cs_core::clock::{self, Instant};
use cs_core::range;
use cs_core::store::Store;
use cs_core::zone::Zone;
use seats::Seat;
use seats::sight::{Held, Seen};
use serde::Serialize;
use std::time::Duration;

/// wait until agents have ended the turn that began with the last prompt or message they got
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "wait",
    example = "{command_name} builder --timeout 5m",
    example = "cs-agent children -q | {command_name} - --any --for idle,waiting"
)]
pub struct Wait {
    /// the agents; - reads them from standard input
    #[argh(positional)]
    agent: Vec<String>,
    /// what to wait for: idle, waiting or end (its turn is over, it asks, its client ended); or several: idle,waiting
    #[argh(option, long = "for", default = "String::from(\"idle\")")]
    goals: String,
    /// stop waiting when the first agent has reached it
    #[argh(switch)]
    any: bool,
    /// at most so long: 30s, 5m; a number alone is in seconds
    #[argh(option, from_str_fn(patience))]
    timeout: Option<Duration>,
    /// only an end of a turn after TIME counts: now, a time such as 2026-11-21T09:30, or an age such as 5m
    #[argh(option)]
    since: Option<String>,
}

/// A seat that reached what was waited for.
#[derive(Serialize)]
struct Reached<'a> {
    reached: &'static str,
    #[serde(flatten)]
    row: Row<'a>,
}

impl Wait {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let agents = Agents::read(&context.store)?;
        let named = names(&self.agent)?;
        if named.is_empty() {
            return Err(Failure::Usage(
                "no agent given".into(),
                Some("name one, or - for ids on standard input".into()),
            ));
        }
        let mut seats: Vec<&Seat> = Vec::new();
        for name in &named {
            let seat = agents.find(Some(name))?;
            if agents.caller.seat().is_some_and(|own| own.agent_id == seat.agent_id) {
                return Err(Failure::Nothing("an agent cannot wait for itself".into()));
            }
            if !seats.iter().any(|known| known.agent_id == seat.agent_id) {
                seats.push(seat);
            }
        }
        let plan = Plan {
            goals: self.goals.split(',').map(Goal::parse).collect::<Outcome<_>>()?,
            any: self.any,
            timeout: self.timeout,
            since: self.since.as_deref().map(|text| since(text, context.now)).transpose()?,
        };
        wait(context, &seats, &plan)
    }
}

fn since(text: &str, now: Instant) -> Outcome<Instant> {
    match text {
        "now" => Ok(now),
        text => Ok(range::start(text, Zone::system(), now)?),
    }
}

/// Waits, and prints the seats that reach it, each at once for programs.
pub fn wait(context: &mut Context, seats: &[&Seat], plan: &Plan) -> Outcome<()> {
    let stale_after = context.config().stale_after();
    let Context { store, out, .. } = context;
    let mut watch = Watch::new(store, seats, plan, stale_after);
    let mut failures = Failures::default();
    let mut rows = Vec::new();
    loop {
        let count = rows.len();
        for met in watch.look()? {
            match met {
                Met::Reached(goal, seen) => rows.push(tell(store, out, &seen, goal)?),
                Met::EndedFirst(text) => failures.report(Failure::Nothing(text))?,
                Met::HasNoTask(failure) => failures.report(failure)?,
                Met::News(text) => cli::note(crate::PROGRAM, &text),
            }
        }
        if rows.len() > count {
            out.flush()?;
        }
        if watch.is_done() || plan.any && !rows.is_empty() {
            break;
        }
        if let Some(text) = watch.time_is_up() {
            failures.report(Failure::Later(text, None))?;
            break;
        }
        watch.sleep();
    }
    if out.form == Form::Table && !out.quiet && !rows.is_empty() {
        out.table(&["name", "id", "reached", "what it said"], &rows)?;
    }
    out.flush()?;
    // Another agent that ended does not matter if one was enough.
    if plan.any && !rows.is_empty() { Ok(()) } else { failures.end() }
}

/// Prints a seat for programs; returns its row for people.
fn tell(store: &Store, out: &mut Out, seen: &Seen, goal: Goal) -> Outcome<Vec<String>> {
    let held = Held::read(store, std::slice::from_ref(seen.seat), clock::now());
    let row = row::row(store, seen, &held, 0);
    let said = row.asks.or(row.failed).or(row.said).unwrap_or(row.state_reason);
    let cells = vec![row.name.to_string(), row.agent_id.to_string(), goal.as_str().to_string(), said.to_string()];
    match out.form {
        _ if out.quiet => out.line(row.agent_id)?,
        Form::Json => out.json(&Reached { reached: goal.as_str(), row })?,
        Form::Table => {}
    }
    Ok(cells)
}
