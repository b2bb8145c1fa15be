//! `timeline`: the hours of the day, how much is usually used in each, and when work is planned to begin.

use crate::known::{Wanted, settings};
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Form, Out, Outcome, terminal};
use cs_core::zone::Zone;
use limit_words::{format_limit, format_weekdays};
use limits::history::History;
use limits::key::Key;
use limits::settings::Settings;
use limits::timeline;
use render::{Column, Style, Table, TableCell, format_bar, format_points, format_time_of_day, wrap_to_width};
use serde::Serialize;

/// show the hours of the day: how much of a limit is usually used in each, by the last four weeks, and when work is
/// planned to begin
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "timeline", example = "{command_name}", example = "{command_name} --window seven_day --json")]
pub struct Timeline {
    /// the window that is shown: five_hour or seven_day (default: five_hour)
    #[argh(option, default = "FIVE_HOUR.to_string()")]
    window: String,
    /// only this account: its name in config.json, else default or its hash
    #[argh(option)]
    account: Option<String>,
}

/// The window that is meant unless another one is named.
pub const FIVE_HOUR: &str = "five_hour";
/// The cells of a bar.
const CELLS: usize = 24;

/// An hour of the day.
#[derive(Serialize)]
struct Hour {
    limit: String,
    hour: u16,
    /// Percentage points that are usually used in it; null if no use of the last four weeks was reported.
    points: Option<f64>,
    starts: Vec<String>,
    is_now: bool,
}

impl Timeline {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let config = context.config();
        let settings = settings(context, &config);
        let wanted = Wanted { window: Some(self.window), account: self.account };
        for (key, account, history) in wanted.histories(context, &config)? {
            let hours = hours(context, &key, &history, &settings);
            let out = &mut context.out;
            match out.form {
                _ if out.quiet => out.line(&key.stem())?,
                Form::Json => hours.iter().try_for_each(|hour| out.json(hour))?,
                Form::Table => print(out, &format_limit(&key, &account), &hours)?,
            }
        }
        context.out.flush()
    }
}

fn hours(context: &Context, key: &Key, history: &History, settings: &Settings) -> Vec<Hour> {
    let zone = Zone::system();
    let points = timeline::by_hour(history, context.now, zone);
    let is_known = points.iter().any(|points| *points > 0.0);
    let minute = minute_of_day(context);
    let hour = |(hour, points): (u16, f64)| Hour {
        limit: key.stem(),
        hour,
        points: is_known.then_some((points * 10.0).round() / 10.0),
        starts: settings.plan.iter().filter(|start| start.minute / 60 == hour).map(describe).collect(),
        is_now: minute / 60 == hour,
    };
    (0..).zip(points).map(hour).collect()
}

fn describe(start: &limits::settings::Start) -> String {
    format!("{} {}", format_time_of_day(start.minute), format_weekdays(&start.days))
}

fn minute_of_day(context: &Context) -> u16 {
    let local = Zone::system().local(context.now);
    let minutes = (local - local.date().and_time(Default::default())).num_minutes();
    u16::try_from(minutes).unwrap_or_default()
}

fn print(out: &mut Out, limit: &str, hours: &[Hour]) -> Outcome<()> {
    let most = hours.iter().filter_map(|hour| hour.points).fold(0.0, f64::max);
    let mut table = Table::new(vec![
        Column::text("hour"),
        Column::number("points"),
        Column::text("usual use").worth(10),
        Column::main("planned"),
    ]);
    for hour in hours {
        let points = hour.points.unwrap_or_default();
        let now = if hour.is_now { " (now)" } else { "" };
        let planned = hour.starts.iter().map(|start| format!("start {start}")).collect::<Vec<_>>().join(", ");
        table.push(vec![
            TableCell::styled(
                format_time_of_day(hour.hour * 60),
                if hour.is_now { Style::Strong } else { Style::Plain },
            ),
            hour.points.filter(|points| *points > 0.0).map(format_points).unwrap_or_default().into(),
            format_bar(if most > 0.0 { points / most } else { 0.0 }, CELLS).trim_end().into(),
            format!("{planned}{now}").trim_start().into(),
        ]);
    }
    let title = format!("{limit}: points used in an hour of an average day with use, last four weeks");
    let title = terminal::width().map_or_else(|| vec![title.clone()], |room| wrap_to_width(&title, room));
    title.iter().try_for_each(|line| out.line(&out.styled(line, Style::Strong)))?;
    out.show(&table)?;
    match most > 0.0 {
        true => Ok(()),
        false => out.line("not known yet: no use was reported in the last four weeks"),
    }
}
