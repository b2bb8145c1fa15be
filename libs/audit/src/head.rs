//! Owns `audit/head.json`: the last line of the log, so that a cut end shows.

use crate::chain::Link;
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

impl Head {
    /// What the file says; `None` without one.
    pub fn read(home: &Home) -> Result<Option<Head>> {
        let path = home.audit_head();
        let Some(bytes) = file::read(&path)? else { return Ok(None) };
        let head: Head = serde_json::from_slice(&bytes).map_err(|error| Error::corrupt(&path, error.to_string()))?;
        match AuditHead::is_possible(head.seq, &head.hash) {
            true => Ok(Some(head)),
            false => Err(Error::corrupt(&path, "it names no line of a log")),
        }
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
}
