//! Owns the progress of long work, which is shown only on a terminal.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// The progress of the work.
#[derive(Debug)]
pub struct Progress {
    all: usize,
    done: usize,
    shown_at: Option<Instant>,
    is_shown: bool,
}

/// The time before the first progress line, and between two updates.
const PAUSE: Duration = Duration::from_millis(200);

impl Progress {
    /// The progress of work that has this many steps.
    pub fn new(all: usize) -> Self {
        let shown_at = std::io::stderr().is_terminal().then(Instant::now);
        Progress { all, done: 0, shown_at, is_shown: false }
    }

    /// Counts one more step.
    pub fn step(&mut self) {
        self.done += 1;
        let (done, all) = (self.done, self.all);
        self.show(|| format!("{done} of {all}"));
    }

    /// Shows how far the work is, unless that was done a moment ago.
    pub fn show(&mut self, words: impl FnOnce() -> String) {
        if self.shown_at.is_some_and(|at| at.elapsed() >= PAUSE) {
            self.shown_at = Some(Instant::now());
            self.is_shown = true;
            // Best effort: the work does not depend on this line.
            let _ = write!(std::io::stderr(), "\r{}\u{1b}[K", words());
        }
    }

    /// Clears the line, before something else is printed.
    pub fn clear(&mut self) {
        if std::mem::take(&mut self.is_shown) {
            let _ = write!(std::io::stderr(), "\r\u{1b}[K");
        }
    }
}
