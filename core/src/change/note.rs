//! Owns the line of `spool/` that stores a change.

use super::Change;
use crate::clock;
use crate::error::{Error, Result};
use crate::record::Session;
use serde::{Deserialize, Serialize};

/// A change as a line of `spool/`, with its instant and a unique nonce.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Note {
    /// Instant of the change, RFC 3339, UTC.
    pub at: String,
    /// Distinguishes lines with equal contents.
    #[serde(default)]
    pub nonce: String,
    /// The change itself.
    #[serde(flatten)]
    pub change: Change,
}

impl Note {
    /// The line between two line ends, so that a preceding line torn by a power failure does not damage this one.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![b'\n'];
        bytes.extend(serde_json::to_vec(self).unwrap_or_default());
        bytes.push(b'\n');
        bytes
    }

    /// Applies the change with the instant of the note.
    pub fn apply(&self, record: &mut Session) -> Result<()> {
        let at = clock::parse(&self.at).ok_or_else(|| Error::Invalid(format!("{:?} is not a time", self.at)))?;
        self.change.apply(record, at)
    }
}

/// Parses notes; returns them in order, and the number of lines that cannot be parsed.
pub fn read_notes(bytes: &[u8]) -> (Vec<Note>, usize) {
    let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let (mut notes, mut damaged) = (Vec::new(), 0);
    for line in lines {
        match serde_json::from_slice(line) {
            Ok(note) => notes.push(note),
            Err(_) => damaged += 1,
        }
    }
    (notes, damaged)
}
