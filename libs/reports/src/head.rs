//! Owns the head of a report: its fields, how they stand in each format, and finding them again. Must stay true: the
//! digest of the content is the SHA-256 of the whole file with 64 zeros in the place of that digest, so that no letter can
//! be changed unseen, not in the head either. It is no signature.

use crate::request::{Format, Mode};
use cs_core::error::Result;
use std::collections::BTreeMap;
use std::ops::Range;

/// Occurs in the first lines of every report.
pub const MARK: &str = "cs-report:1";

/// What stands at the beginning of a report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// The mode's word.
    pub mode: String,
    /// When it was made, RFC 3339, UTC.
    pub made_at: String,
    /// The program and its version.
    pub tool: String,
    /// Who says he made it; no proof.
    pub actor: String,
    /// What it was made of, in words: `conversation ca5d…`, `project api`, `commits main..HEAD`.
    pub scope: Vec<String>,
    /// Number of conversations.
    pub conversations: u64,
    /// Number of entries that are shown.
    pub entries: u64,
    /// Whether nothing was replaced.
    pub raw: bool,
    /// How many finds were replaced, by rule.
    pub redacted: BTreeMap<String, u64>,
    /// How many pieces people redacted, by actor.
    pub manual: BTreeMap<String, u64>,
    /// How many finds are shown because a person said so.
    pub kept_by_hand: u64,
    /// How many texts are not shown because they have changed since they were marked.
    pub withheld: u64,
    /// How many lines of the logs could not be read.
    pub gaps: u64,
    /// SHA-256 of the rules.
    pub rules_digest: String,
    /// Of each log the number of bytes and their SHA-256, `BYTES:SHA256`, by `CONVERSATION:THREAD`. A log that has grown
    /// since has the same first bytes.
    pub source_digests: BTreeMap<String, String>,
    /// See above.
    pub content_digest: String,
}

/// A report that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed {
    /// Its format.
    pub format: Format,
    /// Its head.
    pub head: Head,
    /// Where the digest of the content stands in the bytes.
    pub digest_at: Range<usize>,
}

impl Head {
    /// The mode, if it is one of ours.
    pub fn mode(&self) -> Option<Mode> {
        Mode::of_word(&self.mode)
    }
}

/// The head of a report with this beginning; fails if it is none.
pub fn parse(_bytes: &[u8]) -> Result<Parsed> {
    Err(cs_core::Error::Refused("not built yet".into()))
}

/// The digest of the content of a report, as it must stand in it.
pub fn content_digest(_bytes: &[u8], _parsed: &Parsed) -> String {
    String::new()
}
