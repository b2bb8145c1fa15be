//! `check`: whether there is room, for scripts.

use crate::known::Wanted;
use argh::{ArgsInfo, FromArgs};
use cli::{Context, Failure, Form, Outcome};
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
        let (now, zone) = (context.now, Zone::system());
        let is_below = |card: &Card| card.has_ended(now) || card.window.used < self.below;
        let out = &mut context.out;
        for card in cards.iter().filter(|_| !out.quiet).collect::<Vec<_>>() {
            let says = format_pace(card, now, zone);
            match out.form {
                Form::Json => {
                    let row = LimitRow::of(card, now, says);
                    out.json(&Answer { is_below: is_below(card), below: self.below, row })?;
                }
                Form::Table => {
                    let name = format_limit(&card.key, &card.account);
                    let used = match (card.has_ended(now), is_below(card)) {
                        (true, _) => "unknown".to_string(),
                        (_, true) => format_used_percent(card.window.used),
                        (_, false) => {
                            format!(
                                "{}, not below {}",
                                format_used_percent(card.window.used),
                                format_percent(self.below)
                            )
                        }
                    };
                    out.line(&format!("{name}: {used}; {says}"))?;
                }
            }
        }
        out.flush()?;
        match cards.iter().all(is_below) {
            true => Ok(()),
            false => Err(Failure::Reported(1)),
        }
    }
}
