//! Owns asking a person's own program for the line at the end of a notice (`limits.quip_command`). Must stay true: it has
//! three seconds, and then its process group is ended; what it says is one short line, masked; if it says nothing, our
//! own line stays.

use crate::channel::Call;
use crate::send;
use crate::subject::clean;
use cli::call::{self, GRACE, feed, listen};
use std::process::Stdio;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

/// How long it may take.
const LIMIT: Duration = Duration::from_secs(3);
/// How long all of one run may take: a claim on a notice ends.
const ALL: Duration = Duration::from_secs(9);
/// Maximum number of bytes that are read, and of characters that are used.
const BYTES: u64 = 4096;
const LENGTH: usize = 100;

/// A program that is asked in one run.
pub struct Author<'c> {
    command: &'c [String],
    began: Instant,
}

impl<'c> Author<'c> {
    /// The program of this command; `None` if there is none.
    pub fn new(command: &'c [String]) -> Option<Self> {
        (!command.is_empty()).then(|| Author { command, began: Instant::now() })
    }

    /// The first line that it prints for an event; `None` if there is none in time, or if it fails.
    pub fn ask(&self, event: Vec<u8>) -> Option<String> {
        let limit = LIMIT.min(ALL.checked_sub(self.began.elapsed())?);
        let (name, args) = self.command.split_first()?;
        let call = Call { program: call::program(name)?, args: args.to_vec(), input: event };
        let said = answer(call, limit)?;
        let line = clean(String::from_utf8_lossy(&said).lines().next()?, LENGTH);
        Some(line.trim().to_string()).filter(|line| !line.is_empty())
    }
}

/// What a program prints, if it ends in time and without an error.
fn answer(call: Call, limit: Duration) -> Option<Vec<u8>> {
    let mut child = send::spawn(&call, Stdio::piped()).ok()?;
    let group = child.id();
    feed(&mut child, call.input);
    let said = listen(child.stdout.take(), BYTES);
    let _errors = send::listen_to_errors(&mut child);
    let (ended, end) = channel();
    thread::spawn(move || ended.send(child.wait()));
    let status = end.recv_timeout(limit);
    // Whatever it left running, which may keep its output open.
    send::kill_group(group);
    let said = said.recv_timeout(GRACE);
    match status {
        Ok(Ok(status)) if status.success() => said.ok(),
        Ok(_) => None,
        Err(_) => {
            // Nothing survives that signal, so the wait is short; it leaves no zombie behind.
            let _ = end.recv_timeout(limit);
            None
        }
    }
}
