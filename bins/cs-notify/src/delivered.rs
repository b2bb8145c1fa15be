//! Owns `notify_state.json`: which notices were sent about which session, and when. It is the Python tool's file, which
//! maps a session's id to the last notice, `{reason, notified_at}`. We add `since`, and in `told` the last notice of each
//! reason. Must stay true: unknown entries stay as they are.

use crate::subject::Reason;
use cs_core::clock::{self, Instant, TimeDelta};
use cs_core::error::{Error, Result};
use cs_core::file::{self, Durability, Staged};
use cs_core::id::SessionId;
use cs_core::paths::Home;
use serde_json::{Map, Value, json};
use std::path::PathBuf;

/// The parsed file.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivered {
    path: PathBuf,
    entries: Map<String, Value>,
}

impl Delivered {
    /// Reads the file. If it does not exist, no notice was sent.
    pub fn read(home: &Home) -> Result<Self> {
        let path = home.notify_state();
        let entries = match file::read(&path)? {
            Some(bytes) => serde_json::from_slice(&bytes).map_err(|error| {
                Error::corrupt(&path, format!("{error}; if you remove the file, some notices may be sent again"))
            })?,
            None => Map::new(),
        };
        Ok(Delivered { path, entries })
    }

    /// Returns when this notice was sent, if that is too recent to send it again. A notice about a state that began at
    /// another time is a new one.
    pub fn recently(
        &self,
        id: &str,
        reason: Reason,
        since: &str,
        cooldown: Option<TimeDelta>,
        now: Instant,
    ) -> Option<Instant> {
        let entry = self.entries.get(id)?;
        let last = entry.get("told").and_then(|by_reason| by_reason.get(reason.as_str()));
        // The Python tool writes only the last notice, without `since`.
        let last = last.or_else(|| Some(entry).filter(|entry| text(entry, "reason") == Some(reason.as_str())))?;
        let at = text(last, "notified_at").and_then(clock::parse)?;
        let same = match text(last, "since") {
            Some(last_since) => last_since == since,
            None => clock::parse(since).is_none_or(|since| since <= at),
        };
        // A time far in the future is from a wrong clock, which must not suppress notices for ever.
        let recent = cooldown.is_none_or(|cooldown| (now - at).abs() < cooldown);
        (same && recent).then_some(at)
    }

    /// Notes that this notice is sent now.
    pub fn note(&mut self, id: &str, reason: Reason, since: &str, now: Instant) {
        let entry = self.entries.entry(id).or_insert_with(|| json!({}));
        if !entry.is_object() {
            *entry = json!({});
        }
        let last = json!({"notified_at": clock::stamp(now), "since": since});
        if let Some(entry) = entry.as_object_mut() {
            entry.insert("reason".into(), json!(reason.as_str()));
            entry.insert("notified_at".into(), json!(clock::stamp(now)));
            entry.insert("since".into(), json!(since));
            match entry.get_mut("told").and_then(Value::as_object_mut) {
                Some(by_reason) => drop(by_reason.insert(reason.as_str().into(), last)),
                None => drop(entry.insert("told".into(), json!({reason.as_str(): last}))),
            }
        }
    }

    /// Removes the entries of sessions that no longer exist. Entries that are not sessions stay.
    pub fn prune(&mut self, home: &Home) {
        let is_there = |key: &str| match SessionId::parse(key) {
            Ok(id) => std::fs::symlink_metadata(home.session(&id)).is_ok(),
            Err(_) => true,
        };
        self.entries.retain(|key, _| is_there(key));
    }

    /// Writes the entries to disk, ready to replace the file.
    pub fn stage(&self) -> Result<Staged> {
        let mut bytes = serde_json::to_vec_pretty(&self.entries).unwrap_or_default();
        bytes.push(b'\n');
        file::stage(&self.path, &bytes, Durability::Synced)
    }
}

fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "sess_20261121T1000_ca5d";
    const SINCE: &str = "2026-11-21T08:00:00.000000+00:00";

    fn at(text: &str) -> Instant {
        clock::parse(&format!("2026-11-{text}Z")).unwrap()
    }

    fn delivered(entries: Value) -> Delivered {
        Delivered { path: PathBuf::new(), entries: entries.as_object().unwrap().clone() }
    }

    fn is_recent(delivered: &Delivered, reason: Reason, since: &str, now: &str) -> bool {
        delivered.recently(ID, reason, since, Some(TimeDelta::hours(12)), at(now)).is_some()
    }

    #[test]
    fn a_notice_is_repeated_after_the_cooldown_and_another_is_sent_at_once() {
        let mut sent = delivered(json!({}));
        assert!(!is_recent(&sent, Reason::Waiting, SINCE, "21T09:00:00"));
        sent.note(ID, Reason::Waiting, SINCE, at("21T09:00:00"));
        assert!(is_recent(&sent, Reason::Waiting, SINCE, "21T20:59:59"));
        assert!(!is_recent(&sent, Reason::Waiting, SINCE, "21T21:00:00"));
        assert!(!is_recent(&sent, Reason::Waiting, "2026-11-21T09:30:00.000000+00:00", "21T09:31:00"));
        assert!(!is_recent(&sent, Reason::Stale, SINCE, "21T09:01:00"));
        sent.note(ID, Reason::Stale, SINCE, at("21T10:00:00"));
        assert!(is_recent(&sent, Reason::Waiting, SINCE, "21T11:00:00"), "each reason has its own cooldown");
        assert!(!is_recent(&sent, Reason::Waiting, SINCE, "19T11:00:00"), "sent two days from now: a wrong clock");
        assert!(
            sent.recently(ID, Reason::Waiting, SINCE, None, at("29T11:00:00")).is_some(),
            "without a cooldown it is sent once"
        );
    }

    #[test]
    fn notices_of_the_python_tool_count_and_its_entries_stay() {
        let mut sent =
            delivered(json!({ID: {"reason": "stale", "notified_at": "2026-11-21T09:00:00+00:00", "x": 1}, "y": 2}));
        assert!(is_recent(&sent, Reason::Stale, SINCE, "21T10:00:00"));
        assert!(!is_recent(&sent, Reason::Stale, "2026-11-21T09:30:00.000000+00:00", "21T10:00:00"));
        assert!(!is_recent(&sent, Reason::Parked, SINCE, "21T10:00:00"));
        sent.note(ID, Reason::Parked, SINCE, at("21T10:00:00"));
        let entry = &sent.entries[ID];
        assert_eq!((&entry["reason"], &entry["x"], &sent.entries["y"]), (&json!("parked"), &json!(1), &json!(2)));
    }
}
