//! `plan`: the planned starts, and a start that puts a reset into the middle of the busiest hours.

use crate::known::{Wanted, settings};
use crate::now::dim;
use crate::timeline::FIVE_HOUR;
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Form, Out, Outcome};
use cs_core::zone::Zone;
use limit_words::{StartRow, format_limit, format_weekdays};
use limits::history::History;
use limits::key::Key;
use limits::plan;
use limits::settings::Start;
use limits::timeline;
use render::{Column, Table, format_duration, format_local_minute, format_time_of_day};
use serde::Serialize;

/// show when work is planned to begin (limits.plan in config.json); nothing is started but a command of your own. With
/// --suggest, name the start that puts a reset into the middle of the five busiest hours
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "plan", example = "{command_name}", example = "{command_name} --suggest")]
pub struct Plan {
    /// name the start that puts a reset into the middle of the five busiest hours
    #[argh(switch)]
    suggest: bool,
    /// for --suggest, only this account: its name in config.json, else default or its hash
    #[argh(option)]
    account: Option<String>,
}

/// The hours of the window whose start is suggested.
const HOURS: u16 = 5;
/// Minutes of a day.
const DAY: u16 = 24 * 60;

impl Plan {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        match self.suggest {
            true => suggest(context, self.account),
            false => show(context),
        }?;
        context.out.flush()
    }
}

fn show(context: &mut Context) -> Outcome<()> {
    let config = context.config();
    let settings = settings(context, &config);
    if settings.plan.is_empty() {
        let hint = "add it to limits.plan in config.json; cs-limits plan --suggest names one".to_string();
        return Err(Failure::Advised("no start is planned".into(), hint));
    }
    let now = context.now;
    let out = &mut context.out;
    match out.form {
        _ if out.quiet => settings.plan.iter().try_for_each(|start| out.line(&format_time_of_day(start.minute))),
        Form::Json => settings.plan.iter().try_for_each(|start| out.json(&StartRow::of(start, now, Zone::system()))),
        Form::Table => {
            let columns = ["start", "days", "next", "reminded"].map(Column::text).into_iter();
            let mut table = Table::new(columns.chain([Column::main("command")]).collect());
            let zone = Zone::system();
            for start in &settings.plan {
                let next = plan::next(start, now, zone).map(|at| format_local_minute(at, zone));
                table.push(vec![
                    format_time_of_day(start.minute).into(),
                    format_weekdays(&start.days).into(),
                    next.unwrap_or_else(|| "never".into()).into(),
                    format!("{} before", format_duration(start.remind.num_seconds())).into(),
                    start.command.join(" ").into(),
                ]);
            }
            out.show(&table)?;
            match config.settings.notifications_enabled {
                true => Ok(()),
                false => dim(out, "notices are off: no reminder and no command comes (cs-notify on)"),
            }
        }
    }
}

/// A start that is suggested.
#[derive(Serialize)]
struct Suggested {
    limit: String,
    at: String,
    resets: String,
    busiest_from: String,
    busiest_until: String,
    is_planned: bool,
}

fn suggest(context: &mut Context, account: Option<String>) -> Outcome<()> {
    let config = context.config();
    let settings = settings(context, &config);
    let wanted = Wanted { window: Some(FIVE_HOUR.to_string()), account };
    let (mut unknown, mut is_any) = (Vec::new(), false);
    for (key, account, history) in &wanted.histories(context, &config)? {
        let name = format_limit(key, account);
        match suggested(context, key, history, &settings.plan) {
            Some(suggested) => {
                is_any = true;
                print(&mut context.out, &name, &suggested)?;
            }
            None => unknown.push(name),
        }
    }
    let text = |name: &str| format!("{name}: not known yet which hours are busy: {}", few_days());
    match unknown.first() {
        Some(name) if !is_any => Err(Failure::Nothing(text(name))),
        _ if context.out.quiet || context.out.form == Form::Json => Ok(()),
        _ => unknown.iter().try_for_each(|name| context.out.line(&text(name))),
    }
}

/// Why no start is suggested.
fn few_days() -> String {
    format!("fewer than {} days with use in the last four weeks", plan::DAYS)
}

fn print(out: &mut Out, name: &str, suggested: &Suggested) -> Outcome<()> {
    let Suggested { at, resets, busiest_from, busiest_until, is_planned, .. } = suggested;
    match out.form {
        _ if out.quiet => out.line(at),
        Form::Json => out.json(suggested),
        Form::Table => {
            out.line(&format!("{name}: begin at {at}{}", if *is_planned { ", as planned" } else { "" }))?;
            out.line(&format!(
                "  the reset at {resets} is amid your busiest five hours, {busiest_from} to {busiest_until}"
            ))
        }
    }
}

fn suggested(context: &Context, key: &Key, history: &History, planned: &[Start]) -> Option<Suggested> {
    let (now, zone) = (context.now, Zone::system());
    let (by_hour, days) = (timeline::by_hour(history, now, zone), timeline::days(history, now, zone));
    let time = |minute: u16| format_time_of_day(minute % DAY);
    let of = |plan::Suggestion { start, reset }| Suggested {
        limit: key.stem(),
        at: time(start),
        resets: time(reset),
        busiest_from: time(reset + DAY - HOURS * 30),
        busiest_until: time(reset + HOURS * 30),
        is_planned: planned.iter().any(|planned| planned.minute == start),
    };
    plan::suggest(&by_hour, days, HOURS).map(of)
}
