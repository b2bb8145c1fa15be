//! Owns the rules: what is searched for. Pure but for reading the files that are named.

use cs_core::error::Result;
use cs_core::paths::Home;
use std::path::PathBuf;

/// How sure a rule is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tier {
    /// A shape that nothing else has.
    Definite,
    /// A value whose name or randomness suggests a secret.
    Candidate,
    /// What identifies a person: e-mail addresses, phone numbers, user names in paths.
    Personal,
}

impl Tier {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Tier::Definite => "definite",
            Tier::Candidate => "candidate",
            Tier::Personal => "personal",
        }
    }
}

/// A rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its name, also in placeholders.
    pub id: String,
    /// How sure it is.
    pub tier: Tier,
}

/// All rules that are used, in order.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    rules: Vec<Rule>,
    digest: String,
}

impl Rules {
    /// The rules in these files, or in `.claude-sessions/redact.toml` upwards from the current directory if none are named;
    /// those in the data directory's `redact.toml`; and the built-in ones. Fails if one of them cannot be understood.
    pub fn load(_home: &Home, _files: &[PathBuf]) -> Result<Rules> {
        Ok(Rules::default())
    }

    /// SHA-256 of all rules, hexadecimal.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The rules in order.
    pub fn all(&self) -> &[Rule] {
        &self.rules
    }
}
