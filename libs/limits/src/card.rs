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
use cs_core::error::Result;
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
    /// Whether two accounts seem to report in one folder.
    pub two_accounts: bool,
}

impl Card {
    /// Whether the window has ended: nothing was reported since.
    pub fn has_ended(&self, now: Instant) -> bool {
        self.window.resets_at <= now
    }

    /// The card of a limit, by its last readings; `None` without any.
    pub fn of(home: &Home, key: &Key, config: &Config, now: Instant) -> Result<Option<Card>> {
        let history = latest(home, key, now)?;
        let Some(window) = history.windows.last().cloned() else { return Ok(None) };
        let pace = Pace::of(&window, key.length(), history.two_accounts, now);
        let account = account::name(key.agent, key.account.as_deref(), config);
        Ok(Some(Card { key: key.clone(), account, window, pace, two_accounts: history.two_accounts }))
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
    History::of(readings, key.length())
}

/// The cards of all limits, in order.
pub fn all(home: &Home, config: &Config, now: Instant) -> Result<Vec<Card>> {
    let cards = file::keys(home)?.into_iter().map(|key| Card::of(home, &key, config, now));
    cards.filter_map(Result::transpose).collect()
}
