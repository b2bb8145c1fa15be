//! What a program promised with exit code 0, or may have done before it was killed.

use std::time::Instant;

/// Which change a call was to make. Each carries a token that occurs nowhere else, in two fields where it can.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A new session.
    Create,
    /// Something in one of the lists of a session: events, decisions, open_questions, commits, tasks.
    Add(&'static str),
    /// Intent, roadmap reference and branch.
    Update,
    Park,
    Complete,
    /// The session goes on in another one.
    Resume,
    /// Phase and roadmap of a project.
    Roadmap,
    /// The name of a project.
    Rename,
    /// A prompt of a conversation.
    Prompt,
    /// A changed file of a conversation.
    File,
    /// Nothing that can be looked up.
    Nothing,
}

/// One call of a program and what came of it.
#[derive(Clone, Debug)]
pub struct Claim {
    pub name: &'static str,
    pub change: Change,
    /// The session, project or conversation that was named.
    pub of: String,
    pub token: String,
    /// What the program printed: the id of the changed session.
    pub printed: String,
    /// Whether the program said that all is done.
    pub acknowledged: bool,
    pub began: Instant,
    pub ended: Instant,
}
