//! Runs other programs without ever hanging: each gets its own process group and a deadline.

use std::io::{self, PipeWriter, Write, pipe};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

/// How long one program, or one transcript, may take.
pub const LIMIT: Duration = Duration::from_secs(60);

/// Runs `command` with `input` on a pipe as its standard input and collects its output.
///
/// Panics unless it ends, and all its children close the output, within [`LIMIT`]. A program that
/// does not read its input is not an error.
pub fn run(mut command: Command, input: &str) -> Output {
    let (filled, rest) = filled(input);
    let child = without_terminal(&mut command)
        .stdin(filled)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|e| panic!("{command:?}: {e}"));
    let name = format!("{command:?}");
    // The command holds an end of the pipe, too.
    drop(command);
    let group = child.id();
    thread::scope(|scope| {
        scope.spawn(move || rest.map(|mut pipe| pipe.write_all(input.as_bytes())));
        within(LIMIT, group, || child.wait_with_output().expect("output can be read"))
    })
    .unwrap_or_else(|| panic!("{name}: still running after {LIMIT:?}"))
}

/// Starts the program in a session of its own, so that it has no terminal, wherever the tests run, and leads a process
/// group.
pub fn without_terminal(command: &mut Command) -> &mut Command {
    // SAFETY: setsid may be called between fork and exec, and a new process leads no group.
    unsafe {
        command.pre_exec(|| match libc::setsid() {
            -1 => Err(io::Error::last_os_error()),
            _ => Ok(()),
        })
    }
}

/// The least number of bytes that every pipe can hold.
const PIPE: usize = 4096;

/// A pipe to read `input` from, filled before the program starts: hooks wait only a fifth of a second for their input,
/// and a busy machine may need longer. If the input does not fit, the caller writes it to the returned end.
pub fn filled(input: &str) -> (Stdio, Option<PipeWriter>) {
    let (reader, mut writer) = pipe().expect("there are file descriptors left");
    if input.len() > PIPE {
        return (reader.into(), Some(writer));
    }
    writer.write_all(input.as_bytes()).expect("the pipe can hold it");
    (reader.into(), None)
}

/// Does `work`, which waits for the process group `group`; if that takes longer than `limit`, kills the group and
/// returns `None`.
pub fn within<T>(limit: Duration, group: u32, work: impl FnOnce() -> T) -> Option<T> {
    let (done, waiting) = channel::<()>();
    thread::scope(|scope| {
        let watch = scope.spawn(move || {
            let late = waiting.recv_timeout(limit) == Err(RecvTimeoutError::Timeout);
            if late {
                kill_group(group);
            }
            late
        });
        let value = work();
        drop(done);
        let late = watch.join().expect("the watch does not panic");
        (!late).then_some(value)
    })
}

/// Kills what is left of the process group led by `leader`.
pub fn kill_group(leader: u32) {
    // SAFETY: killpg only takes numbers; a group that is gone is not an error.
    unsafe { libc::killpg(leader as libc::pid_t, libc::SIGKILL) };
}

/// A program that keeps running, such as a server; killed when dropped, even if the test panics.
pub struct Running(pub Child);

impl Running {
    /// Starts `command` without input; its standard output is a pipe (`running.0.stdout`).
    pub fn start(mut command: Command) -> io::Result<Running> {
        without_terminal(&mut command).stdin(Stdio::null()).stdout(Stdio::piped()).spawn().map(Running)
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Fails only when the program has already ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn unread_input_is_not_an_error() {
        let output = run(sh("exit 3"), &"x".repeat(1 << 20));
        assert_eq!(output.status.code(), Some(3));
    }

    #[test]
    fn a_program_that_hangs_is_killed_with_its_children() {
        let mut child = sh("sleep 600 | sleep 600").process_group(0).spawn().unwrap();
        let group = child.id();
        assert!(within(Duration::from_millis(50), group, || child.wait().unwrap()).is_none());
        // SAFETY: signal 0 only asks whether the group has members.
        let gone = || unsafe { libc::killpg(group as libc::pid_t, 0) } != 0;
        assert!(crate::eventually(Duration::from_secs(5), gone));
    }
}
