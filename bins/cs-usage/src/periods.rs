//! `daily`, `weekly`, `monthly`, `session`, `project`, `repo`, `model`: rows by one key.

use crate::PROGRAM;
use crate::command::Options;
use crate::join;
use crate::load::{Loaded, load_for};
use crate::render::{Line, print};
use agents::Agent;
use cli::{Context, Failure, Form, Outcome, note};
use cs_core::clock;
use render::format_count;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use usage::book::Row;
use usage::report::{By, Filter, Group, Key, View};
use usage::stats;

pub fn run(by: By, options: &Options, context: &mut Context) -> Outcome<()> {
    if options.join && by != By::Session {
        return Err(Failure::Usage("--join is for session".into(), None));
    }
    let (loaded, filter) = load_for(options, context)?;
    let view = loaded.view();
    let rows = view.rows(&filter);
    if options.join {
        join::run(options, context, &loaded, &rows)?;
        return loaded.end();
    }
    let lines: Vec<Line> = view.groups(&rows, by).into_iter().map(|group| line(&view, group, by)).collect();
    let older = if by == By::Day { remembered(&loaded, options, &filter, &rows) } else { BTreeMap::new() };
    if lines.is_empty() && older.is_empty() {
        return Err(loaded.nothing());
    }
    let (header, more) = columns(by);
    if !lines.is_empty() {
        print(&mut context.out, options, header, more, &lines)?;
    }
    print_remembered(context, options, &older)?;
    loaded.end()
}

fn columns(by: By) -> (&'static [&'static str], &'static [&'static str]) {
    match by {
        By::Day => (&["date"], &[]),
        By::Week => (&["week"], &[]),
        By::Month => (&["month"], &[]),
        By::Session => (&["session"], &["turns", "last", "project", "title"]),
        By::Project => (&["project"], &[]),
        By::Repo => (&["repo"], &[]),
        By::Model => (&["model", "agent"], &[]),
    }
}

fn line(view: &View, group: Group, by: By) -> Line {
    let (keys, cells) = keys(view, &group.key, by);
    let (more, more_cells) = match group.key {
        Key::Session(place) => about_session(view, place, &group),
        _ => (Vec::new(), Vec::new()),
    };
    Line { keys, cells, sum: group.sum, models: group.models, more, more_cells }
}

fn keys(view: &View, key: &Key, by: By) -> (Vec<(&'static str, Value)>, Vec<String>) {
    let one = |name, text: String| (vec![(name, Value::from(text.clone()))], vec![text]);
    match (key, by) {
        (Key::Date(day), By::Week) => one("week", day.to_string()),
        (Key::Date(day), By::Month) => one("month", day.to_string().chars().take(7).collect()),
        (Key::Date(day), _) => one("date", day.to_string()),
        (Key::Project(project), _) => one("project", project.clone()),
        (Key::Repo(repo), _) => one("repo", repo.clone()),
        (Key::Session(place), _) => {
            one("session_id", view.book.sessions.get(*place as usize).map(|s| s.id.clone()).unwrap_or_default())
        }
        (Key::Model(agent, model), _) => {
            let agent = agent.word();
            (vec![("model", json!(model)), ("agent", json!(agent))], vec![model.clone(), agent.to_string()])
        }
    }
}

fn about_session(view: &View, place: u32, group: &Group) -> (Vec<(&'static str, Value)>, Vec<String>) {
    let Some(session) = view.book.sessions.get(place as usize) else { return (Vec::new(), Vec::new()) };
    let project = view.projects.get(place as usize).cloned().unwrap_or_default();
    let stamp = |millis: i64| clock::from_millis(millis).map(clock::stamp);
    let more = vec![
        ("agent", json!(session.agent.word())),
        ("project", json!(project)),
        ("title", json!(session.title)),
        ("turns", json!(session.turns)),
        ("first_at", json!(stamp(group.sum.first))),
        ("last_at", json!(stamp(group.sum.last))),
        ("source", json!(if session.kept { "summary" } else { "log" })),
    ];
    let title = session.title.clone().unwrap_or_default();
    let cells = vec![session.turns.to_string(), view.zone.day(group.sum.last).to_string(), project, title];
    (more, cells)
}

/// Days that only Claude Code's own `stats-cache.json` still knows, with the tokens of each model.
fn remembered(
    loaded: &Loaded,
    options: &Options,
    filter: &Filter,
    rows: &[&Row],
) -> BTreeMap<String, BTreeMap<String, u64>> {
    // It knows neither projects nor hours.
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

/// Never among the others: UTC days, input and output tokens only, no cost.
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
    let rows: Vec<Vec<String>> = days
        .iter()
        .map(|(date, models)| {
            let names: Vec<&str> = models.keys().map(String::as_str).collect();
            vec![date.clone(), format_count(models.values().sum()), names.join(", ")]
        })
        .collect();
    context.out.table(&["date", "tokens", "models"], &rows)?;
    context.out.flush()
}
