//! Owns the settings of limits: the group `limits` of `config.json`. The group is parsed only here. Must stay true: a part
//! that cannot be used affects nothing else, and is reported.

mod days;
mod read;
mod reader;

pub use days::WEEKDAYS;

use crate::account;
use cs_core::clock::TimeDelta;
use cs_core::config::Config;
use cs_core::error::Error;
use std::collections::BTreeMap;
use std::path::Path;

/// The group.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// For each window the percentages at which a notice is sent, ascending.
    pub alerts: BTreeMap<String, Vec<u8>>,
    /// Whether a notice is sent if a window is used up before its end at the present pace.
    pub pace: bool,
    /// How long before its end it has to be used up for that, at least.
    pub pace_before: TimeDelta,
    /// When a notice is sent that a window has ended.
    pub reset: OnReset,
    /// What may be spent.
    pub budgets: Vec<Budget>,
    /// When work is to begin.
    pub plan: Vec<Start>,
    /// Whether notices have a line of ours at their end.
    pub quips: bool,
    /// The program that writes this line, and its arguments; empty: one of our own lines is used.
    pub quip_command: Vec<String>,
}

/// When a notice is sent that a window has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnReset {
    /// After it was used up.
    AfterFull,
    /// Never.
    Never,
}

/// What may be spent in a period.
#[derive(Clone, Debug, PartialEq)]
pub struct Budget {
    /// US dollars.
    pub usd: f64,
    /// The period.
    pub per: Period,
    /// Only this project: a slug, or a directory.
    pub project: Option<String>,
    /// Only this model: its plain name, or the beginning of it.
    pub model: Option<String>,
    /// The percentages at which a notice is sent, ascending.
    pub at: Vec<u8>,
}

/// A period of local days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    /// A day.
    Day,
    /// A week from Monday.
    Week,
    /// A month.
    Month,
}

/// A time at which work is to begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// Minutes since midnight, local.
    pub minute: u16,
    /// On which days, Monday first.
    pub days: [bool; 7],
    /// How long before it is reminded.
    pub remind: TimeDelta,
    /// The program that is started then, and its arguments; empty: none.
    pub command: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        let alerts = [("five_hour", vec![75, 90, 100]), ("seven_day", vec![50, 75, 90, 100])];
        Settings {
            alerts: alerts.into_iter().map(|(window, at)| (window.to_string(), at)).collect(),
            pace: true,
            pace_before: TimeDelta::minutes(15),
            reset: OnReset::AfterFull,
            budgets: Vec::new(),
            plan: Vec::new(),
            quips: false,
            quip_command: Vec::new(),
        }
    }
}

impl Settings {
    /// The settings of a configuration, and what could not be used, also of the names of accounts, which every program
    /// that shows limits needs; the errors name the file at `path`.
    pub fn read(config: &Config, path: &Path) -> (Self, Vec<Error>) {
        let (settings, mut errors) = read::read(config, path);
        errors.extend(account::errors(config, path));
        (settings, errors)
    }

    /// The percentages of a window at which a notice is sent, ascending.
    pub fn alerts_of(&self, window: &str) -> &[u8] {
        self.alerts.get(window).map_or(&[], Vec::as_slice)
    }
}

impl Period {
    const ALL: [Period; 3] = [Period::Day, Period::Week, Period::Month];

    /// Its name, as in the settings.
    pub fn as_str(self) -> &'static str {
        match self {
            Period::Day => "day",
            Period::Week => "week",
            Period::Month => "month",
        }
    }

    /// The period of this name.
    pub fn parse(word: &str) -> Option<Period> {
        Period::ALL.into_iter().find(|period| period.as_str() == word)
    }
}
