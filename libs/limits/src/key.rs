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
        self.words().0
    }

    /// How long a window lasts, and the words of its name that do not say it: which models it is about. The last number
    /// and unit count: other names of a client stand before it.
    pub fn words(&self) -> (Option<TimeDelta>, Vec<&str>) {
        let mut words: Vec<&str> = self.window.split('_').collect();
        let length = |words: &[&str], n: usize| count(words.get(n)?)?.checked_mul(unit(words.get(n + 1)?)?);
        let Some(begin) = (0..words.len()).rev().find(|n| length(&words, *n).is_some()) else { return (None, words) };
        let length = length(&words, begin).and_then(TimeDelta::try_seconds);
        words.drain(begin..=begin + 1);
        (length, words)
    }
}

/// How many of a unit.
fn count(word: &str) -> Option<i64> {
    let number = word.parse().ok().or_else(|| NUMBERS.iter().position(|known| *known == word).map(|n| n as i64));
    number.filter(|n| (1..=60 * 24 * 366).contains(n))
}

/// The seconds of a unit.
fn unit(word: &str) -> Option<i64> {
    Some(match word {
        "minute" => 60,
        "hour" => 3_600,
        "day" => 86_400,
        "week" => 7 * 86_400,
        _ => return None,
    })
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
        let long = ["gpt_5_day_pass_five_hour", "free_day_five_hour", "five_hour_day_pass", "five_day_hour"];
        assert_eq!(long.map(minutes), [Some(300), Some(300), Some(300), Some(7_200)]);
        let key = |window| Key::new(Agent::Codex, None, window).unwrap();
        assert_eq!(key("gpt_5_day_pass_five_hour").words().1, ["gpt", "5", "day", "pass"]);
        assert_eq!((key("seven_day_opus").words().1, key("monthly").words().1), (vec!["opus"], vec!["monthly"]));
    }
}
