//! The tables, for people or as Markdown.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use super::measure::{Times, median};
use super::place::Place;
use super::scenario::{Budget, Scenario};
use super::trace::Trace;

/// The maximum size of a program in bytes.
pub fn ceiling(program: &str) -> u64 {
    match program {
        // They contain the C library (.cargo/rustc.sh).
        "cs-heartbeat" => 2_000 * 1024,
        "cs-hook" => 2_400 * 1024,
        "cs-guard" | "cs-deliver" => 2_100 * 1024,
        // It reads the end of a log for the last messages.
        "cs-wake" => 1_600 * 1024,
        // All pages, styles and scripts, and the document about the API, are part of it.
        // It also reads, searches, redacts and reports conversations, and starts agents.
        "cs-serve" => 7_232 * 1024,
        // They redact by rules that people bring, which are regular expressions in TOML.
        "cs-export" | "cs-report" => 4_544 * 1024,
        // It redacts by the same rules, and reads conversations and what was redacted in them.
        "cs-chat" => 4_352 * 1024,
        // It reads conversations, records, usage, limits and the log of tools, and redacts them by rules that people bring.
        "cs-sync" => 4_352 * 1024,
        // They read the log of tools, and transcripts for how a call ended, or conversations; they contain the C library.
        "cs-session" | "cs-usage" => 4_096 * 1024,
        // It reads sessions, conversations' ends, seats, limits and budgets.
        "cs-notify" => 3_040 * 1024,
        // They read whole conversations, or transcripts for how calls ended.
        "cs-agent" | "cs-audit" | "cs-setup" | "cs-top" => 2_912 * 1024,
        // 2.5 MiB.
        _ => 2_560 * 1024,
    }
}
/// The maximum size of all programs together in bytes.
pub const ALL_BYTES: u64 = 86_000_000;
/// A heartbeat makes fewer system calls than this.
pub const HEARTBEAT_CALLS: usize = 100;

/// The measurements of one call on one store.
#[derive(Clone, Debug)]
pub struct Found {
    pub scenario: Scenario,
    pub times: Times,
    /// `None` without strace, or if the call would take too long under it.
    pub trace: Option<Trace>,
    /// `None` without valgrind, and on large stores.
    pub instructions: Option<u64>,
    /// Bytes.
    pub peak: u64,
}

/// The calls in a place.
#[derive(Clone, Debug)]
pub struct Part {
    pub place: Place,
    pub found: Vec<Found>,
}

impl Part {
    fn name(&self) -> String {
        let (count, noun) = self.place.size();
        format!("{} {noun}", thousands(count))
    }

    fn call(&self, name: &str) -> Option<&Found> {
        self.found.iter().find(|found| found.scenario.name == name)
    }
}

/// A table: the first column is text, the others are figures.
#[derive(Clone, Debug)]
pub struct Table {
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// The first row is the heading.
    pub fn plain(&self) -> String {
        self.render("", "  ", "")
    }

    pub fn markdown(&self) -> String {
        let mut text = self.render("| ", " | ", " |");
        let columns = self.rows.first().map_or(0, Vec::len);
        let rule = format!("|---|{}\n", "--:|".repeat(columns.saturating_sub(1)));
        let end = text.find('\n').map_or(text.len(), |at| at + 1);
        text.insert_str(end, &rule);
        text
    }

    fn render(&self, left: &str, between: &str, right: &str) -> String {
        let columns = self.rows.first().map_or(0, Vec::len);
        let length = |row: &Vec<String>, column: usize| row.get(column).map_or(0, |cell| cell.chars().count());
        let widths: Vec<usize> =
            (0..columns).map(|column| self.rows.iter().map(|row| length(row, column)).max().unwrap_or(0)).collect();
        let cell = |(column, text): (usize, &String)| match column {
            0 => format!("{text:<0$}", widths[column]),
            _ => format!("{text:>0$}", widths[column]),
        };
        let line = |row: &Vec<String>| row.iter().enumerate().map(cell).collect::<Vec<_>>().join(between);
        self.rows.iter().map(|row| format!("{left}{}{right}\n", line(row))).collect()
    }
}

/// How long every call takes on every store, beside the baseline program.
pub fn times(parts: &[Part]) -> Table {
    let mut heading = vec!["program".to_owned(), "call".into(), "budget".into()];
    for part in parts {
        heading.extend([
            format!("{}: ms", part.name()),
            "floor".into(),
            "over it".into(),
            "ratio".into(),
            "at best".into(),
        ]);
    }
    heading.push("verdict".into());
    let all = calls(parts);
    let rows = all.iter().map(|found| {
        let scenario = &found[0].scenario;
        let mut row = vec![scenario.program.to_owned(), scenario.name.to_owned(), budget(scenario.budget)];
        for found in found {
            let (call, floor) = (median(&found.times.call), median(&found.times.floor));
            row.extend([
                millis(call),
                millis(floor),
                over(call, floor),
                format!("{:.1}", ratio(&found.times)),
                format!("{:.1}", best(&found.times)),
            ]);
        }
        row.push(verdict(scenario.budget, found, &all));
        row
    });
    Table { rows: std::iter::once(heading).chain(rows).collect() }
}

/// System calls, opened directories, bytes written, instructions and memory.
pub fn calls_and_memory(parts: &[Part]) -> Table {
    let mut heading = vec!["program".to_owned(), "call".into()];
    for part in parts {
        heading.extend([format!("{}: system calls", part.name()), "directories".into(), "files opened".into()]);
        heading.extend(["bytes read".into(), "bytes written".into()]);
        heading.extend(["instructions / 1,000".into(), "peak KiB".into()]);
    }
    heading.push("verdict".into());
    let rows = calls(parts).into_iter().map(|found| {
        let scenario = &found[0].scenario;
        let mut row = vec![scenario.program.to_owned(), scenario.name.to_owned()];
        for found in &found {
            let trace = |figure: fn(Trace) -> usize| {
                found.trace.map_or_else(|| "not counted".into(), |trace| thousands(figure(trace)))
            };
            row.extend([trace(|trace| trace.calls), trace(|trace| trace.directories), trace(|trace| trace.opened)]);
            row.extend([trace(|trace| trace.read), trace(|trace| trace.written)]);
            let thousand = |count: u64| thousands(count as usize / 1000);
            row.push(found.instructions.map_or_else(|| "not counted".into(), thousand));
            row.push(thousands(found.peak as usize / 1024));
        }
        let within = |trace: Trace| trace.calls < HEARTBEAT_CALLS && trace.directories == 0;
        let traces: Vec<Trace> = found.iter().filter_map(|found| found.trace).collect();
        let is_judged = scenario.program == "cs-heartbeat" && !traces.is_empty();
        row.push(if is_judged { word(traces.into_iter().all(within)).into() } else { String::new() });
        row
    });
    Table { rows: std::iter::once(heading).chain(rows).collect() }
}

/// How much longer every call takes per 1,000 more of what there is, between the smallest and the largest place, and how
/// many more bytes it reads and writes.
pub fn growth(parts: &[Part]) -> Table {
    let sizes = || parts.iter().map(|part| part.place.size());
    let ((least, _), (most, noun)) = (sizes().min().unwrap_or_default(), sizes().max().unwrap_or_default());
    let heading =
        ["program", "call", &format!("ms for each 1,000 {noun}"), "bytes for each"].map(str::to_owned).to_vec();
    let part = |size: usize| parts.iter().find(|part| part.place.size().0 == size);
    let (Some(small), Some(large)) = (part(least), part(most).filter(|_| most > least)) else {
        return Table { rows: vec![heading] };
    };
    let millis = |found: &Found| median(&found.times.call).as_secs_f64() * 1000.0;
    let both = small.found.iter().filter_map(|found| Some((found, large.call(found.scenario.name)?)));
    let rows = both.map(|(small, large)| {
        let slope = (millis(large) - millis(small)) / (most - least) as f64 * 1000.0;
        let moved = |found: &Found| Some(found.trace?.moved() as f64);
        let bytes = moved(large).zip(moved(small)).map(|(large, small)| (large - small) / (most - least) as f64);
        let bytes = bytes.map_or_else(String::new, |bytes| format!("{bytes:.1}"));
        vec![small.scenario.program.to_owned(), small.scenario.name.to_owned(), format!("{slope:.3}"), bytes]
    });
    Table { rows: std::iter::once(heading).chain(rows).collect() }
}

/// How large the programs are.
pub fn sizes(programs: &[(String, u64)]) -> Table {
    let kib = |bytes: u64| format!("{:.0}", bytes as f64 / 1024.0);
    let mut rows = vec![["program", "KiB", "budget", "verdict"].map(str::to_owned).to_vec()];
    for (name, bytes) in programs {
        let most = ceiling(name);
        rows.push(vec![name.clone(), kib(*bytes), kib(most), word(*bytes <= most).into()]);
    }
    let all: u64 = programs.iter().map(|(_, bytes)| bytes).sum();
    rows.push(vec!["all together".into(), kib(all), kib(ALL_BYTES), word(all <= ALL_BYTES).into()]);
    Table { rows }
}

/// The programs of the workspace and their sizes in bytes.
pub fn programs() -> Vec<(String, u64)> {
    let file = |name: &String| -> PathBuf { cs_tests::programs().join(name) };
    let names = cs_tests::program_names().into_iter();
    names.filter_map(|name| Some((name.clone(), fs::metadata(file(&name)).ok()?.len()))).collect()
}

/// The same call on every store, side by side; only calls that were measured on each.
fn calls(parts: &[Part]) -> Vec<Vec<&Found>> {
    let first = parts.first().map_or(&[][..], |part| &part.found);
    let of = |name| parts.iter().map(move |part| part.call(name)).collect::<Option<Vec<&Found>>>();
    first.iter().filter_map(|found| of(found.scenario.name)).collect()
}

fn ratio(times: &Times) -> f64 {
    median(&times.call).as_secs_f64() / median(&times.floor).as_secs_f64().max(1e-9)
}

/// How many milliseconds longer the call takes than the floor; negative if noise hides the difference.
fn over(call: Duration, floor: Duration) -> String {
    format!("{:.2}", (call.as_secs_f64() - floor.as_secs_f64()) * 1000.0)
}

/// The ratio of the shortest times: the cost of the call when nothing else uses the processor or the disk.
pub(crate) fn best(times: &Times) -> f64 {
    let least = |times: &[Duration]| times.iter().min().copied().unwrap_or_default().as_secs_f64();
    least(&times.call) / least(&times.floor).max(1e-9)
}

pub(crate) fn budget(budget: Budget) -> String {
    match budget {
        Budget::Floors(most) => format!("≤ {most} floors"),
        Budget::More(most, _) => format!("≤ +{most} floors"),
        Budget::Millis(most) => format!("≤ {most} ms"),
        Budget::None(why) => why.into(),
    }
}

fn verdict(budget: Budget, found: &[&Found], all: &[Vec<&Found>]) -> String {
    let base = match budget {
        Budget::More(_, name) => all.iter().find(|found| found[0].scenario.name == name),
        _ => None,
    };
    let is_within = |(at, found): (usize, &&Found)| match budget {
        Budget::Floors(most) => ratio(&found.times) <= most,
        // The difference of two medians would be that of the noise.
        Budget::More(most, _) => base.is_some_and(|base| best(&found.times) - best(&base[at].times) <= most),
        Budget::Millis(most) => median(&found.times.call).as_secs_f64() * 1000.0 <= most,
        Budget::None(_) => true,
    };
    match budget {
        Budget::None(_) => String::new(),
        // The other call was not measured.
        Budget::More(..) if base.is_none() => String::new(),
        _ => word(found.iter().enumerate().all(is_within)).into(),
    }
}

/// The verdict about a budget.
pub fn word(is_within: bool) -> &'static str {
    if is_within { "ok" } else { "over" }
}

/// Milliseconds.
pub fn millis(time: Duration) -> String {
    format!("{:.2}", time.as_secs_f64() * 1000.0)
}

/// A number with commas, for example `10,000`.
pub fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let groups: Vec<&[u8]> = digits.as_bytes().rchunks(3).rev().collect();
    groups.iter().map(|group| String::from_utf8_lossy(group)).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario;
    use crate::store::{Agent, Store};
    use std::path::Path;

    /// One call that takes this many milliseconds, with a floor of one millisecond.
    fn part(sessions: usize, millis: u64) -> Part {
        let times = Times { call: vec![Duration::from_millis(millis)], floor: vec![Duration::from_millis(1)] };
        let store = Store::new(10, Path::new("/w"), Agent { pid: 1, started: None });
        let scenario = scenario::all(&store).remove(0);
        Part {
            place: Place::Sessions(sessions),
            found: vec![Found { scenario, times, trace: None, instructions: None, peak: 0 }],
        }
    }

    #[test]
    fn a_call_may_cost_a_little_more_than_another_one() {
        let found = |name, millis, budget| {
            let Found { scenario, times, .. } = part(10, millis).found.remove(0);
            let scenario = Scenario { name, budget, ..scenario };
            Found { scenario, times, trace: None, instructions: None, peak: 0 }
        };
        let plain = found("plain", 3, Budget::Floors(3.0));
        let verdict = |found: Vec<Found>| {
            times(&[Part { place: Place::Sessions(10), found }]).rows.last().unwrap().last().unwrap().clone()
        };
        let more = |most| found("more", 4, Budget::More(most, "plain"));
        assert_eq!([1.0, 0.9].map(|most| verdict(vec![plain.clone(), more(most)])), ["ok", "over"]);
        assert_eq!(verdict(vec![more(1.0)]), "", "the other one was not measured");
    }

    #[test]
    fn each_call_shows_its_floor_the_difference_and_the_ratio() {
        let table = times(&[part(10, 5)]);
        assert_eq!(table.rows[0][3..8], ["10 sessions: ms", "floor", "over it", "ratio", "at best"]);
        assert_eq!(table.rows[1][3..8], ["5.00", "1.00", "4.00", "5.0", "5.0"]);
        let ms = Duration::from_millis;
        assert_eq!(over(ms(1), ms(2)), "-1.00");
    }

    #[test]
    fn a_call_that_could_not_be_measured_somewhere_shifts_no_other() {
        let named = |name, millis| {
            let found = part(10, millis).found.remove(0);
            Found { scenario: Scenario { name, ..found.scenario }, ..found }
        };
        let small = Part { place: Place::Sessions(10), found: vec![named("a", 2), named("b", 2)] };
        let large = Part { place: Place::Sessions(2010), found: vec![named("b", 12)] };
        for table in [times(&[small.clone(), large.clone()]), growth(&[small, large])] {
            assert_eq!(table.rows[1..].iter().map(|row| row[1].as_str()).collect::<Vec<_>>(), ["b"]);
        }
    }

    #[test]
    fn growth_is_a_slope_between_the_smallest_and_the_largest_store() {
        let table = growth(&[part(10, 2), part(2010, 12)]);
        assert_eq!(table.rows[1][2], "5.000");
        assert_eq!(growth(&[part(10, 2)]).rows.len(), 1);
    }

    #[test]
    fn tables_are_aligned() {
        let table = Table { rows: vec![vec!["a".into(), "ms".into()], vec!["≤ long".into(), "1".into()]] };
        assert_eq!(table.plain(), "a       ms\n≤ long   1\n");
        assert_eq!(table.markdown(), "| a      | ms |\n|---|--:|\n| ≤ long |  1 |\n");
        assert_eq!([0, 999, 1000, 1_234_567].map(thousands), ["0", "999", "1,000", "1,234,567"]);
    }
}
