//! Owns how sure a rule is.

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

    /// The tier with this word.
    pub fn of(word: &str) -> Option<Tier> {
        [Tier::Definite, Tier::Candidate, Tier::Personal].into_iter().find(|tier| tier.word() == word)
    }
}
