//! Owns running a program that delivers a notice: without a shell, in a process group of its own, with a deadline after
//! which the whole group is killed. Its output is discarded, except the first line of its errors. It need not read its
//! input.

use crate::channel::Call;
use std::io::{Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

/// Maximum number of bytes of standard error that are kept.
const COMPLAINT_BYTES: u64 = 4096;
/// How long to wait for the end of standard error after the program's end: a child of it may keep the pipe open.
const COMPLAINT_WAIT: Duration = Duration::from_millis(200);

/// Runs the program until it ends; the error says how it failed.
pub fn run(call: Call, limit: Duration) -> Result<(), String> {
    let mut child = spawn(&call).map_err(|error| format!("cannot run {}: {error}", call.program.display()))?;
    let group = child.id();
    feed(&mut child, call.input);
    let complaint = listen(&mut child);
    let (ended, end) = channel();
    thread::spawn(move || ended.send(child.wait()));
    let name = call.program.display();
    match end.recv_timeout(limit) {
        Ok(Ok(status)) if status.success() => Ok(()),
        Ok(Ok(status)) => Err(format!("{name} {}{}", verdict(status), first_line(&complaint))),
        Ok(Err(error)) => Err(format!("cannot wait for {name}: {error}")),
        Err(_) => {
            kill_group(group);
            // Nothing survives that signal, so the wait is short; it leaves no zombie behind.
            let _ = end.recv_timeout(limit);
            Err(format!("{name} did not end within {} s and was killed", limit.as_secs()))
        }
    }
}

fn spawn(call: &Call) -> std::io::Result<Child> {
    Command::new(&call.program)
        .args(&call.args)
        .process_group(0)
        .stdin(if call.input.is_empty() { Stdio::null() } else { Stdio::piped() })
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
}

/// Writes the input in a thread, so that a program that does not read it cannot block us. A pipe that is closed early
/// only makes the write fail, because Rust programs ignore SIGPIPE.
fn feed(child: &mut Child, input: Vec<u8>) {
    if let Some(mut pipe) = child.stdin.take() {
        thread::spawn(move || pipe.write_all(&input));
    }
}

/// Receives the beginning of standard error; the rest is read and discarded, so that the program never blocks.
fn listen(child: &mut Child) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    if let Some(mut pipe) = child.stderr.take() {
        thread::spawn(move || {
            let mut bytes = Vec::new();
            let _ = pipe.by_ref().take(COMPLAINT_BYTES).read_to_end(&mut bytes);
            let _ = sender.send(bytes);
            std::io::copy(&mut pipe, &mut std::io::sink())
        });
    }
    receiver
}

fn first_line(complaint: &Receiver<Vec<u8>>) -> String {
    let bytes = complaint.recv_timeout(COMPLAINT_WAIT).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    text.lines().map(str::trim).find(|line| !line.is_empty()).map(|line| format!(": {line}")).unwrap_or_default()
}

fn verdict(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exited with {code}"),
        (None, Some(signal)) => format!("was killed by signal {signal}"),
        (None, None) => "ended in an unknown way".into(),
    }
}

#[allow(unsafe_code, reason = "killpg(3)")]
fn kill_group(leader: u32) {
    let Ok(group) = libc::pid_t::try_from(leader) else { return };
    // SAFETY: killpg only takes numbers; a group that has ended is not an error for us.
    unsafe { libc::killpg(group, libc::SIGKILL) };
}
