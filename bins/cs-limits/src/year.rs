//! `year`: the records of a year, and what was earned in it.

use crate::known::Wanted;
use argh::{ArgsInfo, FromArgs};
use chrono::Datelike;
use cli::{Block, Context, Failure, Form, Out, Outcome};
use cs_core::clock::{self, Date, Instant, TimeDelta};
use cs_core::zone::Zone;
use limit_words::format_limit;
use limits::achievement::{Achievement, earned};
use limits::history::History;
use limits::key::Key;
use limits::year;
use render::{
    format_local_day, format_local_minute, format_percent, format_quantity, format_span, format_used_percent,
};
use serde::Serialize;
use std::collections::BTreeMap;

/// show the records of a year, by the windows that were reported in it, and what was earned
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "year",
    example = "{command_name}",
    example = "{command_name} 2025 --window five_hour --json"
)]
pub struct Year {
    /// the year (default: this one)
    #[argh(positional, from_str_fn(parse_year))]
    year: Option<i32>,
    /// only this window: five_hour or seven_day (or another one that a client reports)
    #[argh(option)]
    window: Option<String>,
    /// only this account: its name in config.json, else default or its hash
    #[argh(option)]
    account: Option<String>,
}

/// The records of a limit as JSON.
#[derive(Serialize)]
struct Row {
    limit: String,
    year: i32,
    windows: usize,
    average: Option<f64>,
    highest: Option<f64>,
    highest_at: Option<String>,
    full: usize,
    close: usize,
    fastest_minutes: Option<i64>,
    fastest_at: Option<String>,
    locked_out_minutes: i64,
    longest_locked_out_minutes: Option<i64>,
    lasted: usize,
    days: usize,
    streak_from: Option<String>,
    streak_until: Option<String>,
    achievements: Vec<Earned>,
}

#[derive(Serialize)]
struct Earned {
    name: String,
    what: String,
    at: String,
}

/// A year as people write it.
fn parse_year(text: &str) -> Result<i32, String> {
    text.parse().map_err(|_| format!("{text:?} is not a year; write one such as 2026"))
}

/// The year of a limit.
struct Records {
    key: Key,
    title: String,
    records: year::Year,
    earned: Vec<Achievement>,
}

impl Year {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let config = context.config();
        let (now, zone) = (context.now, Zone::system());
        let year = self.year.unwrap_or_else(|| zone.local(now).date().year());
        let wanted = Wanted { window: self.window, account: self.account };
        let of = |(key, account, history): (Key, String, History)| {
            let title = format!("{}, {year}", format_limit(&key, &account));
            let (records, earned) = (year::Year::of(&history, year, now, zone), earned(&history, year, now, zone));
            Records { key, title, records, earned }
        };
        let mut all: Vec<Records> = wanted.histories(context, &config)?.into_iter().map(of).collect();
        all.retain(|one| one.records.windows > 0);
        if all.is_empty() {
            return Err(Failure::Nothing(format!("no window was reported in {year}")));
        }
        keep_firsts(&mut all);
        let out = &mut context.out;
        for one in &all {
            match out.form {
                _ if out.quiet => out.line(&one.key.stem())?,
                Form::Json => out.json(&row(&one.key, year, &one.records, &one.earned))?,
                Form::Table => print(out, &one.title, &one.records, &one.earned)?,
            }
        }
        out.flush()
    }
}

/// A person earns something once: it stays with the limit by which it was earned first.
fn keep_firsts(all: &mut [Records]) {
    let mut firsts: BTreeMap<&'static str, (Instant, usize)> = BTreeMap::new();
    for (n, one) in all.iter().enumerate() {
        for earned in &one.earned {
            let first = firsts.entry(earned.name).or_insert((earned.at, n));
            *first = (*first).min((earned.at, n));
        }
    }
    for (n, one) in all.iter_mut().enumerate() {
        one.earned.retain(|earned| firsts.get(earned.name).is_some_and(|(_, first)| *first == n));
    }
}

fn row(key: &Key, year: i32, of: &year::Year, achievements: &[Achievement]) -> Row {
    let minutes = |span: TimeDelta| (span.num_seconds() + 30).div_euclid(60);
    let tenth = |percent: f64| (percent * 10.0).round() / 10.0;
    let earned =
        |one: &Achievement| Earned { name: one.name.to_string(), what: one.what.to_string(), at: clock::stamp(one.at) };
    Row {
        limit: key.stem(),
        year,
        windows: of.windows,
        average: of.average.map(tenth),
        highest: of.highest.map(|(percent, _)| tenth(percent)),
        highest_at: of.highest.map(|(_, at)| clock::stamp(at)),
        full: of.full,
        close: of.close,
        fastest_minutes: of.fastest.map(|(span, _)| minutes(span)),
        fastest_at: of.fastest.map(|(_, at)| clock::stamp(at)),
        locked_out_minutes: minutes(of.locked_out),
        longest_locked_out_minutes: of.longest_locked_out.map(|(span, _)| minutes(span)),
        lasted: of.lasted,
        days: of.days,
        streak_from: of.streak.map(|(first, _)| first.to_string()),
        streak_until: of.streak.map(|(_, last)| last.to_string()),
        achievements: achievements.iter().map(earned).collect(),
    }
}

fn print(out: &mut Out, title: &str, of: &year::Year, achievements: &[Achievement]) -> Outcome<()> {
    let zone = Zone::system();
    let at = |at: Instant| format_local_minute(at, zone);
    let with_time = |(length, when): (TimeDelta, Instant)| format!("{}, {}", format_span(length), at(when));
    let count = |count: usize, noun: &str| format_quantity(count as u64, noun);
    let average = of.average.map(|percent| format!(", {} on average", format_percent(percent))).unwrap_or_default();
    let mut block = Block::new(title);
    block.field("windows", &format!("{}, on {}{average}", count(of.windows, "window"), count(of.days, "day")));
    let highest = of.highest.map(|(percent, when)| format!("{}, {}", format_used_percent(percent), at(when)));
    block.field("highest", &highest.unwrap_or_default());
    let close = format!("{} ended with {} or more, but lasted", of.close, format_percent(year::CLOSE));
    block.field("used up", &format!("{}; {close}", count(of.full, "window")));
    block.field("fastest", &of.fastest.map(with_time).unwrap_or_default());
    let longest = of.longest_locked_out.map(|of| format!("; the longest: {}", with_time(of))).unwrap_or_default();
    let is_locked_out = of.locked_out > TimeDelta::zero();
    let locked_out = is_locked_out.then(|| format!("{}{longest}", format_span(of.locked_out)));
    block.field("locked out", &locked_out.unwrap_or_default());
    let lasted = (of.lasted > 0).then(|| format!("{} in a row at most", count(of.lasted, "window")));
    block.field("lasted", &lasted.unwrap_or_default());
    block.field("streak", &streak(of));
    let earned =
        |one: &Achievement| (format!("{}  ", format_local_day(one.at, zone)), format!("{}: {}", one.name, one.what));
    block.section("earned", achievements.iter().map(earned));
    block.print(out)
}

/// The most days with use one after the other; a single day is none.
fn streak(of: &year::Year) -> String {
    let days = |first: Date, last: Date| u64::try_from((last - first).num_days() + 1).unwrap_or_default();
    let streak = of.streak.filter(|(first, last)| first < last);
    let text = |(first, last)| format!("{}, {first} to {last}", format_quantity(days(first, last), "day"));
    streak.map(text).unwrap_or_default()
}
