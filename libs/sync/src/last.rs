//! Owns `sync/last.json`: how the last run ended, for people and for `cs-setup doctor`. It is a note: nothing depends on
//! it, and what cannot be read is as good as none.

use cs_core::error::{Error, Result};
use cs_core::file::{self, Durability};
use cs_core::paths::Home;
use serde::{Deserialize, Serialize};

/// How long the file may be.
const MOST: usize = 64 * 1024;

/// How the last run ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Last {
    /// When it ended: RFC 3339, UTC, with microseconds and `+00:00`.
    pub at: String,
    /// Where the rows went, in words for people.
    pub target: String,
    /// The exit code.
    pub code: u8,
    /// What went wrong; absent if nothing did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Number of changes in the target; absent if it cannot be asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changes: Option<u64>,
    /// When a run to this target last did all that it was to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done_at: Option<String>,
}

impl Last {
    /// Reads the file; `None` if there is none.
    pub fn read(home: &Home) -> Result<Option<Last>> {
        let path = home.sync_last();
        let Some(bytes) = file::read_at_most(&path, MOST)? else { return Ok(None) };
        serde_json::from_slice(&bytes).map(Some).map_err(|error| Error::corrupt(&path, error.to_string()))
    }

    /// Writes the file. The time of the last run that did all stays as it was if this one did not.
    pub fn write(mut self, home: &Home) -> Result<()> {
        let before = Last::read(home).ok().flatten().filter(|before| before.target == self.target);
        self.done_at = match self.code {
            0 => Some(self.at.clone()),
            _ => before.and_then(|before| before.done_at),
        };
        let mut bytes = serde_json::to_vec(&self).unwrap_or_default();
        bytes.push(b'\n');
        file::make_dir(&home.sync_dir())?;
        file::replace(&home.sync_last(), &bytes, Durability::Disposable)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_does_not_hide_when_it_worked() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(dir.path().join("dashboard"));
        assert_eq!(Last::read(&home).unwrap(), None);
        let run = |at: &str, target: &str, code| {
            let last = Last { at: at.into(), target: target.into(), code, ..Last::default() };
            last.write(&home).unwrap();
            Last::read(&home).unwrap().unwrap().done_at
        };
        assert_eq!(run("a", "x", 0), Some("a".into()));
        assert_eq!(run("b", "x", 75), Some("a".into()));
        assert_eq!(run("c", "y", 1), None, "it never worked there");
        std::fs::write(home.sync_last(), "{").unwrap();
        assert!(Last::read(&home).is_err());
        assert_eq!(run("d", "y", 0), Some("d".into()), "a damaged note is replaced");
    }
}
