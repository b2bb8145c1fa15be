//! Owns telling a person at a terminal how far long work is. Nobody else sees anything of it.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// How far the work is.
pub struct Progress {
    all: usize,
    done: usize,
    shown_at: Option<Instant>,
    is_shown: bool,
}

/// Work that is done sooner needs no telling; and so often it is told.
const PAUSE: Duration = Duration::from_millis(200);

impl Progress {
    pub fn new(all: usize) -> Self {
        let shown_at = std::io::stderr().is_terminal().then(Instant::now);
        Progress { all, done: 0, shown_at, is_shown: false }
    }

    /// One more is done.
    pub fn step(&mut self) {
        self.done += 1;
        if self.shown_at.is_some_and(|at| at.elapsed() >= PAUSE) {
            self.shown_at = Some(Instant::now());
            self.is_shown = true;
            // Best effort: it is no news that must arrive.
            let _ = write!(std::io::stderr(), "\r{} of {}", self.done, self.all);
        }
    }

    /// Takes the line away, before something else is told.
    pub fn clear(&mut self) {
        if std::mem::take(&mut self.is_shown) {
            let _ = write!(std::io::stderr(), "\r\u{1b}[K");
        }
    }
}
