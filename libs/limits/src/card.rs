//! Owns what every program shows about a limit now: one answer for the command, the bar, the status line, notices and
//! the dashboard.

use crate::account;
use crate::file;
use crate::history::{History, Window};
use crate::key::Key;
use crate::pace::Pace;
use crate::reading::Reading;
use cs_core::clock::{self, Instant};
use cs_core::config::Config;
use cs_core::error::{Error, Result};
use cs_core::paths::Home;

/// A limit now.
#[derive(Clone, Debug, PartialEq)]
pub struct Card {
    /// Which limit.
    pub key: Key,
    /// What people call the account; empty for the default one.
    pub account: String,
    /// The present window, or the last one, which has ended: how much is used now is unknown then.
    pub window: Window,
    /// How fast it is used up.
    pub pace: Pace,
    /// Whether two accounts seem to report in one folder: then the window is the one of which more is used.
    pub two_accounts: bool,
}

impl Card {
    /// Whether the window has ended: nothing was reported since.
    pub fn has_ended(&self, now: Instant) -> bool {
        self.window.resets_at <= now
    }

    /// The card of a limit, by its last readings; `None` without any.
    pub fn of(home: &Home, key: &Key, config: &Config, now: Instant) -> Result<Option<Card>> {
        Ok(Card::of_readings(file::latest(home, key)?, key, config, now))
    }

    /// The same, of last readings that were read before.
    pub fn of_readings(readings: Vec<Reading>, key: &Key, config: &Config, now: Instant) -> Option<Card> {
        let history = history(readings, key, now);
        let window = history.present(now).cloned()?;
        let pace = Pace::of(&window, key.length(), history.two_accounts, now);
        let account = account::name(key.agent, key.account.as_deref(), config);
        Some(Card { key: key.clone(), account, window, pace, two_accounts: history.two_accounts })
    }
}

/// The last windows of a limit.
pub fn latest(home: &Home, key: &Key, now: Instant) -> Result<History> {
    Ok(history(file::latest(home, key)?, key, now))
}

/// All windows of a limit.
pub fn all_windows(home: &Home, key: &Key, now: Instant) -> Result<History> {
    Ok(history(file::all(home, key)?, key, now))
}

/// When a reading was made while the clock was wrong is unknown, so it is not known which ones are later.
fn history(mut readings: Vec<Reading>, key: &Key, now: Instant) -> History {
    readings.retain(|reading| clock::is_credible(reading.at, now));
    History::at(readings, key.length(), now)
}

/// The cards of all limits, in order, and what could not be read: one bad file hides no other limit.
pub fn all(home: &Home, config: &Config, now: Instant) -> (Vec<Card>, Vec<Error>) {
    each(home, |key| Card::of(home, key, config, now))
}

/// What is known of each limit, in order, and what could not be read.
pub fn each<T, I: IntoIterator<Item = T>>(home: &Home, of: impl Fn(&Key) -> Result<I>) -> (Vec<T>, Vec<Error>) {
    let keys = match file::keys(home) {
        Ok(keys) => keys,
        Err(error) => return (Vec::new(), vec![error]),
    };
    let (mut found, mut errors) = (Vec::new(), Vec::new());
    for key in keys {
        match of(&key) {
            Ok(items) => found.extend(items),
            Err(error) => errors.push(error),
        }
    }
    (found, errors)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alerts::{self, Alert};
    use crate::settings::Settings;
    use crate::tests::told;
    use std::path::Path;

    #[test]
    fn a_file_that_cannot_be_read_hides_no_other_limit() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(dir.path().join("data"));
        let config = Config::read(Path::new("config.json"), b"{}");
        let now = told(30.0, 0.0).at;
        let known = || (all(&home, &config, now), alerts::due(&home, &config, &Settings::default(), now));
        let ((cards, errors), (due, untold)) = known();
        assert_eq!((cards.len(), errors.len(), due.len(), untold.len()), (0, 0, 0, 0), "nothing is known");
        let key = |stem| Key::parse(stem).unwrap();
        for stem in ["claude-five_hour", "codex-seven_day"] {
            assert!(file::record(&home, &key(stem), &told(20.0, 80.0)).unwrap());
        }
        std::fs::create_dir(home.limit("claude-seven_day")).unwrap();
        std::os::unix::fs::symlink(home.limit("claude-five_hour"), home.limit("codex-five_hour")).unwrap();
        let ((cards, errors), (due, untold)) = known();
        let stems: Vec<String> = cards.iter().map(|card| card.key.stem()).collect();
        assert_eq!((stems, errors.len()), (vec!["claude-five_hour".to_string(), "codex-seven_day".to_string()], 2));
        assert!(due.len() == 2 && due.iter().all(|due| due.alert == Alert::Limit(75)) && untold.len() == 2);
        std::fs::remove_dir_all(home.limits_dir()).unwrap();
        std::fs::write(home.limits_dir(), "no folder").unwrap();
        let ((cards, errors), (due, untold)) = known();
        assert_eq!((cards.len(), errors.len(), due.len(), untold.len()), (0, 1, 0, 1));
    }
}
