//! Limits of accounts: lines of readings, the windows and paces that they show, what is told about them, settings.

use std::path::Path;
use std::sync::LazyLock;

use agents::Agent;
use cs_core::clock::{self, Instant, TimeDelta};
use cs_core::config::Config;
use cs_core::zone::Zone;
use limits::alerts::{self, Alert};
use limits::card::Card;
use limits::history::{History, Window};
use limits::key::Key;
use limits::pace::{Outlook, Pace};
use limits::reading::Reading;
use limits::settings::Settings;
use limits::year::Year;
use limits::{achievement, plan, timeline};

use super::{parts, text};
use crate::Target;

pub const TARGET: Target = Target { name: "limits", check, words: WORDS, seeds, most: 4 << 10, runs: 60_000 };

const WORDS: &[&str] = &[
    "{\"at\":\"2026-11-21T10:00:00.000000+00:00\",\"used\":1,\"resets_at\":\"2026-11-21T15:00:00.000000+00:00\"}\n",
    "{\"at\":\"2026-11-21T10:09:00.000000+00:00\",\"used\":77,\"resets_at\":\"2026-11-21T15:00:30.000000+00:00\"}\n",
    "{\"at\":\"2026-11-21T12:00:00.000000+00:00\",\"used\":100,\"resets_at\":\"2026-11-26T15:00:00.000000+00:00\"}\n",
    "2026-11-21T1",
    "0000-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "\"used\":",
    "1e308",
    "-1",
    "99.5",
    "five_hour",
    "seven_day",
    "90_minute",
    "527040_week",
    "{\"limits\":{\"alerts\":{\"five_hour\":[75,90,100]},\"pace_before_minutes\":15,\"reset\":\"after_full\"}}",
    "{\"limits\":{\"budgets\":[{\"usd\":20,\"per\":\"day\",\"project\":\"api\",\"at\":[80,100]}]}}",
    "{\"limits\":{\"plan\":[{\"at\":\"02:30\",\"days\":\"mon-fri\",\"remind_minutes\":15,\"command\":[\"x\"]}]}}",
    "\"quips\":\"on\"",
];

fn seeds() -> Vec<Vec<u8>> {
    let began = clock::parse("2026-11-21T10:00:00Z").expect("an instant");
    let line = |minute: i64, used: f64, hours: i64| {
        let resets_at = began + TimeDelta::hours(hours);
        Reading { at: began + TimeDelta::minutes(minute), used, resets_at }.line()
    };
    let steady: String = (0..20).map(|n| line(n * 3, 60.0 + n as f64 * 2.0, 5)).collect();
    let two: String = (0..6).map(|n| line(n * 2, 40.0 + n as f64, 5 + n % 2)).collect();
    let corrected = [line(0, 91.0, 5), line(9, 30.0, 5), line(40, 31.0, 5), line(320, 2.0, 10)].concat();
    let config = WORDS.iter().copied().filter(|word| word.starts_with("{\"limits\""));
    let with = |lines: &str, config: &str| [b"five_hour\xff", lines.as_bytes(), b"\xff", config.as_bytes()].concat();
    [steady, two, corrected].iter().flat_map(|lines| config.clone().map(|config| with(lines, config))).collect()
}

static BERLIN: LazyLock<Zone> = LazyLock::new(|| Zone::named("CET-1CEST,M3.5.0,M10.5.0/3").expect("a rule"));

fn check(bytes: &[u8]) {
    let parts = parts(bytes);
    let part = |n: usize| parts.get(n).copied().unwrap_or_default();
    let window = text(part(0));
    let key = Key::new(Agent::Claude, None, &window).or(Key::new(Agent::Codex, Some("0a1b"), "five_hour"));
    let key = key.expect("a name that is fit");
    assert_eq!(Key::parse(&key.stem()).as_ref(), Some(&key));
    let readings: Vec<Reading> = part(1).split(|byte| *byte == b'\n').filter_map(Reading::parse).collect();
    readings.iter().for_each(check_line);
    let history = History::of(readings.clone(), key.length());
    let reversed = readings.iter().rev().copied().collect();
    assert_eq!(History::of(reversed, key.length()), history, "the order does not count");
    history.windows.iter().for_each(check_window);
    let (settings, _) = settings(part(2));
    for now in instants(&readings) {
        check_now(&key, &history, &settings, now);
    }
}

fn settings(bytes: &[u8]) -> (Settings, Vec<cs_core::Error>) {
    let config = Config::read(Path::new("config.json"), bytes);
    let (settings, errors) = Settings::read(&config, Path::new("config.json"));
    assert!(errors.iter().all(|error| !error.to_string().is_empty()));
    let percentages = settings.alerts.values().chain(settings.budgets.iter().map(|budget| &budget.at));
    assert!(percentages.into_iter().all(|at| at.is_sorted_by(|one, next| one < next)), "{settings:?}");
    (settings, errors)
}

fn check_line(reading: &Reading) {
    let line = reading.line();
    let back = Reading::parse(line.trim_end().as_bytes()).expect("a line can be read");
    // The parser of JSON may get the last digit of a fraction wrong.
    assert!((back.used - reading.used).abs() < 1e-9 && back.at == reading.at && back.resets_at == reading.resets_at);
    assert!(line.ends_with('\n') && line.matches('\n').count() == 1);
}

fn check_window(window: &Window) {
    let readings = &window.readings;
    assert!(!readings.is_empty() && window.ended_at <= window.resets_at && window.used <= window.highest, "{window:?}");
    let rises =
        |one: &Reading, next: &Reading| one.at <= next.at && (one.used < next.used || one.used - next.used >= 20.0);
    assert!(readings.is_sorted_by(rises), "{readings:?}");
    assert_eq!(readings.last().map(|last| last.used), Some(window.used));
    let locked_out = window.locked_out(window.resets_at);
    assert!(locked_out >= TimeDelta::zero() && window.locked_out(window.seen_at) <= locked_out);
}

/// Times that matter, and some beside them.
fn instants(readings: &[Reading]) -> Vec<Instant> {
    let of = |reading: &Reading| {
        let after = reading.at + TimeDelta::minutes(11);
        [reading.at, after, reading.resets_at - TimeDelta::seconds(1), reading.resets_at]
    };
    readings.iter().rev().take(3).flat_map(of).collect()
}

fn check_now(key: &Key, history: &History, settings: &Settings, now: Instant) {
    for window in &history.windows {
        let pace = Pace::of(window, key.length(), history.two_accounts, now);
        check_pace(window, &pace, now);
        let (account, two_accounts) = (String::new(), history.two_accounts);
        let card = Card { key: key.clone(), account, window: window.clone(), pace, two_accounts };
        let says = limit_words::format_pace(&card, now, &BERLIN);
        assert!(!says.is_empty() && says.len() <= 78 && !says.contains(char::is_control), "{says}");
    }
    let due = alerts::of(key, "", history, settings, now);
    for alert in &due {
        let percent = settings.alerts_of(&key.window);
        match alert.alert {
            Alert::Limit(at) => {
                assert!(percent.contains(&at) && f64::from(at) <= alert.card.window.used);
                let higher = percent.iter().filter(|other| **other > at);
                assert!(higher.into_iter().all(|other| f64::from(*other) > alert.card.window.used));
            }
            Alert::Pace => assert!(settings.pace && alert.card.pace.outlook == Outlook::Short && alert.since < now),
            Alert::Reset => assert!(alert.card.window.used >= 100.0 && alert.since <= now),
        }
    }
    let hours = timeline::by_hour(history, now, &BERLIN);
    assert!(hours.iter().all(|points| points.is_finite() && *points >= 0.0));
    assert!(plan::suggest(&hours, plan::DAYS, 5).is_none_or(|it| it.start < 24 * 60 && it.reset < 24 * 60));
    for start in &settings.plan {
        let next = plan::next(start, now, &BERLIN);
        assert!(next.is_none_or(|at| at > now && at - now <= TimeDelta::days(8)), "{start:?}: {next:?}");
    }
    let year = BERLIN.local(now).date().format("%Y").to_string().parse().unwrap_or_default();
    let records = Year::of(history, year, now, &BERLIN);
    assert!(records.full + records.close + records.lasted <= records.windows * 2);
    assert!(achievement::earned(history, year, now, &BERLIN).iter().all(|earned| earned.at <= now));
}

fn check_pace(window: &Window, pace: &Pace, now: Instant) {
    assert!(pace.elapsed.is_none_or(|share| (0.0..=1.0).contains(&share)), "{pace:?}");
    assert_eq!(pace.outlook == Outlook::Unknown, pace.unknown.is_some(), "{pace:?}");
    let numbers = [pace.ratio, pace.per_hour, pace.at_reset];
    assert!(numbers.into_iter().flatten().all(|number| number.is_finite() && number >= 0.0), "{pace:?}");
    match pace.outlook {
        Outlook::Short => assert!(pace.full_at.is_some_and(|at| at >= now && at < window.resets_at), "{pace:?}"),
        Outlook::Full => assert!(pace.full_at.is_some_and(|at| at <= now), "{pace:?}"),
        Outlook::Tight => assert!(pace.full_at.is_some(), "{pace:?}"),
        Outlook::Ok => assert!(pace.full_at.is_none_or(|at| at > window.resets_at), "{pace:?}"),
        Outlook::Unknown => assert!(pace.full_at.is_none() && pace.at_reset.is_none()),
    }
}
