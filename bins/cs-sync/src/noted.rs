//! Owns the ledger of a push: what was replaced in the rows that were sent. Must stay true: a ledger that cannot be written
//! is told, and prevents nothing.

use crate::PROGRAM;
use cli::Context;
use cs_core::clock::Instant;
use cs_core::error::Result;
use cs_core::paths::Home;
use redaction::{Entry, Ledger, Run};
use sync::{Op, Sink};

/// So many lines are appended at once: each time, the file is synced.
const LINES: usize = 4096;

/// A target, with what was replaced in what it takes.
pub struct Noted<'n> {
    sink: &'n mut dyn Sink,
    home: &'n Home,
    now: Instant,
    ledger: Option<Ledger>,
    lines: Vec<Entry>,
    has_failed: bool,
}

impl<'n> Noted<'n> {
    /// Nothing is noted yet.
    pub fn new(context: &'n Context, sink: &'n mut dyn Sink) -> Self {
        let (home, now) = (&context.store.home, context.now);
        Noted { sink, home, now, ledger: None, lines: Vec::new(), has_failed: false }
    }

    /// Appends what is left.
    pub fn end(mut self) {
        self.append();
    }

    fn append(&mut self) {
        let lines = std::mem::take(&mut self.lines);
        let Some(ledger) = self.ledger.as_mut().filter(|_| !lines.is_empty()) else { return };
        if let Err(error) = ledger.append(&lines) {
            cli::defer(&error);
            self.has_failed = true;
        }
    }

    fn begin(&mut self, rules: &str) {
        let run = Run { tool: PROGRAM.into(), actor: marks::actor(), rules_digest: rules.to_string() };
        match Ledger::of_store(self.home, self.now, run) {
            Ok(ledger) => self.ledger = Some(ledger),
            Err(error) => {
                cli::defer(&error);
                self.has_failed = true;
            }
        }
    }
}

impl Sink for Noted<'_> {
    fn take(&mut self, op: &Op) -> Result<()> {
        self.sink.take(op)
    }

    fn note(&mut self, rules: &str, replaced: &[Entry]) {
        if self.ledger.is_none() && !self.has_failed {
            self.begin(rules);
        }
        if self.has_failed {
            return;
        }
        self.lines.extend_from_slice(replaced);
        if self.lines.len() >= LINES {
            self.append();
        }
    }
}
