//! Transcripts: Markdown whose ```` ```console ```` blocks are run by a real `sh` and must print what they show.
//!
//! ````text
//! ```console
//! $ echo one; \
//! > exit-with 65
//! one
//! ? 65
//! ```
//! ````
//!
//! A line `$ …` is a command, `> …` continues it; then come the expected lines (stdout and stderr as they mix) and, on
//! a last line `? N`, the expected exit status (none: 0). In an expected line `[..]` stands for anything within the
//! line; a line that is only `...` stands for any number of lines. Output that begins with `$ `, `> ` or `? ` is
//! written with a leading `[..]`. A missing newline at the end of the output is shown as ` (no newline)`.
//!
//! One file is one shell and one sandbox: `cd`, variables and functions last until its end. Processes that are still
//! running then are killed.

mod compare;
mod markdown;

use std::fs;
use std::io::{self, Read};
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use crate::process::{LIMIT, kill_group, within, without_terminal};
use crate::sandbox::Sandbox;

pub use markdown::{Step, Transcript, parse};

/// The outcome of one command of a transcript.
#[derive(Debug, PartialEq)]
struct Outcome {
    lines: Vec<String>,
    status: i32,
}

/// Runs all steps in `sandbox`; the error is a report of the failing steps, each with its line in the file `name`.
pub fn check(sandbox: &Sandbox, name: &str, steps: &[Step]) -> Result<(), String> {
    let mut outcomes = run(sandbox, steps).into_iter();
    let mut report = String::new();
    for step in steps {
        let complaint = match outcomes.next() {
            Some(Ok(outcome)) => complain(step, &outcome),
            Some(Err(reason)) => reason,
            None => break, // the shell ended at an earlier step, which was reported
        };
        if !complaint.is_empty() {
            report += &format!("{name}:{}: $ {}\n{complaint}", step.line, step.command);
        }
    }
    if report.is_empty() { Ok(()) } else { Err(report) }
}

/// The difference between an outcome and the expected one; empty if they agree.
fn complain(step: &Step, outcome: &Outcome) -> String {
    let mut complaint = compare::difference(&step.expected, &outcome.lines).unwrap_or_default();
    if step.status != outcome.status {
        complaint += &format!("    exit status: expected {}, was {}\n", step.status, outcome.status);
    }
    complaint
}

/// The outcome of each step; ends early, with an error, at the step that ended or blocked the shell.
fn run(sandbox: &Sandbox, steps: &[Step]) -> Vec<Result<Outcome, String>> {
    let token = format!("--{}--", sandbox.root().file_name().unwrap_or_default().display());
    let script = sandbox.root().join("transcript");
    fs::write(&script, shell_script(steps, &token)).expect("the sandbox can be written");
    let mut shell = sandbox.command("sh");
    shell.arg(script);
    let (output, end) = run_shell(shell, LIMIT);
    let mut outcomes = split(&output, &token);
    if let (true, Some(Ok(rest))) = (outcomes.len() <= steps.len(), outcomes.last()) {
        let reason = format!("    {end} here, after this output:\n{}", compare::added(&rest.lines));
        outcomes.pop();
        outcomes.push(Err(reason));
    }
    outcomes
}

/// One script for all steps: evaluates each step, then writes a line with `token` and the exit status.
fn shell_script(steps: &[Step], token: &str) -> String {
    let quote = |text: &str| format!("'{}'", text.replace('\'', r"'\''"));
    let run = |step: &Step| format!("eval {}\nprintf '\\n%s %s\\n' {token} $?\n", quote(&step.command));
    steps.iter().map(run).collect()
}

/// Runs the shell; returns its output, both streams combined, and how it ended.
fn run_shell(mut shell: Command, limit: Duration) -> (String, String) {
    let (mut reader, writer) = io::pipe().expect("a pipe can be created");
    let second = writer.try_clone().expect("a pipe can be cloned");
    without_terminal(&mut shell).stdin(Stdio::null()).stdout(writer).stderr(second);
    let mut child = shell.spawn().unwrap_or_else(|e| panic!("{shell:?}: {e}"));
    drop(shell); // the command holds the writing end
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let result = reader.read_to_end(&mut bytes);
        sender.send(result.map(|_| bytes))
    });
    let group = child.id();
    let exit = within(limit, group, || child.wait().expect("the shell can be waited for"));
    kill_group(group);
    let end = exit.map_or(format!("still running after {limit:?}"), |exit| format!("the shell ended ({exit})"));
    match receiver.recv_timeout(Duration::from_secs(5)) {
        Ok(bytes) => (String::from_utf8_lossy(&bytes.expect("a pipe can be read")).into_owned(), end),
        Err(_) => (String::new(), "a process left its group and kept the output open; nothing can be read".into()),
    }
}

/// Cuts the output at the token's lines. The last outcome is the text after the last token, normally empty.
fn split(output: &str, token: &str) -> Vec<Result<Outcome, String>> {
    let mut outcomes = Vec::new();
    let mut rest = output;
    while let Some((text, after)) = rest.split_once(&format!("\n{token} ")) {
        let (status, next) = after.split_once('\n').unwrap_or((after, ""));
        let status = status.parse().map_err(|e| format!("    no exit status: {status}: {e}\n"));
        outcomes.push(status.map(|status| Outcome { lines: lines(text), status }));
        rest = next;
    }
    outcomes.push(Ok(Outcome { lines: lines(rest), status: 0 }));
    outcomes
}

fn lines(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
    match lines.pop() {
        Some(last) if !last.is_empty() => lines.push(last + " (no newline)"),
        _ => {}
    }
    lines
}

#[cfg(test)]
mod tests;
