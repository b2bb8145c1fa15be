//! Owns who else may see what is shared.

/// Who else may see a source. A person sees all of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visibility {
    /// Nobody but reviewers.
    Private,
    /// The team.
    Team,
}

impl Visibility {
    /// Its word in options, databases and folders.
    pub fn word(self) -> &'static str {
        match self {
            Visibility::Private => "private",
            Visibility::Team => "team",
        }
    }

    /// The visibility with this word.
    pub fn of_word(word: &str) -> Option<Self> {
        [Visibility::Private, Visibility::Team].into_iter().find(|one| one.word() == word)
    }
}
