//! `now`: a row for each limit.

use crate::known::Wanted;
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Form, Out, Outcome, terminal};
use cs_core::clock::Instant;
use cs_core::zone::Zone;
use limit_words::{LimitRow, format_limit, format_pace};
use limits::card::Card;
use limits::pace::Outlook;
use render::{
    Column, Style, Table, TableCell, format_ago, format_bar, format_near_time, format_ratio, format_used_percent,
    wrap_to_width,
};

/// show each limit now: how much is used, how fast, when it is reset, whether it lasts, and when it rose last
#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand, name = "now", example = "{command_name}", example = "{command_name} --window five_hour --json")]
pub struct Now {
    /// only this window: five_hour or seven_day (or another one that a client reports)
    #[argh(option)]
    window: Option<String>,
    /// only this account: its name in config.json, else default or its hash
    #[argh(option)]
    account: Option<String>,
}

/// In a narrower terminal a row has two lines.
const FOLDS_BELOW: usize = 150;
/// The cells of a bar.
const CELLS: usize = 8;

impl Now {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let config = context.config();
        crate::known::settings(context, &config);
        let wanted = Wanted { window: self.window, account: self.account };
        let cards = wanted.cards(context, &config)?;
        let now = context.now;
        let is_table = context.out.form == Form::Table && !context.out.quiet;
        let elsewhere = if is_table { crate::known::elsewhere(context, &config) } else { Vec::new() };
        let out = &mut context.out;
        if out.quiet {
            cards.iter().try_for_each(|card| out.line(&card.key.stem()))?;
        } else if out.form == Form::Json {
            let row = |card: &Card| LimitRow::of(card, now, format_pace(card, now, Zone::system()));
            cards.iter().try_for_each(|card| out.json(&row(card)))?;
        } else {
            out.show(&table(&cards, now))?;
            let blocks = "tokens and dollars of a five-hour window: cs-usage blocks".to_string();
            std::iter::once(blocks).chain(elsewhere).try_for_each(|line| dim(out, &line))?;
        }
        out.flush()
    }
}

/// A line below a table, in as many lines as the terminal needs.
pub fn dim(out: &mut Out, line: &str) -> Outcome<()> {
    let parts = terminal::width().map_or_else(|| vec![line.to_string()], |room| wrap_to_width(line, room));
    parts.iter().try_for_each(|part| out.line(&out.styled(part, Style::Dim)))
}

fn table(cards: &[Card], now: Instant) -> Table {
    let columns = vec![
        Column::text("limit"),
        Column::text("used"),
        Column::number("pace").worth(40),
        Column::text("resets"),
        Column::text("last rise").worth(50),
        Column::main("outlook").whole(),
    ];
    let mut table = Table::new(columns).folds_below(FOLDS_BELOW);
    cards.iter().for_each(|card| table.push(row(card, now)));
    table
}

fn row(card: &Card, now: Instant) -> Vec<TableCell> {
    let zone = Zone::system();
    let style = style(card, now);
    let has_ended = card.has_ended(now);
    let used = card.window.used;
    let bar =
        || TableCell::styled(format!("{} {:>4}", format_bar(used / 100.0, CELLS), format_used_percent(used)), style);
    // Nothing is known after the end of a window.
    let unless_ended = |text: Option<String>| text.filter(|_| !has_ended).unwrap_or_else(|| "?".to_string());
    vec![
        format_limit(&card.key, &card.account).into(),
        if has_ended { TableCell::from("?") } else { bar() },
        unless_ended(card.pace.ratio.map(format_ratio)).into(),
        unless_ended(Some(format_near_time(card.window.resets_at, &zone.day_of(now), zone))).into(),
        format_ago(card.window.seen_at, now).into(),
        TableCell::styled(format_pace(card, now, zone), if style == Style::Good { Style::Plain } else { style }),
    ]
}

/// How urgent a limit is.
pub fn style(card: &Card, now: Instant) -> Style {
    match card.pace.outlook {
        _ if card.has_ended(now) => Style::Dim,
        Outlook::Full | Outlook::Short => Style::Wrong,
        Outlook::Tight => Style::Turn,
        Outlook::Unknown if card.window.used >= 90.0 => Style::Wrong,
        Outlook::Unknown => Style::Dim,
        Outlook::Ok => Style::Good,
    }
}
