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

/// The bytes of an instant, as `stamp` writes it.
const STAMP: usize = 32;
/// The bytes of a line around `used`: `","used":` before it, and `,"resets_at":"…"}` after it.
const AFTER: usize = b"\",\"used\":".len() + b",\"resets_at\":\"".len() + STAMP + b"\"}".len();

/// Ends that differ by no more than this are reported alike: that one of them moved is no news.
pub(crate) const SAME_END: TimeDelta = TimeDelta::minutes(1);
/// A client that says so many points less about the same window has corrected itself, or reports late.
pub(crate) const CORRECTION: f64 = 20.0;

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
        if let Some(reading) = Reading::written(line) {
            return Some(reading);
        }
        let begin = line.iter().rposition(|byte| *byte == b'{')?;
        let Line { at, used, resets_at } = serde_json::from_slice(line.get(begin..)?).ok()?;
        let is_plausible = (0.0..=cs_core::validate::PERCENT).contains(&used);
        Some(Reading { at: clock::parse(&at)?, used, resets_at: clock::parse(&resets_at)? }).filter(|_| is_plausible)
    }

    /// The reading of a line that is exactly as [`Reading::line`] writes it. A bar reads hundreds of them, and for them this
    /// takes a tenth of the time.
    fn written(line: &[u8]) -> Option<Reading> {
        let (at, rest) = line.strip_prefix(b"{\"at\":\"")?.split_at_checked(STAMP)?;
        let (used, rest) = rest.strip_prefix(b"\",\"used\":")?.split_at_checked(rest.len().checked_sub(AFTER)?)?;
        let resets_at = rest.strip_prefix(b",\"resets_at\":\"")?.strip_suffix(b"\"}")?;
        let is_number = matches!(used, [b'0'] | [b'0', b'.', .., b'0'..=b'9'] | [b'1'..=b'9', ..])
            && used.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.')
            && used.last() != Some(&b'.');
        let used: f64 = std::str::from_utf8(used).ok().filter(|_| is_number)?.parse().ok()?;
        let is_plausible = used <= cs_core::validate::PERCENT;
        Some(Reading { at: clock::parse_stamp(at)?, used, resets_at: clock::parse_stamp(resets_at)? })
            .filter(|_| is_plausible)
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

    /// Whether the end can be that of a window of this length: not much further away. A window of which the length is not
    /// known can end at any time to come.
    pub fn is_plausible(&self, length: Option<TimeDelta>) -> bool {
        let most = length.map(|length| length + (length / 7).max(TimeDelta::hours(1)));
        self.resets_at > self.at && most.is_none_or(|most| self.resets_at - self.at <= most)
    }

    /// Whether this says more than the last readings of the limit, the newest of them first: its window is another one
    /// than theirs, or a whole point more is used, or so much less that the client corrected itself. What is said about a
    /// window that has ended is no news: an idle client repeats it. Readings from when the clock was ahead do not count.
    pub fn is_news(&self, last: impl IntoIterator<Item = Reading>) -> bool {
        let is_it = |last: &Reading| {
            Reading::is_same_end(last.resets_at, self.resets_at) && clock::is_credible(last.at, self.at)
        };
        let known = || last.into_iter().find(is_it);
        let has_ended = self.resets_at <= self.at;
        !has_ended
            && known()
                .is_none_or(|known| self.used.floor() > known.used.floor() || self.used <= known.used - CORRECTION)
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
    fn a_line_of_ours_is_read_as_any_other_json() {
        let one = reading(0, 41.5, 18_000);
        let with = |used: &str| one.line().trim_end().replace("41.5", used);
        for used in ["0", "0.0", "0.25", "7", "41.5", "28.75", "100.0", "1000"] {
            let line = with(used);
            let quick = Reading::written(line.as_bytes());
            assert_eq!(quick, Reading::parse(line.replace(",\"", ", \"").as_bytes()), "{used}");
            assert!(quick.is_some_and(|it| it.used == used.parse::<f64>().unwrap()), "{used}");
        }
        for used in
            ["", ".", "00", "007", "1.", ".5", "1..2", "-1", "+1", "1e1", "nan", "inf", "1000.1", "\"7\"", "1,2"]
        {
            let line = with(used);
            assert_eq!(Reading::written(line.as_bytes()), None, "{used}");
            assert_eq!(Reading::parse(line.as_bytes()).is_some(), used == "1e1", "{used}");
        }
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
        let is_news = |minute, used, end| reading(minute, used, end).is_news(last);
        assert!(!is_news(1, 41.0, 18_000) && !is_news(1, 41.9, 18_000) && !is_news(1, 30.0, 18_000));
        assert!(is_news(1, 42.0, 18_000), "a point more");
        assert!(!is_news(1, 41.0, 18_060) && !is_news(1, 41.0, 17_940), "the same end");
        assert!(is_news(1, 41.0, 18_061) && is_news(1, 41.0, 17_939), "another window");
        assert!(is_news(1, 21.0, 18_000) && !is_news(1, 21.5, 18_000), "a correction");
        assert!(!is_news(300, 90.0, 18_000) && is_news(299, 90.0, 18_000), "the window has ended");
        assert!(is_news(-60, 42.0, 18_000), "the clock was set back");
        assert!(is_news(-60, 41.0, 18_000) && !is_news(-1, 41.0, 18_000), "it was ahead when the last one was written");
        assert!(reading(0, 0.0, 60).is_news([]));
    }

    #[test]
    fn a_window_does_not_end_much_later_than_its_length_says() {
        let is_plausible = |end, hours| reading(0, 41.0, end).is_plausible(hours);
        let (five, week) = (Some(TimeDelta::hours(5)), Some(TimeDelta::days(7)));
        assert!(is_plausible(6 * 3600, five) && !is_plausible(6 * 3600 + 1, five));
        assert!(is_plausible(8 * 86_400, week) && !is_plausible(9 * 86_400, week) && is_plausible(9 * 86_400, None));
        assert!(!is_plausible(0, five) && !is_plausible(-1, None));
    }

    #[test]
    fn two_accounts_that_alternate_write_only_rises() {
        let last = [reading(1, 80.0, 9_000), reading(0, 41.0, 18_000)];
        assert!(!reading(2, 41.0, 18_000).is_news(last) && !reading(3, 80.0, 9_030).is_news(last));
        assert!(reading(2, 42.0, 18_000).is_news(last));
    }
}
