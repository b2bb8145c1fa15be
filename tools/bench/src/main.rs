//! Measures what the programs cost and prints it beside their budgets.
//!
//! Reads: the programs, `tests/fixtures/`.
//! Writes: temporary folders; `docs/BENCH.md` with `--save`.
//! Exits: 0 measured (over budget or not), 64 usage.

use std::fs;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use bench::conversations;
use bench::instructions;
use bench::log;
use bench::measure::{Bench, Times, median};
use bench::native::{self, Native};
use bench::redaction;
use bench::report::{self, Found, Part, Table, millis};
use bench::scenario::Scenario;
use bench::seats;
use bench::serve::{self, Costs};
use cs_tests::machine;
use cs_tests::{strace, workspace};

const HELP: &str = "bench [--sessions N,N] [--runs N] [--only TEXT] [--markdown] [--save]\n\
    --sessions N,N  sizes of the stores, each at least 10 (10,1000,10000); 100000 takes minutes;\n\
    \x20               instructions are counted for sizes up to 1000, system calls of people's commands up to 10000\n\
    --runs N        how often each call is measured (11)\n\
    --only TEXT     only calls whose program or name contains TEXT; not with --save\n\
    --markdown      print Markdown tables\n\
    --save          also write docs/BENCH.md\n";

const FOOT: &str = "Every time is the median of the runs, from the start of the program to its end. The floor is a \
    program that does nothing. It runs right before or after every call, so each call has its own floor: `over it` is the \
    call's time minus the floor's in milliseconds, `ratio` is the call's time divided by the floor's, and `at best` \
    is the same ratio of the shortest times, which noise on the machine hardly changes. The budget of a hook is a \
    multiple of the floor; that of a command that people run is in milliseconds. The store is reset before each call. \
    `async`: the agent does not wait for this hook. `creates`: the one hook of a conversation that creates its \
    session and waits for the disk. `long`: a session with 5,000 events.\n";

struct Options {
    sessions: Vec<usize>,
    runs: usize,
    only: Option<String>,
    markdown: bool,
    save: bool,
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let Some(options) = parse(&words) else {
        eprint!("{HELP}");
        return ExitCode::from(64);
    };
    let (floor, peak) = (native::build("floor"), native::build("peak"));
    let mut sync = Vec::new();
    let mut served = Vec::new();
    let mut one = |sessions: &usize| {
        let (part, bench) = measure(*sessions, &options, &floor, &peak, &mut sync);
        served.extend(if options.has("cs-serve") { serve::measure(&bench, options.runs) } else { None });
        part
    };
    let parts: Vec<Part> = options.sessions.iter().map(&mut one).collect();
    let seats = if options.has(seats::NAME) { seats::measure(options.runs) } else { Vec::new() };
    let log = if options.has(log::NAME) { log::measure(options.runs) } else { Vec::new() };
    let talks = if options.has(conversations::NAME) { conversations::measure(options.runs, &peak) } else { Vec::new() };
    let redacted =
        if options.has(redaction::NAME) { redaction::measure(options.runs, &floor, &peak) } else { Vec::new() };
    let all = Measured { parts, served, seats, log, talks, redacted, floor, sync };
    let text = all.document(if options.markdown { Table::markdown } else { Table::plain });
    // The reader has closed the pipe, which is fine.
    let _ = io::stdout().write_all(text.as_bytes());
    if options.save {
        save(&all.document(Table::markdown), &words);
    }
    ExitCode::SUCCESS
}

fn parse(words: &[String]) -> Option<Options> {
    let sessions = vec![10, 1000, 10_000];
    let mut options = Options { sessions, runs: 11, only: None, markdown: false, save: false };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--sessions" => {
                options.sessions = words.next()?.split(',').map(|n| n.parse().ok()).collect::<Option<_>>()?
            }
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
}

/// Everything that was measured.
struct Measured {
    parts: Vec<Part>,
    served: Vec<Costs>,
    seats: Vec<seats::Row>,
    log: Vec<log::Row>,
    talks: Vec<conversations::Row>,
    redacted: Vec<redaction::Row>,
    floor: Native,
    sync: Vec<Duration>,
}

fn measure(
    sessions: usize,
    options: &Options,
    floor: &Native,
    peak: &Native,
    sync: &mut Vec<Duration>,
) -> (Part, Bench) {
    progress(sessions, "the store is written");
    let mut bench = Bench::new(sessions);
    let can_trace = strace::is_possible().is_ok();
    // Instructions are not counted on large stores, since everything takes fifty times as long under valgrind.
    let can_count = instructions::is_possible().is_ok() && sessions <= 1000;
    let mut found = Vec::new();
    let runs = options.runs;
    let scenarios = bench.scenarios().into_iter();
    for scenario in scenarios.filter(|scenario| options.has(scenario.name) || options.has(scenario.program)) {
        progress(sessions, scenario.name);
        bench.check(&scenario);
        let trace = (can_trace && may_trace(&scenario, sessions)).then(|| bench.trace(&scenario).0);
        let peak = bench.peak(&scenario, peak);
        let instructions = can_count.then(|| bench.instructions(&scenario));
        found.push(Found { scenario, times: Times::default(), trace, instructions, peak });
    }
    for run in 1..=runs {
        progress(sessions, &format!("run {run} of {runs}"));
        for found in &mut found {
            bench.time(&found.scenario, floor, &mut found.times);
        }
        sync.push(bench.time_sync());
    }
    eprintln!();
    (Part { sessions, found }, bench)
}

/// Whether the call ends in time under strace: one that reads every record of a huge store does not. Hooks read few
/// files in a store of any size, which is what their count is to show.
fn may_trace(scenario: &Scenario, sessions: usize) -> bool {
    scenario.is_hook() || sessions <= 10_000
}

/// Overwrites one line of progress.
fn progress(sessions: usize, what: &str) {
    eprint!("\r\x1b[Kbench: {} sessions: {what}", report::thousands(sessions));
}

impl Measured {
    fn document(&self, form: fn(&Table) -> String) -> String {
        let is_static = self.floor.is_static;
        let linked = if is_static { "statically linked" } else { "not statically linked: this platform cannot" };
        let found = self.parts.iter().flat_map(|part| &part.found);
        let floors: Vec<Duration> = found.flat_map(|found| found.times.floor.iter().copied()).collect();
        [
            machine::describe() + "\n",
            format!("floor: a program that does nothing, {linked}: {} ms\n", millis(median(&floors))),
            format!("disk: a record written, synced and renamed: {} ms\n", millis(median(&self.sync))),
            form(&report::times(&self.parts)),
            form(&report::calls_and_memory(&self.parts)),
            form(&report::growth(&self.parts)),
            form(&serve::table(&self.served)),
            form(&seats::table(&self.seats)),
            form(&log::table(&self.log)),
            form(&conversations::table(&self.talks)),
            form(&redaction::table(&self.redacted)),
            form(&report::sizes(&report::programs())),
        ]
        .join("\n")
    }
}

fn save(tables: &str, words: &[String]) {
    let folder = workspace().join("docs");
    fs::create_dir_all(&folder).expect("the workspace can be written");
    let command = format!("make build && cargo run --release -p bench -- {}", words.join(" "));
    let head = format!("# What the programs cost\n\nMeasured on {} with `{command}`.\n\n{FOOT}", machine::today());
    fs::write(folder.join("BENCH.md"), format!("{head}\n{tables}")).expect("the workspace can be written");
}
