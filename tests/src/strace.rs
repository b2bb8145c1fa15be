//! Runs programs under strace, and joins the two halves of a call that another process interrupted.
//!
//! The meaning of a call is left to the callers: `bench` counts calls, `power` replays them.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::process::{LIMIT, within};

/// Checks that strace is installed and may trace; the error says why not.
pub fn is_possible() -> Result<(), String> {
    let mut command = Command::new("strace");
    command.args(["-o", "/dev/null", "true"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("strace may not trace here: {status}")),
        Err(error) => Err(format!("strace cannot be run: {error}")),
    }
}

/// Runs `command` and its children under strace with `options` and the file `input` as its standard input; returns its
/// output and strace's log, which is written to `log`. Panics if it does not end within [`LIMIT`].
pub fn run(command: &Command, input: &Path, options: &[&str], log: &Path) -> (Output, String) {
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq"]).args(options).arg("-o").arg(log).arg("--");
    strace.arg(command.get_program()).args(command.get_args()).env_clear();
    strace.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    if let Some(folder) = command.get_current_dir() {
        strace.current_dir(folder);
    }
    strace.stdin(File::open(input).expect("the input was just written")).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = strace.process_group(0).spawn().expect("strace can be run");
    let group = child.id();
    let output = within(LIMIT, group, || child.wait_with_output().expect("output can be read"));
    let output = output.unwrap_or_else(|| panic!("{command:?} under strace: still running after {LIMIT:?}"));
    (output, fs::read_to_string(log).expect("strace writes its log"))
}

/// The calls of a log in the order in which they ended, one per line: `openat(…) = 3`. Calls that never ended come
/// last; signals and exits of processes are left out.
pub fn calls(log: &str) -> Vec<String> {
    let (mut calls, mut begun) = (Vec::new(), BTreeMap::new());
    for line in log.lines() {
        let digits = line.find(|c: char| !c.is_ascii_digit()).unwrap_or(line.len());
        let (process, event) = line.split_at(digits);
        let event = event.trim_start();
        if let Some(head) = event.strip_suffix("<unfinished ...>") {
            begun.insert(process, head.to_owned());
        } else if let Some((_, rest)) = event.split_once(" resumed>").filter(|_| event.starts_with("<... ")) {
            calls.push(begun.remove(process).unwrap_or_default() + rest);
        } else if !event.is_empty() && !event.starts_with(['+', '-', '<']) {
            calls.push(event.to_owned());
        }
    }
    calls.extend(begun.into_values());
    calls
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_of_a_call_are_joined_where_it_ended() {
        let log = "12 execve(\"/bin/x\", [\"x\"], 0x7 /* 9 vars */) = 0\n\
                   12 fsync(3 <unfinished ...>\n\
                   13 write(4, \"a\", 1)   = 1\n\
                   13 +++ exited with 0 +++\n\
                   12 <... fsync resumed>) = 0\n\
                   12 --- SIGCHLD {si_signo=SIGCHLD} ---\n\
                   12 wait4(13,  <unfinished ...>\n";
        let found = calls(log);
        let expected = [
            "execve(\"/bin/x\", [\"x\"], 0x7 /* 9 vars */) = 0",
            "write(4, \"a\", 1)   = 1",
            "fsync(3 ) = 0",
            "wait4(13,  ",
        ];
        assert_eq!(found, expected);
    }
}
