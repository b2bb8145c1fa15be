//! Owns the entries of `notify_state.json` that are about a window of time instead of a session: of a limit, of a budget,
//! around a planned start. Their keys are `<group>/<name>/<instant>`. Must stay true: a client that reports the end of a window a little differently does not make it another window; an entry goes
//! when its window is long over.

use super::{Delivered, text};
use cs_core::clock::{self, Instant, TimeDelta};
use serde_json::{Map, Value, json};

/// What such keys begin with.
const GROUPS: [&str; 5] = ["limit", "pace", "reset", "budget", "plan"];
/// How much two ends of the same window differ at most.
const DRIFT: TimeDelta = TimeDelta::minutes(10);
/// How long after its window an entry stays: a notice that a window has ended comes within a day.
const KEPT: TimeDelta = TimeDelta::days(3);
/// How long before its window an entry can have been made; an end later than that is from a wrong clock.
const AHEAD: TimeDelta = TimeDelta::days(366);

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

    fn is_same(&self, other: &Window) -> bool {
        self.group == other.group && self.name == other.name && (self.at - other.at).abs() <= DRIFT
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
    fn only_windows_that_are_long_over_go() {
        let now = at("21T10:00:00");
        let over = |time: &str| is_over(&key("budget", "0a", at(time)), now);
        assert_eq!(["18T09:59:59", "18T10:00:01", "21T10:00:00", "28T10:00:00"].map(over), [true, false, false, false]);
        assert!(is_over("pace/x/2028-01-01T00:00:00Z", now), "from a wrong clock");
        assert!(!is_over("pace/x/2026-11-01T00:00:00Z", at("01T00:00:00") - TimeDelta::days(25_000)), "a wrong clock");
        for key in ["x", "later/x/2020-01-01T00:00:00Z", "limit/x/y", "limit/x/2020-01-01T00:00:00Z/75"] {
            assert!(!is_over(key, now), "{key}");
        }
    }
}
