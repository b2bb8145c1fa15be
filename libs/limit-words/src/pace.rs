//! Owns what is said about the pace of a limit: when it is used up, or what is used when it ends, or why that is not
//! known. Must stay true: every program says the same about the same limit, in at most 78 columns.

use cs_core::clock::Instant;
use cs_core::zone::Zone;
use limits::card::Card;
use limits::pace::{Outlook, Unknown};
use render::{format_between, format_near_time, format_percent};

/// Whether a limit lasts: `at this pace 100% at 16:40, 50 min before the reset at 17:30`.
pub fn format_pace(card: &Card, now: Instant, zone: &Zone) -> String {
    let today = zone.day_of(now);
    let time = |at: Instant| format_near_time(at, &today, zone);
    let resets_at = card.window.resets_at;
    let reset = format!("the reset at {}", time(resets_at));
    match (card.pace.outlook, card.pace.full_at, card.pace.at_reset) {
        (Outlook::Unknown, ..) => match card.pace.unknown {
            Some(Unknown::Ended) => format!("ended at {}, and nothing was reported since", time(resets_at)),
            why => format!("not known yet: {}", why_unknown(why)),
        },
        (Outlook::Full, Some(at), _) => format!("used up at {}, until {reset}", time(at)),
        (Outlook::Short | Outlook::Tight, Some(at), _) if at < resets_at => {
            let before = format_between(at, resets_at);
            format!("at this pace 100% at {}, {before} before {reset}", time(at))
        }
        (_, _, Some(used)) => format!("at this pace {} at {reset}", projected(used)),
        _ => format!("at this pace it lasts until {reset}"),
    }
}

/// A percentage that is not rounded to 100% if it is less.
fn projected(percent: f64) -> String {
    format_percent(if percent < 100.0 { percent.min(99.0) } else { percent })
}

fn why_unknown(why: Option<Unknown>) -> &'static str {
    match why {
        Some(Unknown::TwoAccounts) => "two accounts seem to report in one folder",
        Some(Unknown::NoLength) => "its name does not say how long it is",
        Some(Unknown::FarEnd) => "its reset is further away than it is long",
        Some(Unknown::FewMinutes) => "first reported less than 10 minutes ago",
        Some(Unknown::FewPoints) => "fewer than 3 points were used since the first report",
        Some(Unknown::Ended | Unknown::FewReadings) | None => "fewer than 3 reports",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use agents::Agent;
    use cs_core::clock::{self, TimeDelta};
    use limits::history::History;
    use limits::key::Key;
    use limits::pace::Pace;
    use limits::reading::Reading;

    fn at(text: &str) -> Instant {
        clock::parse(&format!("2026-11-21T{text}:00Z")).unwrap()
    }

    /// What is said about a window from 12:30 to 17:30 at a time, by readings of 10 points each hour from 13:00 on.
    fn say(name: &str, used: &[f64], minutes: i64, two_accounts: bool, now: &str) -> String {
        let reading = |(n, used): (usize, &f64)| Reading {
            at: at("13:00") + TimeDelta::minutes(minutes * n as i64),
            used: *used,
            resets_at: at("17:30"),
        };
        let key = Key::new(Agent::Claude, None, name).unwrap();
        let history = History::of(used.iter().enumerate().map(reading).collect(), key.length());
        let window = history.windows[0].clone();
        let pace = Pace::of(&window, key.length(), two_accounts, at(now));
        format_pace(&Card { key, account: String::new(), window, pace, two_accounts }, at(now), &Zone::utc())
    }

    #[test]
    fn a_pace_is_said_with_its_times() {
        let five = |used: &[f64], minutes, now| say("five_hour", used, minutes, false, now);
        // Ten points in 20 minutes: 100% after 200 minutes.
        let steady: Vec<f64> = (0..9).map(|n| f64::from(n) * 10.0).collect();
        assert_eq!(five(&steady, 22, "15:56"), "at this pace 100% at 16:40, 50 min before the reset at 17:30");
        assert_eq!(five(&steady, 26, "16:28"), "at this pace 100% at 17:20, 10 min before the reset at 17:30");
        // 100% at 17:04:26: what is said fits the times that are shown.
        let uneven: Vec<f64> = (0..9).map(|n| f64::from(n) * 9.0).collect();
        assert_eq!(five(&uneven, 22, "15:56"), "at this pace 100% at 17:04, 26 min before the reset at 17:30");
        assert_eq!(five(&steady, 28, "16:44"), "at this pace 96% at the reset at 17:30");
        assert_eq!(five(&[0.0, 10.0, 20.0, 30.0], 60, "16:00"), "at this pace 45% at the reset at 17:30");
        assert_eq!(five(&[90.0, 100.0], 60, "15:00"), "used up at 14:00, until the reset at 17:30");
        assert_eq!([99.8, 100.4].map(projected), ["99%", "100%"]);
    }

    #[test]
    fn what_is_not_known_is_said_with_the_reason() {
        let unknown = |name, two, now| say(name, &[1.0, 2.0], 5, two, now);
        let start = "not known yet: ";
        assert_eq!(unknown("five_hour", false, "17:30"), "ended at 17:30, and nothing was reported since");
        let few = format!("{start}fewer than 3 reports");
        assert_eq!(unknown("five_hour", false, "16:00"), few);
        let two = format!("{start}two accounts seem to report in one folder");
        assert_eq!(unknown("five_hour", true, "16:00"), two);
        let nameless = format!("{start}its name does not say how long it is");
        assert_eq!(unknown("monthly_cap", false, "16:00"), nameless);
        let clock = format!("{start}its reset is further away than it is long");
        assert_eq!(unknown("five_hour", false, "12:00"), clock);
    }
}
