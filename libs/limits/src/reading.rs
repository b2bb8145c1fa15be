//! Owns a reading of a limit, a line of `limits/*.jsonl`, and when one is worth a line.

use cs_core::clock::{self, Instant, TimeDelta};
use serde::{Deserialize, Serialize};

/// How much of a limit was used at an instant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    /// When it was reported.
    pub at: Instant,
    /// Percent of the limit; more than 100 if it was exceeded.
    pub used: f64,
    /// When the window ends.
    pub resets_at: Instant,
}

/// Ends of windows that differ by no more than this are one.
const SAME_END: TimeDelta = TimeDelta::minutes(1);
/// A client that says so many points less about the same window may have corrected itself.
pub const CORRECTION: f64 = 20.0;

#[derive(Serialize, Deserialize)]
struct Line {
    at: String,
    used: f64,
    resets_at: String,
}

impl Reading {
    /// The reading of a line; `None` if it is none. Of a line that was torn and then continued by another one, the last
    /// reading counts.
    pub fn parse(line: &[u8]) -> Option<Reading> {
        let begin = line.iter().rposition(|byte| *byte == b'{')?;
        let Line { at, used, resets_at } = serde_json::from_slice(line.get(begin..)?).ok()?;
        let is_plausible = (0.0..=cs_core::validate::PERCENT).contains(&used);
        Some(Reading { at: clock::parse(&at)?, used, resets_at: clock::parse(&resets_at)? }).filter(|_| is_plausible)
    }

    /// Its line, with the end of the line.
    pub fn line(&self) -> String {
        let line = Line { at: clock::stamp(self.at), used: self.used, resets_at: clock::stamp(self.resets_at) };
        let mut text = serde_json::to_string(&line).unwrap_or_default();
        text.push('\n');
        text
    }

    /// Whether two instants are the end of the same window: clients report the same end a little differently.
    pub fn is_same_end(one: Instant, other: Instant) -> bool {
        (one - other).abs() <= SAME_END
    }

    /// Whether this says more than the last readings of the limit, the oldest of them first: its window is another one
    /// than theirs, or a whole point more is used, or so much less that the client corrected itself. What is said about a
    /// window that has ended is no news: an idle client repeats it.
    pub fn is_news(&self, last: &[Reading]) -> bool {
        let known = last.iter().rev().find(|last| Reading::is_same_end(last.resets_at, self.resets_at));
        let has_ended = self.resets_at <= self.at;
        !has_ended
            && known.is_none_or(|known| self.used.floor() > known.used.floor() || self.used <= known.used - CORRECTION)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(minute: i64, used: f64, end: i64) -> Reading {
        let at = |minutes: i64| clock::from_millis((1_795_273_200 + minutes * 60) * 1000).unwrap();
        Reading { at: at(minute), used, resets_at: at(0) + cs_core::clock::TimeDelta::seconds(end) }
    }

    #[test]
    fn lines_read_back_also_after_a_torn_one() {
        let one = reading(0, 41.5, 18_000);
        let line = one.line();
        assert_eq!(Reading::parse(line.as_bytes()), Some(one));
        for cut in 1..line.len() - 1 {
            let torn = line.get(..cut).unwrap();
            assert_eq!(Reading::parse(torn.as_bytes()), None, "{torn}");
            assert_eq!(Reading::parse(format!("{torn}{line}").as_bytes()), Some(one), "{torn}");
        }
        for odd in ["", "{}", "[]", r#"{"at":"x","used":1,"resets_at":"y"}"#, &line.replace("41.5", "1e9")] {
            assert_eq!(Reading::parse(odd.as_bytes()), None, "{odd}");
        }
    }

    #[test]
    fn only_news_are_written() {
        let last = [reading(0, 41.0, 18_000)];
        let is_news = |minute, used, end| reading(minute, used, end).is_news(&last);
        assert!(!is_news(1, 41.0, 18_000) && !is_news(1, 41.9, 18_000) && !is_news(1, 30.0, 18_000));
        assert!(is_news(1, 42.0, 18_000), "a point more");
        assert!(!is_news(1, 41.0, 18_060) && !is_news(1, 41.0, 17_940), "the same end");
        assert!(is_news(1, 41.0, 18_061) && is_news(1, 41.0, 17_939), "another window");
        assert!(is_news(1, 21.0, 18_000) && !is_news(1, 21.5, 18_000), "a correction");
        assert!(!is_news(300, 90.0, 18_000) && is_news(299, 90.0, 18_000), "the window has ended");
        assert!(is_news(-60, 42.0, 18_000), "the clock was set back");
        assert!(reading(0, 0.0, 60).is_news(&[]));
    }

    #[test]
    fn two_accounts_that_alternate_write_only_rises() {
        let last = [reading(0, 41.0, 18_000), reading(1, 80.0, 9_000)];
        assert!(!reading(2, 41.0, 18_000).is_news(&last) && !reading(3, 80.0, 9_030).is_news(&last));
        assert!(reading(2, 42.0, 18_000).is_news(&last));
    }
}
