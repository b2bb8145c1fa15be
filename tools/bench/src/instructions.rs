//! The number of instructions that a program executes, counted by valgrind's callgrind: a nearly constant figure.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};

use cs_tests::{Sandbox, can_run};

/// Checks for a working valgrind; the error says how to get it.
pub fn is_possible() -> Result<(), String> {
    can_run("valgrind", &["--tool=none", "-q", "true"], "valgrind libc6-dbg")
}

/// Runs `command`, which comes from [`Sandbox::command`], under callgrind. Children are not counted.
pub fn count(sandbox: &Sandbox, command: &Command, input: &Path) -> u64 {
    let log = sandbox.root().join("callgrind.log");
    let mut valgrind = sandbox.command("valgrind");
    valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
    valgrind.arg(format!("--log-file={}", log.display())).arg(command.get_program()).args(command.get_args());
    valgrind.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    if let Some(folder) = command.get_current_dir() {
        valgrind.current_dir(folder);
    }
    let input = File::open(input).expect("the input was just written");
    let status = valgrind.stdin(input).stdout(Stdio::null()).status().expect("valgrind can be run");
    assert!(status.success(), "{command:?} under valgrind: {status}");
    let text = fs::read_to_string(&log).expect("valgrind writes its log");
    collected(&text).unwrap_or_else(|| panic!("callgrind counted nothing: {text}"))
}

/// The figure after `Collected : `.
fn collected(log: &str) -> Option<u64> {
    let line = log.lines().find_map(|line| line.split_once("Collected : "))?;
    line.1.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_instruction_count_is_found() {
        assert_eq!(collected("==7== Events    : Ir\n==7== Collected : 123456\n==7==\n"), Some(123_456));
        assert_eq!(collected("==7== nothing"), None);
    }
}
