//! Owns how limits of accounts look to people: their names, whether they last in a word, budgets, days of planned starts.
//! The sentence about a pace is in `pace`.

use limits::key::Key;
use limits::pace::Outlook;
use limits::settings::{Budget, WEEKDAYS};
use render::format_round_dollars;

/// A window's name: `5 h`, `7 d opus`; another name of a client stays as it is, without its `_`.
pub fn format_window(key: &Key) -> String {
    // The words beside the length say which models it is about.
    let (Some(length), others) = key.words() else { return key.window.replace('_', " ") };
    let (hours, minutes) = (length.num_hours(), length.num_minutes());
    let short = match (minutes % 60, hours % 24) {
        (0, 0) => format!("{} d", hours / 24),
        (0, _) => format!("{hours} h"),
        _ => format!("{minutes} min"),
    };
    let parts: Vec<&str> = std::iter::once(short.as_str()).chain(others).collect();
    parts.join(" ")
}

/// A limit's name: `Claude 5 h`, `Codex 7 d, work`. `account` is what people call it; empty for the default one.
pub fn format_limit(key: &Key, account: &str) -> String {
    let mut name = capitalized(key.agent.short());
    name.push(' ');
    name.push_str(&format_window(key));
    if !account.is_empty() {
        name.push_str(", ");
        name.push_str(account);
    }
    name
}

fn capitalized(word: &str) -> String {
    word.chars().take(1).flat_map(char::to_uppercase).chain(word.chars().skip(1)).collect()
}

/// Whether a limit lasts, in a word or two.
pub fn outlook_word(outlook: Outlook) -> &'static str {
    match outlook {
        Outlook::Unknown => "not known yet",
        Outlook::Ok => "lasts",
        Outlook::Tight => "tight",
        Outlook::Short => "runs out",
        Outlook::Full => "used up",
    }
}

/// A budget's name: `$20 a day`, `$20 a week, api, opus`.
pub fn format_budget(budget: &Budget) -> String {
    let amount = format!("{} a {}", format_round_dollars(budget.usd), budget.per.as_str());
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
    let name = |n: usize| capitalized(WEEKDAYS.get(n).copied().unwrap_or_default());
    let words = runs.into_iter().map(|(first, last)| match last - first {
        0 => name(first),
        _ => format!("{}-{}", name(first), name(last)),
    });
    words.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use agents::Agent;
    use limits::settings::Period;

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
