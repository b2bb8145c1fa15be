//! Runs a program step by step: before each system call, a callback decides whether it is made, fails, or kills the
//! program. Linux only; no other tool is needed.
//!
//! Children of the program are not followed. A program that does not end is killed after [`cs_tests::LIMIT`].

use std::io::{self, Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Output, Stdio};

use cs_tests::process::{LIMIT, within};

use super::call::Call;

/// The decision about a system call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// It is made.
    Go,
    /// The program is killed before it is made.
    Kill,
    /// It is not made, and the program gets this error (a number of `libc`).
    Fail(i32),
}

/// Checks whether programs can be stepped through here; the error says why not.
pub fn is_possible() -> Result<(), String> {
    let mut calls = 0;
    let traced = run(Command::new("true"), "", |_| {
        calls += 1;
        Act::Go
    });
    match traced {
        Ok(output) if output.status.success() && calls > 0 => Ok(()),
        Ok(_) => Err("ptrace is not allowed here".to_owned()),
        Err(error) => Err(format!("ptrace is not allowed here: {error}")),
    }
}

/// Whether calls can be made to fail here, which is implemented for one processor architecture.
pub const CAN_FAIL: bool = cfg!(target_arch = "x86_64");

/// Kills the program before its call number `n`, counted from 0 at the first one on something in `data`: before that
/// nothing can happen.
pub fn kill_at(n: usize, data: PathBuf) -> impl FnMut(&Call) -> Act {
    let mut left = n;
    move |call| {
        let is_begun = left < n || call.path().is_some_and(|path| path.starts_with(&data));
        match (is_begun, left) {
            (false, _) => Act::Go,
            (true, 0) => Act::Kill,
            (true, _) => {
                left -= 1;
                Act::Go
            }
        }
    }
}

/// Runs `command` with `input`, and lets call number `n` fail with `error`, counted from 0 among those that `is_counted`.
/// Returns which call that was, if there were so many.
pub fn run_failing(
    command: Command,
    input: &str,
    (n, error): (usize, i32),
    is_counted: impl Fn(&Call) -> bool,
) -> io::Result<(Output, Option<String>)> {
    let (mut seen, mut hit) = (0, None);
    let output = run(command, input, |call| {
        if !is_counted(call) {
            return Act::Go;
        }
        seen += 1;
        if seen - 1 != n {
            return Act::Go;
        }
        hit = Some(format!("{:?} {:?}", call.kind(), call.path().unwrap_or_default()));
        Act::Fail(error)
    })?;
    Ok((output, hit))
}

/// Runs `command` with `input` (less than a pipe holds) and asks `decide` before each system call.
pub fn run(mut command: Command, input: &str, mut decide: impl FnMut(&Call) -> Act) -> io::Result<Output> {
    command.process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // SAFETY: ptrace(PTRACE_TRACEME) may be called between fork and exec; it allocates nothing.
    unsafe { command.pre_exec(|| traced(ptrace(libc::PTRACE_TRACEME as i64, 0, 0, 0))) };
    let mut child = command.spawn()?;
    if let Some(mut pipe) = child.stdin.take() {
        pipe.write_all(input.as_bytes())?;
    }
    let pid = child.id() as libc::pid_t;
    match within(LIMIT, child.id(), || follow(pid, &mut decide)) {
        Some(status) => output(child, status?),
        None => Err(io::Error::other(format!("{command:?}: still running after {LIMIT:?}"))),
    }
}

/// The output that the program left in its pipes. It has already been waited for.
fn output(mut child: Child, status: ExitStatus) -> io::Result<Output> {
    let mut output = Output { status, stdout: Vec::new(), stderr: Vec::new() };
    child.stdout.take().map(|mut pipe| pipe.read_to_end(&mut output.stdout)).transpose()?;
    child.stderr.take().map(|mut pipe| pipe.read_to_end(&mut output.stderr)).transpose()?;
    Ok(output)
}

/// Follows the program from its first stop, after its exec, to its end.
fn follow(pid: libc::pid_t, decide: &mut impl FnMut(&Call) -> Act) -> io::Result<ExitStatus> {
    if let Some(end) = wait(pid)?.1 {
        return Ok(end);
    }
    let options = libc::PTRACE_O_TRACESYSGOOD | libc::PTRACE_O_EXITKILL;
    traced(ptrace(libc::PTRACE_SETOPTIONS as i64, pid, 0, options as usize))?;
    let (mut signal, mut error) = (0, None);
    loop {
        match traced(ptrace(libc::PTRACE_SYSCALL as i64, pid, 0, signal as usize)) {
            // The process was killed and is about to end.
            Err(error) if error.raw_os_error() == Some(libc::ESRCH) => {}
            other => other?,
        }
        let (stop, end) = wait(pid)?;
        if let Some(end) = end {
            return Ok(end);
        }
        signal = if stop == libc::SIGTRAP | 0x80 { 0 } else { stop & 0x7f };
        if stop != libc::SIGTRAP | 0x80 {
            continue;
        }
        match (call(pid)?, error.take()) {
            (Some(call), _) => match decide(&call) {
                Act::Go => {}
                // SAFETY: kill only takes numbers, and the process is ours and not waited for yet.
                Act::Kill => _ = unsafe { libc::kill(pid, libc::SIGKILL) },
                Act::Fail(number) => {
                    registers::skip(pid)?;
                    error = Some(number);
                }
            },
            (None, Some(number)) => registers::answer(pid, -i64::from(number))?,
            (None, None) => {}
        }
    }
}

/// The signal that stopped the process, or how it ended.
fn wait(pid: libc::pid_t) -> io::Result<(i32, Option<ExitStatus>)> {
    let mut status = 0;
    // SAFETY: the pointer is to a number of ours.
    while unsafe { libc::waitpid(pid, &mut status, libc::__WALL) } < 0 {
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
    match libc::WIFSTOPPED(status) {
        true => Ok((libc::WSTOPSIG(status), None)),
        false => Ok((0, Some(ExitStatus::from_raw(status)))),
    }
}

/// `struct ptrace_syscall_info` (ptrace(2)): at a call's entry, `data` is its number and arguments.
#[repr(C)]
#[derive(Default)]
struct Stop {
    op: u8,
    filler: [u8; 3],
    arch: u32,
    instruction: u64,
    stack: u64,
    data: [u64; 8],
}

const GET_SYSCALL_INFO: i64 = 0x420e;
const ENTRY: u8 = 1;

/// The call that is about to be made; `None` if one was just made.
fn call(pid: libc::pid_t) -> io::Result<Option<Call>> {
    let mut stop = Stop::default();
    traced(ptrace(GET_SYSCALL_INFO, pid, size_of::<Stop>(), &raw mut stop as usize))?;
    let [number, a, b, c, d, e, f, _] = stop.data;
    Ok((stop.op == ENTRY).then(|| Call::new(pid, number as i64, [a, b, c, d, e, f])))
}

fn ptrace(request: i64, pid: libc::pid_t, address: usize, data: usize) -> libc::c_long {
    // SAFETY: the callers pass what ptrace(2) requires for their request.
    unsafe { libc::ptrace(request as _, pid, address, data) }
}

fn traced(answer: libc::c_long) -> io::Result<()> {
    if answer < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// The registers with a call's number and its result.
#[cfg(target_arch = "x86_64")]
mod registers {
    use super::{io, ptrace, traced};

    /// `orig_rax` and `rax` in `struct user_regs_struct`.
    const NUMBER: usize = 15 * 8;
    const ANSWER: usize = 10 * 8;

    /// Skips the call that is about to be made.
    pub fn skip(pid: libc::pid_t) -> io::Result<()> {
        traced(ptrace(libc::PTRACE_POKEUSER as i64, pid, NUMBER, usize::MAX))
    }

    /// Sets the result of the call that was just made.
    pub fn answer(pid: libc::pid_t, value: i64) -> io::Result<()> {
        traced(ptrace(libc::PTRACE_POKEUSER as i64, pid, ANSWER, value as usize))
    }
}

#[cfg(not(target_arch = "x86_64"))]
mod registers {
    use super::io;

    pub fn skip(_pid: libc::pid_t) -> io::Result<()> {
        Err(io::Error::from(io::ErrorKind::Unsupported))
    }

    pub fn answer(_pid: libc::pid_t, _value: i64) -> io::Result<()> {
        Err(io::Error::from(io::ErrorKind::Unsupported))
    }
}

#[cfg(test)]
mod tests {
    use super::super::call::Kind;
    use super::*;

    fn sh(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_program_is_killed_right_before_a_call() {
        let folder = tempfile::tempdir().unwrap();
        let (one, two) = (folder.path().join("one"), folder.path().join("two"));
        let script = format!(": >{}; : >{}", one.display(), two.display());
        let is_two = |call: &Call| call.kind() == Kind::Create && call.path() == Some(two.clone());
        let output = run(sh(&script), "", |call| if is_two(call) { Act::Kill } else { Act::Go }).unwrap();
        assert_eq!(output.status.signal(), Some(libc::SIGKILL));
        assert!(one.exists() && !two.exists());
    }

    #[test]
    #[cfg_attr(not(target_arch = "x86_64"), ignore = "calls can be made to fail on x86_64 only")]
    fn a_call_fails_with_the_given_error() {
        let folder = tempfile::tempdir().unwrap();
        let one = folder.path().join("one");
        let script = format!("read word; echo $word; : >{}", one.display());
        let is_one = |call: &Call| call.kind() == Kind::Create && call.path() == Some(one.clone());
        let full = |call: &Call| if is_one(call) { Act::Fail(libc::ENOSPC) } else { Act::Go };
        let output = run(sh(&script), "hello\n", full).unwrap();
        assert_eq!(output.stdout, b"hello\n");
        assert!(!output.status.success() && !one.exists());
        assert!(String::from_utf8_lossy(&output.stderr).contains("No space left"), "{output:?}");
    }
}
