//! How many system calls a program makes, and how many directories it opens, as strace sees them.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::Sandbox;

/// What one run asked of the kernel, from its `execve` to its `exit_group`, its children included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trace {
    pub calls: usize,
    /// Opened with `O_DIRECTORY`, or read with `getdents`.
    pub directories: usize,
    /// Bytes that it wrote, but to its standard output and error.
    pub written: usize,
}

/// Whether there is a strace that may trace.
pub fn is_possible() -> bool {
    let mut command = Command::new("strace");
    command.args(["-o", "/dev/null", "true"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Runs `command`, which was made by [`Sandbox::command`] and got its arguments, under strace.
pub fn trace(sandbox: &Sandbox, command: &Command, input: &Path) -> (Trace, String) {
    let log = sandbox.root().join("strace");
    let mut strace = sandbox.command("strace");
    strace.args([OsStr::new("-f"), OsStr::new("-qq"), OsStr::new("-o"), log.as_os_str(), OsStr::new("--")]);
    strace.arg(command.get_program()).args(command.get_args());
    if let Some(folder) = command.get_current_dir() {
        strace.current_dir(folder);
    }
    let input = File::open(input).expect("the input was just written");
    let status = strace.stdin(input).stdout(Stdio::null()).status().expect("strace can be run");
    assert!(status.success(), "{command:?} under strace: {status}");
    let text = fs::read_to_string(&log).expect("strace writes its log");
    (count(&text), text)
}

/// A call that another process interrupted takes two lines, of which the second says `resumed`.
fn count(log: &str) -> Trace {
    let calls: Vec<&str> = log.lines().filter(|line| is_call(line)).collect();
    let opens = |line: &&&str| line.contains("O_DIRECTORY") || line.contains("getdents");
    let written = calls.iter().filter_map(|line| written(line)).sum();
    Trace { calls: calls.len(), directories: calls.iter().filter(opens).count(), written }
}

/// How many bytes a call wrote, from its line: `12 write(5, "{\n"..., 812) = 812`.
fn written(line: &str) -> Option<usize> {
    let (_, call) = line.split_once(' ')?;
    let (name, rest) = call.trim_start().split_once('(')?;
    let is_write = matches!(name, "write" | "pwrite64" | "writev");
    let is_output = rest.starts_with("1,") || rest.starts_with("2,");
    if is_write && !is_output { line.rsplit_once("= ")?.1.trim().parse().ok() } else { None }
}

fn is_call(line: &str) -> bool {
    let event = line.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start();
    !event.is_empty() && !event.starts_with(['+', '-', '<'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_ends_and_second_halves_are_no_calls() {
        let log = "12 execve(\"/bin/x\", [\"x\"], 0x7 /* 9 vars */) = 0\n\
                   12 wait4(13,  <unfinished ...>\n\
                   13 openat(AT_FDCWD, \"live\", O_RDONLY|O_CLOEXEC|O_DIRECTORY) = 3\n\
                   13 getdents64(3, 0x5 /* 4 entries */, 32768) = 120\n\
                   13 write(4, \"a = 1\"..., 512)          = 512\n\
                   13 write(1, \"out\", 3)                 = 3\n\
                   13 +++ exited with 0 +++\n\
                   12 <... wait4 resumed>NULL, 0, NULL) = 13\n\
                   12 --- SIGCHLD {si_signo=SIGCHLD} ---\n\
                   12 exit_group(0)                     = ?\n";
        assert_eq!(count(log), Trace { calls: 7, directories: 2, written: 512 });
    }
}
