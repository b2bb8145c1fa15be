//! Owns how sure a rule is.

use redact::Sure;

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

    /// That of the built-in rule with this id.
    pub fn of_built_in(rule: &str) -> Option<Tier> {
        let (_, sure) = redact::rules().into_iter().find(|(id, _)| *id == rule)?;
        Some(match sure {
            Sure::Definite => Tier::Definite,
            Sure::Candidate => Tier::Candidate,
            Sure::Personal => Tier::Personal,
        })
    }

    /// The tier with this word.
    pub fn of(word: &str) -> Option<Tier> {
        [Tier::Definite, Tier::Candidate, Tier::Personal].into_iter().find(|tier| tier.word() == word)
    }
}
