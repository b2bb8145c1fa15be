//! Owns `notify_state.json`: which notices were sent about which session, and when. It is the Python tool's file, which
//! maps a session's id to the last notice, `{reason, notified_at}`. We add `since`, and in `told` the last notice of each
//! reason; and entries about windows of time (see `windows`). Must stay true: unknown entries stay as they are.

mod claims;
pub mod windows;

use crate::reasons::Reason;
use crate::subject::{Due, Subject};
use cs_core::clock::{self, Instant, TimeDelta};
use cs_core::error::{Error, Result};
use cs_core::file::{self, Durability};
use cs_core::id::{SeatId, SessionId};
use cs_core::lock::Lock;
use cs_core::paths::Home;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

/// After this time nothing about a seat is news: more than a day, whatever the zone and the clock.
const SEAT_NEWS: Duration = Duration::from_secs(3 * 24 * 3600);

/// Maximum number of bytes of the file that are read.
const BYTES: usize = 4 * 1024 * 1024;

/// How long after it was told that a limit will be used up too early it is not told again of the same window.
const PACE_NEWS: TimeDelta = TimeDelta::days(1);

/// The parsed file.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivered {
    path: PathBuf,
    entries: Map<String, Value>,
}

/// A notice that was sent recently.
#[derive(Clone, Debug, PartialEq)]
pub struct Sent {
    pub at: Instant,
    /// The handlers that have not delivered it.
    pub left: Vec<String>,
}

impl Delivered {
    /// What another run reads of it.
    #[cfg(test)]
    pub fn reread(&self) -> Self {
        let bytes = serde_json::to_vec(&self.entries).unwrap_or_default();
        Delivered { path: self.path.clone(), entries: serde_json::from_slice(&bytes).unwrap_or_default() }
    }

    /// Nothing was sent yet.
    #[cfg(test)]
    pub fn nothing() -> Self {
        Delivered { path: PathBuf::new(), entries: Map::new() }
    }

    /// Reads the file. If it does not exist, no notice was sent.
    pub fn read(home: &Home) -> Result<Self> {
        let path = home.notify_state();
        // Older versions wrote more values than other files may have; what is written next has fewer.
        let entries = match file::read_at_most(&path, BYTES)? {
            Some(bytes) => serde_json::from_slice(&bytes).map_err(|error| {
                Error::corrupt(&path, format!("{error}; if you remove the file, some notices may be sent again"))
            })?,
            None => Map::new(),
        };
        Ok(Delivered { path, entries })
    }

    /// Returns when this notice was sent, if that is too recent to send it again, and which handlers have not delivered
    /// it. A notice about a state that began at another time, or about a higher level, is a new one.
    pub fn recently(&self, due: &Due, cooldown: TimeDelta, now: Instant) -> Option<Sent> {
        let key = self.key_of(&due.subject);
        let own = self.entries.get(key).and_then(|entry| sent(entry, due, cooldown, now));
        own.or_else(|| self.crowd(key, due, now))
    }

    /// When the last notice of this kind was sent, if there were many: the client reports one window after the other.
    fn crowd(&self, key: &str, due: &Due, now: Instant) -> Option<Sent> {
        let span = windows::crowded(key)?;
        let is_near = |sent: &Sent| (now - sent.at).abs() < span;
        let others = windows::others(&self.entries, key).filter_map(|entry| sent(entry, due, span, now));
        let near: Vec<Instant> = others.filter(is_near).map(|sent| sent.at).collect();
        let at = near.iter().copied().max().filter(|_| windows::is_crowd(near.len()))?;
        Some(Sent { at, left: Vec::new() })
    }

    /// When it was said how much of a window is used, if that was since it is used up too fast: that notice names the
    /// pace, too.
    pub fn told_with_limit(&self, due: &Due) -> Option<Sent> {
        let key = windows::limit_of_pace(due.subject.key())?;
        let entry = self.entries.get(windows::same(&self.entries, &key)?)?;
        let at = clock::parse(text(entry.get("told")?.get(Reason::Limit.as_str())?, "notified_at")?)?;
        let is_since = clock::parse(&due.subject.since).is_some_and(|since| since <= at);
        is_since.then(|| Sent { at, left: Vec::new() })
    }

    /// Notes that a handler delivers this notice now. All of `wanted` have to; the others are left to do so.
    pub fn note(&mut self, due: &Due, handler: &str, wanted: &[&str], cooldown: TimeDelta, now: Instant) {
        let wanted = || wanted.iter().map(|name| name.to_string()).collect();
        let mut left = self.recently(due, cooldown, now).map_or_else(wanted, |sent| sent.left);
        left.retain(|name| name != handler);
        let subject = &due.subject;
        let (reason, at) = (subject.reason.as_str(), clock::stamp(now));
        let mut last = json!({"notified_at": at, "since": subject.since});
        if let Some(last) = last.as_object_mut() {
            last.extend(subject.level.map(|level| ("level".to_string(), json!(level))));
            last.extend((!left.is_empty()).then(|| ("left".to_string(), json!(left))));
        }
        let key = self.key_of(subject).to_string();
        if let Some(entry) = self.entry(&key) {
            entry.insert("reason".into(), json!(reason));
            entry.insert("notified_at".into(), json!(at));
            entry.insert("since".into(), json!(subject.since));
            match entry.get_mut("told").and_then(Value::as_object_mut) {
                Some(by_reason) => drop(by_reason.insert(reason.into(), last)),
                None => drop(entry.insert("told".into(), json!({reason: last}))),
            }
        }
    }

    /// The key of what a notice is about: of a window that of its entry, if there is one.
    fn key_of<'k>(&'k self, subject: &'k Subject) -> &'k str {
        let key = subject.key();
        windows::same(&self.entries, key).unwrap_or(key)
    }

    /// The entry of a session, made if there is none.
    fn entry(&mut self, id: &str) -> Option<&mut Map<String, Value>> {
        let entry = self.entries.entry(id).or_insert_with(|| json!({}));
        if !entry.is_object() {
            *entry = json!({});
        }
        entry.as_object_mut()
    }

    /// Whether this notice is the last one that was sent about its session.
    pub fn is_last(&self, subject: &Subject) -> bool {
        let Some(entry) = self.entries.get(self.key_of(subject)) else { return false };
        let reason = subject.reason.as_str();
        let level = entry.get("told").and_then(|told| told.get(reason)?.get("level")?.as_u64());
        text(entry, "reason") == Some(reason)
            && text(entry, "since") == Some(subject.since.as_str())
            && level == subject.level.map(u64::from)
    }

    /// The notice that was sent last: when, why, and about which session.
    pub fn last(&self) -> Option<(String, String, String)> {
        let sent = self.entries.iter().filter_map(|(id, entry)| {
            let (at, reason) = (text(entry, "notified_at")?, text(entry, "reason")?);
            clock::parse(at).map(|instant| (instant, at.to_string(), reason.to_string(), id.clone()))
        });
        sent.max().map(|(_, at, reason, id)| (at, reason, id))
    }

    /// Removes the entries of sessions that no longer exist, of seats without news, and of windows that are long over.
    /// Entries that are none of them stay.
    pub fn prune(&mut self, home: &Home, now: Instant) {
        let is_there = |key: &str| match (SessionId::parse(key), SeatId::parse(key)) {
            (Ok(id), _) => std::fs::symlink_metadata(home.session(&id)).is_ok(),
            // What happens to a seat changes its file, and is news for a day.
            (_, Ok(id)) => std::fs::symlink_metadata(home.seat(&id)).and_then(|meta| meta.modified()).is_ok_and(is_new),
            _ => true,
        };
        self.entries.retain(|key, _| is_there(key) && !windows::is_over(key, now));
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(&self.entries).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    /// Makes room for these notices in a file that would be too large: of the entries of sessions about which nothing of
    /// `kept` is due, the older half is removed, and again until it fits. Refuses if that is not enough: what cannot be
    /// noted is not sent, because it would be sent again each time.
    pub fn make_room<'d>(
        &mut self,
        dues: impl Iterator<Item = (&'d Due, &'d str)> + Clone,
        kept: &BTreeSet<String>,
        now: Instant,
    ) -> Result<()> {
        let fits = |sent: &Self| {
            let mut noted = sent.clone();
            dues.clone().for_each(|(due, handler)| noted.note(due, handler, &[handler], TimeDelta::zero(), now));
            file::can_be_read(&noted.bytes())
        };
        while !fits(self) {
            let others = self.entries.iter().filter(|(id, _)| !kept.contains(*id) && SessionId::parse(id).is_ok());
            let at = |entry| text(entry, "notified_at").and_then(clock::parse);
            let mut old: Vec<(Option<Instant>, String)> = others.map(|(id, entry)| (at(entry), id.clone())).collect();
            if old.is_empty() {
                return Err(Error::Refused(format!("{}: {FULL}", self.path.display())));
            }
            old.sort();
            old.iter().take(old.len().div_ceil(2)).for_each(|(_, id)| drop(self.entries.remove(id)));
        }
        Ok(())
    }

    /// Replaces the file, under its lock; removes it if there is no entry.
    pub fn write(&self, lock: &Lock) -> Result<()> {
        if self.entries.is_empty() {
            lock.confirm()?;
            return file::remove(&self.path);
        }
        let bytes = self.bytes();
        if !file::can_be_read(&bytes) {
            return Err(Error::Refused(format!("{}: {FULL}", self.path.display())));
        }
        let staged = file::stage(&self.path, &bytes, Durability::Synced)?;
        lock.confirm()?;
        staged.replace()
    }
}

/// Why no more notices are sent.
const FULL: &str = "it is full: more than it holds is due; cs-session complete ends sessions";

/// When a notice was sent, by the entry of what it is about.
fn sent(entry: &Value, due: &Due, cooldown: TimeDelta, now: Instant) -> Option<Sent> {
    let (reason, since) = (due.subject.reason, due.subject.since.as_str());
    let last = entry.get("told").and_then(|by_reason| by_reason.get(reason.as_str()));
    // The Python tool writes only the last notice, without `since`.
    let last = last.or_else(|| Some(entry).filter(|entry| text(entry, "reason") == Some(reason.as_str())))?;
    let at = text(last, "notified_at").and_then(clock::parse)?;
    let same = match text(last, "since") {
        // Its key says what it is about. A pace may recover, and be too fast again.
        _ if reason != Reason::Pace && windows::is_one(due.subject.key()) => true,
        _ if reason == Reason::Pace => {
            (now - at).abs() < PACE_NEWS || clock::parse(since).is_none_or(|since| since <= at)
        }
        Some(last_since) => last_since == since,
        None => clock::parse(since).is_none_or(|since| since <= at),
    };
    let level = last.get("level").and_then(Value::as_u64);
    let covers = due.subject.level.is_none_or(|now| level.is_some_and(|then| then >= u64::from(now)));
    // A time far in the future is from a wrong clock, which must not suppress notices for ever.
    let recent = due.once || (now - at).abs() < cooldown;
    let left = last.get("left").and_then(Value::as_array).into_iter().flatten();
    let left = left.filter_map(|name| name.as_str().map(str::to_string)).collect();
    (same && covers && recent).then_some(Sent { at, left })
}

fn is_new(modified: SystemTime) -> bool {
    modified.elapsed().is_ok_and(|age| age < SEAT_NEWS)
}

fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "sess_20261121T1000_ca5d";
    const COOLDOWN: TimeDelta = TimeDelta::hours(12);
    const SINCE: &str = "2026-11-21T08:00:00.000000+00:00";

    fn at(text: &str) -> Instant {
        clock::parse(&format!("2026-11-{text}Z")).unwrap()
    }

    fn delivered(entries: Value) -> Delivered {
        Delivered { path: PathBuf::new(), entries: entries.as_object().unwrap().clone() }
    }

    fn due(reason: Reason, since: &str) -> Due {
        let subject = Subject {
            session_id: ID.into(),
            since: since.into(),
            mark: None,
            ..Subject::apart(reason, String::new(), at("21T08:00:00"))
        };
        Due { subject, headline: "z".into(), once: false, quip: None }
    }

    fn is_recent(delivered: &Delivered, reason: Reason, since: &str, now: &str) -> bool {
        delivered.recently(&due(reason, since), COOLDOWN, at(now)).is_some()
    }

    #[test]
    fn a_notice_is_repeated_after_the_cooldown_and_another_is_sent_at_once() {
        let mut sent = delivered(json!({}));
        let waiting = due(Reason::Waiting, SINCE);
        assert!(!is_recent(&sent, Reason::Waiting, SINCE, "21T09:00:00"));
        sent.note(&waiting, "tell", &["tell"], COOLDOWN, at("21T09:00:00"));
        assert!(is_recent(&sent, Reason::Waiting, SINCE, "21T20:59:59"));
        assert!(!is_recent(&sent, Reason::Waiting, SINCE, "21T21:00:00"));
        assert!(!is_recent(&sent, Reason::Waiting, "2026-11-21T09:30:00.000000+00:00", "21T09:31:00"));
        assert!(!is_recent(&sent, Reason::Stale, SINCE, "21T09:01:00"));
        sent.note(&due(Reason::Stale, SINCE), "tell", &["tell"], COOLDOWN, at("21T10:00:00"));
        assert!(is_recent(&sent, Reason::Waiting, SINCE, "21T11:00:00"), "each reason has its own cooldown");
        assert!(!is_recent(&sent, Reason::Waiting, SINCE, "19T11:00:00"), "sent two days from now: a wrong clock");
        let once = Due { once: true, ..waiting };
        assert!(sent.recently(&once, COOLDOWN, at("29T11:00:00")).is_some(), "some are sent once");
    }

    #[test]
    fn the_largest_file_that_is_written_is_read_and_what_cannot_be_noted_is_not_sent() {
        let last = json!({"notified_at": SINCE, "since": SINCE});
        let entry = json!({"reason": "waiting", "notified_at": SINCE, "since": SINCE, "told": {"waiting": last}});
        let id = |n: usize| format!("sess_202611{:02}T1000_{:04x}", 1 + (n >> 16), n & 0xffff);
        let of = |count: usize| Value::Object((0..count).map(|n| (id(n), entry.clone())).collect());
        let room = |count, kept: &[&str]| {
            let (mut sent, waiting) = (delivered(of(count)), due(Reason::Waiting, SINCE));
            let kept = kept.iter().map(|id| id.to_string()).collect();
            sent.make_room([(&waiting, "tell")].into_iter(), &kept, at("21T09:00:00"))?;
            assert!(file::can_be_read(&sent.bytes()));
            Ok::<_, Error>(count - sent.entries.len())
        };
        let most = cs_core::weight::MAX_WEIGHT / 17;
        let ids: Vec<String> = (0..most).map(id).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        assert_eq!(room(most - 2, &[]).unwrap(), 0);
        assert!(matches!(room(most, &ids), Err(Error::Refused(_))));
        assert_eq!(room(most, &ids[3..]).unwrap(), 2, "others make room");
        assert!(room(2 * most, &ids[..100]).unwrap() > most, "as an older version wrote it");
    }

    #[test]
    fn each_level_is_sent_once_until_it_begins_again() {
        let mut sent = delivered(json!({}));
        let full = |level, since: &str| {
            let due = due(Reason::Context, since);
            Due { subject: Subject { level: Some(level), ..due.subject }, once: true, ..due }
        };
        let is_sent = |sent: &Delivered, due: &Due| sent.recently(due, COOLDOWN, at("29T10:00:00")).is_some();
        sent.note(&full(80, SINCE), "tell", &["tell"], COOLDOWN, at("21T09:00:00"));
        assert!(is_sent(&sent, &full(80, SINCE)) && !is_sent(&sent, &full(95, SINCE)));
        sent.note(&full(95, SINCE), "tell", &["tell"], COOLDOWN, at("21T10:00:00"));
        assert!(is_sent(&sent, &full(95, SINCE)) && is_sent(&sent, &full(80, SINCE)));
        let is_last = |level| sent.is_last(&full(level, SINCE).subject);
        assert!(is_last(95) && !is_last(80) && !sent.is_last(&due(Reason::Context, "x").subject));
        assert!(!is_sent(&sent, &full(80, "2026-11-21T11:00:00.000000+00:00")), "it was compacted since");
    }

    #[test]
    fn handlers_that_failed_are_left() {
        let mut sent = delivered(json!({}));
        let waiting = due(Reason::Waiting, SINCE);
        let left = |sent: &Delivered| sent.recently(&waiting, COOLDOWN, at("21T09:01:00")).map(|sent| sent.left);
        assert_eq!(left(&sent), None);
        sent.note(&waiting, "b", &["a", "b", "c"], COOLDOWN, at("21T09:00:00"));
        assert_eq!(left(&sent), Some(vec!["a".into(), "c".into()]));
        sent.note(&waiting, "c", &["a", "b", "c"], COOLDOWN, at("21T09:00:00"));
        sent.note(&waiting, "a", &["a", "b", "c"], COOLDOWN, at("21T09:00:30"));
        assert_eq!(left(&sent), Some(vec![]));
        assert_eq!(sent.entries[ID]["told"]["waiting"].get("left"), None);
        sent.note(&waiting, "a", &["a", "b"], COOLDOWN, at("22T09:00:00"));
        let again = sent.recently(&waiting, COOLDOWN, at("22T09:01:00")).map(|sent| sent.left);
        assert_eq!(again, Some(vec!["b".into()]), "after the cooldown all get it again");
    }

    #[test]
    fn a_claim_is_seen_ends_by_itself_and_leaves_nothing() {
        let mut sent = delivered(json!({}));
        let (waiting, until) = (due(Reason::Waiting, SINCE), at("21T09:00:40"));
        sent.claim(&waiting, "a", until);
        sent.claim(&waiting, "b", until);
        let is_claimed = |sent: &Delivered, name: &str, now: &str| sent.is_claimed(&waiting, name, at(now));
        assert!(is_claimed(&sent, "a", "21T09:00:39") && !is_claimed(&sent, "c", "21T09:00:39"));
        assert!(!is_claimed(&sent, "a", "21T09:00:40"), "whoever made it was killed");
        assert!(!is_claimed(&sent, "a", "19T09:00:00"), "a wrong clock");
        assert_eq!(sent.recently(&waiting, COOLDOWN, at("21T09:00:01")), None, "nobody delivered it");
        assert_eq!(sent.last(), None);
        sent.unclaim(&waiting, "a");
        assert!(!is_claimed(&sent, "a", "21T09:00:01") && is_claimed(&sent, "b", "21T09:00:01"));
        sent.unclaim(&waiting, "b");
        assert!(sent.entries.is_empty());
    }

    #[test]
    fn notices_of_the_python_tool_count_and_its_entries_stay() {
        let mut sent =
            delivered(json!({ID: {"reason": "stale", "notified_at": "2026-11-21T09:00:00+00:00", "x": 1}, "y": 2}));
        assert!(is_recent(&sent, Reason::Stale, SINCE, "21T10:00:00"));
        assert!(!is_recent(&sent, Reason::Stale, "2026-11-21T09:30:00.000000+00:00", "21T10:00:00"));
        assert!(!is_recent(&sent, Reason::Parked, SINCE, "21T10:00:00"));
        sent.note(&due(Reason::Parked, SINCE), "tell", &["tell"], COOLDOWN, at("21T10:00:00"));
        let entry = &sent.entries[ID];
        assert_eq!((&entry["reason"], &entry["x"], &sent.entries["y"]), (&json!("parked"), &json!(1), &json!(2)));
    }
}
