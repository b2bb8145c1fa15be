//! Owns what all commands read, and which limits a person asks for.

use crate::PROGRAM;
use agents::Agent;
use cli::{Context, Failure, Outcome, defer, did_you_mean, near_words, quote_word};
use cs_core::Error;
use cs_core::config::Config;
use cs_core::paths::Home;
use limits::account;
use limits::card::{self, Card};
use limits::file;
use limits::history::History;
use limits::key::Key;
use limits::settings::Settings;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::PathBuf;

/// What people call the account of a client's default folder if it has no name.
const DEFAULT: &str = "default";
/// The data directory of a client's folder, without CS_HOME.
const DATA: &str = "dashboard";

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
        if all.is_empty() {
            return Err(nothing_known(context, config));
        }
        self.check(&all)?;
        Ok(all.into_iter().filter(|(key, name)| self.is(key, name)).collect())
    }

    /// The cards of these limits. One that cannot be read is reported, and hides no other one.
    pub fn cards(&self, context: &Context, config: &Config) -> Outcome<Vec<Card>> {
        let keys = self.keys(context, config)?;
        let (cards, errors) = read(&keys, |key, _| Card::of(&context.store.home, key, config, context.now));
        match (cards.is_empty(), errors) {
            (true, Some(error)) => Err(error),
            (true, None) => Err(nothing_known(context, config)),
            (false, _) => Ok(cards),
        }
    }

    /// All windows of these limits, each with the name of its account.
    pub fn histories(&self, context: &Context, config: &Config) -> Outcome<Vec<(Key, String, History)>> {
        let keys = self.keys(context, config)?;
        let (histories, error) = read(&keys, |key, name| {
            let history = card::all_windows(&context.store.home, key, context.now)?;
            Ok(Some((key.clone(), name.to_string(), history)))
        });
        match error {
            Some(error) if histories.is_empty() => Err(error),
            _ => Ok(histories),
        }
    }

    fn is(&self, key: &Key, name: &str) -> bool {
        let is_window = self.window.as_ref().is_none_or(|window| *window == key.window);
        let is_account = |account: &String| account == name || account == id(key);
        is_window && self.account.as_ref().is_none_or(is_account)
    }

    /// Fails unless one of the known limits is asked for.
    fn check(&self, known: &[(Key, String)]) -> Outcome<()> {
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

/// What is known of each limit. What cannot be read is reported; also returns the failure that this is if nothing is left.
fn read<T>(keys: &[(Key, String)], of: impl Fn(&Key, &str) -> Result<Option<T>, Error>) -> (Vec<T>, Option<Failure>) {
    let (mut found, mut failure) = (Vec::new(), None);
    for (key, name) in keys {
        match of(key, name) {
            Ok(one) => found.extend(one),
            Err(error) => {
                defer(&error);
                failure = failure.or(Some(Failure::Reported(Failure::Core(error).code())));
            }
        }
    }
    (found, failure)
}

/// The failure of a program that can show nothing yet.
fn nothing_known(context: &Context, config: &Config) -> Failure {
    let text = "no limit is known yet: no client has reported one".to_string();
    let hint = match elsewhere(context, config).first() {
        Some(line) => line.clone(),
        None => "cs-setup statusline install records Claude Code's, cs-usage keep takes in Codex's; see docs/LIMITS.md"
            .to_string(),
    };
    Failure::Advised(text, hint)
}

/// A line for each other folder of a client that has readings of its own: those of another data directory are not shown.
pub fn elsewhere(context: &Context, config: &Config) -> Vec<String> {
    let default = Agent::Claude.default_homes().into_iter().next();
    // People name the folders of other accounts after it.
    let beside = default.iter().filter_map(|default| Some((default.parent()?, default.file_name()?)));
    let beside = beside.flat_map(|(user, name)| {
        let is_alike = |path: &PathBuf| path.file_name().is_some_and(|other| begins_with(other, name));
        let entries = std::fs::read_dir(user).into_iter().flatten().filter_map(Result::ok);
        entries.map(|entry| entry.path()).filter(is_alike).collect::<Vec<_>>()
    });
    let folders: BTreeSet<PathBuf> =
        beside.chain(account::named(config).into_iter().map(|(_, folder)| folder)).collect();
    let own = context.store.home.root().canonicalize().ok();
    let is_other = |data: &PathBuf| data.canonicalize().ok() != own;
    let has_limits = |data: &PathBuf| file::keys(&Home::at(data)).is_ok_and(|keys| !keys.is_empty());
    let data = folders.into_iter().map(|folder| folder.join(DATA)).filter(is_other).filter(has_limits);
    let line = |data: PathBuf| {
        let path = quote_word(&data.to_string_lossy());
        format!(
            "{} has limits of its own: CS_HOME={path} {PROGRAM}; docs/LIMITS.md says how to see all",
            data.display()
        )
    };
    data.map(line).collect()
}

fn begins_with(name: &OsStr, begin: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(begin.as_encoded_bytes())
}

fn unknown<'a>(what: &str, word: &str, known: impl Iterator<Item = &'a str>) -> Failure {
    let mut names: Vec<&str> = known.collect();
    names.sort_unstable();
    names.dedup();
    let near = near_words(word, names.iter().copied());
    let hint = format!("{}known: {}", did_you_mean(&near), names.join(", "));
    Failure::Advised(format!("no {what} {word:?} was reported"), hint)
}
