//! Owns who may do what: the roles of the people in `chat.telegram.allow.users`.

/// What a person may do, from the least to the most. Each may do what those before may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Look: lists, states, answers, usage, limits.
    View,
    /// Also write: messages, parking, completing.
    Interact,
    /// Also start, interrupt, end and rename agents, and change what this chat is told.
    Admin,
}

/// All roles.
const ALL: [Role; 3] = [Role::View, Role::Interact, Role::Admin];

impl Role {
    /// Its word in `config.json`.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::View => "view",
            Role::Interact => "interact",
            Role::Admin => "admin",
        }
    }

    /// The role of this word.
    pub fn parse(word: &str) -> Option<Role> {
        ALL.into_iter().find(|role| role.as_str() == word)
    }
}
