//! `daily`, `weekly`, `monthly`, `session`, `project`, `repo`, `model`: rows by one key.

use crate::PROGRAM;
use crate::elsewhere::{self, Joined};
use crate::load::{Loaded, load_for};
use crate::options::Options;
use crate::output::print_rows;
use crate::part::{Conversation, Part};
use crate::row::UsageRow;
use agents::Agent;
use cli::{Context, Failures, Form, Outcome, note};
use render::{Column, Table, TableCell, format_count};
use serde::Serialize;
use std::collections::BTreeMap;
use usage::report::{By, Filter, Group, Key, View};
use usage::row::QuarterRow;
use usage::stats;
use usage::sum::Sum;

pub fn run(by: By, options: &Options, context: &mut Context) -> Outcome<()> {
    let (loaded, filter) = load_for(options, Some(by), context)?;
    let view = loaded.view();
    let rows = view.rows(&filter);
    let groups = view.groups(&rows, by).into_iter().map(|group| row(&view, group, by)).collect();
    let mut failures = Failures::default();
    let Joined { rows: groups, machines } = elsewhere::join(groups, by, options, &loaded.zone, context, &mut failures)?;
    let older = if by == By::Day { remembered(&loaded, options, &filter, &rows) } else { BTreeMap::new() };
    if groups.is_empty() && older.is_empty() {
        return Err(loaded.nothing(options));
    }
    if !groups.is_empty() {
        print_rows(&mut context.out, options, &groups)?;
        elsewhere::print_source(&mut context.out, options, machines)?;
    }
    print_remembered(context, options, &older)?;
    failures.end()?;
    loaded.end()
}

fn row(view: &View, group: Group, by: By) -> UsageRow<Part> {
    let named = |kind, name: String| Part::Named { kind, name };
    let part = match (group.key, by) {
        (Key::Date(day), By::Week) => named("week", day.to_string()),
        (Key::Date(day), By::Month) => named("month", day.to_string().chars().take(7).collect()),
        (Key::Date(day), _) => named("date", day.to_string()),
        (Key::Project(project), _) => named("project", project),
        (Key::Repo(repo), _) => named("repo", repo),
        (Key::Model(agent, model), _) => Part::Model { model, agent: Some(agent) },
        (Key::Session(index), _) => Part::Conversation(conversation(view, index, &group.sum)),
    };
    UsageRow { subject: part, sum: group.sum, models: group.models }
}

fn conversation(view: &View, index: u32, sum: &Sum) -> Conversation {
    let Some(session) = view.book.sessions.get(index as usize) else { return Conversation::default() };
    Conversation {
        id: session.id.clone(),
        agent: session.agent.word(),
        project: view.projects.get(index as usize).cloned().unwrap_or_default(),
        title: session.title.clone(),
        turns: session.turns,
        last_day: view.zone.day(sum.last).to_string(),
        is_summary: session.is_summary,
    }
}

/// Days that only Claude Code's `stats-cache.json` still has, with the tokens of each model.
fn remembered(
    loaded: &Loaded,
    options: &Options,
    filter: &Filter,
    rows: &[&QuarterRow],
) -> BTreeMap<String, BTreeMap<String, u64>> {
    // That file has neither projects nor hours.
    if options.project.is_some() || options.repo.is_some() || options.agent == Some(Agent::Codex) {
        return BTreeMap::new();
    }
    let wanted =
        |start: i64| filter.since.is_none_or(|since| start >= since) && filter.until.is_none_or(|until| start < until);
    let days = stats::uncovered(&loaded.roots.of(Agent::Claude), &loaded.book, rows).into_iter();
    let days = days.filter(|(day, _)| wanted(loaded.zone.start_of(*day)));
    days.map(|(day, models)| (day.to_string(), models)).collect()
}

#[derive(Serialize)]
struct Remembered<'a> {
    date: &'a str,
    source: &'static str,
    total_tokens: u64,
    cost_usd: Option<f64>,
    tokens_by_model: &'a BTreeMap<String, u64>,
}

/// Prints these days apart from the others: they are UTC days with input and output tokens only, without cost.
fn print_remembered(
    context: &mut Context,
    options: &Options,
    days: &BTreeMap<String, BTreeMap<String, u64>>,
) -> Outcome<()> {
    if days.is_empty() || context.out.quiet {
        return Ok(());
    }
    if options.csv {
        let count = days.len();
        note(
            PROGRAM,
            &format!("days that only Claude Code's stats-cache.json knows are left out ({count}); --json has them"),
        );
        return Ok(());
    }
    if context.out.form == Form::Json {
        for (date, models) in days {
            let total_tokens = models.values().sum();
            let source = "stats-cache";
            context.out.json(&Remembered { date, source, total_tokens, cost_usd: None, tokens_by_model: models })?;
        }
        return context.out.flush();
    }
    context.out.line("\nOnly in Claude Code's stats-cache.json (UTC days; input and output tokens, no cost):")?;
    let columns = vec![Column::text("date"), Column::number("tokens"), Column::main("models")];
    let mut table = Table::new(columns);
    for (date, models) in days {
        let names: Vec<&str> = models.keys().map(String::as_str).collect();
        let cells = [date.clone(), format_count(models.values().sum()), names.join(", ")];
        table.push(cells.map(TableCell::from).into());
    }
    context.out.show(&table)?;
    context.out.flush()
}
