//! `daily`, `weekly`, `monthly`, `session`, `project`, `repo`, `model`: rows by one key.

use crate::PROGRAM;
use crate::load::{Loaded, load_for};
use crate::options::Options;
use crate::output::print_rows;
use crate::row::{Field, Shown, Sides, Subject, UsageRow};
use agents::Agent;
use cli::{Context, Form, Outcome, note};
use cs_core::clock;
use render::{Column, Table, TableCell, format_count, format_number};
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;
use usage::report::{By, Filter, Group, Key, View};
use usage::row::QuarterRow;
use usage::stats;
use usage::sum::Sum;

pub fn run(by: By, options: &Options, context: &mut Context) -> Outcome<()> {
    let (loaded, filter) = load_for(options, Some(by), context)?;
    let view = loaded.view();
    let rows = view.rows(&filter);
    let groups: Vec<UsageRow<Part>> = view.groups(&rows, by).into_iter().map(|group| row(&view, group, by)).collect();
    let older = if by == By::Day { remembered(&loaded, options, &filter, &rows) } else { BTreeMap::new() };
    if groups.is_empty() && older.is_empty() {
        return Err(loaded.nothing(options));
    }
    if !groups.is_empty() {
        print_rows(&mut context.out, options, &groups)?;
    }
    print_remembered(context, options, &older)?;
    loaded.end()
}

/// A part of what was used.
enum Part {
    Named {
        /// The kind of name: `date`, `week`, `month`, `project` or `repo`.
        kind: &'static str,
        name: String,
    },
    Model {
        model: String,
        agent: Agent,
    },
    Conversation(Conversation),
}

/// A conversation, as its log describes it.
#[derive(Default)]
struct Conversation {
    id: String,
    agent: &'static str,
    project: String,
    title: Option<String>,
    turns: u64,
    /// The local day of its last call.
    last_day: String,
    is_summary: bool,
}

fn row(view: &View, group: Group, by: By) -> UsageRow<Part> {
    let named = |kind, name: String| Part::Named { kind, name };
    let part = match (group.key, by) {
        (Key::Date(day), By::Week) => named("week", day.to_string()),
        (Key::Date(day), By::Month) => named("month", day.to_string().chars().take(7).collect()),
        (Key::Date(day), _) => named("date", day.to_string()),
        (Key::Project(project), _) => named("project", project),
        (Key::Repo(repo), _) => named("repo", repo),
        (Key::Model(agent, model), _) => Part::Model { model, agent },
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

impl Subject for Part {
    fn fields(&self, sum: &Sum) -> Sides<Field> {
        match self {
            Part::Named { kind, name } => Sides { before: vec![(kind, json!(name))], ..Sides::default() },
            Part::Model { model, agent } => {
                let before = vec![("model", json!(model)), ("agent", json!(agent.word()))];
                Sides { before, ..Sides::default() }
            }
            Part::Conversation(conversation) => conversation.fields(sum),
        }
    }

    fn columns(&self, _sum: &Sum) -> Sides<Shown> {
        match self {
            Part::Named { kind, name } => {
                let column =
                    if self.has_share() { Column::text(kind).shrinks(12).of_paths() } else { Column::text(kind) };
                Sides { before: vec![(column, name.clone())], behind: Vec::new() }
            }
            Part::Model { model, agent } => {
                let agent = (Column::text("agent").worth(25), agent.word().to_string());
                let before = vec![(Column::text("model").shrinks(12), model.clone()), agent];
                Sides { before, behind: Vec::new() }
            }
            Part::Conversation(conversation) => conversation.columns(),
        }
    }

    fn has_share(&self) -> bool {
        match self {
            Part::Named { kind, .. } => matches!(*kind, "project" | "repo"),
            Part::Model { .. } => true,
            Part::Conversation(_) => false,
        }
    }
}

impl Conversation {
    fn fields(&self, sum: &Sum) -> Sides<Field> {
        let stamp = |millis: i64| clock::from_millis(millis).map(clock::stamp);
        Sides {
            before: vec![("session_id", json!(self.id))],
            behind: vec![
                ("agent", json!(self.agent)),
                ("project", json!(self.project)),
                ("title", json!(self.title)),
                ("turns", json!(self.turns)),
                ("first_at", json!(stamp(sum.first))),
                ("last_at", json!(stamp(sum.last))),
                ("source", json!(if self.is_summary { "summary" } else { "log" })),
            ],
        }
    }

    fn columns(&self) -> Sides<Shown> {
        Sides {
            before: vec![(Column::text("session").shrinks(8), self.id.clone())],
            behind: vec![
                (Column::number("turns").worth(15), format_number(self.turns)),
                (Column::text("last").worth(45), self.last_day.clone()),
                (Column::text("project").worth(35).shrinks(8).of_paths(), self.project.clone()),
                (Column::text("title").worth(60).shrinks(12), self.title.clone().unwrap_or_default()),
            ],
        }
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
