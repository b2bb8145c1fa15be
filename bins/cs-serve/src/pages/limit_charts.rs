//! Owns the geometry of what limits show: a bar with a mark, use over seven days, use by hour of the day. Pure. The words
//! and tables of the page have the same as text.

use super::charts::{Mark, round};
use crate::view::limits::Limit;
use cs_core::clock::{self, Instant, TimeDelta};
use cs_core::zone::Zone;
use limits::history::Window;
use render::{format_day, format_percent, format_points, format_time_of_day};
use serde::Serialize;

/// Size of a chart, in its own units, with room for numbers at the left and times below.
const WIDTH: f64 = 420.0;
const HEIGHT: f64 = 150.0;
const LEFT: f64 = 34.0;
const RIGHT: f64 = 10.0;
const TOP: f64 = 8.0;
const BOTTOM: f64 = 18.0;
const FLOOR: f64 = HEIGHT - BOTTOM;
/// Width of an hour in the chart of a day.
const HOUR: f64 = (WIDTH - LEFT - RIGHT) / 24.0;
/// How many days the chart of use over time has.
const DAYS: i64 = 7;
/// How many limits have a line in it.
pub const LINES: usize = 6;
/// Height of a planned window in the chart of a day, and how many have a row of their own.
const STRIP: f64 = 7.0;
const STRIPS: usize = 3;
/// Minutes of a day.
const DAY: i64 = 1440;

/// A bar, in percent of its width: what is used, and how much of the time is over.
#[derive(Debug, PartialEq, Serialize)]
pub struct Bar {
    pub used: f64,
    /// Where the mark is.
    pub elapsed: Option<f64>,
}

/// The bar of a percentage and of a share of the time.
pub fn bar(percent: f64, elapsed: Option<f64>) -> Bar {
    let within = |value: f64| round(value.clamp(0.0, 100.0));
    Bar { used: within(percent), elapsed: elapsed.map(|share| within(share * 100.0)) }
}

/// Use over the last seven days: a line for each limit.
#[derive(Debug, Serialize)]
pub struct Week {
    pub width: f64,
    pub height: f64,
    pub left: f64,
    pub floor: f64,
    pub levels: Vec<Mark>,
    /// Where days begin.
    pub ticks: Vec<Mark>,
    pub lines: Vec<Line>,
}

/// The line of a limit.
#[derive(Debug, Serialize)]
pub struct Line {
    /// Its name.
    pub name: String,
    /// Paths of SVG, one for each window.
    pub paths: Vec<String>,
}

/// The chart of named limits; `None` if nothing was reported in these days.
pub fn week(limits: &[(String, &Limit)], now: Instant, zone: &Zone) -> Option<Week> {
    let from = now - TimeDelta::days(DAYS);
    let whole = (now - from).num_seconds() as f64;
    let x = |at: Instant| {
        let share = (at.clamp(from, now) - from).num_seconds() as f64 / whole;
        round(LEFT + (WIDTH - LEFT - RIGHT) * share)
    };
    let lines = limits.iter().take(LINES).map(|(name, limit)| {
        let windows = limit.past.windows.iter().filter(|window| window.resets_at > from && window.seen_at > from);
        Line { name: name.clone(), paths: windows.filter_map(|window| path(window, from, now, x)).collect() }
    });
    let lines: Vec<Line> = lines.collect();
    if lines.iter().all(|line| line.paths.is_empty()) {
        return None;
    }
    let days = (0..DAYS).filter_map(|n| {
        let date = zone.day_of(now).date - TimeDelta::days(n);
        let began = clock::from_millis(zone.start_of(date)).filter(|began| *began > from)?;
        Some(Mark { at: x(began), text: format_day(date) })
    });
    Some(Week {
        width: WIDTH,
        height: HEIGHT,
        left: LEFT,
        floor: FLOOR,
        levels: [0.0, 50.0, 100.0].map(|percent| Mark { at: y(percent), text: format_percent(percent) }).into(),
        ticks: days.collect(),
        lines,
    })
}

/// A window's readings as steps, up to its end or to now.
fn path(window: &Window, from: Instant, now: Instant, x: impl Fn(Instant) -> f64) -> Option<String> {
    let before = window.readings.iter().rev().find(|reading| reading.at < from);
    let within = window.readings.iter().filter(|reading| reading.at >= from);
    let mut points: Vec<(f64, f64)> = Vec::new();
    for reading in before.into_iter().chain(within) {
        let (at, level) = (x(reading.at), y(reading.used));
        match points.last_mut() {
            // Closer than a tenth of a unit: nobody sees it.
            Some(last) if at - last.0 < 0.1 => last.1 = level,
            _ => points.push((at, level)),
        }
    }
    let (first, rest) = points.split_first()?;
    let mut text = format!("M{} {}", first.0, first.1);
    rest.iter().for_each(|(at, level)| text.push_str(&format!("H{at}V{level}")));
    text.push_str(&format!("H{}", x(window.ended_at.min(now))));
    Some(text)
}

/// Use by hour of the day, and planned windows.
#[derive(Debug, Serialize)]
pub struct Hours {
    pub width: f64,
    pub height: f64,
    pub left: f64,
    pub floor: f64,
    pub levels: Vec<Mark>,
    pub ticks: Vec<Mark>,
    pub columns: Vec<Hour>,
    pub strips: Vec<Strip>,
    /// Where now is.
    pub now: f64,
}

/// An hour of the day.
#[derive(Debug, Serialize)]
pub struct Hour {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
    /// `09:00`
    pub time: String,
    /// `12%`
    pub text: String,
}

/// A window that begins at a planned start, or the part of it on one side of midnight.
#[derive(Debug, PartialEq, Serialize)]
pub struct Strip {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
    /// `07:00 to 12:00`
    pub text: String,
}

/// The chart of a limit. `starts` are minutes since midnight.
pub fn hours(by_hour: Option<&[f64; 24]>, starts: &[u16], length: TimeDelta, now: Instant, zone: &Zone) -> Hours {
    // Below the planned windows.
    let high = TOP + (STRIP + 2.0) * starts.len().min(STRIPS) as f64;
    let most = by_hour.into_iter().flatten().copied().fold(1.0, f64::max);
    let top = (most / 5.0).ceil() * 5.0;
    let at = |points: f64| below(high, points / top);
    let strips = starts.iter().take(STRIPS).enumerate();
    Hours {
        width: WIDTH,
        height: HEIGHT,
        left: LEFT,
        floor: FLOOR,
        levels: [0.0, top].map(|points| Mark { at: at(points), text: format_points(points) }).into(),
        ticks: (0..=24).step_by(6).map(|hour| Mark { at: across(hour * 60), text: tick(hour) }).collect(),
        columns: by_hour.into_iter().flatten().enumerate().map(|(hour, points)| column(hour, *points, at)).collect(),
        strips: strips.flat_map(|(row, start)| strip(row, *start, length)).collect(),
        now: across(zone.minute_of_day(now).into()),
    }
}

/// Where a minute of the day is.
fn across(minute: i64) -> f64 {
    round(LEFT + HOUR * minute as f64 / 60.0)
}

fn column(hour: usize, points: f64, at: impl Fn(f64) -> f64) -> Hour {
    Hour {
        x: round(LEFT + HOUR * (hour as f64 + 0.1)),
        y: at(points),
        width: round(HOUR * 0.8),
        height: round(FLOOR - at(points)),
        time: time(hour as i64 * 60),
        text: format_points(points),
    }
}

/// A planned window: two parts if it goes over midnight.
fn strip(row: usize, start: u16, length: TimeDelta) -> Vec<Strip> {
    let (from, until) = (i64::from(start), i64::from(start) + length.num_minutes());
    let parts = [(from, until.min(DAY)), (0, until - DAY)].into_iter().filter(|(from, until)| from < until);
    let part = |(first, last): (i64, i64)| Strip {
        x: across(first),
        y: TOP + (STRIP + 2.0) * row as f64,
        width: round(across(last) - across(first)),
        height: STRIP,
        text: format!("{} to {}", time(from), time(until)),
    };
    parts.map(part).collect()
}

/// The height of a percentage.
fn y(percent: f64) -> f64 {
    below(TOP, percent / 100.0)
}

/// The height of a share of the room between the floor and a height.
fn below(high: f64, share: f64) -> f64 {
    round(FLOOR - (FLOOR - high) * share.clamp(0.0, 1.0))
}

/// A time of day, in minutes since some midnight.
fn time(minutes: i64) -> String {
    format_time_of_day(u16::try_from(minutes.rem_euclid(DAY)).unwrap_or_default())
}

/// The end of the day is its own time.
fn tick(hour: i64) -> String {
    format_time_of_day(u16::try_from(hour * 60).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use limits::reading::Reading;

    fn at(text: &str) -> Instant {
        clock::parse(text).unwrap()
    }

    #[test]
    fn a_bar_stays_in_its_frame() {
        assert_eq!(bar(130.0, Some(0.5)), Bar { used: 100.0, elapsed: Some(50.0) });
        assert_eq!(bar(-1.0, None), Bar { used: 0.0, elapsed: None });
    }

    #[test]
    fn a_window_is_steps_up_to_its_end_or_to_now() {
        let resets_at = at("2026-11-21T12:00:00Z");
        let reading = |text: &str, used| Reading { at: at(text), used, resets_at };
        let readings = vec![reading("2026-11-21T08:00:00Z", 10.0), reading("2026-11-21T09:00:00Z", 100.0)];
        let window = Window {
            began_at: None,
            used: 100.0,
            highest: 100.0,
            corrected_at: None,
            ended_at: resets_at,
            seen_at: at("2026-11-21T09:00:00Z"),
            readings,
            resets_at,
        };
        let (from, now) = (at("2026-11-21T00:00:00Z"), at("2026-11-21T10:00:00Z"));
        let hours = |at: Instant| (at - from).num_hours() as f64;
        let steps = format!("M8 {}H9V{TOP}", y(10.0));
        assert_eq!(path(&window, from, now, hours).unwrap(), format!("{steps}H10"));
        assert_eq!(
            path(&window, at("2026-11-21T08:30:00Z"), at("2026-11-22T00:00:00Z"), hours).unwrap(),
            format!("{steps}H12")
        );
        assert_eq!(path(&Window { readings: Vec::new(), ..window }, from, now, hours), None);
    }

    #[test]
    fn a_planned_window_over_midnight_has_two_parts() {
        let now = at("2026-11-21T12:00:00Z");
        let length = TimeDelta::hours(5);
        let chart = hours(None, &[22 * 60, 420], length, now, &Zone::utc());
        let parts: Vec<(&str, f64)> = chart.strips.iter().map(|strip| (strip.text.as_str(), strip.x)).collect();
        let x = |minute: f64| round(LEFT + (WIDTH - LEFT - RIGHT) * minute / 1440.0);
        assert_eq!(parts, [("22:00 to 03:00", x(1320.0)), ("22:00 to 03:00", x(0.0)), ("07:00 to 12:00", x(420.0))]);
        assert_eq!((chart.now, chart.columns.len()), (x(720.0), 0));
        // Clocks were set forward in the night: the day's fifth hour is the sixth of the clock.
        let (spring, berlin) = (at("2026-03-29T03:30:00Z"), Zone::named("CET-1CEST,M3.5.0,M10.5.0/3").unwrap());
        assert_eq!(hours(None, &[], length, spring, &berlin).now, x(330.0));
        let mut by_hour = [0.0; 24];
        by_hour[9] = 12.0;
        let chart = hours(Some(&by_hour), &[], length, now, &Zone::utc());
        assert_eq!((chart.columns.len(), chart.columns[9].time.as_str(), chart.columns[8].height), (24, "09:00", 0.0));
        assert!(chart.columns[9].y > TOP && chart.columns[9].y < FLOOR, "12 of 15");
    }
}
