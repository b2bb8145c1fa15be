//! Owns who can say what a session is for, in order: a later one overrules an earlier one (see [`crate::naming`]).

/// Who said what a session is for; later ones stand higher.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Namer {
    /// A prompt, or nobody yet.
    #[default]
    Prompt,
    /// The client, which found a title for the conversation.
    Client,
    /// A person, who named the conversation in the client (`/rename`).
    Rename,
    /// A person, or an agent, with the programs of people.
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
