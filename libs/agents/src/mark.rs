//! Owns looking for a fixed word in many lines. Must stay true: what a search needs is prepared once in a process, not at
//! each line.

use memchr::memmem::Finder;
use std::sync::OnceLock;

/// A word that lines are searched for.
pub(crate) struct Mark {
    word: &'static str,
    finder: OnceLock<Finder<'static>>,
}

impl Mark {
    pub(crate) const fn new(word: &'static str) -> Self {
        Mark { word, finder: OnceLock::new() }
    }

    /// Whether a text has the word.
    pub(crate) fn is_in(&self, text: &[u8]) -> bool {
        self.finder.get_or_init(|| Finder::new(self.word)).find(text).is_some()
    }
}
