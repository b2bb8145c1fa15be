//! Owns the geometry of charts: numbers become rectangles, templates draw them as SVG. Pure.
//! Must stay true: every shape has its value as text, because some people cannot see the picture.

use crate::view::history::Day;
use chrono::NaiveDate;
use render::{format_day, format_month};
use serde::Serialize;

/// Size of a column chart, in its own units.
const WIDTH: f64 = 420.0;
const HEIGHT: f64 = 150.0;
/// Room for numbers at the left and dates at the bottom.
const LEFT: f64 = 28.0;
const RIGHT: f64 = 10.0;
const BOTTOM: f64 = 18.0;
const TOP: f64 = 8.0;

/// A column chart with stacked parts, one column for each date.
#[derive(Debug, Serialize)]
pub struct Columns {
    pub width: f64,
    pub height: f64,
    /// The positions of the columns.
    pub floor: f64,
    pub left: f64,
    pub columns: Vec<Column>,
    /// Lines across at round numbers.
    pub levels: Vec<Mark>,
    /// Dates below.
    pub ticks: Vec<Mark>,
    pub total: usize,
}

/// A column.
#[derive(Debug, Serialize)]
pub struct Column {
    pub x: f64,
    pub width: f64,
    pub date: String,
    pub value: usize,
    /// The value as text.
    pub text: String,
    pub parts: Vec<Part>,
}

/// A part of a column.
#[derive(Debug, PartialEq, Serialize)]
pub struct Part {
    /// Which series it belongs to.
    pub series: usize,
    pub value: usize,
    /// The value as text.
    pub text: String,
    pub y: f64,
    pub height: f64,
}

/// A text at a position.
#[derive(Debug, PartialEq, Serialize)]
pub struct Mark {
    pub at: f64,
    pub text: String,
}

/// A chart of dates and, for each, the values of the series from the bottom up.
pub fn columns(dates: &[(String, Vec<usize>)]) -> Columns {
    columns_of(dates, Labels { value: |value| value.to_string(), level: |value| value.to_string() })
}

/// How a chart writes numbers.
#[derive(Clone, Copy)]
pub struct Labels {
    /// The label of a column or a part of it, as in tables.
    pub value: fn(usize) -> String,
    /// The label at the axis, where there is little room.
    pub level: fn(usize) -> String,
}

/// The same with other labels.
pub fn columns_of(dates: &[(String, Vec<usize>)], labels: Labels) -> Columns {
    let most = dates.iter().map(|(_, values)| values.iter().sum()).max().unwrap_or_default();
    let top = ceiling(most);
    let step = (WIDTH - LEFT - RIGHT) / dates.len().max(1) as f64;
    let floor = HEIGHT - BOTTOM;
    let y = |value: usize| round(floor - (floor - TOP) * value as f64 / top as f64);
    let columns: Vec<Column> = dates
        .iter()
        .enumerate()
        .map(|(n, (date, values))| Column {
            x: round(LEFT + step * (n as f64 + 0.1)),
            width: round(step * 0.8),
            date: date.clone(),
            value: values.iter().sum(),
            text: (labels.value)(values.iter().sum()),
            parts: stack(values, y, labels.value),
        })
        .collect();
    let halves = if top.is_multiple_of(2) { vec![0, top / 2, top] } else { vec![0, top] };
    let every = dates.len().div_ceil(6).max(1);
    let ticks = columns
        .iter()
        .rev()
        .step_by(every)
        .map(|column| Mark { at: round(column.x + column.width / 2.0), text: dated(&column.date, format_day) });
    Columns {
        width: WIDTH,
        height: HEIGHT,
        floor,
        left: LEFT,
        levels: halves.into_iter().map(|value| Mark { at: y(value), text: (labels.level)(value) }).collect(),
        ticks: ticks.collect(),
        total: columns.iter().map(|column| column.value).sum(),
        columns,
    }
}

fn stack(values: &[usize], y: impl Fn(usize) -> f64, say: impl Fn(usize) -> String) -> Vec<Part> {
    let mut below = 0;
    let mut parts = Vec::new();
    for (series, value) in values.iter().copied().enumerate().filter(|(_, value)| *value > 0) {
        let bottom = y(below);
        below += value;
        parts.push(Part { series, value, text: say(value), y: y(below), height: round(bottom - y(below)) });
    }
    parts
}

/// The next round number: 1, 2, 4, 5, 8, 10, 20, 40 …
fn ceiling(most: usize) -> usize {
    let mut ten = 1;
    loop {
        if let Some(found) = [1, 2, 4, 5, 8].into_iter().map(|n| n * ten).find(|n| *n >= most.max(1)) {
            return found;
        }
        ten *= 10;
    }
}

/// A cell of the heat map and the gap behind it.
const CELL: f64 = 11.0;
const STEP: f64 = 13.0;
const MAP_LEFT: f64 = 30.0;
const MAP_TOP: f64 = 16.0;

/// A year of days: a column a week, a row a weekday.
#[derive(Debug, Serialize)]
pub struct HeatMap {
    pub width: f64,
    pub height: f64,
    pub cell: f64,
    pub cells: Vec<Cell>,
    /// Where months begin.
    pub months: Vec<Mark>,
    pub weekdays: Vec<Mark>,
}

/// A day.
#[derive(Debug, Serialize)]
pub struct Cell {
    pub x: f64,
    pub y: f64,
    /// 0 to 4.
    pub level: usize,
    pub date: String,
    pub value: usize,
}

/// The map of days that begin on a Monday.
pub fn heat_map(days: &[Day]) -> HeatMap {
    let most = days.iter().map(|day| day.sessions).max().unwrap_or_default().max(1);
    let cell = |(n, day): (usize, &Day)| Cell {
        x: MAP_LEFT + STEP * (n / 7) as f64,
        y: MAP_TOP + STEP * (n % 7) as f64,
        level: (day.sessions * 4).div_ceil(most),
        date: day.date.clone(),
        value: day.sessions,
    };
    let cells: Vec<Cell> = days.iter().enumerate().map(cell).collect();
    let begins = |cell: &&Cell| cell.date.ends_with("-01");
    let months = cells.iter().filter(begins).map(|cell| Mark { at: cell.x, text: dated(&cell.date, format_month) });
    let weekdays = [(0, "Mon"), (2, "Wed"), (4, "Fri")];
    let row = |n: usize| MAP_TOP + STEP * n as f64 + CELL - 2.0;
    HeatMap {
        width: MAP_LEFT + STEP * days.len().div_ceil(7) as f64,
        height: MAP_TOP + STEP * 7.0,
        cell: CELL,
        months: months.collect(),
        weekdays: weekdays.into_iter().map(|(n, text)| Mark { at: row(n), text: text.to_string() }).collect(),
        cells,
    }
}

/// Formats a date; a text that is not a date is returned unchanged.
fn dated(date: &str, format: fn(NaiveDate) -> String) -> String {
    date.parse().map_or_else(|_| date.to_string(), format)
}

/// A place in a chart.
pub fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_column_are_stacked() {
        let chart = columns(&[("2026-11-16".into(), vec![1, 0, 3]), ("2026-11-23".into(), vec![0, 0, 0])]);
        let [low, high] = chart.columns[0].parts.as_slice() else { panic!("{chart:?}") };
        assert_eq!((low.series, low.value, high.series, high.value), (0, 1, 2, 3));
        assert_eq!(round(low.y + low.height), chart.floor);
        assert_eq!(round(high.y + high.height), low.y);
        assert_eq!(high.y, TOP, "the highest column reaches the top level");
        assert!(chart.columns[1].parts.is_empty());
        let levels: Vec<&str> = chart.levels.iter().map(|mark| mark.text.as_str()).collect();
        assert_eq!((levels, chart.total), (vec!["0", "2", "4"], 4));
        assert!(chart.ticks.iter().any(|tick| tick.text == "Nov 16"), "{:?}", chart.ticks);
    }

    #[test]
    fn an_empty_series_has_a_chart() {
        assert_eq!((columns(&[]).total, heat_map(&[]).cells.len()), (0, 0));
        let dull = columns(&[("2026-11-16".into(), vec![0])]);
        assert!(dull.columns[0].parts.is_empty() && dull.levels.iter().all(|level| level.at.is_finite()));
    }

    #[test]
    fn levels_are_round_and_enough() {
        let found: Vec<usize> = [0, 1, 3, 6, 9, 11, 41, 99, 101].into_iter().map(ceiling).collect();
        assert_eq!(found, [1, 1, 4, 8, 10, 20, 50, 100, 200]);
    }

    #[test]
    fn a_heat_map_puts_days_into_weeks() {
        let day = |date: &str, sessions| Day { date: date.into(), sessions, ..Day::default() };
        let mut days: Vec<Day> = (24..=30).map(|n| day(&format!("2026-11-{n}"), 0)).collect();
        days.extend([day("2026-12-01", 1), day("2026-12-02", 8)]);
        let map = heat_map(&days);
        assert_eq!((map.cells[6].x, map.cells[7].y), (map.cells[0].x, map.cells[0].y));
        assert!(map.cells[7].x > map.cells[6].x);
        assert_eq!((map.cells[0].level, map.cells[7].level, map.cells[8].level), (0, 1, 4));
        assert_eq!(map.months, [Mark { at: map.cells[7].x, text: "Dec".into() }]);
    }
}
