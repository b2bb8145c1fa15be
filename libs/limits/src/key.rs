//! Owns the names of limits: which agent's, of which account, for which window. `limits/<agent>[@account]-<window>.jsonl`.

use agents::Agent;
use cs_core::clock::TimeDelta;

/// A limit: a window of an account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The agent whose client reports it.
    pub agent: Agent,
    /// The short hash of the account's folder (see `account`); `None`: the agent's default folder.
    pub account: Option<String>,
    /// The client's name of the window, such as `five_hour`: lower-case letters, digits and `_`.
    pub window: String,
}

/// Maximum number of bytes in the name of a window.
const WINDOW: usize = 60;

impl Key {
    /// The limit that a client names; `None` if the name of the window cannot be part of a path.
    pub fn new(agent: Agent, account: Option<&str>, window: &str) -> Option<Key> {
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        let is_name = |text: &str, most| !text.is_empty() && text.len() <= most && text.chars().all(is_plain);
        let is_fit = is_name(window, WINDOW) && account.is_none_or(|account| is_name(account, WINDOW));
        is_fit.then(|| Key { agent, account: account.map(str::to_string), window: window.to_string() })
    }

    /// The limit of a file, by its name without the ending.
    pub fn parse(stem: &str) -> Option<Key> {
        let (whose, window) = stem.split_once('-')?;
        let (agent, account) = match whose.split_once('@') {
            Some((agent, account)) => (agent, Some(account)),
            None => (whose, None),
        };
        // A client's short name: the long one has a `-`.
        let agent = Agent::ALL.into_iter().find(|known| known.short() == agent)?;
        Key::new(agent, account, window)
    }

    /// The name of its file without the ending.
    pub fn stem(&self) -> String {
        let Key { agent, account, window } = self;
        let account = account.as_ref().map_or_else(String::new, |account| format!("@{account}"));
        format!("{}{account}-{window}", agent.short())
    }

    /// How long a window lasts, by its name (`five_hour`, `seven_day`, `seven_day_opus`, `90_minute`); `None` if the
    /// name does not say it.
    pub fn length(&self) -> Option<TimeDelta> {
        let mut words = self.window.split('_').peekable();
        while let Some(count) = words.next() {
            let unit = match words.peek() {
                Some(&"minute") => 60,
                Some(&"hour") => 3_600,
                Some(&"day") => 86_400,
                Some(&"week") => 7 * 86_400,
                _ => continue,
            };
            let number =
                count.parse().ok().or_else(|| NUMBERS.iter().position(|word| *word == count).map(|n| n as i64));
            return number.filter(|n| (1..=60 * 24 * 366).contains(n)).and_then(|n| TimeDelta::try_seconds(n * unit));
        }
        None
    }
}

/// Numbers as clients write them.
const NUMBERS: [&str; 13] =
    ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_has_the_name_of_its_file() {
        for stem in ["claude-five_hour", "codex@ab12cd-seven_day", "claude-seven_day_opus"] {
            assert_eq!(Key::parse(stem).map(|key| key.stem()).as_deref(), Some(stem));
        }
        for stem in ["", "claude", "claude-", "gpt-five_hour", "claude@-five_hour", "claude-../x", "claude-Five"] {
            assert_eq!(Key::parse(stem), None, "{stem}");
        }
    }

    #[test]
    fn the_name_of_a_window_says_how_long_it_is() {
        let minutes =
            |window| Key::new(Agent::Claude, None, window).and_then(|key| key.length()).map(|it| it.num_minutes());
        let lengths =
            ["five_hour", "seven_day", "seven_day_opus", "90_minute", "extra_one_week", "monthly", "zero_day"];
        let expected = [Some(300), Some(10_080), Some(10_080), Some(90), Some(10_080), None, None];
        assert_eq!(lengths.map(minutes), expected);
    }
}
