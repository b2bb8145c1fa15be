//! `check`: whether there is room, for scripts.

use crate::known::Wanted;
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Form, Outcome};
use cs_core::clock::Instant;
use cs_core::zone::Zone;
use limit_words::{LimitRow, format_limit, format_pace};
use limits::card::Card;
use render::{format_percent, format_used_percent};
use serde::Serialize;

/// ask whether less than a percentage is used of each limit: 0 if so, 1 if not or if nothing was ever reported. A window
/// that has ended since its last report is not in the way
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "check",
    example = "{command_name} --window five_hour --below 80 && make nightly",
    example = "{command_name} --below 95 -q"
)]
pub struct Check {
    /// only this window: five_hour or seven_day (or another one that a client reports)
    #[argh(option)]
    window: Option<String>,
    /// only this account: its name in config.json, else default or its hash
    #[argh(option)]
    account: Option<String>,
    /// the percentage (default: 100)
    #[argh(option, default = "100.0", from_str_fn(parse_percentage))]
    below: f64,
}

fn parse_percentage(text: &str) -> Result<f64, String> {
    let number = text.strip_suffix('%').unwrap_or(text).parse::<f64>().ok();
    number
        .filter(|number| (0.0..=1000.0).contains(number))
        .ok_or_else(|| format!("{text:?} is not a percentage; write 80"))
}

/// The answer for a limit.
#[derive(Serialize)]
struct Answer {
    is_below: bool,
    below: f64,
    #[serde(flatten)]
    row: LimitRow,
}

impl Check {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let wanted = Wanted { window: self.window, account: self.account };
        let cards = wanted.cards(context, &context.config())?;
        let (now, below) = (context.now, self.below);
        let out = &mut context.out;
        for card in cards.iter().filter(|_| !out.quiet).collect::<Vec<_>>() {
            let says = format_pace(card, now, Zone::system());
            match out.form {
                Form::Json => {
                    let (is_below, row) = (is_below(card, below, now), LimitRow::of(card, now, says));
                    out.json(&Answer { is_below, below, row })?;
                }
                Form::Table => {
                    let name = format_limit(&card.key, &card.account);
                    out.line(&format!("{name}: {}; {says}", answer(card, below, now)))?;
                }
            }
        }
        out.flush()?;
        match cards.iter().all(|card| is_below(card, below, now)) {
            true => Ok(()),
            false => Err(Failure::Reported(1)),
        }
    }
}

fn is_below(card: &Card, below: f64, now: Instant) -> bool {
    card.has_ended(now) || card.window.used < below
}

/// What is used, and whether that is too much.
fn answer(card: &Card, below: f64, now: Instant) -> String {
    let used = format_used_percent(card.window.used);
    match is_below(card, below, now) {
        true if card.has_ended(now) => "unknown".to_string(),
        true => used,
        false => format!("{used}, not below {}", format_percent(below)),
    }
}
