//! Owns `audit/head.json`: the last line of the log, so that a cut end shows.

use crate::entry::Entry;
use chain::{Link, START};
use cs_core::error::{Error, Result};
use cs_core::file::{self, Durability};
use cs_core::paths::Home;
use cs_core::record::AuditHead;
use serde::{Deserialize, Serialize};

/// The last line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Head {
    /// The name of its file, such as `2026-11-29.jsonl`.
    pub file: String,
    /// Its number.
    pub seq: u64,
    /// Its hash.
    pub hash: String,
    /// How many result lines were not logged since then, because the day's log was full.
    #[serde(skip_serializing_if = "is_zero")]
    pub dropped: u64,
}

impl From<AuditHead> for Head {
    fn from(head: AuditHead) -> Self {
        Head { file: head.file, seq: head.seq, hash: head.hash, dropped: 0 }
    }
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// What is wrong with the head when a line is appended. The line says so for ever, because the new head does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// There was none, although the log had lines.
    Missing,
    /// It could not be understood.
    Damaged,
    /// It named an earlier line, and more than one program's lines came after it.
    Behind,
}

impl Trouble {
    /// The word in the line.
    pub fn word(self) -> &'static str {
        match self {
            Trouble::Missing => "missing",
            Trouble::Damaged => "damaged",
            Trouble::Behind => "behind",
        }
    }
}

impl Head {
    /// What the file says; `None` if nothing was logged.
    pub fn read(home: &Home) -> Result<Option<Head>> {
        Ok(Head::stored(home)?.filter(|head| head.seq > 0))
    }

    /// The same; before the first line of all it has the number 0.
    pub(crate) fn stored(home: &Home) -> Result<Option<Head>> {
        let path = home.audit_head();
        let Some(bytes) = file::read(&path)? else { return Ok(None) };
        let head: Head = serde_json::from_slice(&bytes).map_err(|error| Error::corrupt(&path, error.to_string()))?;
        match head == Head::start() || AuditHead::is_possible(&head.file, head.seq, &head.hash) {
            true => Ok(Some(head)),
            false => Err(Error::corrupt(&path, "it names no line of a log")),
        }
    }

    /// That of a log without lines. It is there before the first one, so that a missing head always shows.
    pub(crate) fn start() -> Self {
        Head { hash: START.to_string(), ..Head::default() }
    }

    /// Stores it. It is a hint that the log proves: it is not synced.
    pub fn write(&self, home: &Home) -> Result<()> {
        let mut bytes = serde_json::to_vec(self).unwrap_or_default();
        bytes.push(b'\n');
        file::replace(&home.audit_head(), &bytes, Durability::Disposable)
    }

    /// The place of the line.
    pub(crate) fn link(&self) -> Link {
        Link { seq: self.seq, hash: self.hash.clone() }
    }

    /// What it would be if the program that wrote the last lines had not been killed before it wrote the head; `None` if
    /// these are more than one program appends at once. `tail` are the last bytes of the log, and `file` is the last one
    /// with a line.
    pub(crate) fn unwritten(&self, last: &Link, tail: &[u8], file: &str) -> Option<Head> {
        // What was left out is told by the first of these lines, if it is whole.
        let dropped = if tail.ends_with(b"\n") { 0 } else { self.dropped };
        let head = Head { file: file.to_string(), seq: last.seq, hash: last.hash.clone(), dropped };
        self.is_one_behind(tail).then_some(head)
    }

    /// Whether what comes after its line is what one program appends at once: lines that had waited, and its own.
    fn is_one_behind(&self, tail: &[u8]) -> bool {
        let mut lines = tail.strip_suffix(b"\n").unwrap_or(tail).rsplit(|byte| *byte == b'\n');
        let Some(mut first) = lines.next() else { return false };
        for line in lines {
            let hash = chain::parts(line).map_or_else(|| chain::digest(line), |parts| parts.hash.to_string());
            match (hash == self.hash, is_late(line)) {
                (true, _) => return true,
                (false, true) => first = line,
                (false, false) => return false,
            }
        }
        self.seq == 0 && chain::seq(first).is_none_or(|seq| seq == 1)
    }
}

/// Whether the line had waited.
pub(crate) fn is_late(line: &[u8]) -> bool {
    serde_json::from_slice::<Entry>(line).is_ok_and(|entry| entry.late.is_some())
}
