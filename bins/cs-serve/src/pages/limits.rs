//! `/limits`: how much of each limit is used and whether it lasts, its windows, budgets and planned starts.

use super::figures::Top;
use super::limit_charts::{self, Bar, Hours, LINES, Week};
use crate::asked::Asked;
use crate::http::{Refusal, Reply};
use crate::view::limits::{Known, Limit};
use cs_core::Error;
use cs_core::clock::{self, Instant, TimeDelta};
use cs_core::zone::{Day, Zone};
use limit_words::{PASSED, format_budget, format_limit, format_pace, format_weekdays, outlook_word};
use limits::budget::Spent;
use limits::card::Card;
use limits::history::Window;
use limits::plan;
use limits::settings::Start;
use render::{
    format_dollars, format_duration, format_local_minute, format_near_time, format_percent, format_points,
    format_ratio, format_time_of_day, format_used_percent,
};
use serde::Serialize;

/// How many windows of each limit the page lists, the newest; the API has all of them.
const WINDOWS: usize = 20;

/// The variables of `limits.html`.
#[derive(Serialize)]
pub struct LimitsPage {
    pub top: Top,
    /// What could not be read, or not be used of the settings.
    pub troubles: Vec<Trouble>,
    pub cards: Vec<ShownCard>,
    /// Use over the last seven days; `None` if nothing was reported in them.
    pub week: Option<Week>,
    /// How many limits have no line in it.
    pub without_line: usize,
    /// Limits whose windows are shorter than a day.
    pub days: Vec<ShownHours>,
    pub histories: Vec<History>,
    pub budgets: Vec<ShownBudget>,
    pub plan: Vec<ShownStart>,
}

/// What could not be used of a file.
#[derive(Debug, PartialEq, Serialize)]
pub struct Trouble {
    /// The file, unless the reasons name what they are about.
    pub file: Option<String>,
    pub reasons: Vec<String>,
}

/// A limit now.
#[derive(Serialize)]
pub struct ShownCard {
    /// `claude-five_hour`
    pub id: String,
    /// `Claude 5 h`
    pub name: String,
    /// `ok`, `tight`, `short`, `full` or `unknown`; `ended` if the window is over.
    pub outlook: &'static str,
    pub word: &'static str,
    /// `57%`; the last that was reported if the window is over.
    pub used: String,
    pub bar: Bar,
    /// `85%` of the window is over.
    pub elapsed: Option<String>,
    pub says: String,
    /// `1.6×`: beside one that lasts exactly until the end.
    pub pace: Option<String>,
    /// `12.0 points an hour`; of windows longer than a day `5.0 points a day`.
    pub rate: Option<String>,
    pub resets_at: String,
    pub seen_at: String,
    pub corrected_at: Option<String>,
}

/// Use by hour of the day of a limit.
#[derive(Serialize)]
pub struct ShownHours {
    pub id: String,
    pub name: String,
    pub chart: Hours,
    /// When a window is best begun: `07:30`.
    pub suggested: Option<String>,
}

/// The windows of a limit.
#[derive(Serialize)]
pub struct History {
    pub id: String,
    pub name: String,
    pub windows: Vec<ShownWindow>,
    /// How many more there are.
    pub hidden: usize,
}

/// A window.
#[derive(Serialize)]
pub struct ShownWindow {
    pub began: Option<String>,
    pub resets: String,
    pub highest: String,
    /// When each of the percentages was reached.
    pub passed: Vec<Option<String>>,
    pub locked_out: Option<String>,
    pub is_now: bool,
}

/// A budget.
#[derive(Serialize)]
pub struct ShownBudget {
    pub name: String,
    /// `$12.30`; `None` if it is not known.
    pub spent: Option<String>,
    pub of: String,
    pub percent: Option<String>,
    pub bar: Option<Bar>,
    pub is_over: bool,
    pub at_least: bool,
    /// Why it is not known.
    pub unknown: Option<&'static str>,
    pub projected: Option<String>,
    pub will_be_over: bool,
    pub until: String,
    pub kept_at: Option<String>,
}

/// A planned start.
#[derive(Serialize)]
pub struct ShownStart {
    pub time: String,
    pub days: String,
    pub remind: String,
    pub next: Option<String>,
    pub has_command: bool,
}

/// The page.
pub fn render(asked: &Asked) -> Result<Reply, Refusal> {
    let known = asked.limits();
    let cards: Vec<&Card> = known.limits.iter().map(|limit| &limit.card).collect();
    // The cards say the same as the top of other pages, and more.
    let top = Top { limits: Vec::new(), ..asked.top_of(&cards, known.now) };
    asked.render(&LimitsPage::of(known, top, Zone::system()))
}

impl LimitsPage {
    fn of(known: Known, top: Top, zone: &Zone) -> Self {
        let Known { now, limits, budgets, plan, troubles } = known;
        let named: Vec<(String, &Limit)> = limits.iter().map(|limit| (name(limit), limit)).collect();
        let today = zone.day_of(now);
        LimitsPage {
            top,
            troubles: Trouble::all(&troubles),
            cards: named.iter().map(|(name, limit)| ShownCard::of(name, limit, now, zone)).collect(),
            week: limit_charts::week(&named, now, zone),
            without_line: named.len().saturating_sub(LINES),
            days: ShownHours::all(&named, &plan, now, zone),
            histories: named.iter().map(|(name, limit)| History::of(name, limit, now, zone)).collect(),
            budgets: budgets.iter().map(|spent| ShownBudget::of(spent, now, &today, zone)).collect(),
            plan: plan.iter().map(|start| ShownStart::of(start, now, &today, zone)).collect(),
        }
    }
}

impl Trouble {
    /// One for each file.
    fn all(errors: &[Error]) -> Vec<Self> {
        let mut all: Vec<Trouble> = Vec::new();
        for error in errors {
            let (file, reason) = match error.as_corrupt() {
                Some((path, reason)) => (Some(path.display().to_string()), reason.to_string()),
                None => (None, error.to_string()),
            };
            match all.iter_mut().find(|trouble| trouble.file == file) {
                Some(trouble) => trouble.reasons.push(reason),
                None => all.push(Trouble { file, reasons: vec![reason] }),
            }
        }
        all
    }
}

fn name(limit: &Limit) -> String {
    format_limit(&limit.card.key, &limit.card.account)
}

impl ShownCard {
    fn of(name: &str, limit: &Limit, now: Instant, zone: &Zone) -> Self {
        let card = &limit.card;
        let has_ended = card.has_ended(now);
        let (outlook, word) = match (has_ended, card.pace.outlook) {
            (true, _) => ("ended", "ended"),
            (_, outlook) => (outlook.as_str(), outlook_word(outlook)),
        };
        let elapsed = card.pace.elapsed.filter(|_| !has_ended);
        ShownCard {
            id: card.key.stem(),
            name: name.to_string(),
            outlook,
            word,
            used: format_used_percent(card.window.used),
            bar: limit_charts::bar(if has_ended { 0.0 } else { card.window.used }, elapsed),
            elapsed: elapsed.map(|share| format_percent(share * 100.0)),
            says: format_pace(card, now, zone),
            pace: card.pace.ratio.filter(|_| !has_ended).map(format_ratio),
            rate: card.pace.per_hour.filter(|_| !has_ended).map(|per_hour| rate(per_hour, card.key.length())),
            resets_at: clock::stamp(card.window.resets_at),
            seen_at: clock::stamp(card.window.seen_at),
            corrected_at: card.window.corrected_at.map(clock::stamp),
        }
    }
}

fn rate(per_hour: f64, length: Option<TimeDelta>) -> String {
    match length.is_some_and(|length| length > TimeDelta::days(1)) {
        true => format!("{} points a day", format_points(per_hour * 24.0)),
        false => format!("{} points an hour", format_points(per_hour)),
    }
}

impl ShownHours {
    /// Those of limits whose usual use is known; if there is none, that of the first, for the planned starts.
    fn all(named: &[(String, &Limit)], plan: &[Start], now: Instant, zone: &Zone) -> Vec<Self> {
        let starts: Vec<u16> = plan.iter().map(|start| start.minute).collect();
        let is_known = named.iter().any(|(_, limit)| limit.past.by_hour.is_some());
        // A planned start is of no account: it stands in one chart.
        let mut starts = Some(starts);
        let shown = |(name, limit): &(String, &Limit)| {
            let length = limit.card.key.length().filter(|length| *length < TimeDelta::days(1))?;
            let past = &limit.past;
            let is_shown = past.by_hour.is_some() || !(is_known || plan.is_empty());
            is_shown.then(|| ShownHours {
                id: limit.card.key.stem(),
                name: name.clone(),
                chart: limit_charts::hours(
                    past.by_hour.as_ref(),
                    &starts.take().unwrap_or_default(),
                    length,
                    now,
                    zone,
                ),
                suggested: past.suggested.map(format_time_of_day),
            })
        };
        named.iter().filter_map(shown).take(if is_known { usize::MAX } else { 1 }).collect()
    }
}

impl History {
    fn of(name: &str, limit: &Limit, now: Instant, zone: &Zone) -> Self {
        let windows = limit.past.windows.iter().rev().take(WINDOWS);
        History {
            id: limit.card.key.stem(),
            name: name.to_string(),
            windows: windows.map(|window| ShownWindow::of(window, now, zone)).collect(),
            hidden: limit.past.windows.len().saturating_sub(WINDOWS),
        }
    }
}

impl ShownWindow {
    fn of(window: &Window, now: Instant, zone: &Zone) -> Self {
        // Times of the day on which it began are short.
        let day = zone.day_of(window.began_at.unwrap_or(window.resets_at));
        let near = |at: Instant| format_near_time(at, &day, zone);
        let locked_out = window.locked_out(now).num_seconds();
        ShownWindow {
            began: window.began_at.map(|at| format_local_minute(at, zone)),
            resets: match window.began_at {
                Some(_) => near(window.resets_at),
                None => format_local_minute(window.resets_at, zone),
            },
            highest: format_used_percent(window.highest),
            passed: PASSED.into_iter().map(|percent| window.passed(percent.into()).map(near)).collect(),
            locked_out: (locked_out > 0).then(|| format_duration(locked_out)),
            is_now: window.resets_at > now,
        }
    }
}

impl ShownBudget {
    fn of(spent: &Spent, now: Instant, today: &Day, zone: &Zone) -> Self {
        let (from, until) = spent.period;
        let whole = (until - from).num_seconds();
        let elapsed = (whole > 0).then(|| (now - from).num_seconds() as f64 / whole as f64);
        let over = |usd: Option<f64>| usd.is_some_and(|usd| usd > spent.budget.usd);
        ShownBudget {
            name: format_budget(&spent.budget),
            spent: spent.usd.map(format_dollars),
            of: format_dollars(spent.budget.usd),
            percent: spent.percent().map(format_used_percent),
            bar: spent.percent().map(|percent| limit_charts::bar(percent, elapsed)),
            is_over: over(spent.usd),
            at_least: spent.at_least,
            unknown: spent.unknown,
            projected: spent.projected_usd.map(format_dollars),
            will_be_over: over(spent.projected_usd),
            until: format_near_time(until, today, zone),
            kept_at: spent.kept_at.map(clock::stamp),
        }
    }
}

impl ShownStart {
    fn of(start: &Start, now: Instant, today: &Day, zone: &Zone) -> Self {
        ShownStart {
            time: format_time_of_day(start.minute),
            days: format_weekdays(&start.days),
            remind: format_duration(start.remind.num_seconds()),
            next: plan::next(start, now, zone).map(|at| format_near_time(at, today, zone)),
            has_command: !start.command.is_empty(),
        }
    }
}
