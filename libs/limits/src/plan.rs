//! Owns planned starts: when the next one is, and which one puts the end of a window into the middle of the busiest hours.
//! Pure.

use crate::settings::Start;
use cs_core::clock::{self, Date, Instant, TimeDelta};
use cs_core::zone::{self, Zone};

/// Minutes of a day.
const DAY: usize = 24 * 60;
/// How many hours one after the other are the busiest ones.
const BUSY: usize = 5;
/// With use on fewer days it is not known which hours are busy.
pub const DAYS: usize = 3;

/// The next instant at which work is to begin, after `now`; `None` if no day is chosen. A local time that clocks skip is
/// as much later; of one that comes twice, it is the first.
pub fn next(start: &Start, now: Instant, zone: &Zone) -> Option<Instant> {
    let today = zone.local(now).date();
    let days = (0..=7).filter_map(|days| today.checked_add_signed(TimeDelta::days(days)));
    let starts = days.filter(|day| is_on(start, *day)).filter_map(|day| instant(start, day, zone));
    starts.filter(clock::has_spelling).find(|at| *at > now)
}

fn is_on(start: &Start, day: Date) -> bool {
    let weekday = usize::try_from((day - zone::monday(day)).num_days()).ok();
    weekday.and_then(|weekday| start.days.get(weekday)).is_some_and(|is_on| *is_on)
}

fn instant(start: &Start, day: Date, zone: &Zone) -> Option<Instant> {
    let minutes = TimeDelta::minutes(start.minute.into());
    let [first, _] = zone.instants(day.and_time(Default::default()).checked_add_signed(minutes)?);
    Some(first)
}

/// A start that puts the end of a window into the middle of the busiest hours, in minutes since midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// When work is to begin: nothing is usually used in the time before it, so no window is open then.
    pub start: u16,
    /// The end that is amid the busiest five hours: that of the window which begins then, or of one that follows it at
    /// once.
    pub reset: u16,
}

/// The start of a window of `hours` whose end is in the middle of the busiest five hours; `None` before there are three
/// days with use, or if the window is as long as a day. `use_by_hour`: how much is used in each local hour of the day. If
/// several are as busy, the end is nearest to the middle of the use.
pub fn suggest(use_by_hour: &[f64; 24], days: usize, hours: u16) -> Option<Suggestion> {
    let length = usize::from(hours) * 60;
    if days < DAYS || !(1..DAY).contains(&length) {
        return None;
    }
    let reset = busiest(use_by_hour)?;
    let mut start = (reset + DAY - length) % DAY;
    // Who uses something before the start has a window open already: then it is the one before that is begun.
    for _ in 1..DAY / length {
        if is_free(use_by_hour, start, length) {
            break;
        }
        start = (start + DAY - length) % DAY;
    }
    Some(Suggestion { start: u16::try_from(start).ok()?, reset: u16::try_from(reset).ok()? })
}

/// The middle of the busiest five hours, in minutes since midnight.
fn busiest(use_by_hour: &[f64; 24]) -> Option<usize> {
    let sum = |from: usize| use_by_hour.iter().cycle().skip(from).take(BUSY).sum::<f64>();
    let most = (0..24).map(sum).fold(0.0, f64::max);
    // The sums of the same numbers in another order differ in their last digits.
    let equal = (0..24).filter(|from| most > 0.0 && sum(*from) > most - 1e-6).map(|from| (from * 60 + BUSY * 30) % DAY);
    // How far use is from there, by how much it is.
    let distance = |middle: usize| -> f64 {
        let minutes = |hour: usize| (hour * 60 + 30).abs_diff(middle);
        let one = |(hour, used): (usize, &f64)| used * minutes(hour).min(DAY - minutes(hour)) as f64;
        use_by_hour.iter().enumerate().map(one).sum()
    };
    equal.min_by(|one, other| distance(*one).total_cmp(&distance(*other)))
}

/// Whether hardly anything is used in the time before a start, as long as a window.
fn is_free(use_by_hour: &[f64; 24], start: usize, length: usize) -> bool {
    let all: f64 = use_by_hour.iter().sum();
    let is_before = |hour: usize| (start + DAY - hour * 60 - 1) % DAY < length;
    let before = use_by_hour.iter().enumerate().filter(|(hour, _)| is_before(*hour));
    before.map(|(_, used)| used).sum::<f64>() <= all / 20.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        clock::parse(text).unwrap()
    }

    /// The next starts at a local time in Berlin.
    fn next_in_berlin(minute: u16, days: &str, now: &str) -> Option<String> {
        let days = std::array::from_fn(|n| days.as_bytes()[n] == b'x');
        let start = Start { minute, days, remind: TimeDelta::minutes(15), command: Vec::new() };
        let next = next(&start, at(now), &Zone::named("CET-1CEST,M3.5.0,M10.5.0/3").unwrap());
        next.map(|at| at.format("%a %d %H:%M").to_string())
    }

    fn is(next: Option<String>, expected: &str) {
        assert_eq!(next.as_deref(), Some(expected));
    }

    #[test]
    fn the_next_start_is_on_a_day_that_is_chosen() {
        // 21 November 2026 is a Saturday.
        is(next_in_berlin(7 * 60, "xxxxx..", "2026-11-21T05:00:00Z"), "Mon 23 06:00");
        is(next_in_berlin(7 * 60, "xxxxxxx", "2026-11-21T05:59:59Z"), "Sat 21 06:00");
        is(next_in_berlin(7 * 60, "xxxxxxx", "2026-11-21T06:00:00Z"), "Sun 22 06:00");
        is(next_in_berlin(7 * 60, ".....x.", "2026-11-21T06:00:00Z"), "Sat 28 06:00");
        is(next_in_berlin(0, "......x", "2026-11-21T22:59:00Z"), "Sat 21 23:00");
        assert_eq!(next_in_berlin(7 * 60, ".......", "2026-11-21T06:00:00Z"), None);
        assert_eq!(next_in_berlin(7 * 60, "xxxxxxx", "9999-12-31T20:00:00Z"), None, "it could not be written");
    }

    #[test]
    fn when_clocks_change_a_start_is_neither_left_out_nor_twice() {
        // Clocks are set forward on 29 March 2026: 02:30 does not exist, and 03:30 is an hour and a half after 01:59.
        is(next_in_berlin(150, "xxxxxxx", "2026-03-28T02:00:00Z"), "Sun 29 01:30");
        is(next_in_berlin(150, "xxxxxxx", "2026-03-29T01:30:00Z"), "Mon 30 00:30");
        // They are set back on 25 October: 02:30 comes at 00:30 and at 01:30.
        is(next_in_berlin(150, "xxxxxxx", "2026-10-24T12:00:00Z"), "Sun 25 00:30");
        is(next_in_berlin(150, "xxxxxxx", "2026-10-25T00:30:00Z"), "Mon 26 01:30");
        is(next_in_berlin(7 * 60, "xxxxxxx", "2026-10-25T05:00:00Z"), "Sun 25 06:00");
    }

    #[test]
    fn the_end_of_a_window_is_in_the_middle_of_the_busiest_hours() {
        let used = |from: usize, until: usize| {
            std::array::from_fn(|hour| if (from..until).contains(&hour) { 2.5 } else { 0.1 })
        };
        let of = |used: &[f64; 24]| suggest(used, 9, 5).map(|it| (it.start, it.reset));
        let nothing_before = std::array::from_fn(|hour| if (10..15).contains(&hour) { 2.5 } else { 0.0 });
        assert_eq!(of(&nothing_before), Some((7 * 60 + 30, 12 * 60 + 30)));
        assert_eq!(of(&used(10, 15)), Some((7 * 60 + 30, 12 * 60 + 30)), "a little at night is nothing");
        assert_eq!(of(&used(9, 17)).map(|it| it.1), Some(12 * 60 + 30), "amid those that are as busy");
        assert_eq!(of(&used(0, 5)).map(|it| it.0), Some(21 * 60 + 30), "on the day before");
        let over_midnight = std::array::from_fn(|hour| if (3..22).contains(&hour) { 0.0 } else { 3.3 });
        assert_eq!(of(&over_midnight), Some((19 * 60 + 30, 30)));
        let unknown = [suggest(&[0.0; 24], 9, 5), suggest(&used(10, 15), 9, 0), suggest(&used(10, 15), 9, 168)];
        assert_eq!((unknown, suggest(&used(10, 15), 2, 5)), ([None; 3], None));
    }

    #[test]
    fn nothing_is_used_before_a_start_that_is_suggested() {
        // From eight to twelve and from one to six: at half past ten a window is open since eight.
        let day = std::array::from_fn(|hour| match hour {
            8..=11 => 10.0,
            13..=17 => 20.0,
            _ => 0.0,
        });
        assert_eq!(suggest(&day, 20, 5), Some(Suggestion { start: 5 * 60 + 30, reset: 15 * 60 + 30 }));
        // Who never stops has no such time.
        assert_eq!(suggest(&[1.0; 24], 20, 5).map(|it| (it.reset + DAY as u16 - it.start) % 300), Some(0));
        // One morning, from seven to nine: the end is amid it.
        let morning = std::array::from_fn(|hour| if (7..9).contains(&hour) { 10.0 } else { 0.0 });
        let reset = suggest(&morning, 3, 5).unwrap().reset;
        assert!((7 * 60 + 30..=8 * 60 + 30).contains(&reset), "{reset}");
    }
}
