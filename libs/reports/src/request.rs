//! Owns what a report is asked for. Pure.

/// What a report shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// What people asked.
    Prompts,
    /// Prompts, plans, calls as a line each, files, commits.
    Actions,
    /// Everything that was said and done.
    Full,
    /// Tokens by session, day and model.
    Tokens,
    /// A row a session, for reviewers.
    Evidence,
}

/// What is shown only if it is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct With {
    /// What the agent thought.
    pub reasoning: bool,
    /// The answers of tools.
    pub results: bool,
}

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Request {
    /// What is shown.
    pub mode: Mode,
    /// What is shown besides.
    pub with: With,
    /// Nothing is replaced.
    pub raw: bool,
}
