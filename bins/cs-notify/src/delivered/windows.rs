//! Owns the entries of `notify_state.json` that are about a window of time instead of a session: of a limit, of a budget,
//! around a planned start. Their keys are `<group>/<name>/<instant>`. Must stay true: a client that reports the end of a
//! window a little differently does not make it another window, and one that moves it on and on does not make endless
//! notices; an entry goes when its window is long over.

use super::{Delivered, text};
use cs_core::clock::{self, Instant, TimeDelta};
use limits::history;
use limits::key::Key;
use serde_json::{Map, Value, json};

/// What such keys begin with.
const GROUPS: [&str; 5] = ["limit", "pace", "reset", "budget", "plan"];
/// How much two ends of the same period of a budget, or two times of a start, differ at most.
const DRIFT: TimeDelta = TimeDelta::minutes(10);
/// In the length of a window, but at most this time, the same may be told about so many of its limit.
const CROWDED: TimeDelta = TimeDelta::days(1);
const CROWD: usize = 2;
/// How long after its window an entry stays: a notice that a window has ended comes within a day.
const KEPT: TimeDelta = TimeDelta::days(3);
/// How long before its window an entry can have been made, longer than any window that is believed; an end later than
/// that is from a wrong clock.
const AHEAD: TimeDelta = TimeDelta::days(400);

/// A key in its parts.
#[derive(Debug, PartialEq)]
struct Window<'k> {
    group: &'k str,
    name: &'k str,
    at: Instant,
}

/// The key of an entry about a window.
pub fn key(group: &str, name: &str, at: Instant) -> String {
    let stamp = clock::stamp(at);
    // Whole seconds, which `clock::parse` reads.
    format!("{group}/{name}/{}Z", stamp.get(..19).unwrap_or(&stamp))
}

impl<'k> Window<'k> {
    fn parse(key: &'k str) -> Option<Window<'k>> {
        let mut parts = key.split('/');
        let (group, name, at) = (parts.next()?, parts.next()?, parts.next()?);
        let is_one = GROUPS.contains(&group) && parts.next().is_none();
        clock::parse(at).filter(|_| is_one).map(|at| Window { group, name, at })
    }

    /// How long windows of its limit are; `None` if it is about none, or its name does not say it.
    fn length(&self) -> Option<TimeDelta> {
        Key::parse(self.name)?.length()
    }

    fn is_of(&self, other: &Window) -> bool {
        self.group == other.group && self.name == other.name
    }

    fn is_same(&self, other: &Window) -> bool {
        let drift = Key::parse(self.name).map_or(DRIFT, |key| history::near(key.length()));
        self.is_of(other) && (self.at - other.at).abs() <= drift
    }
}

/// Whether a key is that of an entry about a window.
pub fn is_one(key: &str) -> bool {
    Window::parse(key).is_some()
}

/// Whether an entry is about a window that is long over, or not to come for years.
pub fn is_over(key: &str, now: Instant) -> bool {
    let is_over = |window: Window| window.at + KEPT < now || window.at - now > AHEAD;
    !clock::is_wrong(now) && Window::parse(key).is_some_and(is_over)
}

/// The key of the entry that is about the same window, if there is one.
pub fn same<'e>(entries: &'e Map<String, Value>, key: &'e str) -> Option<&'e str> {
    if entries.contains_key(key) {
        return Some(key);
    }
    let window = Window::parse(key)?;
    let is_same = |other: &&String| Window::parse(other).is_some_and(|other| window.is_same(&other));
    entries.keys().find(is_same).map(String::as_str)
}

/// Within which time the same is told about few windows of the limit of a key; `None` if it is about none.
pub fn crowded(key: &str) -> Option<TimeDelta> {
    let window = Window::parse(key).filter(|window| ["limit", "pace", "reset"].contains(&window.group))?;
    Some(window.length().map_or(CROWDED, |length| CROWDED.min(length)))
}

/// Whether so many are a crowd.
pub fn is_crowd(count: usize) -> bool {
    count >= CROWD
}

/// The entries about other windows of the same limit.
pub fn others<'e>(entries: &'e Map<String, Value>, key: &'e str) -> impl Iterator<Item = &'e Value> {
    let window = Window::parse(key);
    let is_other = move |other: &str| {
        let other = Window::parse(other);
        window.as_ref().zip(other.as_ref()).is_some_and(|(window, other)| window.is_of(other) && window.at != other.at)
    };
    entries.iter().filter(move |(other, _)| is_other(other)).map(|(_, entry)| entry)
}

/// The key of what is told about how much of a window is used, by that of how fast it is.
pub fn limit_of_pace(key: &str) -> Option<String> {
    Some(format!("limit/{}", key.strip_prefix("pace/")?))
}

impl Delivered {
    /// When the program of a planned start was started; `None` if it was not.
    pub fn started_at(&self, key: &str) -> Option<&str> {
        text(self.entries.get(key)?, "started_at")
    }

    /// Notes that the program of a planned start is started now.
    pub fn note_start(&mut self, key: &str, now: Instant) {
        if let Some(entry) = self.entry(key) {
            entry.insert("started_at".into(), json!(clock::stamp(now)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        clock::parse(&format!("2026-11-{text}Z")).unwrap()
    }

    #[test]
    fn an_end_that_moves_a_little_is_the_same_window() {
        let of = |time: &str| key("limit", "claude-five_hour", at(time));
        assert_eq!(of("21T17:29:59.7"), "limit/claude-five_hour/2026-11-21T17:29:59Z");
        let mut entries = Map::new();
        entries.insert(of("21T17:29:59"), json!({}));
        entries.insert("sess_20261121T1000_ca5d".into(), json!({}));
        let found = |key: &str| same(&entries, key).map(str::to_string);
        for time in ["21T17:29:59", "21T17:30:01", "21T17:39:59", "21T17:20:00"] {
            assert_eq!(found(&of(time)), Some(of("21T17:29:59")), "{time}");
        }
        for key in [
            of("21T17:40:00"),
            of("21T17:19:58"),
            of("22T17:29:59"),
            of("21T17:29:59") + "/75",
            of("21T17:29:59").replace("five_hour", "seven_day"),
            of("21T17:29:59").replace("limit/", "pace/"),
            "sess_20261121T1000_beef".to_string(),
        ] {
            assert_eq!(found(&key), None, "{key}");
        }
    }

    #[test]
    fn short_windows_follow_each_other() {
        let of = |minute: u32| key("limit", "codex-5_minute", at(&format!("21T17:{minute:02}:00")));
        let mut entries = Map::new();
        for minute in [0, 5, 10] {
            assert_eq!(same(&entries, &of(minute)), None, "{minute}");
            entries.insert(of(minute), json!({}));
        }
    }

    #[test]
    fn only_windows_that_are_long_over_go() {
        let now = at("21T10:00:00");
        let over = |time: &str| is_over(&key("budget", "0a", at(time)), now);
        assert_eq!(["18T09:59:59", "18T10:00:01", "21T10:00:00", "28T10:00:00"].map(over), [true, false, false, false]);
        assert!(is_over("pace/x/2028-01-01T00:00:00Z", now), "from a wrong clock");
        assert!(!is_over("limit/x/2027-11-23T09:00:00Z", now), "366 days and some hours, as a client may say");
        assert!(!is_over("pace/x/2026-11-01T00:00:00Z", at("01T00:00:00") - TimeDelta::days(25_000)), "a wrong clock");
        for key in ["x", "later/x/2020-01-01T00:00:00Z", "limit/x/y", "limit/x/2020-01-01T00:00:00Z/75"] {
            assert!(!is_over(key, now), "{key}");
        }
    }
}
