//! Owns lists of words in rules: constants of this crate, separated by spaces, or texts of a configuration.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A list of words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Words {
    /// Separated by `separator`.
    Fixed {
        /// All words.
        text: &'static str,
        /// A space, or a line end if words contain spaces.
        separator: char,
    },
    /// Of a configuration.
    Own(Vec<String>),
}

impl Words {
    /// No words.
    pub const NONE: Words = Words::of("");

    /// Words separated by spaces.
    pub const fn of(text: &'static str) -> Words {
        Words::Fixed { text, separator: ' ' }
    }

    /// Words or phrases separated by `|`.
    pub const fn phrases(text: &'static str) -> Words {
        Words::Fixed { text, separator: '|' }
    }

    /// Each word.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let (fixed, own) = match self {
            Words::Fixed { text, separator } => (Some(text.split(*separator)), None),
            Words::Own(own) => (None, Some(own.iter().map(String::as_str))),
        };
        fixed.into_iter().flatten().chain(own.into_iter().flatten()).filter(|word| !word.is_empty())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// Whether one of them fulfils a condition.
    pub fn any(&self, mut is_met: impl FnMut(&str) -> bool) -> bool {
        self.iter().any(&mut is_met)
    }
}

impl Default for Words {
    fn default() -> Self {
        Words::NONE
    }
}

impl Serialize for Words {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::<String>::deserialize(deserializer).map(Words::Own)
    }
}
