//! `year`: the records of a year, and what was earned in it.

use crate::known::Wanted;
use argh::{ArgsInfo, FromArgs};
use cli::{Block, Context, Failure, Form, Out, Outcome};
use cs_core::clock::{self, Date, Instant, TimeDelta};
use cs_core::zone::Zone;
use limit_words::format_limit;
use limits::achievement::{Achievement, earned};
use limits::card;
use limits::key::Key;
use limits::year;
use render::{
    format_duration, format_local_day, format_local_minute, format_percent, format_quantity, format_used_percent,
};
use serde::Serialize;

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
    #[argh(positional)]
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

impl Year {
    pub fn run(self, context: &mut Context) -> Outcome<()> {
        let config = context.config();
        let (now, zone) = (context.now, Zone::system());
        let year = self.year.unwrap_or_else(|| year_of(now, zone));
        let wanted = Wanted { window: self.window, account: self.account };
        let mut count = 0;
        for (key, account) in wanted.keys(context, &config)? {
            let history = card::all_windows(&context.store.home, &key, now)?;
            let records = year::Year::of(&history, year, now, zone);
            if records.windows == 0 {
                continue;
            }
            count += 1;
            let achievements = earned(&history, year, now, zone);
            let out = &mut context.out;
            match out.form {
                Form::Json => out.json(&row(&key, year, &records, &achievements))?,
                Form::Table => {
                    print(out, &format!("{}, {year}", format_limit(&key, &account)), &records, &achievements)?
                }
            }
        }
        match count {
            0 => Err(Failure::Nothing(format!("no window was reported in {year}"))),
            _ => context.out.flush(),
        }
    }
}

fn year_of(now: Instant, zone: &Zone) -> i32 {
    format_local_day(now, zone).get(..4).and_then(|year| year.parse().ok()).unwrap_or_default()
}

fn row(key: &Key, year: i32, of: &year::Year, achievements: &[Achievement]) -> Row {
    let minutes = |span: TimeDelta| span.num_minutes();
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
    let span = |span: TimeDelta| format_duration(span.num_seconds());
    let with_time = |(length, when): (TimeDelta, Instant)| format!("{}, {}", span(length), at(when));
    let count = |count: usize, noun: &str| format_quantity(count as u64, noun);
    let average = of.average.map(|percent| format!(", {} on average", format_percent(percent))).unwrap_or_default();
    let mut block = Block::new(title);
    block.field("windows", &format!("{}, on {}{average}", count(of.windows, "window"), count(of.days, "day")));
    block.field(
        "highest",
        &of.highest
            .map(|(percent, when)| format!("{}, {}", format_used_percent(percent), at(when)))
            .unwrap_or_default(),
    );
    block.field("used up", &format!("{}; {} close to it", count(of.full, "window"), of.close));
    block.field("fastest", &of.fastest.map(with_time).unwrap_or_default());
    let longest = of.longest_locked_out.map(|of| format!("; the longest: {}", with_time(of))).unwrap_or_default();
    let locked_out =
        if of.locked_out > TimeDelta::zero() { format!("{}{longest}", span(of.locked_out)) } else { String::new() };
    block.field("locked out", &locked_out);
    let lasted = if of.lasted > 0 { format!("{} in a row at most", count(of.lasted, "window")) } else { String::new() };
    block.field("lasted", &lasted);
    let days = |first: Date, last: Date| usize::try_from((last - first).num_days() + 1).unwrap_or_default();
    let streak = of.streak.filter(|(first, last)| first < last);
    let streak = streak.map(|(first, last)| format!("{}, {first} to {last}", count(days(first, last), "day")));
    block.field("streak", &streak.unwrap_or_default());
    let earned =
        |one: &Achievement| (format!("{}  ", format_local_day(one.at, zone)), format!("{}: {}", one.name, one.what));
    block.section("earned", achievements.iter().map(earned));
    block.print(out)
}
