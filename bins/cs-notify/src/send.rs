//! Owns running a program that delivers a notice: without a shell, in a process group of its own, with a deadline after
//! which the whole group is killed. Its output is discarded, except the first line of its errors. Its pipes are those of
//! `cli::call`, which waits for an answer instead.

use crate::channel::Call;
use cli::call::{feed, first_line, listen};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

/// Maximum number of bytes of standard error that are kept.
const COMPLAINT_BYTES: u64 = 4096;

/// Runs the program until it ends; the error says how it failed.
pub fn run(call: Call, limit: Duration) -> Result<(), String> {
    let mut child =
        spawn(&call, Stdio::null()).map_err(|error| format!("cannot run {}: {error}", call.program.display()))?;
    let group = child.id();
    feed(&mut child, call.input);
    let complaint = listen_to_errors(&mut child);
    let (ended, end) = channel();
    thread::spawn(move || ended.send(child.wait()));
    let name = call.program.display().to_string();
    match end.recv_timeout(limit) {
        Ok(ended) => failure(&name, Some(&ended), &complaint).map_or(Ok(()), Err),
        Err(_) => {
            kill_group(group);
            // Nothing survives that signal, so the wait is short; it leaves no zombie behind.
            let _ = end.recv_timeout(limit);
            Err(format!("{name} did not end within {} s and was killed", limit.as_secs()))
        }
    }
}

/// How a program that has ended failed; `None` if it did not.
pub fn failure(
    name: &str,
    ended: Option<&std::io::Result<ExitStatus>>,
    complaint: &Receiver<Vec<u8>>,
) -> Option<String> {
    match ended {
        Some(Ok(status)) if status.success() => None,
        Some(Ok(status)) => Some(format!("{name} {}{}", verdict(*status), first_line(complaint).unwrap_or_default())),
        Some(Err(error)) => Some(format!("cannot wait for {name}: {error}")),
        None => Some(format!("{name} ended in an unknown way")),
    }
}

/// Starts a program in a process group of its own.
pub fn spawn(call: &Call, stdout: Stdio) -> std::io::Result<Child> {
    Command::new(&call.program)
        .args(&call.args)
        .process_group(0)
        .stdin(if call.input.is_empty() { Stdio::null() } else { Stdio::piped() })
        .stdout(stdout)
        .stderr(Stdio::piped())
        .spawn()
}

/// Receives the beginning of what a program says about its errors.
pub fn listen_to_errors(child: &mut Child) -> Receiver<Vec<u8>> {
    listen(child.stderr.take(), COMPLAINT_BYTES)
}

fn verdict(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exited with {code}"),
        (None, Some(signal)) => format!("was killed by signal {signal}"),
        (None, None) => "ended in an unknown way".into(),
    }
}

/// Ends a program and its children.
#[allow(unsafe_code, reason = "killpg(3)")]
pub fn kill_group(leader: u32) {
    let Ok(group) = libc::pid_t::try_from(leader) else { return };
    // SAFETY: killpg only takes numbers; a group that has ended is not an error for us.
    unsafe { libc::killpg(group, libc::SIGKILL) };
}

/// Interrupts a program, as Ctrl-C does.
#[allow(unsafe_code, reason = "kill(2)")]
pub fn interrupt(process: u32) {
    let Ok(process) = libc::pid_t::try_from(process) else { return };
    // SAFETY: kill only takes numbers; a process that has ended is not an error for us.
    unsafe { libc::kill(process, libc::SIGINT) };
}
