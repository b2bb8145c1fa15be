//! Tries for a long time to make the programs lose data, and prints what was tried and found.
//!
//! Reads: the programs.
//! Writes: temporary folders; `target/soak.md` with `--save`. docs/SOAK.md explains the report.
//! Exits: 0 nothing was wrong, 1 something was, 64 usage.

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use cs_tests::machine;
use cs_tests::workspace;
use soak::report::Tally;
use soak::rival;
use soak::storm::{self, Outcome, Plan};

const HELP: &str = "soak [--seed N] [--operations N] [--kills N] [--rounds N] [--stride N] [--save]\n\
    --seed N        seed of the pseudo-random numbers (20261121)\n\
    --operations N  minimum number of random operations by eight workers (100000)\n\
    --kills N       minimum number of random operations that are killed (2000)\n\
    --rounds N      changes to each of three files with the Python tool's locking (5000)\n\
    --stride N      disturb only every Nth system call (1)\n\
    --save          also write the report to target/soak.md\n";

/// The number of operations in one data directory.
const EPOCH: u64 = 2000;
/// The number of faults after which to stop.
const FAULTS: usize = 100;

struct Options {
    seed: u64,
    operations: u64,
    kills: u64,
    rounds: u64,
    stride: usize,
    save: bool,
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let Some(options) = parse(&words) else {
        eprint!("{HELP}");
        return ExitCode::from(64);
    };
    let began = Instant::now();
    eprintln!("soak: seed {}", options.seed);
    let (storms, mut parts) = (storms(&options), steps(&options));
    let (notes, tallies) = (notes(&storms), std::mem::take(&mut parts.tallies));
    let all = [vec![storms.tally], tallies].concat();
    let text = document(&words, &options, &all, &[notes, parts.notes].concat(), began.elapsed());
    // The reader has closed the pipe, which is fine.
    let _ = io::stdout().write_all(text.as_bytes());
    if options.save {
        let folder = workspace().join("target");
        std::fs::create_dir_all(&folder).expect("target/ can be created");
        std::fs::write(folder.join("soak.md"), &text).expect("target/ can be written");
    }
    let faults: usize = all.iter().map(|tally| tally.faults.len()).sum();
    all.iter().filter(|tally| !tally.faults.is_empty()).for_each(|tally| eprintln!("{}", tally.first_faults()));
    if faults == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn parse(words: &[String]) -> Option<Options> {
    let mut options =
        Options { seed: 20_261_121, operations: 100_000, kills: 2000, rounds: 5000, stride: 1, save: false };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let mut number = || words.next()?.parse::<u64>().ok();
        match word.as_str() {
            "--seed" => options.seed = number()?,
            "--operations" => options.operations = number()?,
            "--kills" => options.kills = number()?,
            "--rounds" => options.rounds = number()?.max(1),
            "--stride" => options.stride = number()?.max(1) as usize,
            "--save" => options.save = true,
            _ => return None,
        }
    }
    Some(options)
}

/// Runs storms, each over a new data directory, until there were enough operations and kills.
fn storms(options: &Options) -> Outcome {
    let mut all = Outcome { tally: Tally::new("random operations of eight workers"), ..Outcome::default() };
    for n in 0.. {
        let [operations, killed, _] = all.tally.sum();
        if operations >= options.operations && killed >= options.kills || all.tally.faults.len() > FAULTS {
            break;
        }
        eprintln!("soak: {operations} random operations, {killed} killed, {} faults", all.tally.faults.len());
        let operations = EPOCH.min(options.operations.max(100));
        let plan = Plan { seed: options.seed + n, operations, kills: 6 };
        let outcome = soak::caught(|| storm::epoch(plan)).unwrap_or_else(|said| {
            let mut tally = Tally::new("");
            tally.tried("storm", false, &format!("seed {}", plan.seed), vec![said]);
            Outcome { tally, ..Outcome::default() }
        });
        outcome.tally.faults.iter().for_each(|fault| eprintln!("soak: {fault}"));
        all.add(outcome);
    }
    all
}

fn notes(storms: &Outcome) -> Vec<String> {
    vec![format!(
        "Random operations: {} acknowledged changes were looked up. The longest operation took {} ms, {} commands \
             reported a busy lock, and the hooks' log has {} lines.",
        storms.acknowledged,
        storms.longest.as_millis(),
        storms.busy,
        storms.hook_trouble
    )]
}

/// The parts besides storms, run and skipped.
#[derive(Default)]
struct Parts {
    tallies: Vec<Tally>,
    notes: Vec<String>,
}

impl Parts {
    fn skip(&mut self, what: &str, reason: &dyn std::fmt::Display) {
        eprintln!("soak: skipped: {what}: {reason}");
        self.notes.push(format!("Skipped: {what}: {reason}."));
    }

    fn stopped(&mut self, what: &str, said: String) {
        let mut tally = Tally::new(what);
        tally.tried(what, false, "", vec![said]);
        self.tallies.push(tally);
    }
}

fn steps(options: &Options) -> Parts {
    let mut parts = Parts::default();
    match rival::is_possible() {
        Ok(()) => {
            eprintln!("soak: beside the Python tool, {} rounds", options.rounds);
            match soak::caught(|| rival::contend(options.rounds, options.seed)) {
                Ok((tally, busy)) => {
                    let note =
                        format!("Beside the Python tool: our programs found a lock busy {busy} times and tried again.");
                    parts.notes.push(note);
                    parts.tallies.push(tally);
                }
                Err(said) => parts.stopped("beside the Python tool", said),
            }
        }
        Err(reason) => parts.skip("the Python tool", &reason),
    }
    traced(options, &mut parts);
    parts
}

#[cfg(target_os = "linux")]
fn traced(options: &Options, parts: &mut Parts) {
    use soak::kill::{self, Stops};
    use soak::operation::Operation;
    use soak::scene::Scene;
    use soak::{crew, disk, fault, trace};

    let mut disks = Tally::new("on full disks or disks that become read-only");
    eprintln!("soak: full and read-only disks");
    let mut on_disks =
        || disk::full(&[0, 1, 2, 3, 4, 6, 8, 12], &mut disks).and_then(|()| disk::read_only(20, &mut disks));
    match soak::caught(&mut on_disks) {
        Ok(Ok(())) => parts.tallies.push(disks),
        Ok(Err(error)) => parts.skip("small disks, which need root", &error),
        Err(said) => parts.stopped("small disks", said),
    }
    if let Err(reason) = trace::is_possible() {
        return parts.skip("kills and failures at each system call", &reason);
    }
    let stride = options.stride;
    let killed = crew::each(
        "killed before each system call",
        crew::processors(),
        |scene: &Scene, operation: &Operation, tally| {
            eprintln!("soak: killing {}", operation.name);
            kill::everywhere(scene, operation, Stops::Calls, stride, tally);
        },
    );
    parts.tallies.push(killed);
    if !trace::CAN_FAIL {
        return parts.skip("calls that fail", &"not on this processor architecture");
    }
    let failed = crew::each(
        "one call fails, once or from then on",
        crew::processors(),
        |scene: &Scene, operation: &Operation, tally| {
            eprintln!("soak: failing {}", operation.name);
            fault::everywhere(scene, operation, (0, stride), tally);
        },
    );
    parts.tallies.push(failed);
}

#[cfg(not(target_os = "linux"))]
fn traced(_options: &Options, parts: &mut Parts) {
    parts.skip("kills and failures at each system call, and disks", &"only on Linux");
}

const INTRODUCTION: &str = "Whatever is killed or fails, every acknowledged change must be there, no file may be half \
    old and half new, and the next operation must work. `disturbed`: a program was killed, a call failed, the disk \
    was full. `wrong after it`: something was lost, torn, duplicated, stuck or in disagreement with the index.\n";

fn document(words: &[String], options: &Options, all: &[Tally], notes: &[String], took: Duration) -> String {
    let sum = |n: usize| all.iter().map(|tally| tally.sum()[n]).sum::<u64>();
    let command = if words.is_empty() { "make soak".into() } else { format!("make soak SOAK='{}'", words.join(" ")) };
    let mut text = format!(
        "# Nothing lost\n\nMeasured on {} with `{command}`, seed {}, in {} minutes, on {}.\n\n{INTRODUCTION}\n\
         Total: {} operations, {} of them disturbed; something was wrong {} times, {} faults.\n",
        machine::today(),
        options.seed,
        took.as_secs() / 60,
        machine::describe(),
        sum(0),
        sum(1),
        sum(2),
        all.iter().map(|tally| tally.faults.len()).sum::<usize>(),
    );
    notes.iter().for_each(|note| text += &format!("\n{note}\n"));
    all.iter().for_each(|tally| text += &format!("\n{}", tally.table()));
    text
}
