//! Measures the log of tools: that an append costs the same whatever its size, how fast it is verified, and how fast
//! questions about 90 days are answered.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::time::{Duration, Instant};

use audit::{Bytes, Entry, Head, Input, Kind, Log, START, Said};
use cs_core::clock::{self, TimeDelta};
use cs_core::lock::HOOK_WAIT;
use cs_core::paths::Home;
use cs_tests::{Sandbox, stderr, stdout};

use super::measure::median;
use super::report::{Table, thousands, word};

/// By what `--only` finds these measurements.
pub const NAME: &str = "the log of tools";
/// Sizes of the log, in lines.
const SIZES: [usize; 2] = [10, 1_000_000];
/// Days over which a log is spread.
const DAYS: usize = 90;
/// How many lines are appended in each run.
const APPENDS: usize = 100;
/// An append to the largest log may take this many times as long as one to the smallest.
const GROWTH: f64 = 1.5;
/// What is verified in a second, in MB.
const SPEED: f64 = 100.0;
/// How long a question about all days may take, once the days that are over have an index.
const ANSWER: Duration = Duration::from_millis(300);

/// What was measured at one size.
pub struct Row {
    lines: usize,
    bytes: u64,
    append: Duration,
    verify: Duration,
    list: Duration,
}

/// Makes each measurement `runs` times.
pub fn measure(runs: usize) -> Vec<Row> {
    SIZES.map(|lines| at(lines, runs)).into()
}

fn at(lines: usize, runs: usize) -> Row {
    let sandbox = Sandbox::new();
    let home = Home::at(sandbox.data());
    let bytes = write(&home, lines);
    let verify = (0..runs.min(5)).map(|_| verify(&sandbox, lines)).collect::<Vec<_>>();
    list(&sandbox);
    let list = (0..runs).map(|_| list(&sandbox)).collect::<Vec<_>>();
    let append = (0..runs * APPENDS).map(|n| append(&home, n)).collect::<Vec<_>>();
    Row { lines, bytes, append: median(&append), verify: median(&verify), list: median(&list) }
}

fn append(home: &Home, n: usize) -> Duration {
    let now = clock::now();
    let entry = entry(n, now);
    let begun = Instant::now();
    Log::of(home, HOOK_WAIT).append(entry, now).expect("a line can be appended");
    begun.elapsed()
}

fn verify(sandbox: &Sandbox, lines: usize) -> Duration {
    let begun = Instant::now();
    let output = sandbox.cs("cs-audit", &["verify", "--table"]);
    let took = begun.elapsed();
    assert!(stdout(&output).starts_with(&thousands(lines)) || lines < 1000, "{} {}", stdout(&output), stderr(&output));
    assert!(output.status.success(), "{} {}", stdout(&output), stderr(&output));
    took
}

fn list(sandbox: &Sandbox) -> Duration {
    let begun = Instant::now();
    let output = sandbox.cs("cs-audit", &["list", "--verdict", "destructive", "--since", "100d", "-q"]);
    let took = begun.elapsed();
    assert!(output.status.success(), "{} {}", stdout(&output), stderr(&output));
    took
}

/// Writes a log and returns its size.
fn write(home: &Home, lines: usize) -> u64 {
    fs::create_dir_all(home.audit_dir()).expect("a folder can be made");
    let begin = clock::now() - TimeDelta::days(DAYS as i64);
    let (mut prev, mut seq, mut bytes, mut file) = (START.to_owned(), 0, 0, String::new());
    for day in 0..DAYS {
        let at = begin + TimeDelta::days(day as i64);
        file = format!("{}.jsonl", clock::stamp(at).get(..10).expect("a day"));
        let path = home.audit_dir().join(&file);
        let mut out = BufWriter::new(File::create(path).expect("a file can be made"));
        for n in lines * day / DAYS..lines * (day + 1) / DAYS {
            seq += 1;
            let (line, link) = chain::encode(&Entry { seq, prev, ..entry(n, at) }, seq);
            out.write_all(line.as_bytes()).expect("it can be written");
            bytes += line.len() as u64;
            prev = link.hash;
        }
        out.flush().expect("it can be written");
    }
    Head { file, seq, hash: prev, dropped: 0 }.write(home).expect("it can be written");
    bytes
}

fn entry(n: usize, at: clock::Instant) -> Entry {
    let command = format!("cargo test -p package-{} -- --nocapture", n % 97);
    Entry {
        claude_session_id: Some(format!("0c0ffee0-1111-4222-8333-{:012}", n / 500)),
        tool_use_id: Some(format!("toolu_{:024}", n / 2)),
        tool: Some("Bash".into()),
        input: Some(Input { command: Some(command), ..Input::default() }),
        agent: Some("claude-code".into()),
        input_sha256: Some(START.into()),
        target: Some("cargo test".into()),
        verdicts: if n.is_multiple_of(1000) { vec![destructive()] } else { Vec::new() },
        bytes: Some(Bytes { input: Some(80), response: None }),
        cwd: Some("/home/dev/src/shop".into()),
        project: Some("shop".into()),
        ..Entry::new(if n.is_multiple_of(2) { Kind::Attempt } else { Kind::Result }, at)
    }
}

fn destructive() -> Said {
    Said { rule: "rm-recursive".into(), verdict: "destructive".into(), severity: 3 }
}

/// The measurements as a table.
pub fn table(rows: &[Row]) -> Table {
    let heading =
        [NAME, "append", "budget", "verdict", "verify", "MB/s", "budget", "verdict", "list", "budget", "verdict"]
            .map(str::to_owned)
            .to_vec();
    let smallest = rows.first().map_or(Duration::ZERO, |row| row.append);
    let row = |row: &Row| {
        let growth = row.append.as_secs_f64() / smallest.as_secs_f64();
        let speed = row.bytes as f64 / 1e6 / row.verify.as_secs_f64();
        let is_large = row.lines > 1000;
        let only = |text: String| if is_large { text } else { String::new() };
        vec![
            format!("{} lines, {:.1} MB", thousands(row.lines), row.bytes as f64 / 1e6),
            format!("{:.0} µs", row.append.as_secs_f64() * 1e6),
            only(format!("≤ {GROWTH} × that of {} lines", SIZES[0])),
            only(word(growth <= GROWTH).to_owned()),
            format!("{:.0} ms", row.verify.as_secs_f64() * 1e3),
            only(format!("{speed:.0}")),
            only(format!("≥ {SPEED}")),
            only(word(speed >= SPEED).to_owned()),
            format!("{:.0} ms", row.list.as_secs_f64() * 1e3),
            only(format!("≤ {} ms", ANSWER.as_millis())),
            only(word(row.list <= ANSWER).to_owned()),
        ]
    };
    Table { rows: std::iter::once(heading).chain(rows.iter().map(row)).collect() }
}
