//! `budgets`: a row for each budget.

use crate::known::settings;
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Form, Outcome};
use cs_core::clock::Instant;
use cs_core::zone::Zone;
use limit_words::{BudgetRow, format_budget};
use limits::budget::{self, Spent};
use render::{Column, Style, Table, TableCell, format_bar, format_dollars, format_near_time, format_used_percent};

/// show each budget (limits.budgets in config.json): what was spent of it, and what it comes to at the end of its period.
/// Nothing is ever blocked
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "budgets", example = "{command_name}", example = "{command_name} --json")]
pub struct Budgets {}

/// The cells of a bar.
const CELLS: usize = 8;

impl Budgets {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let settings = settings(context, &context.config());
        if settings.budgets.is_empty() {
            let hint = "add one to limits.budgets in config.json; docs/LIMITS.md has an example".to_string();
            return Err(Failure::Advised("no budget is set".into(), hint));
        }
        let now = context.now;
        let all = budget::all(&context.store, &settings.budgets, now);
        let out = &mut context.out;
        match out.form {
            _ if out.quiet => all.iter().try_for_each(|spent| out.line(&format_budget(&spent.budget)))?,
            Form::Json => all.iter().try_for_each(|spent| out.json(&BudgetRow::of(spent)))?,
            Form::Table => {
                let columns = vec![
                    Column::text("budget").shrinks(12),
                    Column::number("spent"),
                    Column::text("used"),
                    Column::number("projected"),
                    Column::text("until"),
                    Column::main("note"),
                ];
                let mut table = Table::new(columns);
                all.iter().for_each(|spent| table.push(row(spent, now)));
                out.show(&table)?;
            }
        }
        out.flush()
    }
}

fn row(spent: &Spent, now: Instant) -> Vec<TableCell> {
    let zone = Zone::system();
    let more = if spent.at_least { "at least " } else { "" };
    let used = |percent: f64| format!("{} {:>4}", format_bar(percent / 100.0, CELLS), format_used_percent(percent));
    let projected = spent.projected_usd.map_or_else(|| "not known yet".to_string(), format_dollars);
    vec![
        format_budget(&spent.budget).into(),
        spent.usd.map_or_else(|| "?".to_string(), |usd| format!("{more}{}", format_dollars(usd))).into(),
        TableCell::styled(spent.percent().map(used).unwrap_or_else(|| "?".to_string()), style(spent.percent())),
        TableCell::styled(projected, style(spent.projected_percent())),
        format_near_time(spent.period.1, &zone.day_of(now), zone).into(),
        spent.unknown.unwrap_or_default().into(),
    ]
}

/// How urgent it is that so many percent of a budget are used.
fn style(percent: Option<f64>) -> Style {
    match percent {
        Some(percent) if percent >= 100.0 => Style::Wrong,
        Some(percent) if percent >= 80.0 => Style::Turn,
        _ => Style::Plain,
    }
}
