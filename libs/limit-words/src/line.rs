//! Owns how limits and budgets look in a line that has little room. Must stay true: what is not known is empty.

use crate::names::{format_budget, format_window};
use cs_core::clock::Instant;
use cs_core::zone::Zone;
use limits::budget::Spent;
use limits::card::Card;
use limits::pace::Outlook;
use render::{format_near_time, format_used_percent};

/// When a window is used up, if it is or will be before its end: `5 h 16:40`, or `5 h full →17:30`.
pub fn format_runs_out(card: &Card, now: Instant, zone: &Zone) -> String {
    let near = |at| format_near_time(at, &zone.day_of(now), zone);
    match (card.pace.outlook, card.pace.full_at) {
        _ if card.has_ended(now) => String::new(),
        (Outlook::Short, Some(at)) => format!("{} {}", format_window(&card.key), near(at)),
        (Outlook::Full, _) => format!("{} full →{}", format_window(&card.key), near(card.window.resets_at)),
        _ => String::new(),
    }
}

/// How much of a window is used, and when it ends: `41% →15:00`. Nothing of one that has ended: what is used now is
/// unknown.
pub fn format_used(card: &Card, now: Instant, zone: &Zone) -> String {
    if card.has_ended(now) {
        return String::new();
    }
    let end = format_near_time(card.window.resets_at, &zone.day_of(now), zone);
    format!("{} →{end}", format_used_percent(card.window.used))
}

/// How much of a budget was spent: `62% of $20 a day`, or `≥ 62% of …` if there is no price for some of it.
pub fn format_spent(spent: &Spent) -> String {
    let least = if spent.at_least { "≥ " } else { "" };
    let percent = spent.percent().map(format_used_percent);
    percent.map(|percent| format!("{least}{percent} of {}", format_budget(&spent.budget))).unwrap_or_default()
}
