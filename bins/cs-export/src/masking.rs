//! Owns with which rules and which key an export is made, and that what was replaced is noted. Must stay true: rules that
//! cannot be understood stop everything.

use crate::PROGRAM;
use cli::{Context, Outcome, note};
use cs_core::clock::Instant;
use cs_core::paths::Home;
use redaction::{Engine, Entry, Ledger, Run};
use reports::Records;

/// The rules and the key.
pub struct Masking {
    /// `None`: texts stay as they are.
    engine: Option<Engine>,
}

impl Masking {
    /// Reads them, unless they are not needed.
    pub fn new(context: &Context, is_unneeded: bool) -> Outcome<Self> {
        if is_unneeded {
            return Ok(Masking { engine: None });
        }
        let (engine, unstored) = reports::engine(&context.store.home)?;
        if let Some(error) = unstored {
            note(PROGRAM, &format!("{error}; the placeholders are only of this run"));
        }
        Ok(Masking { engine: Some(engine) })
    }

    /// Records on their way out.
    pub fn records(&mut self) -> Records<'_> {
        self.engine.as_mut().map_or_else(Records::raw, Records::new)
    }

    /// Notes what was replaced. A ledger that cannot be written is told, and prevents nothing.
    pub fn note(&self, home: &Home, now: Instant, replaced: &[Entry]) {
        let Some(engine) = self.engine.as_ref().filter(|_| !replaced.is_empty()) else { return };
        let rules_digest = engine.rules().digest().to_string();
        let run = Run { tool: PROGRAM.into(), actor: marks::actor(), rules_digest };
        let ledger = Ledger::of_store(home, now, run);
        if let Err(error) = ledger.and_then(|mut ledger| ledger.append(replaced)) {
            cli::defer(&error);
        }
    }
}
