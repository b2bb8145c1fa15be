//! Owns what a report is asked for. Pure.

use cs_core::range::Range;
pub use render::Format;

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

/// All modes.
pub const MODES: [Mode; 5] = [Mode::Prompts, Mode::Actions, Mode::Full, Mode::Tokens, Mode::Evidence];

impl Mode {
    /// Its word, on the command line and in reports.
    pub fn word(self) -> &'static str {
        match self {
            Mode::Prompts => "prompts",
            Mode::Actions => "actions",
            Mode::Full => "full",
            Mode::Tokens => "tokens",
            Mode::Evidence => "evidence",
        }
    }

    /// The mode with this word.
    pub fn of_word(word: &str) -> Option<Mode> {
        MODES.into_iter().find(|mode| mode.word() == word)
    }

    /// What stands above it.
    pub fn title(self) -> &'static str {
        match self {
            Mode::Prompts => "What people asked",
            Mode::Actions => "What was asked and done",
            Mode::Full => "What was said and done",
            Mode::Tokens => "Tokens",
            Mode::Evidence => "Evidence",
        }
    }

    /// Whether it shows what was said, not tables only.
    pub fn is_talk(self) -> bool {
        matches!(self, Mode::Prompts | Mode::Actions | Mode::Full)
    }
}

/// What is shown only if it is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct With {
    /// What the agent thought.
    pub reasoning: bool,
    /// The answers of tools.
    pub results: bool,
}

/// Which conversations a report is about: those that fit all that is named.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// These conversations, as a person names them; empty: all that fit the rest.
    pub ids: Vec<String>,
    /// Only this project's, by its short name.
    pub project: Option<String>,
    /// Only those with something in this time.
    pub range: Range,
    /// Only those with all these tags.
    pub tags: Vec<String>,
    /// Only those with entries of all these dispositions.
    pub dispositions: Vec<String>,
    /// Only those that name all these issues, such as `ABC-12` or `#12`.
    pub refs: Vec<String>,
}

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Request {
    /// What is shown.
    pub mode: Mode,
    /// What is shown besides.
    pub with: With,
    /// How it is written.
    pub format: Format,
    /// About which conversations. A range of commits is in [`crate::Sources::commits`].
    pub scope: Scope,
    /// Nothing is replaced.
    pub raw: bool,
}
