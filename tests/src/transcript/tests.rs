//! The runner must be able to fail: one test for each kind of difference between a transcript and the real output.

use std::time::{Duration, Instant};

use super::{check, parse, run_shell};
use crate::sandbox::Sandbox;

fn outcome(block: &str) -> Result<(), String> {
    let transcript = parse(&format!("# Title\n\n```console\n{block}\n```\n")).unwrap();
    check(&Sandbox::bare(), "file.md", &transcript.steps)
}

/// Runs the block, which must fail, and returns the report.
fn report(block: &str) -> String {
    outcome(block).expect_err("the transcript is wrong, the runner must say so")
}

#[test]
fn a_correct_transcript_passes() {
    outcome("$ echo one\none\n$ exit_with() { return $1; }\n$ cd /; X=2\n$ pwd; echo $X; exit_with 65\n/\n2\n? 65")
        .unwrap();
}

#[test]
fn both_streams_appear_in_order() {
    outcome("$ echo a; echo b >&2; echo c\na\nb\nc").unwrap();
}

#[test]
fn wrong_output_is_reported_with_file_line_and_both_texts() {
    assert_eq!(report("$ true\n$ echo two\none"), "file.md:5: $ echo two\n    - one\n    + two\n");
}

#[test]
fn a_wrong_exit_status_is_reported() {
    assert_eq!(report("$ false"), "file.md:4: $ false\n    exit status: expected 0, was 1\n");
    assert_eq!(report("$ true\n? 1"), "file.md:4: $ true\n    exit status: expected 1, was 0\n");
}

#[test]
fn a_missing_line_is_reported() {
    assert_eq!(report("$ echo a\na\nb"), "file.md:4: $ echo a\n      a\n    - b\n");
}

#[test]
fn an_unexpected_line_is_reported() {
    assert_eq!(report("$ echo a; echo b\na"), "file.md:4: $ echo a; echo b\n      a\n    + b\n");
    assert_eq!(report("$ echo b >&2"), "file.md:4: $ echo b >&2\n    + b\n");
}

#[test]
fn missing_and_extra_empty_lines_are_reported() {
    assert!(outcome("$ echo; echo a; echo\n\na\n").is_ok());
    assert!(outcome("$ echo; echo a\na").is_err());
    assert!(outcome("$ echo a; echo\na").is_err());
}

#[test]
fn a_missing_newline_at_the_end_is_reported() {
    outcome("$ printf a\na (no newline)").unwrap();
    assert_eq!(report("$ printf a\na"), "file.md:4: $ printf a\n    - a\n    + a (no newline)\n");
}

#[test]
fn every_failing_step_is_reported() {
    let report = report("$ echo a\nb\n$ echo c\nc\n$ false");
    assert!(report.contains("file.md:4:") && report.contains("file.md:8:"), "{report}");
    assert!(!report.contains("file.md:6:"), "{report}");
}

#[test]
fn a_step_that_ends_the_shell_is_reported() {
    for block in ["$ echo a; exit 0\na\n$ echo b\nb", "$ exit 0", "$ echo a\na\n$ kill -9 $$", "$ echo 'open"] {
        let report = report(block);
        assert!(report.contains("the shell ended"), "{report}");
    }
}

#[test]
fn background_processes_are_killed_at_the_end() {
    let started = Instant::now();
    outcome("$ sleep 600 &").unwrap();
    assert!(started.elapsed() < Duration::from_secs(30));
}

#[test]
fn a_step_that_hangs_is_stopped() {
    let mut shell = Sandbox::bare().command("sh");
    shell.current_dir("/").args(["-c", "echo a; sleep 600"]);
    let (output, end) = run_shell(shell, Duration::from_millis(300));
    assert_eq!((output.as_str(), end.as_str()), ("a\n", "still running after 300ms"));
}
