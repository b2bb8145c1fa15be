//! Owns what is told of one session: which one, why, and the texts about it. Must stay true: texts from records are
//! one line, short, masked, and without control characters.

use cli::sanitize;
use cs_core::state::State;
use cs_core::validate::{INTENT, OUTCOME, PROJECT_NAME, REASON, cut};
use serde::Serialize;

/// Why the user is told, the most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It waits for a permission or an answer.
    Waiting,
    /// Its turn failed, its process ended without saying so, or it ended after a turn that failed.
    Error,
    /// No sign of life for longer than stale_threshold_hours.
    Stale,
    /// Parked for longer than parked_notify_hours.
    Parked,
}

impl Reason {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Reason::Waiting => "waiting",
            Reason::Error => "error",
            Reason::Stale => "stale",
            Reason::Parked => "parked",
        }
    }
}

/// A session that is told of.
#[derive(Clone, Debug, Serialize)]
pub struct Subject {
    pub reason: Reason,
    pub session_id: String,
    pub project: String,
    pub project_name: String,
    pub intent: String,
    pub agent: String,
    pub claude_session_id: Option<String>,
    pub state: State,
    pub state_reason: String,
    /// What the agent said last, if its turn is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub said: Option<String>,
    pub since: String,
    pub cwd: Option<String>,
}

impl Subject {
    /// The same with texts that are safe to show and to send.
    pub fn cleaned(mut self) -> Self {
        self.project_name = clean(&self.project_name, PROJECT_NAME);
        self.intent = clean(&self.intent, INTENT);
        self.state_reason = clean(&self.state_reason, REASON);
        self.said = self.said.map(|said| clean(&said, OUTCOME));
        self
    }
}

/// Something that holds of a session.
#[derive(Clone, Debug)]
pub struct Due {
    pub subject: Subject,
    /// In short, after the project's name.
    pub headline: String,
    /// It is over, so one notice is enough: none follows after the cooldown.
    pub once: bool,
}

/// One line of at most so many characters, secrets masked, nothing in it that does something.
pub fn clean(text: &str, limit: usize) -> String {
    sanitize(&cut(text, limit))
}
