//! Owns `chat/mirrored.json`: up to which turn each conversation was sent. Must stay true: what ended before a chat was set
//! up is not sent.

use super::Stored;
use cs_core::keeps_unknown;
use cs_core::unknown::Unknown;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The turns that were sent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub struct Mirrored {
    /// When it was looked for the first time: what ended before is not sent. RFC 3339, UTC.
    #[serde(default)]
    pub from: String,
    /// When the last turn that was sent ended, by the conversation's id.
    #[serde(default)]
    pub ends: BTreeMap<String, String>,
    /// Fields that this program does not know; written back unchanged.
    #[serde(flatten, skip_deserializing)]
    pub unknown: Unknown,
}

keeps_unknown!(Mirrored);

impl Stored for Mirrored {
    const NAME: &'static str = "mirrored.json";
}

impl Mirrored {
    /// Whether a turn of this conversation that ended then was not sent yet. Both are spelt as this suite spells instants.
    pub fn is_new(&self, conversation: &str, ended: &str) -> bool {
        let last = self.ends.get(conversation).unwrap_or(&self.from);
        !self.from.is_empty() && ended > last.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_ended_since_is_new() {
        let mut mirrored = Mirrored::default();
        assert!(!mirrored.is_new("a", "2026-12-01T10:00:00"), "it was never looked");
        mirrored.from = "2026-12-01T10:00:00".into();
        assert!(!mirrored.is_new("a", "2026-12-01T09:00:00") && mirrored.is_new("a", "2026-12-01T11:00:00"));
        mirrored.ends.insert("a".into(), "2026-12-01T11:00:00".into());
        assert!(!mirrored.is_new("a", "2026-12-01T11:00:00") && mirrored.is_new("b", "2026-12-01T11:00:00"));
    }
}
