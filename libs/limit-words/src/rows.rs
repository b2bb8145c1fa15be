//! Owns how limits, their windows, budgets and planned starts look as JSON, for `cs-limits` and for the API. Must stay
//! true: what is not known is null, never 0; times are those of records, in UTC.

use cs_core::clock::{self, Instant};
use cs_core::zone::Zone;
use limits::budget::Spent;
use limits::card::Card;
use limits::history::Window;
use limits::key::Key;
use limits::pace::Outlook;
use limits::plan;
use limits::settings::{Start, WEEKDAYS};
use render::format_time_of_day;
use serde::Serialize;
use std::collections::BTreeMap;

/// The percentages for which a history says when they were passed.
pub const PASSED: [u8; 4] = [50, 75, 90, 100];

/// A limit now.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LimitRow {
    limit: String,
    agent: &'static str,
    account: Option<String>,
    window: String,
    /// `None` after the end of the window: nothing was reported since.
    used: Option<f64>,
    highest: f64,
    began_at: Option<String>,
    resets_at: String,
    has_ended: bool,
    seen_at: String,
    two_accounts: bool,
    elapsed: Option<f64>,
    ratio: Option<f64>,
    per_hour: Option<f64>,
    full_at: Option<String>,
    outlook: Outlook,
    says: String,
}

impl LimitRow {
    /// A limit now; `says` is what people read about its pace.
    pub fn of(card: &Card, now: Instant, says: String) -> Self {
        let Card { key, account, window, pace, two_accounts } = card;
        let has_ended = card.has_ended(now);
        LimitRow {
            limit: key.stem(),
            agent: key.agent.word(),
            account: name(account),
            window: key.window.clone(),
            used: (!has_ended).then_some(window.used),
            highest: window.highest,
            began_at: window.began_at.map(clock::stamp),
            resets_at: clock::stamp(window.resets_at),
            has_ended,
            seen_at: clock::stamp(window.seen_at),
            two_accounts: *two_accounts,
            elapsed: pace.elapsed.map(|share| rounded(share, 10_000.0)),
            ratio: pace.ratio.map(|ratio| rounded(ratio, 100.0)),
            per_hour: pace.per_hour.map(|rate| rounded(rate, 100.0)),
            full_at: pace.full_at.map(clock::stamp),
            outlook: pace.outlook,
            says,
        }
    }
}

/// A window in the history of a limit.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WindowRow {
    limit: String,
    agent: &'static str,
    account: Option<String>,
    window: String,
    began_at: Option<String>,
    resets_at: String,
    highest: f64,
    passed: BTreeMap<u8, Option<String>>,
    locked_out_minutes: i64,
    corrected_at: Option<String>,
    seen_at: String,
}

impl WindowRow {
    /// A window of a limit; `account` is what people call the account.
    pub fn of(key: &Key, account: &str, window: &Window, now: Instant) -> Self {
        let passed = |percent: u8| (percent, window.passed(percent.into()).map(clock::stamp));
        WindowRow {
            limit: key.stem(),
            agent: key.agent.word(),
            account: name(account),
            window: key.window.clone(),
            began_at: window.began_at.map(clock::stamp),
            resets_at: clock::stamp(window.resets_at),
            highest: window.highest,
            passed: PASSED.into_iter().map(passed).collect(),
            locked_out_minutes: window.locked_out(now).num_minutes(),
            corrected_at: window.corrected_at.map(clock::stamp),
            seen_at: clock::stamp(window.seen_at),
        }
    }
}

/// A budget and what was spent of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BudgetRow {
    usd: f64,
    per: &'static str,
    project: Option<String>,
    model: Option<String>,
    spent_usd: Option<f64>,
    /// Why it is not known, and what to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    unknown: Option<&'static str>,
    at_least: bool,
    percent: Option<f64>,
    projected_usd: Option<f64>,
    from: String,
    until: String,
    kept_at: Option<String>,
}

impl BudgetRow {
    /// A budget now.
    pub fn of(spent: &Spent) -> Self {
        let cents = |usd: f64| rounded(usd, 100.0);
        BudgetRow {
            usd: spent.budget.usd,
            per: spent.budget.per.as_str(),
            project: spent.budget.project.clone(),
            model: spent.budget.model.clone(),
            spent_usd: spent.usd.map(cents),
            unknown: spent.unknown,
            at_least: spent.at_least,
            percent: spent.percent().map(|percent| rounded(percent, 10.0)),
            projected_usd: spent.projected_usd.map(cents),
            from: clock::stamp(spent.period.0),
            until: clock::stamp(spent.period.1),
            kept_at: spent.kept_at.map(clock::stamp),
        }
    }
}

/// A planned start.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StartRow {
    at: String,
    days: Vec<&'static str>,
    remind_minutes: i64,
    next_at: Option<String>,
    has_command: bool,
}

impl StartRow {
    /// A planned start, and when the next one is.
    pub fn of(start: &Start, now: Instant, zone: &Zone) -> Self {
        let chosen = WEEKDAYS.into_iter().zip(start.days).filter(|(_, is_chosen)| *is_chosen);
        StartRow {
            at: format_time_of_day(start.minute),
            days: chosen.map(|(day, _)| day).collect(),
            remind_minutes: start.remind.num_minutes(),
            next_at: plan::next(start, now, zone).map(clock::stamp),
            has_command: !start.command.is_empty(),
        }
    }
}

fn name(account: &str) -> Option<String> {
    Some(account.to_string()).filter(|name| !name.is_empty())
}

/// The number in steps of one by `parts`.
fn rounded(number: f64, parts: f64) -> f64 {
    (number * parts).round() / parts
}
