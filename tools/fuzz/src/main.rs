//! Feeds everything that reads bytes from outside with hostile input (see the library).
//!
//! Reads: `tools/fuzz/`, `target/fuzz/`, samples and recordings.
//! Writes: `target/fuzz/` (what reached new code); `tools/fuzz/crashes/` (what failed); with --keep the packs in `tools/fuzz/corpus/`.
//! Exits: 0 nothing failed, 1 something did, 64 usage.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use fuzz::meter::Meter;
use fuzz::pack::pack;
use fuzz::run::{self, Current, Limits};
use fuzz::{TARGETS, TIMED, Target, cover};

#[global_allocator]
static METER: Meter = Meter;

const HELP: &str = "fuzz [--seconds N] [--runs N] [--jobs N] [--seed N] [--keep] [TARGET...]\n\
    --seconds N  for each target (60)\n\
    --runs N     maximum number of inputs for each target; with the same seed, they are the same everywhere\n\
                 (with CI=true each target's own number)\n\
    --jobs N     number of targets at a time (2)\n\
    --seed N     seed of the random numbers, to repeat a run, which then starts only from inputs in the repository\n\
                 (from the clock; with CI=true always 1, so that only a code change changes the result)\n\
    --keep       at the end, store the fewest inputs that reach everything in tools/fuzz/corpus\n";
/// How long one input may take before its process is killed.
const STUCK: Duration = Duration::from_secs(30);
/// The fixed seed in CI, so that a failure there is the fault of the change and not of a new seed.
const CI_SEED: u64 = 1;
/// The maximum size of the inputs that are kept for one target.
const KEPT_BYTES: usize = 96 << 10;

struct Options {
    seconds: u64,
    runs: Option<u64>,
    in_ci: bool,
    jobs: usize,
    seed: u64,
    /// Whether the seed was not given, so that the run need not be repeatable and may use inputs of earlier runs.
    earlier: bool,
    keep: bool,
    /// Whether to fuzz the only target in this process.
    one: bool,
    targets: Vec<&'static Target>,
}

impl Options {
    fn limits(&self, target: &Target) -> Limits {
        let own = if self.in_ci { target.runs } else { u64::MAX };
        Limits { seconds: self.seconds, runs: self.runs.unwrap_or(own) }
    }
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let Some(options) = parse(&words) else {
        let names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
        eprintln!("{HELP}    targets: {}", names.join(" "));
        return ExitCode::from(64);
    };
    let failed = if options.one { one(options.targets[0], &options) } else { all(&options) };
    if failed { ExitCode::from(1) } else { ExitCode::SUCCESS }
}

fn parse(words: &[String]) -> Option<Options> {
    let in_ci = std::env::var("CI").as_deref() == Ok("true");
    let seed = if in_ci { CI_SEED } else { clock_seed() };
    let mut options = Options {
        seconds: 60,
        runs: None,
        in_ci,
        jobs: 2,
        seed,
        earlier: !in_ci,
        keep: false,
        one: false,
        targets: Vec::new(),
    };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--seconds" => options.seconds = words.next()?.parse().ok()?,
            "--runs" => options.runs = Some(words.next()?.parse().ok()?),
            "--jobs" => options.jobs = words.next()?.parse().ok().filter(|jobs| *jobs > 0)?,
            "--seed" => (options.seed, options.earlier) = (words.next()?.parse().ok()?, false),
            "--earlier" => options.earlier = true,
            "--keep" => options.keep = true,
            "--one" => options.one = true,
            name => options.targets.push(fuzz::target(name)?),
        }
    }
    if options.targets.is_empty() {
        options.targets = TARGETS.iter().collect();
    }
    Some(options)
}

/// The folder of inputs from earlier runs.
fn found(target: &str) -> PathBuf {
    let folder = cs_tests::workspace().join("target/fuzz").join(target);
    fs::create_dir_all(&folder).expect("the target folder can be written");
    folder
}

fn current(target: &str) -> PathBuf {
    found(target).with_extension("current")
}

/// Fuzzes one target in this process; returns whether something failed.
fn one(target: &'static Target, options: &Options) -> bool {
    run::quiet_panics();
    TIMED.store(true, Ordering::Relaxed);
    let mut current =
        Current::at(&current(target.name), target.most.max(1 << 20)).expect("the target folder can be written");
    let found = found(target.name);
    let inputs = run::inputs(target, options.earlier.then_some(found.as_path()));
    let report = run::run(target, options.limits(target), options.seed, inputs, &found, &mut current);
    println!(
        "fuzz: {:<10} {} runs, {} of {} edges, {} inputs, at most {} KiB, {} failures, peak {} KiB, seed {}",
        target.name,
        report.runs,
        report.edges,
        cover::edges(),
        report.kept,
        report.memory >> 10,
        report.failures.len(),
        peak_kib(),
        options.seed,
    );
    for (why, input) in &report.failures {
        note(target.name, &format!("{why} (seed {})", options.seed), input);
    }
    !report.failures.is_empty()
}

/// A different seed each time.
fn clock_seed() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    since.as_nanos() as u64
}

/// The peak memory of this process.
fn peak_kib() -> usize {
    let text = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}

/// Stores an input that failed and prints how to inspect it.
fn note(target: &str, why: &str, input: &[u8]) {
    let folder = fuzz::crashes(target);
    fs::create_dir_all(&folder).expect("the workspace can be written");
    let path = folder.join(fuzz::name_of(input));
    fs::write(&path, input).expect("the workspace can be written");
    let shown: String = String::from_utf8_lossy(input).escape_debug().take(300).collect();
    println!("fuzz: {target}: FAILED: {why}\n  input: {shown}\n  kept: {}", path.display());
}

/// Fuzzes all targets, each in its own process, so that one that dies does not affect the others.
fn all(options: &Options) -> bool {
    if cover::edges() == 0 {
        println!("fuzz: not guided by coverage, which needs the build flags of `make fuzz`");
    }
    let mut waiting = options.targets.iter().copied();
    let mut running: Vec<(&Target, Child, Watch)> = Vec::new();
    let mut failed = false;
    loop {
        while running.len() < options.jobs
            && let Some(target) = waiting.next()
        {
            running.push((target, start(target, options), Watch::new()));
        }
        if running.is_empty() {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
        running.retain_mut(|(target, child, watch)| match over(target, options.seed, child, watch) {
            Some(bad) => {
                failed |= bad;
                false
            }
            None => true,
        });
    }
    if options.keep {
        options.targets.iter().for_each(|target| keep(target));
    }
    failed
}

fn start(target: &Target, options: &Options) -> Child {
    let own = std::env::current_exe().expect("this program has a path");
    let _ = fs::remove_file(current(target.name));
    let mut command = Command::new(own);
    let Limits { seconds, runs } = options.limits(target);
    command.arg("--one");
    for (option, value) in [("--seconds", seconds), ("--runs", runs), ("--seed", options.seed)] {
        command.args([option, &value.to_string()]);
    }
    if options.earlier {
        command.arg("--earlier");
    }
    command.arg(target.name);
    command.spawn().expect("this program can be run again")
}

/// When a target last started a new input.
struct Watch(u64, Instant);

impl Watch {
    fn new() -> Watch {
        Watch(0, Instant::now())
    }

    fn is_stuck(&mut self, target: &Target) -> bool {
        let runs = Current::left(&current(target.name)).map_or(0, |(runs, _)| runs);
        if runs != self.0 {
            *self = Watch(runs, Instant::now());
        }
        self.1.elapsed() > STUCK
    }
}

/// Whether a process failed, once it has ended.
fn over(target: &Target, seed: u64, child: &mut Child, watch: &mut Watch) -> Option<bool> {
    let status = match child.try_wait().expect("our child can be waited for") {
        Some(status) => status,
        None if watch.is_stuck(target) => {
            child.kill().expect("our child can be killed");
            child.wait().expect("our child can be waited for")
        }
        None => return None,
    };
    if status.code().is_none_or(|code| code > 1) {
        let (_, input) = Current::left(&current(target.name)).unwrap_or_default();
        note(target.name, &format!("the process ended with {status} (seed {seed})"), &input);
    }
    Some(!status.success())
}

/// Replaces the inputs in the repository with the fewest that reach everything that was reached.
fn keep(target: &Target) {
    run::quiet_panics();
    let mut known = run::inputs(target, Some(&found(target.name)));
    // Long inputs reach the most, but a few of them would leave no room for others.
    known.retain(|input| input.len() <= KEPT_BYTES / 16);
    let mut bytes = 0;
    let fewest = run::fewest(target, known).into_iter().take_while(|input| {
        bytes += input.len();
        bytes <= KEPT_BYTES
    });
    let fewest: Vec<Vec<u8>> = fewest.collect();
    let count = fewest.len();
    fs::write(fuzz::pack_of(target.name), pack(fewest)).expect("the workspace can be written");
    println!("fuzz: {}: {} inputs kept", target.name, count);
}
