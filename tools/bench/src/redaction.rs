//! Measures `cs-redact` with the built-in rules and with as many foreign ones as public scanners have, beside
//! detect-secrets on the same file: how long it takes to start, how fast it is, and its memory.

#[path = "../../../libs/redaction/tests/foreign/rules.rs"]
mod rules;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use cs_tests::{Sandbox, stderr, stdout, workspace};

use super::measure::median;
use super::native::Native;
use super::report::{Table, thousands, word};

/// By what `--only` finds these measurements.
pub const NAME: &str = "redaction";
/// Number of foreign rules.
const RULES: usize = 221;
/// Size of the text, and of the one that shows that memory does not grow with it.
const SIZES: [usize; 2] = [20_000_000, 500_000_000];
/// A start may take this many times as long as a program that does nothing.
const START: f64 = 3.0;
/// MB in a second, built-in and with foreign rules.
const SPEED: [f64; 2] = [60.0, 30.0];
/// Memory, beside the longest line.
const KIB: usize = 16 * 1024;

/// One measurement.
pub struct Row {
    what: String,
    start: Duration,
    floor: Duration,
    /// MB in a second, and what it must be.
    speed: f64,
    least: f64,
    peak: usize,
}

/// Makes each measurement `runs` times.
pub fn measure(runs: usize, floor: &Native, peak: &Native) -> Vec<Row> {
    let place = Place::new();
    let text = place.text(SIZES[0]);
    let mut rows = Vec::new();
    for (name, words, least) in [("built-in", vec![], SPEED[0]), ("with foreign rules", place.rules(), SPEED[1])] {
        let call = |input: &Path| place.time("cs-redact", &words, input);
        let both = (0..runs).map(|_| (call(Path::new("/dev/null")), place.time(text_of(&floor.path), &[], &text)));
        let (starts, floors): (Vec<Duration>, Vec<Duration>) = both.unzip();
        let took = median(&(0..runs.min(5)).map(|_| call(&text)).collect::<Vec<_>>());
        let (start, floor) = (median(&starts), median(&floors));
        let what = format!("cs-redact, {name}, {} MB", SIZES[0] / 1_000_000);
        let speed = speed(SIZES[0], took.saturating_sub(start));
        rows.push(Row { what, start, floor, speed, least, peak: place.peak(&words, &text, peak) });
    }
    rows.extend(place.detect_secrets(&text));
    let _ = fs::remove_file(&text);
    let (words, text) = (place.rules(), place.text(SIZES[1]));
    let start = place.time("cs-redact", &words, Path::new("/dev/null"));
    let took = place.time("cs-redact", &words, &text);
    let what = format!("cs-redact, with foreign rules, {} MB", SIZES[1] / 1_000_000);
    let (speed, peak) = (speed(SIZES[1], took.saturating_sub(start)), place.peak(&words, &text, peak));
    rows.push(Row { what, start, floor: Duration::ZERO, speed, least: SPEED[1], peak });
    rows
}

fn speed(bytes: usize, took: Duration) -> f64 {
    bytes as f64 / 1e6 / took.as_secs_f64()
}

struct Place {
    sandbox: Sandbox,
    rules: PathBuf,
}

impl Place {
    fn new() -> Place {
        let sandbox = Sandbox::new();
        let rules = sandbox.home().join("rules.toml");
        fs::write(&rules, rules::file(RULES)).expect("the sandbox can be written");
        Place { sandbox, rules }
    }

    fn rules(&self) -> Vec<&str> {
        vec!["--rules", text_of(&self.rules)]
    }

    /// Code and prose, of so many bytes.
    fn text(&self, bytes: usize) -> PathBuf {
        let names = ["README.md", "CONTRIBUTING.md", "core/FORMAT.md", "core/src/session.rs", "docs/API.md"];
        let read = |name| fs::read_to_string(workspace().join(name)).expect("it is there");
        let piece = names.map(read).concat();
        let path = self.sandbox.home().join(format!("{bytes}.txt"));
        let mut file = File::create(&path).expect("the sandbox can be written");
        for _ in 0..=bytes / piece.len() {
            std::io::Write::write_all(&mut file, piece.as_bytes()).expect("the sandbox can be written");
        }
        file.set_len(bytes as u64).expect("the sandbox can be written");
        path
    }

    fn time(&self, program: &str, words: &[&str], input: &Path) -> Duration {
        let mut command = self.sandbox.command(program);
        command.args(words).stdin(File::open(input).expect("it is there")).stdout(Stdio::null());
        let begun = Instant::now();
        let status = command.status().expect("the program can be started");
        let took = begun.elapsed();
        assert!(status.success(), "{program} {words:?}: {status}");
        took
    }

    /// KiB.
    fn peak(&self, words: &[&str], input: &Path, peak: &Native) -> usize {
        let found = self.sandbox.command("cs-redact");
        let mut command = self.sandbox.command(text_of(&peak.path));
        command.arg(found.get_program()).args(words).stdin(File::open(input).expect("it is there"));
        let output = command.output().expect("peak can be run");
        assert!(output.status.success(), "{words:?}: {}", stderr(&output));
        stdout(&output).trim().parse::<usize>().expect("peak prints a number") / 1024
    }

    /// The same file, if `detect-secrets` is installed.
    fn detect_secrets(&self, text: &Path) -> Option<Row> {
        let run = |words: &[&str]| {
            let mut command = Command::new("detect-secrets");
            command.args(words).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            let begun = Instant::now();
            command.status().is_ok_and(|status| status.success()).then(|| begun.elapsed())
        };
        let start = run(&["--version"])?;
        // A tenth of it, because it takes minutes.
        let part = text.with_extension("part.txt");
        let bytes = SIZES[0] / 10;
        fs::write(&part, fs::read(text).ok()?.get(..bytes)?).ok()?;
        let took = run(&["scan", "--all-files", text_of(&part)])?;
        let what = format!("detect-secrets, {} MB", bytes / 1_000_000);
        let speed = speed(bytes, took.saturating_sub(start));
        Some(Row { what, start, floor: Duration::ZERO, speed, least: 0.0, peak: 0 })
    }
}

fn text_of(path: &Path) -> &str {
    path.to_str().expect("our path is text")
}

/// The measurements as a table.
pub fn table(rows: &[Row]) -> Table {
    let heading = [NAME, "start, ms", "floor", "budget", "MB/s", "budget", "peak KiB", "budget", "verdict"];
    let row = |row: &Row| {
        let ms = |took: Duration| format!("{:.2}", took.as_secs_f64() * 1e3);
        let has_floor = row.floor > Duration::ZERO;
        let is_ours = row.least > 0.0;
        let is_quick = !has_floor || row.start.as_secs_f64() <= START * row.floor.as_secs_f64();
        let is_ok = is_quick && row.speed >= row.least && row.peak <= KIB;
        let only = |is: bool, text: String| if is { text } else { String::new() };
        vec![
            row.what.clone(),
            ms(row.start),
            only(has_floor, ms(row.floor)),
            only(has_floor, format!("≤ {START} floors")),
            format!("{:.1}", row.speed),
            only(is_ours, format!("≥ {}", row.least)),
            only(is_ours, thousands(row.peak)),
            only(is_ours, format!("≤ {}", thousands(KIB))),
            only(is_ours, word(is_ok).to_owned()),
        ]
    };
    Table { rows: std::iter::once(heading.map(str::to_owned).to_vec()).chain(rows.iter().map(row)).collect() }
}
