//! Owns what is to be told about a limit now. Pure but for [`due`], which reads. What was told already is its caller's to
//! know. Must stay true: the percentage of a window that was passed never falls, unless the client corrected itself.

use crate::account;
use crate::card::{self, Card};
use crate::history::{History, Window};
use crate::key::Key;
use crate::pace::{Outlook, Pace};
use crate::settings::{OnReset, Settings};
use cs_core::clock::{Instant, TimeDelta};
use cs_core::config::Config;
use cs_core::error::Error;
use cs_core::paths::Home;

/// How far the two looks at a pace are apart.
const APART: TimeDelta = TimeDelta::minutes(10);
/// How many looks one after the other say that it lasts again: a day of them in a long window.
const LASTS: usize = 2;
const LASTS_LONG: usize = 24 * 6;
/// In a window of at least this length nights come between: what the last hours were like says little about its end.
const LONG: TimeDelta = TimeDelta::days(1);
/// How many looks are taken into the past at most.
const LOOKS: usize = 7 * 24 * 6;
/// How long a reset is news.
const NEWS: TimeDelta = TimeDelta::days(1);

/// What is to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alert {
    /// A percentage of the settings is used: the highest that was passed and holds.
    Limit(u8),
    /// It will be used up before it ends.
    Pace,
    /// It was used up, and has ended.
    Reset,
}

/// Something to be told, and about which window.
#[derive(Clone, Debug, PartialEq)]
pub struct Due {
    /// What.
    pub alert: Alert,
    /// Since when: the reading that passed the percentage; when it was first short since it lasted; the end.
    pub since: Instant,
    /// The limit and the window.
    pub card: Card,
}

/// What is to be told about all limits, in the order of their names, and what could not be read.
pub fn due(home: &Home, config: &Config, settings: &Settings, now: Instant) -> (Vec<Due>, Vec<Error>) {
    card::each(home, |key| {
        let account = account::name(key.agent, key.account.as_deref(), config);
        Ok(of(key, &account, &card::latest(home, key, now)?, settings, now))
    })
}

/// What is to be told about a limit. Of two accounts in one folder each has a window, and both count.
pub fn of(key: &Key, account: &str, history: &History, settings: &Settings, now: Instant) -> Vec<Due> {
    let mut due = Vec::new();
    for (index, window) in history.windows.iter().enumerate() {
        let is_last = index + 1 == history.windows.len();
        let pace = |at| Pace::of(window, key.length(), history.two_accounts, at);
        let found = if window.ended_at <= now {
            [reset(window, is_last, settings, now), None]
        } else {
            let is_long = key.length().is_some_and(|length| length >= LONG);
            let short =
                if settings.pace { short_since(window, is_long, settings.pace_before, now, pace) } else { None };
            [passed(window, settings.alerts_of(&key.window)), short.map(|since| (Alert::Pace, since))]
        };
        due.extend(found.into_iter().flatten().map(|(alert, since)| {
            let (window, pace, two_accounts) = (window.clone(), pace(now), history.two_accounts);
            Due {
                alert,
                since,
                card: Card { key: key.clone(), account: account.to_string(), window, pace, two_accounts },
            }
        }));
    }
    due
}

/// The highest percentage that is used.
fn passed(window: &Window, thresholds: &[u8]) -> Option<(Alert, Instant)> {
    let highest = thresholds.iter().copied().filter(|threshold| window.used >= f64::from(*threshold)).max()?;
    Some((Alert::Limit(highest), window.passed(f64::from(highest))?))
}

/// The end of a window that was used up. Once the next one is reported, it is known.
fn reset(window: &Window, is_last: bool, settings: &Settings, now: Instant) -> Option<(Alert, Instant)> {
    let is_news = now - window.resets_at < NEWS;
    let is_due = settings.reset == OnReset::AfterFull && is_last && window.used >= 100.0 && is_news;
    is_due.then_some((Alert::Reset, window.resets_at))
}

/// Since when a window is short, if it is so now and was ten minutes ago. The looks are at fixed times of the window, so
/// that each later answer is the same until it lasts. A long window is short only if all of it says the same as its
/// last hours, and lasts again after a day without such hours: otherwise each morning would be news.
fn short_since(
    window: &Window,
    is_long: bool,
    before: TimeDelta,
    now: Instant,
    pace: impl Fn(Instant) -> Pace,
) -> Option<Instant> {
    let latest = window.resets_at - before;
    let is_short = |pace: &Pace| {
        let is_fast = !is_long || pace.ratio.is_none_or(|ratio| ratio > 1.0);
        is_fast && pace.outlook == Outlook::Short && pace.full_at.is_some_and(|at| at <= latest)
    };
    let enough = if is_long { LASTS_LONG } else { LASTS };
    if !is_short(&pace(now)) || !is_short(&pace(now - APART)) {
        return None;
    }
    let (mut since, mut lasts) = (now - APART, 0);
    let mut look =
        now - TimeDelta::milliseconds((now - window.began_at?).num_milliseconds() % APART.num_milliseconds());
    for _ in 0..LOOKS {
        let pace = pace(look);
        lasts = if pace.outlook == Outlook::Ok { lasts + 1 } else { 0 };
        if lasts == enough || pace.outlook == Outlook::Unknown {
            break;
        }
        if is_short(&pace) {
            since = since.min(look);
        }
        look -= APART;
    }
    Some(since)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::Reading;
    use crate::tests::{Dice, FIVE_HOURS, at, began, told};
    use agents::Agent;

    fn key() -> Key {
        Key::new(Agent::Claude, None, "five_hour").unwrap()
    }

    fn alerts(readings: &[(f64, f64)], minute: f64) -> Vec<(Alert, Instant)> {
        let now = told(minute, 0.0).at;
        let known =
            readings.iter().filter(|(at, _)| *at <= minute).map(|(minute, used)| told(*minute, *used)).collect();
        let due = of(&key(), "", &History::of(known, Some(FIVE_HOURS)), &Settings::default(), now);
        due.into_iter().map(|due| (due.alert, due.since)).collect()
    }

    #[test]
    fn the_highest_threshold_that_was_passed_is_told() {
        let limit = |readings: &[(f64, f64)]| alerts(readings, 299.0).into_iter().map(|(alert, _)| alert).next();
        assert_eq!([55.0, 60.0, 74.0].map(|used| limit(&[(0.0, 54.0), (9.0, used)])), [None; 3]);
        assert_eq!(limit(&[(0.0, 74.0), (9.0, 76.0)]), Some(Alert::Limit(75)));
        assert_eq!(limit(&[(0.0, 76.0), (9.0, 79.0)]), Some(Alert::Limit(75)), "the same one");
        assert_eq!(alerts(&[(0.0, 76.0), (9.0, 93.0)], 299.0), [(Alert::Limit(90), at("21T10:09:00"))]);
        assert_eq!(limit(&[(0.0, 93.0), (9.0, 101.0)]), Some(Alert::Limit(100)));
        assert_eq!(limit(&[(0.0, 93.0), (9.0, 60.0)]), None, "it was corrected");
    }

    #[test]
    fn the_percentage_that_was_passed_never_falls_for_any_interleaving() {
        for seed in 0..25 {
            let mut dice = Dice::new(seed);
            let (mut readings, mut known, mut used) = (Vec::new(), [0.0; 3], 0.0);
            let mut passed = Vec::new();
            for minute in 0..290 {
                used += dice.below(10) as f64 / 10.0;
                let speaker = dice.below(3);
                if dice.below(2) == 0 {
                    known[speaker] = used;
                }
                let drift = TimeDelta::seconds(dice.below(31) as i64);
                let reading = told(f64::from(minute), known[speaker]);
                readings.push(Reading { resets_at: reading.resets_at + drift, ..reading });
                dice.shuffle(&mut readings);
                let history = History::of(readings.clone(), Some(FIVE_HOURS));
                let due = of(&key(), "", &history, &Settings::default(), reading.at);
                passed.push(due.iter().map(|due| due.alert).find(|alert| *alert != Alert::Pace));
                let highest = readings.iter().map(|reading| reading.used).fold(0.0, f64::max);
                let expected = [100, 90, 75].into_iter().find(|level| highest >= f64::from(*level)).map(Alert::Limit);
                assert_eq!(passed.last(), Some(&expected), "seed {seed}, minute {minute}");
            }
            let levels: Vec<_> =
                passed.iter().map(|alert| if let Some(Alert::Limit(level)) = alert { *level } else { 0 }).collect();
            assert!(levels.is_sorted(), "seed {seed}: {levels:?}");
            assert!(levels.last() >= Some(&90), "seed {seed}: {levels:?}");
        }
    }

    /// Two points a minute from a minute on.
    fn work(from: i32, until: i32) -> impl Iterator<Item = (f64, f64)> {
        (from..=until).map(move |minute| (f64::from(minute), f64::from(minute - from) * 2.0))
    }

    #[test]
    fn a_window_that_is_short_is_told_after_ten_minutes_unless_it_lasts_again() {
        let pace = |readings: &[(f64, f64)], minute| {
            let due = alerts(readings, minute).into_iter().find(|(alert, _)| *alert == Alert::Pace);
            due.map(|(_, since)| (since - began()).num_minutes())
        };
        let steady: Vec<_> = work(0, 30).collect();
        assert_eq!([9.0, 15.0, 19.0].map(|minute| pace(&steady, minute)), [None; 3], "it is short since minute 10");
        assert_eq!([20.0, 25.0, 30.0].map(|minute| pace(&steady, minute)), [Some(10); 3]);
        // Idle after minute 30: it lasts again, and nothing is told.
        assert_eq!([200.0, 290.0].map(|minute| pace(&steady, minute)), [None; 2]);
        let again: Vec<_> =
            steady.iter().copied().chain(work(200, 230).map(|(at, used)| (at, 61.0 + used / 2.0))).collect();
        assert_eq!([215.0, 219.0].map(|minute| pace(&again, minute)), [None; 2]);
        assert_eq!([220.0, 227.0].map(|minute| pace(&again, minute)), [Some(210); 2], "it is short again");
    }

    #[test]
    fn a_window_that_is_nearly_over_is_not_short() {
        let due = |before| {
            let settings = Settings { pace_before: TimeDelta::minutes(before), ..Settings::default() };
            let readings = work(180, 214).map(|(minute, used)| told(minute, used)).collect();
            let history = History::of(readings, Some(FIVE_HOURS));
            // Used up at minute 230, 70 minutes before the end.
            let due = of(&key(), "", &history, &settings, told(214.0, 0.0).at);
            due.iter().any(|due| due.alert == Alert::Pace)
        };
        assert!(due(69) && !due(71));
    }

    #[test]
    fn a_reset_is_told_only_after_it_was_used_up() {
        let full = [(0.0, 50.0), (60.0, 100.0)];
        assert_eq!(alerts(&full, 299.0), [(Alert::Limit(100), at("21T11:00:00"))]);
        assert_eq!(alerts(&full, 300.0), [(Alert::Reset, at("21T15:00:00"))]);
        assert_eq!(alerts(&full, 300.0 + 24.0 * 60.0), []);
        assert_eq!(alerts(&[(0.0, 50.0), (60.0, 99.0)], 300.0), []);
        assert_eq!(alerts(&[(0.0, 100.0), (60.0, 50.0)], 300.0), [], "it was corrected");
        let mut readings: Vec<Reading> = full.iter().map(|(minute, used)| told(*minute, *used)).collect();
        readings.push(Reading { resets_at: at("21T20:10:00"), ..told(310.0, 1.0) });
        let next = History::of(readings, Some(FIVE_HOURS));
        assert_eq!(of(&key(), "", &next, &Settings::default(), at("21T15:11:00")), [], "the next one has begun");
    }
}
