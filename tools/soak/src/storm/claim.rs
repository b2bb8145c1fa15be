//! The changes that a program promised with exit code 0, or may have made before it was killed.

use std::time::Instant;

/// The change that a call was to make. Each has a unique token, in two fields if possible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A new session.
    Create,
    /// An entry in one of a session's lists: events, decisions, open_questions, commits, tasks.
    Add(&'static str),
    /// Intent, roadmap reference and branch.
    Update,
    Park,
    Complete,
    /// The session is resumed as another one.
    Resume,
    /// The session is moved to quarantine.
    Delete,
    /// Phase and roadmap of a project.
    Roadmap,
    /// The name of a project.
    Rename,
    /// A prompt of a conversation.
    Prompt,
    /// A changed file of a conversation.
    File,
    /// Nothing that can be verified.
    Nothing,
}

/// One call of a program and its result.
#[derive(Clone, Debug)]
pub struct Claim {
    pub name: &'static str,
    pub change: Change,
    /// The session, project or conversation that it concerned.
    pub of: String,
    pub token: String,
    /// The output of the program: the id of the changed session.
    pub printed: String,
    /// Whether the program reported success.
    pub acknowledged: bool,
    pub began: Instant,
    pub ended: Instant,
}
