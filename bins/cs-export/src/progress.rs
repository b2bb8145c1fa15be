//! Owns the progress line on standard error. It is shown only on a terminal, and only after a second; it is removed when
//! the work is done.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

const FIRST: Duration = Duration::from_secs(1);
const EVERY: Duration = Duration::from_millis(100);
const WIDTH: usize = 30;

/// The progress of the work.
pub struct Progress {
    total: usize,
    done: usize,
    started: Instant,
    shown: Option<Instant>,
    watched: bool,
}

impl Progress {
    /// Starts work with this number of steps.
    pub fn of(total: usize) -> Self {
        Progress { total, done: 0, started: Instant::now(), shown: None, watched: std::io::stderr().is_terminal() }
    }

    /// Counts a step that is done.
    pub fn step(&mut self) {
        self.done += 1;
        let due = self.shown.map_or(self.started.elapsed() >= FIRST, |at| at.elapsed() >= EVERY);
        if self.watched && due {
            self.shown = Some(Instant::now());
            let full = self.done * WIDTH / self.total.max(1);
            let line = format!("\r[{:<WIDTH$}] {} of {}", "#".repeat(full.min(WIDTH)), self.done, self.total);
            let _ = std::io::stderr().write_all(line.as_bytes());
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown.is_some() {
            let _ = std::io::stderr().write_all(b"\r\x1b[K");
        }
    }
}
