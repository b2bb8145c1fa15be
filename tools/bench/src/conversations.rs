//! Measures conversations beside the tools that people would use instead, on the same files in the same run: `show` beside
//! `jq -c .`, `cs-search` beside `rg -c`; and how time and memory grow with the number of conversations.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use cs_tests::corpus::{self, Shape};
use cs_tests::{Sandbox, stderr, stdout};
use serde_json::Value;

use super::compare::LONG as LONG_CALL;
use super::measure::median;
use super::native::Native;
use super::report::{Table, thousands, word};

/// By what `--only` finds these measurements.
pub const NAME: &str = "conversations";
/// Numbers of conversations.
const SIZES: [usize; 2] = [2_000, 20_000];
/// Messages of the conversation that `show` reads: about 50 MB.
const LONG: usize = 12_000;
/// `show` may take this part of the time of `jq -c .`.
const SHOW: f64 = 1.0 / 3.0;
/// A search for a rare word may take this many times as long as `rg -c`, and one for a word in most lines.
const SEARCH: [f64; 2] = [1.5, 8.0];
/// Memory of a search.
const SEARCH_KIB: usize = 16 * 1024;
/// `cs-keep run` with nothing new may take this many times as long as `cs-usage daily` with a warm cache.
const KEEP: f64 = 2.0;
/// A word that one line has, and one that most lines have.
const WORDS: [&str; 2] = ["xylograph", "answer"];

/// One call beside another.
pub struct Row {
    what: String,
    took: Duration,
    peak: usize,
    /// The other call, and how long it took; `None` if its program is not installed.
    beside: Option<(&'static str, Duration)>,
    /// The call may take this many times as long as the other.
    most: Option<f64>,
    /// Its memory may be so many KiB.
    most_kib: Option<usize>,
}

/// Makes each measurement `runs` times.
pub fn measure(runs: usize, peak: &Native) -> Vec<Row> {
    let mut rows = vec![show(runs, peak)];
    for size in SIZES {
        let place = Place::new(&Shape { sessions: size, messages: 8, ..Shape::default() });
        place.add_rare_word();
        rows.extend(searches(&place, size, runs, peak));
        let list = ["cs-transcript", "list"];
        rows.push(place.row(format!("cs-transcript list, {} conversations", thousands(size)), &list, runs, peak));
        rows.push(keep(&place, size, runs, peak));
    }
    rows
}

/// A home with transcripts.
struct Place {
    sandbox: Sandbox,
    transcripts: PathBuf,
}

impl Place {
    fn new(shape: &Shape) -> Place {
        let sandbox = Sandbox::new();
        let claude = sandbox.home().join(".claude");
        corpus::write(&claude, shape);
        Place { sandbox, transcripts: claude.join("projects") }
    }

    /// Adds one prompt with the rare word to a conversation.
    fn add_rare_word(&self) {
        let id = "00000000-0000-4000-8000-000000000000";
        let path = self.transcripts.join(format!("-home-dev-project-0/{id}.jsonl"));
        let mut file = OpenOptions::new().append(true).open(path).expect("the transcript was written");
        let line = serde_json::json!({
            "type": "user", "uuid": "u", "sessionId": id, "timestamp": "2026-11-21T03:37:00.000Z",
            "origin": {"kind": "human"}, "message": {"role": "user", "content": format!("please make a {}", WORDS[0])},
        });
        write!(file, "\n{line}\n").expect("it can be written");
    }

    /// How often a call is measured of which `runs` are wanted: one that takes long does not vary much.
    fn runs(&self, words: &[&str], runs: usize) -> usize {
        if self.time(words) > LONG_CALL { runs.min(3) } else { runs }
    }

    fn row(&self, what: String, words: &[&str], runs: usize, peak: &Native) -> Row {
        let runs = self.runs(words, runs);
        let took = median(&(0..runs).map(|_| self.time(words)).collect::<Vec<_>>());
        Row { what, took, peak: self.peak(words, peak), beside: None, most: None, most_kib: None }
    }

    /// Measures both calls by turns.
    fn beside(&self, row: Row, words: &[&str], name: &'static str, other: &[&str], runs: usize) -> Row {
        if !is_installed(other[0]) {
            return row;
        }
        let runs = self.runs(words, runs);
        let both: Vec<(Duration, Duration)> = (0..runs).map(|_| (self.time(words), self.time(other))).collect();
        let took = median(&both.iter().map(|both| both.0).collect::<Vec<_>>());
        let others = median(&both.iter().map(|both| both.1).collect::<Vec<_>>());
        Row { took, beside: Some((name, others)), ..row }
    }

    fn time(&self, words: &[&str]) -> Duration {
        let mut command = self.sandbox.command(words[0]);
        command.args(&words[1..]).stdin(Stdio::null()).stdout(Stdio::null());
        let begun = Instant::now();
        let status = command.status().expect("the program can be started");
        let took = begun.elapsed();
        assert!(status.success(), "{words:?}: {status}");
        took
    }

    /// KiB.
    fn peak(&self, words: &[&str], peak: &Native) -> usize {
        let found = self.sandbox.command(words[0]);
        let mut command = self.sandbox.command(peak.path.to_str().expect("our path is text"));
        let output = command.arg(found.get_program()).args(&words[1..]).output().expect("peak can be run");
        assert!(output.status.success(), "{words:?}: {}", stderr(&output));
        let bytes: usize = stdout(&output).trim().parse().expect("peak prints a number");
        bytes / 1024
    }
}

fn is_installed(program: &str) -> bool {
    let mut command = Command::new(program);
    command.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success()) || program.starts_with("cs-")
}

fn show(runs: usize, peak: &Native) -> Row {
    let place =
        Place::new(&Shape { sessions: 1, messages: LONG, fork_every: 2, replay_every: LONG + 1, ..Shape::default() });
    let path = place.transcripts.join("-home-dev-project-0/00000000-0000-4000-8000-000000000000.jsonl");
    // A broken line would end jq.
    let text = fs::read_to_string(&path).expect("the transcript was written");
    let is_json = |line: &&str| serde_json::from_str::<Value>(line).is_ok();
    let lines: Vec<&str> = text.lines().filter(is_json).collect();
    fs::write(&path, lines.join("\n") + "\n").expect("it can be written");
    let words = ["cs-transcript", "show", "00000000"];
    let what = format!("cs-transcript show, {:.0} MB", text.len() as f64 / 1e6);
    let row = place.row(what, &words, 1, peak);
    let row = Row { most: Some(SHOW), ..row };
    place.beside(row, &words, "jq -c .", &["jq", "-c", ".", text_of(&path)], runs)
}

fn searches(place: &Place, size: usize, runs: usize, peak: &Native) -> Vec<Row> {
    let folder = text_of(&place.transcripts);
    let one = |(word, most): (&str, f64)| {
        let words = ["cs-search", "-c", "--limit", "0", "--in", "all", word];
        let kind = if word == WORDS[0] { "a rare word" } else { "a word in most lines" };
        let row = place.row(format!("cs-search, {kind}, {} conversations", thousands(size)), &words, 1, peak);
        let row = Row { most: Some(most), most_kib: Some(SEARCH_KIB), ..row };
        let other = ["rg", "-c", "--no-ignore", "--hidden", word, folder];
        place.beside(row, &words, "rg -c", &other, runs)
    };
    WORDS.into_iter().zip(SEARCH).map(one).collect()
}

/// A run of `cs-keep` that finds nothing new.
fn keep(place: &Place, size: usize, runs: usize, peak: &Native) -> Row {
    let words = ["cs-keep", "run"];
    let daily = ["cs-usage", "daily"];
    for _ in 0..2 {
        place.time(&words);
        place.time(&daily);
    }
    let row = place.row(format!("cs-keep run, nothing new, {} conversations", thousands(size)), &words, 1, peak);
    place.beside(Row { most: Some(KEEP), ..row }, &words, "cs-usage daily", &daily, runs)
}

fn text_of(path: &Path) -> &str {
    path.to_str().expect("our path is text")
}

/// The measurements as a table.
pub fn table(rows: &[Row]) -> Table {
    let heading = [NAME, "ms", "beside", "ms", "ratio", "budget", "peak KiB", "budget", "verdict"];
    let row = |row: &Row| {
        let ms = |took: Duration| format!("{:.0}", took.as_secs_f64() * 1e3);
        let ratio = row.beside.map(|(_, other)| row.took.as_secs_f64() / other.as_secs_f64());
        let is_fast = ratio.zip(row.most).map(|(ratio, most)| ratio <= most);
        let is_small = row.most_kib.map(|most| row.peak <= most);
        let verdict = [is_fast, is_small].into_iter().flatten().reduce(|all, one| all && one);
        vec![
            row.what.clone(),
            ms(row.took),
            row.beside.map_or_else(String::new, |(name, _)| name.to_owned()),
            row.beside.map_or_else(String::new, |(_, other)| ms(other)),
            ratio.map_or_else(String::new, |ratio| format!("{ratio:.2}")),
            row.most.map_or_else(String::new, |most| format!("≤ {most:.2}")),
            thousands(row.peak),
            row.most_kib.map_or_else(String::new, |most| format!("≤ {}", thousands(most))),
            verdict.map_or_else(String::new, |is_ok| word(is_ok).to_owned()),
        ]
    };
    Table { rows: std::iter::once(heading.map(str::to_owned).to_vec()).chain(rows.iter().map(row)).collect() }
}
