//! Owns what is earned by the windows of a year: a name, a sentence, and when it was earned first. Pure; nothing is stored,
//! so nothing can be lost.

use crate::history::{History, Window};
use crate::year;
use cs_core::clock::{Date, Instant, TimeDelta};
use cs_core::zone::Zone;

/// Something that was earned.
#[derive(Clone, Debug, PartialEq)]
pub struct Achievement {
    /// Its name: `Photo finish`.
    pub name: &'static str,
    /// What it is for: a sentence without a subject.
    pub what: &'static str,
    /// When it was earned first.
    pub at: Instant,
}

/// The windows of a year, and what is looked at.
struct Windows<'a> {
    windows: &'a [&'a Window],
    days: &'a [(Date, Date)],
    now: Instant,
    zone: &'a Zone,
}

type Earned = fn(&Windows) -> Option<Instant>;

const ALL: [(&str, &str, Earned); 9] = [
    ("First light", "used a window for the first time", |it| it.number(1)),
    ("Regular", "used a hundred windows", |it| it.number(100)),
    ("Photo finish", "ended a window with 95% or more without being locked out", |it| {
        it.windows.iter().find(|window| year::is_close(window, it.now)).map(|window| window.ended_at)
    }),
    ("Well spent", "ended ten windows one after the other with at least half used and none used up", |it| {
        it.in_a_row(10, |window| window.highest >= 50.0)
    }),
    ("Endurance", "made twenty windows one after the other last", |it| it.in_a_row(20, |_| true)),
    ("Comeback", "used a window again within ten minutes after one that was used up had ended", |it| it.comeback()),
    ("Week", "worked on seven days one after the other", |it| it.streak(7)),
    ("Night owl", "worked between midnight and five", |it| it.between(0, 5)),
    ("Early bird", "worked between five and seven in the morning", |it| it.between(5, 7)),
];

/// What was earned in a local year until `now`, in the order in which it was.
pub fn earned(history: &History, year: i32, now: Instant, zone: &Zone) -> Vec<Achievement> {
    let windows = year::windows(history, year, now, zone);
    let days = year::runs(&year::days(&windows, year, now, zone));
    let it = Windows { windows: &windows, days: &days, now, zone };
    let mut earned: Vec<Achievement> =
        ALL.iter().filter_map(|(name, what, earned)| Some(Achievement { name, what, at: earned(&it)? })).collect();
    earned.sort_by_key(|achievement| achievement.at);
    earned
}

impl Windows<'_> {
    /// When the window with this number was reported first.
    fn number(&self, number: usize) -> Option<Instant> {
        let window = self.windows.get(number.checked_sub(1)?)?;
        window.readings.first().map(|first| first.at)
    }

    /// When the last of some windows one after the other ended that fit and were not used up.
    fn in_a_row(&self, most: usize, fits: impl Fn(&Window) -> bool) -> Option<Instant> {
        let mut run = 0;
        let ended = self.windows.iter().filter(|window| window.ended_at <= self.now);
        ended.into_iter().find_map(|window| {
            run = if !year::is_full(window) && fits(window) { run + 1 } else { 0 };
            (run == most).then_some(window.ended_at)
        })
    }

    fn comeback(&self) -> Option<Instant> {
        let pairs = self.windows.iter().zip(self.windows.iter().skip(1));
        pairs.filter(|(before, _)| year::is_full(before)).find_map(|(before, next)| {
            let at = next.readings.first()?.at;
            let after = at - before.resets_at;
            (TimeDelta::zero()..=TimeDelta::minutes(10)).contains(&after).then_some(at)
        })
    }

    /// When the last of some days one after the other began.
    fn streak(&self, most: i64) -> Option<Instant> {
        let run = self.days.iter().find(|(first, last)| (*last - *first).num_days() + 1 >= most)?;
        let day = run.0.checked_add_signed(TimeDelta::days(most - 1))?;
        cs_core::clock::from_millis(self.zone.start_of(day))
    }

    /// When more was used first between two hours of the day.
    fn between(&self, from: u16, until: u16) -> Option<Instant> {
        let at = self.windows.iter().flat_map(|window| &window.readings).filter(|reading| reading.used > 0.0);
        let mut at = at.map(|reading| reading.at).filter(|at| *at <= self.now);
        at.find(|at| (from..until).contains(&(self.zone.minute_of_day(*at) / 60)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::Reading;
    use crate::tests::FIVE_HOURS;
    use cs_core::clock;

    /// A window of five hours from an hour of November 2026 on that was used this much after its minute.
    fn used(hour: i64, minute: i64, used: f64) -> Reading {
        let began = clock::parse("2026-11-01T00:00:00Z").unwrap() + TimeDelta::hours(hour);
        Reading { at: began + TimeDelta::minutes(minute), used, resets_at: began + FIVE_HOURS }
    }

    fn names(readings: Vec<Reading>) -> Vec<&'static str> {
        let now = clock::parse("2026-12-31T00:00:00Z").unwrap();
        let history = History::of(readings, Some(FIVE_HOURS));
        earned(&history, 2026, now, &Zone::utc()).iter().map(|achievement| achievement.name).collect()
    }

    #[test]
    fn each_is_earned_by_what_it_says() {
        assert_eq!(names(Vec::new()), [""; 0]);
        assert_eq!(names(vec![used(10, 5, 3.0)]), ["First light"]);
        assert_eq!(names(vec![used(2, 5, 3.0)]), ["First light", "Night owl"]);
        assert_eq!(names(vec![used(5, 5, 3.0)]), ["First light", "Early bird"]);
        assert_eq!(names(vec![used(10, 5, 95.0)]), ["First light", "Photo finish"]);
        assert_eq!(names(vec![used(10, 5, 100.0)]), ["First light"]);
        assert_eq!(names(vec![used(10, 5, 100.0), used(15, 9, 1.0)]), ["First light", "Comeback"]);
        assert_eq!(names(vec![used(10, 5, 100.0), used(15, 19, 1.0)]), ["First light"]);
    }

    #[test]
    fn runs_are_broken_by_a_window_that_was_used_up_and_by_a_day_without_use() {
        let days = |count: i64, percent: f64| (0..count).map(move |day| used(day * 24 + 10, 5, percent));
        assert_eq!(names(days(6, 40.0).collect()), ["First light"]);
        assert_eq!(names(days(7, 40.0).collect()), ["First light", "Week"]);
        assert_eq!(names(days(7, 40.0).filter(|it| it.at != used(58, 5, 1.0).at).collect()), ["First light"]);
        assert_eq!(names(days(10, 60.0).collect()), ["First light", "Week", "Well spent"]);
        assert_eq!(names(days(20, 40.0).collect()), ["First light", "Week", "Endurance"]);
        let broken = days(20, 40.0).chain([used(58, 60, 100.0)]).collect();
        assert_eq!(names(broken), ["First light", "Week"]);
        let regular = (0..100).map(|window| used(window * 5 + 10, 299, 1.0)).collect();
        assert!(names(regular).contains(&"Regular"));
    }
}
