//! Counts the system calls of a program and the directories that it opens, with strace.

use std::path::Path;
use std::process::Command;

use cs_tests::{Sandbox, strace};

/// The system calls of one run, from its `execve` to its `exit_group`, including its children.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trace {
    pub calls: usize,
    /// Opened with `O_DIRECTORY`, or read with `getdents`.
    pub directories: usize,
    /// Files that were opened, without directories.
    pub opened: usize,
    /// Bytes read, except from standard input.
    pub read: usize,
    /// Bytes written, except to standard output and error.
    pub written: usize,
}

impl Trace {
    /// Bytes read and written.
    pub fn moved(self) -> usize {
        self.read + self.written
    }
}

/// Runs `command`, which comes from [`Sandbox::command`] and has its arguments, under strace.
pub fn trace(sandbox: &Sandbox, command: &Command, input: &Path) -> (Trace, String) {
    let (output, log) = strace::run(command, input, &[], &sandbox.root().join("strace"));
    assert!(output.status.success(), "{command:?} under strace: {}", output.status);
    (count(&log), log)
}

fn count(log: &str) -> Trace {
    let calls = strace::calls(log);
    let opens = |call: &&String| call.contains("O_DIRECTORY") || call.starts_with("getdents");
    let is_opened = |call: &&String| {
        let is_open = call.starts_with("open(") || call.starts_with("openat(") || call.starts_with("openat2(");
        is_open && !opens(call) && !call.contains(") = -1 ")
    };
    Trace {
        calls: calls.len(),
        directories: calls.iter().filter(opens).count(),
        opened: calls.iter().filter(is_opened).count(),
        read: calls.iter().filter_map(|call| moved(call, &READS, &["0,"])).sum(),
        written: calls.iter().filter_map(|call| moved(call, &WRITES, &["1,", "2,"])).sum(),
    }
}

const READS: [&str; 4] = ["read", "pread64", "readv", "preadv"];
const WRITES: [&str; 4] = ["write", "pwrite64", "writev", "pwritev"];

/// The number of bytes that a call of these names moved, unless its first argument is one of `others`:
/// `write(5, "{\n"..., 812) = 812`.
fn moved(call: &str, names: &[&str], others: &[&str]) -> Option<usize> {
    let (name, rest) = call.split_once('(')?;
    let is_it = names.contains(&name) && !others.iter().any(|other| rest.starts_with(other));
    if is_it { call.rsplit_once("= ")?.1.trim().parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_exits_and_second_halves_are_not_counted_as_calls() {
        let log = "12 execve(\"/bin/x\", [\"x\"], 0x7 /* 9 vars */) = 0\n\
                   12 wait4(13,  <unfinished ...>\n\
                   13 openat(AT_FDCWD, \"live\", O_RDONLY|O_CLOEXEC|O_DIRECTORY) = 3\n\
                   13 getdents64(3, 0x5 /* 4 entries */, 32768) = 120\n\
                   13 write(4, \"a = 1\"..., 512)          = 512\n\
                   13 write(1, \"out\", 3)                 = 3\n\
                   13 +++ exited with 0 +++\n\
                   12 <... wait4 resumed>NULL, 0, NULL) = 13\n\
                   12 --- SIGCHLD {si_signo=SIGCHLD} ---\n\
                   12 openat(AT_FDCWD, \"a\", O_RDONLY) = -1 ENOENT (No such file or directory)\n\
                   12 openat(AT_FDCWD, \"b\", O_RDONLY) = 3\n\
                   12 read(0, \"in\", 64)            = 2\n\
                   12 pread64(3, \"text\", 64, 0)     = 4\n\
                   12 exit_group(0)                     = ?\n";
        assert_eq!(count(log), Trace { calls: 11, directories: 2, opened: 1, read: 4, written: 512 });
    }
}
