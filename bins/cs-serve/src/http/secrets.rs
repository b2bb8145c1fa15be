//! Owns the secrets that let a request in: the key in the file of the server, and those that it gave to tabs. They are
//! only in memory.

use super::same::same;
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, PoisonError};

/// Maximum number of tabs that have a key; the one that got its key first loses it.
const TABS: usize = 64;

/// The secrets of one server.
pub struct Secrets {
    key: String,
    tabs: Mutex<VecDeque<String>>,
}

impl Secrets {
    /// Those of a server with this key.
    pub fn new(key: &str) -> Self {
        Secrets { key: key.to_string(), tabs: Mutex::default() }
    }

    /// Adds the key of a tab.
    pub fn add(&self, key: &str) {
        let mut tabs = self.tabs.lock().unwrap_or_else(PoisonError::into_inner);
        tabs.push_back(key.to_string());
        while tabs.len() > TABS {
            tabs.pop_front();
        }
    }

    /// Whether this is one of them.
    pub fn contain(&self, shown: &[u8]) -> bool {
        let tabs = self.tabs.lock().unwrap_or_else(PoisonError::into_inner);
        tabs.iter().fold(same(shown, self.key.as_bytes()), |found, tab| found | same(shown, tab.as_bytes()))
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_and_those_of_the_last_tabs_are_accepted() {
        let secrets = Secrets::new("key");
        (0..=TABS).for_each(|n| secrets.add(&format!("tab {n}")));
        for (shown, wanted) in [("key", true), ("tab 0", false), ("tab 1", true), ("tab 64", true), ("", false)] {
            assert_eq!(secrets.contain(shown.as_bytes()), wanted, "{shown}");
        }
        assert_eq!(format!("{secrets:?}"), "Secrets");
    }
}
