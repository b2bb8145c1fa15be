//! Compares two sets of programs in one run: each call with the one, then with the other, in places of their own.

use std::path::Path;
use std::time::Duration;

use super::measure::{Bench, Times, median};
use super::native::Native;
use super::place::Place;
use super::report::{Table, best, budget, thousands, word};
use super::scenario::{Budget, Scenario};
use super::trace::Trace;

/// The figures of one call with one set of programs.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    pub times: Times,
    pub trace: Option<Trace>,
    pub instructions: Option<u64>,
}

/// One call in one place, before and after.
#[derive(Clone, Debug)]
pub struct Row {
    pub place: Place,
    pub scenario: Scenario,
    pub figures: [Figures; 2],
}

/// What can be counted on this machine: system calls, instructions.
#[derive(Clone, Copy, Debug)]
pub struct Counted {
    pub calls: bool,
    pub instructions: bool,
}

/// Calls that take longer than this are made three times.
pub const LONG: Duration = Duration::from_millis(500);

/// Measures the wanted calls of a place with the programs of both folders, `runs` times by turns.
pub fn measure(
    place: Place,
    folders: [&Path; 2],
    wanted: &dyn Fn(&Scenario) -> bool,
    counted: Counted,
    floor: &Native,
    runs: usize,
) -> Vec<Row> {
    let mut benches = folders.map(|folder| place.bench(Some(folder)));
    let calls = benches.each_ref().map(|bench| place.scenarios(bench));
    let mut rows = Vec::new();
    for (number, scenario) in calls[1].iter().enumerate().filter(|(_, scenario)| wanted(scenario)) {
        eprint!("\r\x1b[Kbench: {} {}: {}", thousands(place.size().0), place.size().1, scenario.name);
        let mut figures = [Figures::default(), Figures::default()];
        let works = |(at, bench): (usize, &mut Bench)| bench.works(&calls[at][number]);
        if !benches.iter_mut().enumerate().all(works) {
            continue;
        }
        for (at, bench) in benches.iter_mut().enumerate() {
            figures[at] = count(place, bench, &calls[at][number], counted);
        }
        for run in 0..runs {
            for (at, bench) in benches.iter_mut().enumerate() {
                let times = &mut figures[at].times;
                if run < 3 || median(&times.call) < LONG {
                    bench.time(&calls[at][number], floor, times);
                }
            }
        }
        rows.push(Row { place, scenario: scenario.clone(), figures });
    }
    eprintln!();
    rows
}

fn count(place: Place, bench: &mut Bench, scenario: &Scenario, counted: Counted) -> Figures {
    let has_calls = counted.calls && place.can_count(scenario, false);
    let has_instructions = counted.instructions && place.can_count(scenario, true);
    Figures {
        times: Times::default(),
        trace: has_calls.then(|| bench.trace(scenario).0),
        instructions: has_instructions.then(|| bench.instructions(scenario)),
    }
}

/// Each row: before, after, limit.
pub fn table(rows: &[Row]) -> Table {
    let heading = [
        "program",
        "call",
        "in",
        "ms over the floor: before",
        "after",
        "floors: before",
        "after",
        "limit",
        "verdict",
        "instructions / 1,000: before",
        "after",
        "system calls: before",
        "after",
        "files opened: before",
        "after",
        "bytes read and written: before",
        "after",
    ];
    let heading = heading.map(str::to_owned).to_vec();
    Table { rows: std::iter::once(heading).chain(rows.iter().map(cells)).collect() }
}

fn cells(row: &Row) -> Vec<String> {
    let (count, noun) = row.place.size();
    let scenario = &row.scenario;
    let mut cells = vec![scenario.program.to_owned(), scenario.name.to_owned(), format!("{} {noun}", thousands(count))];
    let mut both = |cell: &dyn Fn(&Figures) -> String| cells.extend(row.figures.iter().map(cell));
    both(&|figures| format!("{:.2}", over(&figures.times)));
    both(&|figures| format!("{:.1}", best(&figures.times)));
    let after = &row.figures[1].times;
    let is_within = match scenario.budget {
        Budget::Floors(most) => Some(best(after) <= most),
        Budget::Millis(most) => Some(median(&after.call).as_secs_f64() * 1000.0 <= most),
        Budget::More(..) | Budget::None(_) => None,
    };
    let verdict = is_within.map_or_else(String::new, |is_within| word(is_within).to_owned());
    cells.extend([budget(scenario.budget), verdict]);
    let mut both = |cell: &dyn Fn(&Figures) -> Option<usize>| {
        let shown = |figures| cell(figures).map_or_else(|| "–".to_owned(), thousands);
        cells.extend(row.figures.iter().map(shown));
    };
    both(&|figures| figures.instructions.map(|count| count as usize / 1000));
    both(&|figures| figures.trace.map(|trace| trace.calls));
    both(&|figures| figures.trace.map(|trace| trace.opened));
    both(&|figures| figures.trace.map(Trace::moved));
    cells
}

/// Milliseconds that the shortest call takes longer than the shortest floor.
fn over(times: &Times) -> f64 {
    let least = |times: &[Duration]| times.iter().min().copied().unwrap_or_default().as_secs_f64() * 1000.0;
    least(&times.call) - least(&times.floor)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario;
    use crate::store::{Agent, Store};

    #[test]
    fn a_row_says_before_after_and_limit() {
        let times = |millis| Times {
            call: vec![Duration::from_millis(millis), Duration::from_millis(90)],
            floor: vec![Duration::from_millis(1)],
        };
        let trace = Trace { calls: 20, directories: 1, opened: 3, read: 1000, written: 500 };
        let before = Figures { times: times(9), trace: None, instructions: Some(5_000_000) };
        let after = Figures { times: times(2), trace: Some(trace), instructions: None };
        let store = Store::new(10, Path::new("/w"), Agent { pid: 1, started: None });
        let scenario = Scenario { budget: Budget::Floors(2.0), ..scenario::all(&store).remove(0) };
        let row = |budget| Row {
            place: Place::Sessions(1000),
            scenario: Scenario { budget, ..scenario.clone() },
            figures: [before.clone(), after.clone()],
        };
        let shown = table(&[row(Budget::Floors(2.0)), row(Budget::Floors(1.9))]).rows;
        assert_eq!(shown[1][2..9], ["1,000 sessions", "8.00", "1.00", "9.0", "2.0", "≤ 2 floors", "ok"]);
        assert_eq!(shown[1][9..], ["5,000", "–", "–", "20", "–", "3", "–", "1,500"]);
        assert_eq!(shown[2][8], "over");
        assert_eq!(shown[0].len(), shown[1].len());
    }
}
