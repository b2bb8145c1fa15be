//! Owns how limits of accounts look to people: their names, whether they last, budgets, days of planned starts. Must stay
//! true: what is not known is said to be unknown, and why.

use crate::money::format_round_dollars;
use crate::time::{format_duration, format_near_time};
use cs_core::clock::Instant;
use cs_core::zone::Zone;
use limits::card::Card;
use limits::key::Key;
use limits::pace::Outlook;
use limits::settings::{Budget, Period};

/// The names of weekdays, Monday first.
const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// A window's name: `5 h`, `7 d opus`; another name of a client stays as it is, without its `_`.
pub fn format_window(key: &Key) -> String {
    let Some(length) = key.length() else { return key.window.replace('_', " ") };
    let (hours, minutes) = (length.num_hours(), length.num_minutes());
    let short = match (minutes % 60, hours % 24) {
        (0, 0) => format!("{} d", hours / 24),
        (0, _) => format!("{hours} h"),
        _ => format!("{minutes} min"),
    };
    // The words beside the length say which models it is about.
    let words: Vec<&str> = key.window.split('_').collect();
    let unit = words.iter().skip(1).position(|word| matches!(*word, "minute" | "hour" | "day" | "week")).unwrap_or(0);
    let others = words.iter().enumerate().filter(|(n, _)| !(unit..=unit + 1).contains(n)).map(|(_, word)| *word);
    let parts: Vec<&str> = std::iter::once(short.as_str()).chain(others).collect();
    parts.join(" ")
}

/// A limit's name: `Claude 5 h`, `Codex 7 d, work`. `account` is what people call it; empty for the default one.
pub fn format_limit(key: &Key, account: &str) -> String {
    let agent = key.agent.short();
    let mut name: String = agent.chars().take(1).flat_map(char::to_uppercase).chain(agent.chars().skip(1)).collect();
    name.push(' ');
    name.push_str(&format_window(key));
    if !account.is_empty() {
        name.push_str(", ");
        name.push_str(account);
    }
    name
}

/// Whether a limit lasts, in a word or two.
pub fn outlook_word(outlook: Outlook) -> &'static str {
    match outlook {
        Outlook::Unknown => "not known yet",
        Outlook::Ok => "lasts",
        Outlook::Tight => "tight",
        Outlook::Short => "short",
        Outlook::Full => "used up",
    }
}

/// Whether a limit lasts, and when it is used up: `at this pace 100 % at 16:40, 50 min before the reset at 17:30`.
pub fn format_pace(card: &Card, now: Instant, zone: &Zone) -> String {
    let today = zone.day_of(now);
    let time = |at: Instant| format_near_time(at, &today, zone);
    let resets_at = card.window.resets_at;
    if card.has_ended(now) {
        return format!("ended at {}, and nothing was reported since", time(resets_at));
    }
    let reset = format!("the reset at {}", time(resets_at));
    match (card.pace.outlook, card.pace.full_at) {
        (Outlook::Full, _) => format!("used up until {reset}"),
        (Outlook::Short | Outlook::Tight, Some(at)) if at < resets_at => {
            let before = format_duration((resets_at - at).num_seconds());
            format!("at this pace 100 % at {}, {before} before {reset}", time(at))
        }
        (Outlook::Short | Outlook::Tight, _) => format!("at this pace about 100 % at {reset}"),
        (Outlook::Ok, _) => format!("lasts until {reset}"),
        (Outlook::Unknown, _) => format!("not known yet whether it lasts until {reset}: {}", why_unknown(card)),
    }
}

/// Why nothing is projected.
fn why_unknown(card: &Card) -> &'static str {
    if card.two_accounts {
        "two accounts seem to report in one folder"
    } else if card.key.length().is_none() {
        "its name does not say how long it is"
    } else {
        "fewer than 3 reports, 10 minutes or 3 points"
    }
}

/// A budget's name: `$20 a day`, `$20 a week, api, opus`.
pub fn format_budget(budget: &Budget) -> String {
    let per = match budget.per {
        Period::Day => "day",
        Period::Week => "week",
        Period::Month => "month",
    };
    let amount = format!("{} a {per}", format_round_dollars(budget.usd));
    let parts: Vec<&str> =
        std::iter::once(amount.as_str()).chain(budget.project.as_deref()).chain(budget.model.as_deref()).collect();
    parts.join(", ")
}

/// Days of the week: `every day`, `Mon-Fri`, `Mon, Wed, Sat-Sun`.
pub fn format_weekdays(days: &[bool; 7]) -> String {
    if days.iter().all(|is_on| *is_on) {
        return "every day".to_string();
    }
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for (n, _) in days.iter().enumerate().filter(|(_, is_on)| **is_on) {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == n => *last = n,
            _ => runs.push((n, n)),
        }
    }
    let name = |n: usize| WEEKDAYS.get(n).copied().unwrap_or_default();
    let words = runs.into_iter().map(|(first, last)| match last - first {
        0 => name(first).to_string(),
        _ => format!("{}-{}", name(first), name(last)),
    });
    words.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use agents::Agent;
    use cs_core::clock;
    use limits::history::Window;
    use limits::pace::Pace;

    fn key(window: &str) -> Key {
        Key::new(Agent::Claude, None, window).unwrap()
    }

    #[test]
    fn windows_have_short_names() {
        let names = ["five_hour", "seven_day", "seven_day_opus", "extra_one_week", "90_minute", "monthly_cap"];
        let shown = names.map(|name| format_window(&key(name)));
        assert_eq!(shown, ["5 h", "7 d", "7 d opus", "7 d extra", "90 min", "monthly cap"]);
        assert_eq!(format_limit(&key("five_hour"), ""), "Claude 5 h");
        assert_eq!(format_limit(&key("seven_day"), "work"), "Claude 7 d, work");
    }

    #[test]
    fn a_projection_says_when_and_what_is_unknown_why() {
        let at = |text: &str| clock::parse(&format!("2026-11-21T{text}:00Z")).unwrap();
        let window = Window {
            resets_at: at("17:30"),
            began_at: Some(at("12:30")),
            used: 80.0,
            highest: 80.0,
            corrected_at: None,
            readings: Vec::new(),
            seen_at: at("15:50"),
        };
        let say = |name: &str, outlook, full: &str, two_accounts, now: &str| {
            let full_at = Some(at(full));
            let pace = Pace { elapsed: None, ratio: None, per_hour: None, full_at, outlook };
            let card = Card { key: key(name), account: String::new(), window: window.clone(), pace, two_accounts };
            format_pace(&card, at(now), &Zone::utc())
        };
        let five = |outlook, full, now| say("five_hour", outlook, full, false, now);
        let short = "at this pace 100 % at 16:40, 50 min before the reset at 17:30";
        assert_eq!(five(Outlook::Short, "16:40", "16:00"), short);
        assert_eq!(five(Outlook::Tight, "17:45", "16:00"), "at this pace about 100 % at the reset at 17:30");
        assert_eq!(five(Outlook::Ok, "20:00", "16:00"), "lasts until the reset at 17:30");
        assert_eq!(five(Outlook::Full, "16:00", "16:00"), "used up until the reset at 17:30");
        assert_eq!(five(Outlook::Short, "16:40", "17:30"), "ended at 17:30, and nothing was reported since");
        let unknown = |name, two| say(name, Outlook::Unknown, "16:40", two, "16:00");
        assert!(unknown("five_hour", false).ends_with("fewer than 3 reports, 10 minutes or 3 points"));
        assert!(unknown("five_hour", true).ends_with("two accounts seem to report in one folder"));
        assert!(unknown("monthly_cap", false).ends_with("its name does not say how long it is"));
    }

    #[test]
    fn budgets_and_days_are_short() {
        let budget = Budget {
            usd: 20.0,
            per: Period::Week,
            project: Some("api".into()),
            model: Some("opus".into()),
            at: Vec::new(),
        };
        assert_eq!(format_budget(&budget), "$20 a week, api, opus");
        assert_eq!(format_budget(&Budget { project: None, model: None, per: Period::Day, ..budget }), "$20 a day");
        let days = |text: &str| format_weekdays(&std::array::from_fn(|n| text.as_bytes()[n] == b'x'));
        let shown = ["xxxxxxx", "xxxxx..", "x.x..xx", "......."].map(days);
        assert_eq!(shown, ["every day", "Mon-Fri", "Mon, Wed, Sat-Sun", ""]);
    }
}
