//! Measures what the programs cost and prints it beside their budgets.
//!
//! Reads: the programs, `tests/fixtures/`.
//! Writes: temporary folders; `docs/BENCH.md` with `--save`.
//! Exits: 0 measured (over budget or not), 64 usage.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use bench::compare::{self, Counted, LONG};
use bench::conversations;
use bench::instructions;
use bench::log;
use bench::measure::{Bench, Times, median};
use bench::native::{self, Native};
use bench::place::Place;
use bench::redaction;
use bench::report::{self, Found, Part, Table, millis};
use bench::scenario::Scenario;
use bench::seats;
use bench::serve::{self, Costs};
use cs_tests::machine;
use cs_tests::{strace, use_programs, workspace};

const HELP: &str = "bench [--sessions N,N] [--transcripts N,N] [--runs N] [--only TEXT] [--programs DIR] [--before DIR]\n\
    \x20     [--markdown] [--save]\n\
    --sessions N,N  sizes of the stores, each at least 10 (10,1000,10000,100000); of commands that read a whole store,\n\
    \x20               instructions are counted for sizes up to 1000, system calls up to 10000\n\
    --transcripts N,N  numbers of conversations whose usage is counted (25,1000,20000)\n\
    --runs N        how often each call is measured (7); calls of more than half a second three times\n\
    --only TEXT     only calls whose program or name contains TEXT; not with --save\n\
    --programs DIR  measure the programs in DIR, instead of building those of the workspace\n\
    --before DIR    compare with the programs in DIR: each call with these, then with the others, in the same run\n\
    --markdown      print Markdown tables\n\
    --save          also write docs/BENCH.md; with --before only its last section\n";

const FOOT: &str = "Every time is the median of the runs, from the start of the program to its end. The floor is a \
    program that does nothing. It runs right before or after every call, so each call has its own floor: `over it` is the \
    call's time minus the floor's in milliseconds, `ratio` is the call's time divided by the floor's, and `at best` \
    is the same ratio of the shortest times, which noise on the machine hardly changes. The budget of a hook is a \
    multiple of the floor; that of a command that people run is in milliseconds. The store is reset before each call. \
    `async`: the agent does not wait for this hook. `long`: a session with 5,000 events. `stale`: a store with ten times \
    as many sessions, of which so many are active without a sign of life. Calls to which the number of sessions means \
    nothing are measured in the smallest store only.\n";

/// The last section of `docs/BENCH.md`.
const COMPARED: &str = "## Before and after\n";

struct Options {
    sessions: Vec<usize>,
    transcripts: Vec<usize>,
    runs: usize,
    only: Option<String>,
    programs: Option<PathBuf>,
    before: Option<PathBuf>,
    markdown: bool,
    save: bool,
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let Some(options) = parse(&words) else {
        eprint!("{HELP}");
        return ExitCode::from(64);
    };
    if let Some(folder) = &options.programs {
        use_programs(folder.clone());
    }
    let (floor, peak) = (native::build("floor"), native::build("peak"));
    if let Some(before) = &options.before {
        compare(&options, before, &floor, &words);
        return ExitCode::SUCCESS;
    }
    let mut sync = Vec::new();
    let mut served = Vec::new();
    let mut one = |place: Place| {
        let (part, bench) = measure(place, &options, &floor, &peak, &mut sync);
        let is_served = matches!(place, Place::Sessions(_)) && options.has("cs-serve");
        served.extend(if is_served { serve::measure(&bench, options.runs) } else { None });
        part
    };
    let groups: Vec<Vec<Part>> =
        options.places().into_iter().map(|group| group.into_iter().map(&mut one).collect()).collect();
    let seats = if options.has(seats::NAME) { seats::measure(options.runs) } else { Vec::new() };
    let log = if options.has(log::NAME) { log::measure(options.runs) } else { Vec::new() };
    let talks = if options.has(conversations::NAME) { conversations::measure(options.runs, &peak) } else { Vec::new() };
    let redacted =
        if options.has(redaction::NAME) { redaction::measure(options.runs, &floor, &peak) } else { Vec::new() };
    let all = Measured { groups, served, seats, log, talks, redacted, floor, sync };
    let text = all.document(if options.markdown { Table::markdown } else { Table::plain });
    // The reader has closed the pipe, which is fine.
    let _ = io::stdout().write_all(text.as_bytes());
    if options.save {
        save(&all.document(Table::markdown), &words);
    }
    ExitCode::SUCCESS
}

fn parse(words: &[String]) -> Option<Options> {
    let mut options = Options {
        sessions: vec![10, 1000, 10_000, 100_000],
        transcripts: vec![25, 1000, 20_000],
        runs: 7,
        only: None,
        programs: None,
        before: None,
        markdown: false,
        save: false,
    };
    let sizes = |text: &String| text.split(',').map(|n| n.parse().ok()).collect::<Option<Vec<usize>>>();
    let folder = |text: &String| std::path::absolute(text).ok();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--sessions" => options.sessions = sizes(words.next()?)?,
            "--transcripts" => options.transcripts = sizes(words.next()?)?,
            "--programs" => options.programs = Some(folder(words.next()?)?),
            "--before" => options.before = Some(folder(words.next()?)?),
            "--runs" => options.runs = words.next()?.parse().ok()?,
            "--only" => options.only = Some(words.next()?.clone()),
            "--markdown" => options.markdown = true,
            "--save" => options.save = true,
            _ => return None,
        }
    }
    let is_part = options.only.is_some() && options.save;
    (options.runs > 0 && options.sessions.iter().all(|n| *n >= 10) && !is_part).then_some(options)
}

impl Options {
    /// Whether something with this name is to be measured.
    fn has(&self, name: &str) -> bool {
        self.only.as_deref().is_none_or(|only| name.contains(only))
    }

    fn wants(&self, scenario: &Scenario) -> bool {
        self.has(scenario.name) || self.has(scenario.program)
    }

    /// The places in which calls are measured, those with the same calls together; none in which no call is wanted.
    fn places(&self) -> Vec<Vec<Place>> {
        let of = |sizes: &[usize], place: fn(usize) -> Place| sizes.iter().copied().map(place).collect();
        let has = |names: &[&str]| names.iter().any(|name| self.has(name));
        let smallest = self.sessions.iter().min().copied().into_iter().collect::<Vec<_>>();
        let mut all: Vec<Vec<Place>> = vec![of(&self.sessions, Place::Sessions), of(&smallest, Place::Alone)];
        all.extend(has(&["cs-cleanup", "all, 1,000 stale"]).then(|| of(&[1000], Place::Stale)));
        all.extend(
            has(&["cs-usage", "daily", "session, nothing new"]).then(|| of(&self.transcripts, Place::Transcripts)),
        );
        all
    }
}

/// Everything that was measured.
struct Measured {
    groups: Vec<Vec<Part>>,
    served: Vec<Costs>,
    seats: Vec<seats::Row>,
    log: Vec<log::Row>,
    talks: Vec<conversations::Row>,
    redacted: Vec<redaction::Row>,
    floor: Native,
    sync: Vec<Duration>,
}

/// Measures all wanted calls with two sets of programs.
fn compare(options: &Options, before: &Path, floor: &Native, words: &[String]) {
    let counted = Counted { calls: strace::is_possible().is_ok(), instructions: instructions::is_possible().is_ok() };
    let folders = [before, cs_tests::programs()];
    let of = |place| compare::measure(place, folders, &|call| options.wants(call), counted, floor, options.runs);
    let rows: Vec<_> = options.places().into_iter().flatten().flat_map(of).collect();
    let table = compare::table(&rows);
    let text = if options.markdown { table.markdown() } else { table.plain() };
    // The reader has closed the pipe, which is fine.
    let _ = io::stdout().write_all(text.as_bytes());
    if options.save {
        let path = workspace().join("docs/BENCH.md");
        let old = fs::read_to_string(&path).unwrap_or_default();
        let kept = old.split(COMPARED).next().unwrap_or_default().trim_end();
        let head = format!("{COMPARED}\nMeasured on {} with `{}`.", machine::today(), command(words));
        let about = "Of the times the shortest counts; the limit is that of the programs after the change.";
        let text = format!("{kept}\n\n{head} {about}\n\n{}", table.markdown());
        fs::write(path, text).expect("the workspace can be written");
    }
}

fn measure(place: Place, options: &Options, floor: &Native, peak: &Native, sync: &mut Vec<Duration>) -> (Part, Bench) {
    progress(place, "it is written");
    let mut bench = place.bench(None);
    let (can_trace, can_count) = (strace::is_possible().is_ok(), instructions::is_possible().is_ok());
    let mut found = Vec::new();
    let runs = options.runs;
    for scenario in place.scenarios(&bench).into_iter().filter(|scenario| options.wants(scenario)) {
        progress(place, scenario.name);
        if !bench.works(&scenario) {
            continue;
        }
        let trace = (can_trace && place.can_count(&scenario, false)).then(|| bench.trace(&scenario).0);
        let peak = bench.peak(&scenario, peak);
        let instructions = (can_count && place.can_count(&scenario, true)).then(|| bench.instructions(&scenario));
        found.push(Found { scenario, times: Times::default(), trace, instructions, peak });
    }
    for run in 1..=runs {
        progress(place, &format!("run {run} of {runs}"));
        for found in found.iter_mut().filter(|found| run <= 3 || median(&found.times.call) < LONG) {
            bench.time(&found.scenario, floor, &mut found.times);
        }
        sync.push(bench.time_sync());
    }
    eprintln!();
    (Part { place, found }, bench)
}

/// Overwrites one line of progress.
fn progress(place: Place, what: &str) {
    let (count, noun) = place.size();
    eprint!("\r\x1b[Kbench: {} {noun}: {what}", report::thousands(count));
}

impl Measured {
    fn document(&self, form: fn(&Table) -> String) -> String {
        let is_static = self.floor.is_static;
        let linked = if is_static { "statically linked" } else { "not statically linked: this platform cannot" };
        let found = self.groups.iter().flatten().flat_map(|part| &part.found);
        let floors: Vec<Duration> = found.flat_map(|found| found.times.floor.iter().copied()).collect();
        let head = [
            machine::describe() + "\n",
            format!("floor: a program that does nothing, {linked}: {} ms\n", millis(median(&floors))),
            format!("disk: a record written, synced and renamed: {} ms\n", millis(median(&self.sync))),
        ];
        let tables = self.groups.iter().flat_map(|parts| {
            [report::times(parts), report::calls_and_memory(parts), report::growth(parts)].map(|table| form(&table))
        });
        let others = [
            form(&serve::table(&self.served)),
            form(&seats::table(&self.seats)),
            form(&log::table(&self.log)),
            form(&conversations::table(&self.talks)),
            form(&redaction::table(&self.redacted)),
            form(&report::sizes(&report::programs())),
        ];
        head.into_iter().chain(tables).chain(others).collect::<Vec<_>>().join("\n")
    }
}

fn save(tables: &str, words: &[String]) {
    let folder = workspace().join("docs");
    fs::create_dir_all(&folder).expect("the workspace can be written");
    let head =
        format!("# What the programs cost\n\nMeasured on {} with `{}`.\n\n{FOOT}", machine::today(), command(words));
    fs::write(folder.join("BENCH.md"), format!("{head}\n{tables}")).expect("the workspace can be written");
}

fn command(words: &[String]) -> String {
    format!("make build && cargo run --release -p bench -- {}", words.join(" "))
}
