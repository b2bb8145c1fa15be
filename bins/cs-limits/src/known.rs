//! Owns what all commands read, and which limits a person asks for.

use cli::{Context, Failure, Outcome, defer, did_you_mean, near_words};
use cs_core::config::Config;
use limits::account;
use limits::card::{self, Card};
use limits::file;
use limits::key::Key;
use limits::settings::Settings;

/// What people call the account of a client's default folder if it has no name.
const DEFAULT: &str = "default";

/// The settings of limits. Parts that cannot be used are reported, and decide the exit code.
pub fn settings(context: &Context, config: &Config) -> Settings {
    let (settings, errors) = Settings::read(config, &context.store.home.config());
    errors.iter().for_each(defer);
    settings
}

/// Which limits are asked for.
#[derive(Debug, Default)]
pub struct Wanted {
    /// The client's name of the window.
    pub window: Option<String>,
    /// The name of the account, or its hash.
    pub account: Option<String>,
}

impl Wanted {
    /// The limits that were ever reported and are asked for, each with the name of its account.
    pub fn keys(&self, context: &Context, config: &Config) -> Outcome<Vec<(Key, String)>> {
        let name = |key: &Key| account::name(key.agent, key.account.as_deref(), config);
        let keys = file::keys(&context.store.home)?.into_iter();
        let all: Vec<(Key, String)> = keys.map(|key| (name(&key), key)).map(|(name, key)| (key, name)).collect();
        self.check(&all)?;
        Ok(all.into_iter().filter(|(key, name)| self.is(key, name)).collect())
    }

    /// The cards of these limits.
    pub fn cards(&self, context: &Context, config: &Config) -> Outcome<Vec<Card>> {
        let (all, errors) = card::all(&context.store.home, config, context.now);
        errors.iter().for_each(defer);
        let known: Vec<(Key, String)> = all.iter().map(|card| (card.key.clone(), card.account.clone())).collect();
        self.check(&known)?;
        Ok(all.into_iter().filter(|card| self.is(&card.key, &card.account)).collect())
    }

    fn is(&self, key: &Key, name: &str) -> bool {
        let is_window = self.window.as_ref().is_none_or(|window| *window == key.window);
        let is_account = |account: &String| account == name || account == id(key);
        is_window && self.account.as_ref().is_none_or(is_account)
    }

    /// Fails unless one of the known limits is asked for.
    fn check(&self, known: &[(Key, String)]) -> Outcome<()> {
        if known.is_empty() {
            return Err(nothing_known());
        }
        if let Some(window) = self.window.as_ref().filter(|window| known.iter().all(|(key, _)| key.window != **window))
        {
            return Err(unknown("window", window, known.iter().map(|(key, _)| key.window.as_str())));
        }
        let is_account = |account: &str| known.iter().any(|(key, name)| account == name || account == id(key));
        if let Some(account) = self.account.as_ref().filter(|account| !is_account(account)) {
            let names = known.iter().map(|(key, name)| if name.is_empty() { id(key) } else { name });
            return Err(unknown("account", account, names));
        }
        match known.iter().any(|(key, name)| self.is(key, name)) {
            true => Ok(()),
            false => Err(Failure::Nothing("no such window was reported of this account".into())),
        }
    }
}

/// What names the account without a name.
fn id(key: &Key) -> &str {
    key.account.as_deref().unwrap_or(DEFAULT)
}

/// The failure of a program that can show nothing yet.
pub fn nothing_known() -> Failure {
    let text = "no limit is known yet: no client has reported one".to_string();
    let hint = "see docs/LIMITS.md; cs-setup statusline install records Claude Code's".to_string();
    Failure::Advised(text, hint)
}

fn unknown<'a>(what: &str, word: &str, known: impl Iterator<Item = &'a str>) -> Failure {
    let mut names: Vec<&str> = known.collect();
    names.sort_unstable();
    names.dedup();
    let near = near_words(word, names.iter().copied());
    let hint = format!("{}known: {}", did_you_mean(&near), names.join(", "));
    Failure::Advised(format!("no {what} {word:?} was reported"), hint)
}
