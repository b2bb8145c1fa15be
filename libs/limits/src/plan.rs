//! Owns planned starts: when the next one is, and which one puts the end of a window into the middle of the busiest hours.
//! Pure.

use crate::settings::Start;
use cs_core::clock::{Date, Instant, TimeDelta};
use cs_core::zone::{self, Zone};

/// Minutes of a day.
const DAY: usize = 24 * 60;
/// How many hours one after the other are the busiest ones.
const BUSY: usize = 5;

/// The next instant at which work is to begin, after `now`; `None` if no day is chosen. A local time that clocks skip is
/// as much later; of one that comes twice, it is the first.
pub fn next(start: &Start, now: Instant, zone: &Zone) -> Option<Instant> {
    let today = zone.local(now).date();
    let days = (0..=7).filter_map(|days| today.checked_add_signed(TimeDelta::days(days)));
    days.filter(|day| is_on(start, *day)).filter_map(|day| instant(start, day, zone)).find(|at| *at > now)
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

/// The start, in minutes since midnight, of a window of `hours` whose end is in the middle of the busiest five hours;
/// `None` if nothing is known about them, or if the window is as long as a day. `use_by_hour`: how much is used in each
/// local hour of the day. If several are as busy, those are taken that begin first.
pub fn suggest(use_by_hour: &[f64; 24], hours: u16) -> Option<u16> {
    let length = usize::from(hours) * 60;
    let sum = |from: usize| use_by_hour.iter().cycle().skip(from).take(BUSY).sum::<f64>();
    let mut busiest: Option<(usize, f64)> = None;
    for from in 0..24 {
        let sum = sum(from);
        // The sums of the same numbers in another order differ in their last digits.
        if sum > busiest.map_or(0.0, |(_, most)| most) + 1e-6 {
            busiest = Some((from, sum));
        }
    }
    let (from, _) = busiest.filter(|_| (1..DAY).contains(&length))?;
    u16::try_from((from * 60 + BUSY * 30 + DAY - length) % DAY).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use cs_core::clock;

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
        assert_eq!(suggest(&used(10, 15), 5), Some(7 * 60 + 30), "ends at 12:30");
        assert_eq!(suggest(&used(9, 17), 5), Some(6 * 60 + 30), "the first of those that are as busy");
        assert_eq!(suggest(&used(0, 5), 5), Some(21 * 60 + 30), "on the day before");
        let over_midnight = std::array::from_fn(|hour| if (3..22).contains(&hour) { 0.0 } else { 3.3 });
        assert_eq!(suggest(&over_midnight, 5), Some(19 * 60 + 30), "ends at 00:30");
        let unknown = [suggest(&[0.0; 24], 5), suggest(&used(10, 15), 0), suggest(&used(10, 15), 168)];
        assert_eq!(unknown, [None; 3]);
    }
}
