//! `/api/limits`. The fields of limits, windows, budgets and planned starts are those of `cs-limits`.

use crate::asked::Asked;
use crate::http::{Refusal, Reply};
use crate::view::limits::{Known, Limit};
use cs_core::clock::{self, TimeDelta};
use cs_core::zone::Zone;
use limit_words::{BudgetRow, LimitRow, StartRow, WindowRow, format_pace};
use render::format_time_of_day;
use serde::Serialize;

/// How many days of windows there are, unless the query says since when.
const DAYS: i64 = 30;

#[derive(Serialize)]
struct Document {
    generated_at: String,
    limits: Vec<LimitRow>,
    hours: Vec<HoursRow>,
    history: Vec<WindowRow>,
    budgets: Vec<BudgetRow>,
    plan: Vec<StartRow>,
    troubles: Vec<String>,
}

/// Use by hour of the day.
#[derive(Serialize)]
struct HoursRow {
    limit: String,
    by_hour: Option<[f64; 24]>,
    suggested_start: Option<String>,
}

/// The document.
pub fn limits(asked: &Asked) -> Result<Reply, Refusal> {
    let Known { now, limits, budgets, plan, troubles } = asked.limits();
    let zone = Zone::system();
    let range = asked.query.range(now);
    let since = range.since.unwrap_or(now - TimeDelta::days(DAYS));
    let row = |limit: &Limit| LimitRow::of(&limit.card, now, format_pace(&limit.card, now, zone));
    let windows = limits.iter().flat_map(|limit| {
        let is_wanted = |begins_at, ends_at| since < ends_at && range.until.is_none_or(|until| begins_at < until);
        let windows = limit.past.windows.iter().rev();
        let wanted =
            windows.filter(move |window| is_wanted(window.began_at.unwrap_or(window.resets_at), window.resets_at));
        wanted.map(|window| WindowRow::of(&limit.card.key, &limit.card.account, window, now))
    });
    let hours = limits.iter().map(|limit| HoursRow {
        limit: limit.card.key.stem(),
        by_hour: limit.past.by_hour,
        suggested_start: limit.past.suggested.map(format_time_of_day),
    });
    Ok(Reply::json(&Document {
        generated_at: clock::stamp(now),
        history: windows.collect(),
        hours: hours.collect(),
        limits: limits.iter().map(row).collect(),
        budgets: budgets.iter().map(BudgetRow::of).collect(),
        plan: plan.iter().map(|start| StartRow::of(start, now, zone)).collect(),
        troubles: troubles.iter().map(ToString::to_string).collect(),
    }))
}
