//! Owns what a notice says about one session: which one, why, and the texts about it. Must stay true: texts from records
//! are one line, short, masked, and without control characters.

use cli::sanitize;
use cs_core::state::State;
use cs_core::validate::{INTENT, OUTCOME, PROJECT_NAME, REASON, cut};
use serde::Serialize;

/// The reason for a notice, the most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It waits for a permission or an answer.
    Waiting,
    /// Its turn failed, its process ended without reporting it, or it ended after a turn that failed.
    Error,
    /// No sign of life for longer than stale_threshold_hours.
    Stale,
    /// Parked for longer than parked_notify_hours.
    Parked,
}

impl Reason {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Reason::Waiting => "waiting",
            Reason::Error => "error",
            Reason::Stale => "stale",
            Reason::Parked => "parked",
        }
    }
}

/// A session that a notice is about.
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
    /// The agent's last message, if its turn is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub said: Option<String>,
    pub since: String,
    pub cwd: Option<String>,
}

impl Subject {
    /// Makes its texts safe to show and to send.
    pub fn cleaned(mut self) -> Self {
        self.project_name = clean(&self.project_name, PROJECT_NAME);
        self.intent = clean(&self.intent, INTENT);
        self.state_reason = clean(&self.state_reason, REASON);
        self.said = self.said.map(|said| clean(&said, OUTCOME));
        self
    }
}

/// A notice about one session that is due.
#[derive(Clone, Debug)]
pub struct Due {
    pub subject: Subject,
    /// The title, after the project's name.
    pub headline: String,
    /// Whether one notice is enough, because the session is over: it is not repeated after the cooldown.
    pub once: bool,
}

/// Makes a text one line of at most `limit` characters, without secrets and control characters.
pub fn clean(text: &str, limit: usize) -> String {
    sanitize(&cut(text, limit))
}
