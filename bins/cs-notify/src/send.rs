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
/// A program that still runs after this time has shown its notice.
const SHOWN: Duration = Duration::from_secs(1);
/// How long to wait for the end of standard error after the program's end: a child of it may keep the pipe open.
const COMPLAINT_WAIT: Duration = Duration::from_millis(200);

/// Runs the program until it ends; the error says how it failed.
pub fn run(call: Call, limit: Duration) -> Result<(), String> {
    let mut child =
        spawn(&call, Stdio::null()).map_err(|error| format!("cannot run {}: {error}", call.program.display()))?;
    let group = child.id();
    feed(&mut child, call.input);
    let complaint = listen(child.stderr.take());
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

/// A program that has delivered a notice, and waits for the person to press its button.
#[derive(Debug)]
pub struct Button {
    group: u32,
    /// What it prints when it ends.
    printed: Receiver<Vec<u8>>,
}

/// Starts a program that shows a notice with a button. `None` if it has ended already; the error says how it failed.
pub fn run_with_button(call: Call) -> Result<Option<Button>, String> {
    let name = call.program.display().to_string();
    let mut child = spawn(&call, Stdio::piped()).map_err(|error| format!("cannot run {name}: {error}"))?;
    let group = child.id();
    let (complaint, printed) = (listen(child.stderr.take()), listen(child.stdout.take()));
    let (ended, end) = channel();
    thread::spawn(move || ended.send(child.wait()));
    match end.recv_timeout(SHOWN) {
        Ok(Ok(status)) if status.success() => Ok(None),
        Ok(Ok(status)) => Err(format!("{name} {}{}", verdict(status), first_line(&complaint))),
        Ok(Err(error)) => Err(format!("cannot wait for {name}: {error}")),
        Err(_) => Ok(Some(Button { group, printed })),
    }
}

impl Button {
    /// Waits until the notice is closed, but no longer than `limit`, after which its button does nothing. Returns what
    /// the program printed.
    pub fn wait(self, limit: Duration) -> String {
        let printed = self.printed.recv_timeout(limit);
        if printed.is_err() {
            kill_group(self.group);
        }
        String::from_utf8_lossy(&printed.unwrap_or_default()).trim().to_string()
    }
}

fn spawn(call: &Call, stdout: Stdio) -> std::io::Result<Child> {
    Command::new(&call.program)
        .args(&call.args)
        .process_group(0)
        .stdin(if call.input.is_empty() { Stdio::null() } else { Stdio::piped() })
        .stdout(stdout)
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

/// Receives the beginning of what a program prints; the rest is read and discarded, so that the program never blocks.
fn listen(pipe: Option<impl Read + Send + 'static>) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    if let Some(mut pipe) = pipe {
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
