//! Windows and pace from readings: whatever order they come in.

use crate::history::{History, Window, near};
use crate::pace::{Outlook, Pace, Unknown};
use crate::reading::Reading;
use cs_core::clock::{self, Instant, TimeDelta};

pub const FIVE_HOURS: TimeDelta = TimeDelta::hours(5);

pub fn at(text: &str) -> Instant {
    clock::parse(&format!("2026-11-{text}Z")).unwrap()
}

/// When the window of most tests begins; it ends at 15:00.
pub fn began() -> Instant {
    at("21T10:00:00")
}

/// A reading of a window of five hours that begins at 10:00.
pub fn told(minute: f64, used: f64) -> Reading {
    let millis = TimeDelta::milliseconds((minute * 60_000.0) as i64);
    Reading { at: began() + millis, used, resets_at: began() + FIVE_HOURS }
}

pub fn window(readings: &[(f64, f64)]) -> Window {
    let readings = readings.iter().map(|(minute, used)| told(*minute, *used)).collect();
    History::of(readings, Some(FIVE_HOURS)).windows.pop().unwrap()
}

pub fn pace(readings: &[(f64, f64)], minute: f64) -> Pace {
    Pace::of(&window(readings), Some(FIVE_HOURS), false, told(minute, 0.0).at)
}

/// Numbers that look random and are the same in every run.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `most`.
    pub fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % most as u64) as usize
    }

    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

fn used(history: &History) -> Vec<f64> {
    history.windows.iter().map(|window| window.used).collect()
}

#[test]
fn readings_of_three_conversations_in_any_order_are_the_same_history() {
    // One conversation at a time works and reports what is true; the two others repeat what they last knew.
    for seed in 0..200 {
        let mut dice = Dice::new(seed);
        let (mut known, mut used, mut readings, mut fresh) = ([0.0; 3], 0.0, Vec::new(), Vec::new());
        for minute in 0..240 {
            used += dice.below(12) as f64 / 10.0;
            let speaker = dice.below(3);
            known[speaker] = used;
            fresh.push(told(f64::from(minute), used));
            readings.push(told(f64::from(minute), used));
            let other = (speaker + 1 + dice.below(2)) % 3;
            readings.push(told(f64::from(minute) + 0.5, known[other]));
        }
        let expected = History::of(fresh, Some(FIVE_HOURS));
        dice.shuffle(&mut readings);
        let history = History::of(readings.clone(), Some(FIVE_HOURS));
        let [window] = history.windows.as_slice() else { panic!("seed {seed}: {history:?}") };
        assert!(window.readings == expected.windows[0].readings && window.corrected_at.is_none(), "seed {seed}");
        assert!(window.readings.is_sorted_by(|one, next| one.used < next.used && one.at < next.at));
        dice.shuffle(&mut readings);
        assert_eq!(History::of(readings, Some(FIVE_HOURS)), history, "seed {seed}");
        for minute in [10.0, 60.0, 150.0, 239.9] {
            let now = told(minute, 0.0).at;
            let pace = |window| Pace::of(window, Some(FIVE_HOURS), false, now);
            assert_eq!(pace(window), pace(&expected.windows[0]), "seed {seed}, minute {minute}");
        }
    }
}

#[test]
fn an_end_that_moves_by_seconds_is_the_same_window_and_by_days_another() {
    let moved = |minute, used, seconds| Reading {
        resets_at: told(0.0, 0.0).resets_at + TimeDelta::seconds(seconds),
        ..told(minute, used)
    };
    let history = History::of(vec![moved(0.0, 5.0, 0), moved(9.0, 8.0, 30), moved(12.0, 9.0, -60)], Some(FIVE_HOURS));
    assert_eq!((used(&history), history.windows[0].resets_at), (vec![9.0], at("21T15:00:00")));
    let days = 5 * 86_400;
    let readings = vec![moved(0.0, 40.0, 0), moved(9.0, 44.0, 0), moved(12.0, 3.0, days), moved(15.0, 4.0, days)];
    assert_eq!(used(&History::of(readings.clone(), Some(FIVE_HOURS))), [44.0], "no five hours end in five days");
    let history = History::of(readings, Some(TimeDelta::days(7)));
    assert_eq!((used(&history), history.two_accounts), (vec![44.0, 4.0], false));
    assert_eq!(history.windows[0].ended_at, at("21T10:12:00"), "the next one was reported before it ended");
    assert_eq!(history.windows[1].ended_at, at("26T15:00:00"));
    assert_eq!(history.present(at("21T10:13:00")), history.windows.last());
}

#[test]
fn an_end_that_moves_on_is_one_window_until_less_is_used() {
    let week = TimeDelta::days(7);
    // By two seconds, by a minute, by eleven minutes, like a window that rolls.
    for (seconds, length) in [(2, FIVE_HOURS), (61, FIVE_HOURS), (660, FIVE_HOURS), (660, week), (36_000, week)] {
        let reading = |n: i64, used: f64| {
            let it = told((n * seconds) as f64 / 60.0, used);
            Reading { resets_at: it.at + length - TimeDelta::hours(1), ..it }
        };
        for step in [0.0, 0.5, -0.1] {
            let readings = (0..60).map(|n| reading(n, 50.0 + n as f64 * step)).collect();
            let history = History::of(readings, Some(length));
            let [window] = history.windows.as_slice() else { panic!("{seconds} {step}: {:?}", used(&history)) };
            let off = (window.resets_at - reading(59, 0.0).resets_at).abs();
            assert!(off <= TimeDelta::seconds(60) && !history.two_accounts, "{seconds} {step}: {off}");
            assert_eq!(window.began_at, Some(window.resets_at - length));
        }
    }
    // Half of the length later it is another one, also with as much.
    let next = Reading { resets_at: at("21T17:30:00"), ..told(150.0, 60.0) };
    let history = History::of(vec![told(0.0, 50.0), told(120.0, 60.0), next], Some(FIVE_HOURS));
    assert_eq!(used(&history), [60.0, 60.0]);
}

#[test]
fn ends_that_jitter_are_one_window_in_any_order() {
    for seed in 0..100 {
        let mut dice = Dice::new(seed);
        let mut readings: Vec<Reading> = (0..100)
            .map(|n| {
                let it = told(f64::from(n), f64::from(n / 2));
                Reading { resets_at: it.resets_at + TimeDelta::seconds(dice.below(131) as i64 - 65), ..it }
            })
            .collect();
        let history = History::of(readings.clone(), Some(FIVE_HOURS));
        assert_eq!((used(&history), history.two_accounts), (vec![49.0], false), "seed {seed}");
        dice.shuffle(&mut readings);
        assert_eq!(History::of(readings, Some(FIVE_HOURS)), history, "seed {seed}");
    }
    let minutes = [5, 30, 90, 300, 10_080].map(|minutes| near(Some(TimeDelta::minutes(minutes))).num_seconds());
    assert_eq!((minutes, near(None).num_seconds()), ([60, 60, 180, 600, 600], 60));
}

#[test]
fn a_lower_value_holds_once_no_higher_one_can_follow_soon() {
    let readings = vec![told(10.0, 99.0), told(20.0, 100.0), told(21.0, 78.0)];
    let at = |minute| History::at(readings.clone(), Some(FIVE_HOURS), told(minute, 0.0).at).windows[0].used;
    assert_eq!([21.0, 25.0, 30.9, 31.0, 60.0].map(at), [100.0, 100.0, 100.0, 78.0, 78.0]);
}

#[test]
fn a_value_that_was_taken_back_is_not_reported_anew_by_another_conversation() {
    let readings = [(10.0, 40.0), (20.0, 44.0), (30.0, 10.0), (50.0, 44.0), (65.0, 14.0)];
    let corrected = window(&readings);
    assert_eq!((corrected.used, corrected.corrected_at), (14.0, Some(at("21T10:30:00"))));
    assert_eq!(window(&readings[..4]).used, 10.0);
    assert_eq!(window(&[&readings[..4], &[(66.0, 45.0)]].concat()).used, 45.0, "it was true: a point later it holds");
}

#[test]
fn a_lower_value_is_late_or_a_correction() {
    let late = window(&[(0.0, 30.0), (60.0, 60.0), (61.0, 31.0), (70.9, 61.0)]);
    assert_eq!((late.used, late.corrected_at, late.highest), (61.0, None, 61.0));
    let late_by_a_point = window(&[(60.0, 60.0), (61.0, 31.0), (62.0, 59.0)]);
    assert_eq!((late_by_a_point.used, late_by_a_point.corrected_at), (60.0, None));
    let slightly_lower = window(&[(60.0, 60.0), (80.0, 40.5)]);
    assert_eq!((slightly_lower.used, slightly_lower.seen_at), (60.0, at("21T11:20:00")));
    let corrected = window(&[(0.0, 70.0), (60.0, 91.0), (61.0, 31.0), (72.0, 92.0)]);
    assert_eq!((corrected.used, corrected.corrected_at, corrected.highest), (92.0, Some(at("21T11:01:00")), 92.0));
    assert_eq!(corrected.passed(50.0), Some(at("21T11:12:00")), "what was corrected was not passed");
    let lower = window(&[(0.0, 70.0), (60.0, 100.0), (61.0, 31.0), (66.0, 33.0)]);
    assert_eq!((lower.used, lower.highest, lower.locked_out(at("21T15:00:00")).num_minutes()), (33.0, 33.0, 0));
}

#[test]
fn an_idle_client_repeats_a_window_that_has_ended() {
    let old = |text: &str, used| Reading { at: at(text), used, resets_at: at("21T10:00:00") };
    let readings = vec![old("21T09:00:00", 80.0), told(1.0, 2.0), old("21T10:02:00", 81.0), told(3.0, 3.0)];
    let history = History::of(readings, Some(FIVE_HOURS));
    assert_eq!((used(&history), history.two_accounts), (vec![80.0, 3.0], false));
}

#[test]
fn windows_that_are_open_at_once_are_those_of_two_accounts() {
    let other = |end: &str, minute: f64, used| Reading { resets_at: at(end), ..told(minute, used) };
    let late = |minute, used| other("21T15:30:00", minute, used);
    let of = |readings: &[Reading]| History::of(readings.to_vec(), Some(FIVE_HOURS));
    let both = [late(50.0, 75.0), told(55.0, 10.0), late(56.0, 76.0), told(57.0, 11.0)];
    for count in 2..=both.len() {
        let history = of(&both[..count]);
        assert!(history.two_accounts && history.windows.len() == 2, "{count}: {history:?}");
        assert_eq!(history.windows[0].ended_at, at("21T15:30:00"), "it goes on");
        let present = history.present(at("21T11:00:00")).unwrap();
        assert_eq!(present.resets_at, at("21T15:30:00"), "the one of which more is used");
    }
    assert_eq!(of(&both).present(at("21T15:30:00")), of(&both).windows.last(), "all have ended");
    let pace = Pace::of(&of(&both).windows[1], Some(FIVE_HOURS), true, at("21T11:10:00"));
    assert_eq!((pace.outlook, pace.unknown), (Outlook::Unknown, Some(Unknown::TwoAccounts)));
    // In the other order: the end is later, but that window had begun while the first one was used.
    let history = of(&[told(55.0, 75.0), late(60.0, 10.0)]);
    assert!(history.two_accounts && history.present(at("21T11:01:00")).unwrap().used == 75.0);
    // With more used it may be an end that moved, until the first one is reported again.
    let higher = [told(55.0, 10.0), late(60.0, 75.0), told(61.0, 11.0)];
    assert_eq!((of(&higher[..2]).two_accounts, of(&higher).two_accounts), (false, true));
    assert_eq!(of(&higher).present(at("21T11:02:00")).unwrap().used, 75.0);
    // A long one may begin anew at any time, but its end never comes nearer.
    let week = |end: &str, minute, used| other(end, minute, used);
    let of_week = |readings: Vec<Reading>| History::of(readings, Some(TimeDelta::days(7))).two_accounts;
    assert!(of_week(vec![week("28T06:00:00", 0.0, 3.0), week("25T06:00:00", 5.0, 3.3)]));
    assert!(!of_week(vec![week("25T06:00:00", 0.0, 60.0), week("28T06:00:00", 5.0, 3.3)]));
    let again = vec![week("25T06:00:00", 0.0, 60.0), week("28T06:00:00", 5.0, 3.3), week("25T06:00:00", 9.0, 61.0)];
    assert!(of_week(again));
    // One that only repeats is no second account, and the next window is none.
    assert!(!of(&[told(290.0, 75.0), other("21T20:01:00", 301.0, 1.0), told(299.0, 75.0)]).two_accounts);
    // An hour after the last report of one of them there is one account again.
    let later = |minute| of(&[&both[..], &[told(minute, 20.0)]].concat()).two_accounts;
    assert!(later(116.0) && !later(117.0));
}

#[test]
fn constant_use_is_projected_within_two_minutes_from_minute_ten_on() {
    // One point in three minutes, reported every minute, kept when a point more is used: used up after 240 minutes.
    let begin = 20.0;
    let readings: Vec<(f64, f64)> = (0..240).step_by(3).map(|m| (f64::from(m), begin + f64::from(m / 3))).collect();
    for minute in 10..240 {
        let known: Vec<_> = readings.iter().copied().filter(|(at, _)| *at <= f64::from(minute)).collect();
        let pace = pace(&known, f64::from(minute));
        let error = (pace.full_at.unwrap() - told(240.0, 0.0).at).num_seconds().abs();
        assert!(error <= 120, "minute {minute}: {error} s, {pace:?}");
        assert!((pace.per_hour.unwrap() - 20.0).abs() < 0.2, "minute {minute}: {pace:?}");
        assert_eq!(pace.outlook, Outlook::Short);
    }
    assert_eq!(pace(&readings[..3], 9.0).unknown, Some(Unknown::FewMinutes));
    assert_eq!(pace(&readings[..4], -1.0).unknown, Some(Unknown::FewReadings), "before the first reading");
}

#[test]
fn a_window_lasts_or_does_not() {
    let slow: Vec<(f64, f64)> = (0..=57).map(|point| (f64::from(point) * 255.0 / 57.0, f64::from(point))).collect();
    let pace_of_57 = pace(&slow, 255.0);
    assert_eq!((pace_of_57.outlook, pace_of_57.elapsed), (Outlook::Ok, Some(0.85)));
    assert!((pace_of_57.ratio.unwrap() - 0.67).abs() < 0.01 && (pace_of_57.at_reset.unwrap() - 67.0).abs() < 1.0);
    let fast: Vec<(f64, f64)> = (0..=53).map(|point| (f64::from(point) * 24.0 / 53.0, f64::from(point))).collect();
    let pace_of_53 = pace(&fast, 24.0);
    assert_eq!((pace_of_53.outlook, pace_of_53.elapsed), (Outlook::Short, Some(0.08)));
    let tight = |per_minute: f64| {
        let readings: Vec<(f64, f64)> =
            (0..=40).map(|step| (f64::from(step) * 3.0, per_minute * f64::from(step) * 3.0)).collect();
        pace(&readings, 120.0).outlook
    };
    let outlooks = [100.0 / 331.0, 100.0 / 329.0, 100.0 / 300.0, 100.0 / 271.0, 100.0 / 269.0].map(tight);
    assert_eq!(outlooks, [Outlook::Ok, Outlook::Tight, Outlook::Tight, Outlook::Tight, Outlook::Short]);
    let full = pace(&[(0.0, 50.0), (60.0, 100.0), (61.0, 104.0)], 90.0);
    assert_eq!((full.outlook, full.full_at), (Outlook::Full, Some(at("21T11:00:00"))));
    let full = window(&[(0.0, 50.0), (60.0, 100.0), (61.0, 104.0)]);
    let locked_out = |now: &str| full.locked_out(at(now)).num_minutes();
    assert_eq!(["21T10:59:00", "21T11:05:00", "21T15:00:00", "22T15:00:00"].map(locked_out), [0, 5, 240, 240]);
}

#[test]
fn a_run_out_is_whole_seconds() {
    // 48% at 12:00 and a point in two and a half minutes: 130 minutes later.
    let readings: Vec<(f64, f64)> = (0..=48).map(|point| (f64::from(point) * 2.5, f64::from(point))).collect();
    assert_eq!(pace(&readings, 120.0).full_at, Some(at("21T14:10:00")));
}

#[test]
fn a_pause_makes_it_slower_and_work_after_it_counts_as_itself() {
    let work: Vec<(f64, f64)> = (0..=30).map(|minute| (f64::from(minute), f64::from(minute))).collect();
    let paces = [30.0, 33.0, 60.0, 120.0].map(|minute| pace(&work, minute));
    let per_hour = paces.each_ref().map(|pace| pace.per_hour.unwrap());
    assert!(per_hour.is_sorted_by(|one, next| one >= next) && per_hour[0] > 59.9 && per_hour[3] < 7.0, "{per_hour:?}");
    assert_eq!((paces[0].outlook, paces[3].outlook), (Outlook::Short, Outlook::Ok));
    let again: Vec<(f64, f64)> = (0..=12).map(|minute| (f64::from(minute) + 150.0, f64::from(minute) + 31.0)).collect();
    let pace = pace(&[work, again].concat(), 162.0);
    assert!((pace.per_hour.unwrap() - 60.0).abs() < 0.1, "{pace:?}");
}

#[test]
fn a_clock_that_is_wrong_projects_nothing() {
    let known: Vec<(f64, f64)> = (0..=30).map(|minute| (f64::from(minute), f64::from(minute))).collect();
    let back = pace(&known, -60.0);
    assert_eq!((back.elapsed, back.outlook, back.per_hour), (None, Outlook::Unknown, None));
    assert_eq!(back.unknown, Some(Unknown::FarEnd));
    assert_eq!(pace(&[(0.0, 20.0), (20.0, 21.0), (40.0, 22.5)], 41.0).unknown, Some(Unknown::FewPoints));
    assert_eq!(pace(&[(0.0, 20.0), (20.0, 30.0)], 41.0).unknown, Some(Unknown::FewReadings));
    let half = pace(&known, 20.0);
    assert!((half.per_hour.unwrap() - 60.0).abs() < 0.1, "only what was known then: {half:?}");
    let ended = pace(&known, 300.0);
    assert_eq!((ended.unknown, ended.elapsed), (Some(Unknown::Ended), Some(1.0)));
    let nameless = Pace::of(&window(&known), None, false, told(31.0, 0.0).at);
    assert_eq!((nameless.unknown, nameless.elapsed), (Some(Unknown::NoLength), None));
}

#[test]
fn a_week_of_days_with_nights_lasts() {
    // Four hours of work a day, twelve points: 84% at the end.
    let week = TimeDelta::days(7);
    let end = began() + week;
    let worked = |day: i64, minute: i64| began() + TimeDelta::days(day) + TimeDelta::minutes(minute);
    let reading = |day: i64, n: i64| Reading { at: worked(day, n * 20), used: (day * 12 + n) as f64, resets_at: end };
    let readings: Vec<Reading> = (0..7).flat_map(|day| (0..12).map(move |n| reading(day, n))).collect();
    for (day, minute) in (0..7).flat_map(|day| (0..240).step_by(10).map(move |minute| (day, minute))) {
        let now = worked(day, minute);
        let known = readings.iter().copied().filter(|reading| reading.at <= now).collect();
        let history = History::at(known, Some(week), now);
        let outlook = Pace::of(&history.windows[0], Some(week), false, now).outlook;
        assert!(matches!(outlook, Outlook::Ok | Outlook::Tight | Outlook::Unknown), "day {day}, {minute}: {outlook:?}");
    }
    // Work without a night does not last.
    let steady = (0..60).map(|n| Reading { at: worked(0, n * 30), used: n as f64, resets_at: end }).collect();
    let history = History::of(steady, Some(week));
    assert_eq!(Pace::of(&history.windows[0], Some(week), false, worked(0, 1770)).outlook, Outlook::Short);
}
