//! Usage of conversations: counted once and exactly, whatever the logs look like.

#[path = "usage/budgets.rs"]
mod budgets;
#[path = "usage/corpus.rs"]
mod corpus;
#[path = "usage/counters.rs"]
mod counters;
#[path = "usage/explain.rs"]
mod explain;
#[path = "usage/keep.rs"]
mod keep;
#[path = "usage/mixtures.rs"]
mod mixtures;
#[path = "usage/once.rs"]
mod once;
#[path = "usage/parts.rs"]
mod parts;
#[path = "usage/places.rs"]
mod places;
#[path = "usage/recorded.rs"]
mod recorded;
#[path = "usage/records.rs"]
mod records;
#[path = "usage/rules.rs"]
mod rules;
#[path = "usage/shown.rs"]
mod shown;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use cs_tests::{Sandbox, has, status, stderr, stdout};
use serde_json::Value;

/// Runs `cs-usage` and returns its lines; panics if it fails.
#[track_caller]
fn usage(sandbox: &Sandbox, args: &[&str]) -> Vec<Value> {
    let output = sandbox.cs("cs-usage", args);
    assert_eq!((status(&output), trouble(&output)), (0, String::new()), "cs-usage {args:?}");
    let text = stdout(&output);
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{line}: {e}"))).collect()
}

/// Standard error without notes.
fn trouble(output: &Output) -> String {
    stderr(output).lines().filter(|line| !line.starts_with("cs-usage: note: ")).collect()
}

/// Input, output, cache written, cache read.
fn kinds(line: &Value) -> [u64; 4] {
    ["input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"]
        .map(|name| line[name].as_u64().unwrap_or_else(|| panic!("{line} has no {name}")))
}

fn fixture(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(path)
}

/// Writes a file below the sandbox's home.
fn put(sandbox: &Sandbox, path: &str, text: &str) -> PathBuf {
    let path = sandbox.home().join(path);
    fs::create_dir_all(path.parent().expect("it is in a folder")).expect("a folder can be created");
    fs::write(&path, text).expect("a file can be written");
    path
}

/// A session id that is easy to read.
fn id(n: u8) -> String {
    format!("{n:08x}-0000-4000-8000-000000000000")
}

/// The path of a session's transcript below home.
fn transcript(n: u8) -> String {
    format!(".claude/projects/-home-dev-repo/{}.jsonl", id(n))
}

/// A line of an answer.
#[derive(Clone)]
struct Answer<'a> {
    session: u8,
    message: &'a str,
    request: &'a str,
    at: &'a str,
    model: &'a str,
    /// Input, output, cache written, cache read.
    kinds: [u64; 4],
    /// More fields, each followed by a comma.
    more: &'a str,
}

const ANSWER: Answer<'static> = Answer {
    session: 1,
    message: "msg_1",
    request: "req_1",
    at: "2026-11-20T10:00:00.000Z",
    model: "claude-opus-5-5",
    kinds: [100, 10, 0, 0],
    more: "",
};

impl Answer<'_> {
    fn line(&self) -> String {
        let [input, output, written, read] = self.kinds;
        let some =
            |name: &str, value: &str| if value.is_empty() { String::new() } else { format!("\"{name}\":\"{value}\",") };
        let ids = (some("id", self.message), some("requestId", self.request));
        format!(
            "{{{}\"type\":\"assistant\",{}\"sessionId\":\"{}\",\"timestamp\":\"{}\",\"cwd\":\"/home/dev/repo\",\"message\":{{{}\"model\":\"{}\",\"usage\":{{\"input_tokens\":{input},\"output_tokens\":{output},\"cache_creation_input_tokens\":{written},\"cache_read_input_tokens\":{read}}}}}}}\n",
            self.more,
            ids.1,
            id(self.session),
            self.at,
            ids.0,
            self.model
        )
    }
}

/// A home with these answers in the transcripts of their sessions.
fn home(answers: &[Answer]) -> Sandbox {
    let sandbox = Sandbox::new();
    for session in 0..=9 {
        let text: String = answers.iter().filter(|answer| answer.session == session).map(Answer::line).collect();
        if !text.is_empty() {
            put(&sandbox, &transcript(session), &text);
        }
    }
    sandbox
}

/// Whether the system knows time zones by name.
fn knows_zones() -> bool {
    let known = Path::new("/usr/share/zoneinfo/Europe/Berlin").exists();
    has(known.then_some(()).ok_or("time zones are missing; apt-get install tzdata"))
}

/// The total usage of each kind.
#[track_caller]
fn total(sandbox: &Sandbox) -> [u64; 4] {
    let mut total = [0; 4];
    for line in usage(sandbox, &["model"]) {
        total.iter_mut().zip(kinds(&line)).for_each(|(sum, of)| *sum += of);
    }
    total
}
