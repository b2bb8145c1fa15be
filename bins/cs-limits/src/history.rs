//! `history`: each window that was reported.

use crate::known::Wanted;
use crate::now::dim;
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Form, Out, Outcome};
use cs_core::clock::{self, Instant, TimeDelta};
use cs_core::zone::Zone;
use limit_words::{PASSED, WindowRow, format_limit};
use limits::history::Window;
use limits::key::Key;
use render::{
    Cell, Column, Style, Table, TableCell, format_csv_row, format_local_minute, format_near_time, format_percent,
    format_span, format_used_percent,
};

/// show each window that was reported: when it began and was reset, the highest percentage, when 50, 75, 90 and 100% were
/// passed, and how long it was used up
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "history",
    example = "{command_name} --since 7d",
    example = "{command_name} --window seven_day --csv"
)]
pub struct History {
    /// only windows that were reported at or after TIME: a day such as 2026-11-21, yesterday, monday or last week, a
    /// time such as 09:30 or 2026-11-21T09:30, or an age such as 90m, 12h, 7d, 3mo or 1y
    #[argh(option, arg_name = "time")]
    since: Option<String>,
    /// only windows that were reported before TIME; if TIME is a day, up to the end of that day
    #[argh(option, arg_name = "time")]
    until: Option<String>,
    /// only this window: five_hour or seven_day (or another one that a client reports)
    #[argh(option)]
    window: Option<String>,
    /// only this account: its name in config.json, else default or its hash
    #[argh(option)]
    account: Option<String>,
    /// print comma-separated values, for spreadsheets
    #[argh(switch)]
    csv: bool,
}

/// A window of a limit, and what people call its account.
struct Row {
    key: Key,
    account: String,
    window: Window,
}

impl History {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let config = context.config();
        let range = context.range(self.since.as_deref(), self.until.as_deref())?;
        let wanted = Wanted { window: self.window, account: self.account };
        let mut rows = Vec::new();
        for (key, account, history) in wanted.histories(context, &config)? {
            let windows = history.windows.into_iter().filter(|window| range.contains(window.seen_at));
            rows.extend(windows.map(|window| Row { key: key.clone(), account: account.clone(), window }));
        }
        if rows.is_empty() {
            return Err(Failure::Nothing("no window was reported in this time".into()));
        }
        let (now, out) = (context.now, &mut context.out);
        if self.csv {
            print_csv(out, &rows, now)?;
        } else if out.quiet {
            rows.iter().try_for_each(|row| out.line(&clock::stamp(row.window.resets_at)))?;
        } else if out.form == Form::Json {
            rows.iter().try_for_each(|row| out.json(&WindowRow::of(&row.key, &row.account, &row.window, now)))?;
        } else {
            print_table(out, &rows, now)?;
        }
        out.flush()
    }
}

fn print_table(out: &mut Out, rows: &[Row], now: Instant) -> Outcome<()> {
    let passed = PASSED.map(|percent| Column::text(&format_percent(percent.into())).worth(percent));
    let columns =
        [Column::text("limit"), Column::text("start").worth(110), Column::text("reset"), Column::number("highest")];
    let behind = [Column::number("locked out").worth(120), Column::text("corrected").only_if_all_fits()];
    let mut table = Table::new(columns.into_iter().chain(passed).chain(behind).collect());
    rows.iter().for_each(|row| table.push(cells(row, now)));
    let dropped = out.show(&table)?;
    if dropped.is_empty() {
        return Ok(());
    }
    let line = format!("not shown at this width: {}", dropped.join(", "));
    dim(out, &line)
}

fn cells(row: &Row, now: Instant) -> Vec<TableCell> {
    let (zone, window) = (Zone::system(), &row.window);
    let day = zone.day_of(window.began_at.unwrap_or(window.resets_at));
    let near = |at: Option<_>| at.map(|at| format_near_time(at, &day, zone)).unwrap_or_default();
    let start = window.began_at.map(|at| format_local_minute(at, zone));
    let reset = match start {
        Some(_) => near(Some(window.resets_at)),
        None => format_local_minute(window.resets_at, zone),
    };
    let locked_out = Some(window.locked_out(now)).filter(|span| *span > TimeDelta::zero());
    let highest = TableCell::styled(format_used_percent(window.highest), style(window));
    let passed = PASSED.map(|percent| near(window.passed(percent.into())).into());
    let before =
        [format_limit(&row.key, &row.account).into(), start.unwrap_or_else(|| "?".into()).into(), reset.into()];
    let behind = [locked_out.map(format_span).unwrap_or_default().into(), near(window.corrected_at).into()];
    before.into_iter().chain([highest]).chain(passed).chain(behind).collect()
}

fn style(window: &Window) -> Style {
    match window.highest {
        highest if highest >= 100.0 => Style::Wrong,
        highest if highest >= 90.0 => Style::Turn,
        _ => Style::Plain,
    }
}

fn print_csv(out: &mut Out, rows: &[Row], now: Instant) -> Outcome<()> {
    let before = ["agent", "account", "window", "began_at", "resets_at", "highest"].map(str::to_string);
    let passed = PASSED.map(|percent| format!("passed_{percent}_at"));
    let behind = ["locked_out_minutes", "corrected_at", "seen_at"].map(str::to_string);
    let titles: Vec<Cell> = before.into_iter().chain(passed).chain(behind).map(Cell::Plain).collect();
    out.text(&format_csv_row(&titles))?;
    rows.iter().try_for_each(|row| out.text(&format_csv_row(&csv_cells(row, now))))
}

fn csv_cells(Row { key, account, window }: &Row, now: Instant) -> Vec<Cell> {
    let time = |at: Option<Instant>| Cell::number(at.map(clock::stamp));
    let before = [
        Cell::Plain(key.agent.word().to_string()),
        Cell::text(account.as_str()),
        Cell::Plain(key.window.clone()),
        time(window.began_at),
        time(Some(window.resets_at)),
        Cell::number(Some(window.highest)),
    ];
    let passed = PASSED.map(|percent| time(window.passed(percent.into())));
    let behind = [
        Cell::number(Some(window.locked_out(now).num_minutes())),
        time(window.corrected_at),
        time(Some(window.seen_at)),
    ];
    before.into_iter().chain(passed).chain(behind).collect()
}
