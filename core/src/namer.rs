//! Owns the possible authors of a session's intent, in order: a later one overrules an earlier one (see
//! [`crate::naming`]).

/// The author of a session's intent; later ones overrule earlier ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Namer {
    /// A prompt, or nobody yet.
    #[default]
    Prompt,
    /// The client, which generated a title for the conversation.
    Client,
    /// A person, who named the conversation in the client (`/rename`).
    Rename,
    /// A person, or an agent, with the commands that people run.
    Person,
}

impl Namer {
    /// The word on the wire (`intent_by`).
    pub fn word(self) -> &'static str {
        match self {
            Namer::Prompt => "prompt",
            Namer::Client => "client",
            Namer::Rename => "rename",
            Namer::Person => "person",
        }
    }
}
