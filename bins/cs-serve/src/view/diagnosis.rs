//! Owns what `cs-setup doctor --brief` says, for a dashboard without a session. Must stay true: it runs at most once in
//! [`KEEP`], whoever asks and however often, for at most [`LIMIT`]; without an answer there is no diagnosis.

use cli::programs;
use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

const PROGRAM: &str = "cs-setup";
/// How long it may take.
const LIMIT: Duration = Duration::from_secs(2);
/// How long its answer is kept, also if there was none.
const KEEP: Duration = Duration::from_secs(30);
/// Maximum number of bytes, and of lines, that are read.
const BYTES: u64 = 4096;
const LINES: usize = 2;
/// Pause between two checks whether it has ended.
const STEP: Duration = Duration::from_millis(5);

/// The last diagnosis.
#[derive(Debug, Default)]
pub struct Diagnosis {
    last: Mutex<Option<(Instant, Vec<String>)>>,
}

impl Diagnosis {
    /// What is wrong and what fixes it, a line each; empty if that is not known.
    pub fn lines(&self) -> Vec<String> {
        // Held while the program runs, so that other requests wait for its answer instead of starting it again.
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, lines)) = last.as_ref().filter(|(at, _)| at.elapsed() < KEEP) {
            return lines.clone();
        }
        let lines = ask().unwrap_or_default();
        *last = Some((Instant::now(), lines.clone()));
        lines
    }
}

/// Runs the program. An older version does not know the option and says nothing.
fn ask() -> Option<Vec<String>> {
    let mut command = Command::new(programs::sibling(PROGRAM)?);
    command.args(["doctor", "--brief"]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().ok()?;
    let text = read(&mut child, Instant::now() + LIMIT);
    // Fails if it has ended already.
    let _ = child.kill();
    let _ = child.wait();
    let lines: Vec<String> = text?.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_string).collect();
    Some(lines.into_iter().take(LINES).collect())
}

/// Its output, if it ended in time and as expected. A process that it leaves running may keep the pipe open.
fn read(child: &mut Child, deadline: Instant) -> Option<String> {
    let stdout = child.stdout.take()?;
    let (sender, output) = channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = stdout.take(BYTES).read_to_end(&mut bytes);
        let _ = sender.send(bytes);
    });
    let bytes = output.recv_timeout(deadline.saturating_duration_since(Instant::now())).ok()?;
    loop {
        match child.try_wait() {
            Ok(Some(status)) if matches!(status.code(), Some(0 | 1)) => return String::from_utf8(bytes).ok(),
            Ok(None) if Instant::now() < deadline => thread::sleep(STEP),
            _ => return None,
        }
    }
}
