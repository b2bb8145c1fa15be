//! What is told of a limit over hours and days, with the entries of `notify_state.json` as runs write and read them.

use super::*;
use crate::delivered::Delivered;
use ::limits::history::History;
use ::limits::key::Key;
use ::limits::reading::Reading;
use std::path::Path;

const COOLDOWN: TimeDelta = TimeDelta::hours(24);

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    /// A number below `most`.
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

fn began() -> Instant {
    clock::parse("2026-11-23T08:00:00Z").unwrap()
}

/// The runs of a person who has one limit.
struct Runs {
    key: Key,
    settings: Settings,
    readings: Vec<Reading>,
    delivered: Delivered,
    said: Vec<(Instant, Instant, Reason, Option<u8>)>,
}

impl Runs {
    fn new(stem: &str) -> Runs {
        let path = Path::new("/nowhere/config.json");
        let settings = Settings::read(&Config::read(path, b"{}"), path).unwrap();
        let (readings, said) = (Vec::new(), Vec::new());
        Runs { key: Key::parse(stem).unwrap(), settings, readings, delivered: Delivered::nothing(), said }
    }

    /// A client reports, at a minute of the test, a window that ends at another one.
    fn reports(&mut self, minute: i64, used: f64, resets_at: Instant) {
        self.readings.push(Reading { at: began() + TimeDelta::minutes(minute), used, resets_at });
    }

    /// A run, as another process.
    fn look(&mut self, minute: i64) {
        let now = began() + TimeDelta::minutes(minute);
        let mut delivered = self.delivered.reread();
        let history = History::of(self.readings.clone(), self.key.length());
        let teller = Teller { settings: &self.settings, now, zone: Zone::system() };
        for due in alerts::of(&self.key, "", &history, &self.settings.limits, now) {
            let (told, end) = (teller.limit(&due), due.card.window.resets_at);
            if delivered.recently(&told, COOLDOWN, now).is_none() {
                delivered.note(&told, "tell", &["tell"], COOLDOWN, now);
                self.said.push((now, end, told.subject.reason, told.subject.level));
            }
        }
        self.delivered = delivered;
    }

    fn count(&self, reason: Reason) -> usize {
        self.said.iter().filter(|(_, _, said, _)| *said == reason).count()
    }
}

#[test]
fn nothing_is_told_twice_in_a_window_for_any_interleaving() {
    let mut most = 0;
    for seed in 0..30 {
        let (mut dice, mut runs) = (Dice(seed), Runs::new("claude-five_hour"));
        let (mut known, mut used) = ([0.0; 3], 0.0);
        for minute in 0..600 {
            if minute == 300 {
                (known, used) = ([0.0; 3], 0.0);
            }
            used += dice.below(10) as f64 / 10.0;
            if dice.below(200) == 0 {
                used = dice.below(100) as f64;
            }
            let speaker = dice.below(3) as usize;
            if dice.below(2) == 0 {
                known[speaker] = used;
            }
            // Clients report the same end a little differently, and a file may begin with any of them.
            let jitter = TimeDelta::seconds(dice.below(61) as i64);
            let end = began() + TimeDelta::hours(if minute < 300 { 5 } else { 10 }) + jitter;
            runs.reports(minute, known[speaker], end);
            if dice.below(50) == 0 {
                runs.readings.drain(..runs.readings.len() / 2);
            }
            if dice.below(3) == 0 {
                runs.look(minute);
            }
        }
        let second = began() + TimeDelta::minutes(450);
        let mut said: Vec<_> =
            runs.said.iter().map(|(_, end, reason, level)| (*end > second, *reason, *level)).collect();
        said.sort_unstable();
        let count = said.len();
        said.dedup();
        assert_eq!(said.len(), count, "seed {seed}: {:?}", runs.said);
        for window in [false, true] {
            let levels: Vec<_> = runs
                .said
                .iter()
                .filter(|(_, end, ..)| (*end > second) == window)
                .filter_map(|(.., level)| *level)
                .collect();
            assert!(levels.is_sorted(), "seed {seed}: {levels:?}");
        }
        most = most.max(count);
    }
    assert!(most >= 6, "something is told at all: {most}");
}

#[test]
fn a_client_whose_window_moves_on_and_on_is_told_about_few_times() {
    for (step, every) in [(61, 5), (300, 5), (660, 10)] {
        let mut runs = Runs::new("claude-five_hour");
        for minute in (0..300).step_by(every) {
            let moved = TimeDelta::seconds(step * minute / every as i64);
            runs.reports(minute, 80.0, began() + TimeDelta::hours(5) + moved);
            runs.look(minute + 1);
        }
        let count = runs.count(Reason::Limit);
        assert!((1..=2).contains(&count), "{step} s: {:?}", runs.said);
        runs.reports(301, 91.0, began() + TimeDelta::minutes(301 + 350));
        runs.look(302);
        assert_eq!(runs.said.last().unwrap().3, Some(90), "{step} s: a higher one is told");
    }
}

#[test]
fn windows_one_after_the_other_are_told_of_each() {
    for (stem, minutes) in [("claude-five_hour", 300), ("codex-5_minute", 5), ("codex-60_minute", 60)] {
        let mut runs = Runs::new(stem);
        runs.settings.limits.alerts.insert(runs.key.window.clone(), vec![50]);
        for window in 0..12 {
            runs.reports(window * minutes + 3, 60.0, began() + TimeDelta::minutes((window + 1) * minutes));
            runs.look(window * minutes + 4);
        }
        assert_eq!(runs.count(Reason::Limit), 12, "{stem}: {:?}", runs.said);
    }
}

#[test]
fn of_two_accounts_in_a_folder_each_is_told_of() {
    let mut runs = Runs::new("claude-five_hour");
    for (minute, end) in [(0, 270), (20, 300), (280, 570), (310, 600)] {
        runs.reports(minute, 80.0, began() + TimeDelta::minutes(end));
        runs.look(minute + 1);
    }
    assert!(runs.count(Reason::Limit) >= 3, "{:?}", runs.said);
}

/// A week in which so many points are used in each of some hours.
fn week(is_work: impl Fn(i64) -> bool, per_hour: f64) -> Runs {
    let mut runs = Runs::new("claude-seven_day");
    runs.settings.limits.alerts.clear();
    let (mut used, mut reported) = (0.0, -1.0);
    for minute in 0..7 * 24 * 60 {
        used += if is_work(minute / 60) { per_hour / 60.0 } else { 0.0 };
        if f64::floor(used) > reported {
            reported = f64::floor(used);
            runs.reports(minute, used, began() + TimeDelta::days(7));
        }
        if minute % 30 == 0 {
            runs.look(minute);
        }
    }
    runs
}

#[test]
fn a_week_that_lasts_is_no_alarm_each_working_day() {
    // Four hours a day, 84 % at the end.
    let steady = week(|hour| hour % 24 < 4, 3.0);
    assert!(steady.count(Reason::Pace) <= 2, "{:?}", steady.said);
    // An hour in eleven, 96 % at the end.
    let often = week(|hour| hour % 11 == 0, 6.0);
    assert!(often.count(Reason::Pace) <= 2, "{:?}", often.said);
}

#[test]
fn a_week_that_does_not_last_is_told_in_time_and_at_most_once_a_day() {
    // Eight hours a day: used up on the fifth.
    let runs = week(|hour| hour % 24 < 8, 2.6);
    let pace: Vec<_> =
        runs.said.iter().filter(|(_, _, reason, _)| *reason == Reason::Pace).map(|(at, ..)| *at).collect();
    assert!(pace.first().is_some_and(|at| *at - began() < TimeDelta::days(2)), "{pace:?}");
    assert!(pace.windows(2).all(|pair| pair[1] - pair[0] >= TimeDelta::days(1)), "{pace:?}");
    // Idle for five days, and then all at once.
    let late = week(|hour| hour >= 120, 5.0);
    assert_eq!(late.count(Reason::Pace), 1, "{:?}", late.said);
}
