//! Owns what a notice says about one session: which one, why, and the texts about it. Must stay true: texts from records
//! are one line, short, masked, and without control characters.

use crate::reasons::Reason;
use cli::sanitize;
use cs_core::clock::{self, Instant};
use cs_core::state::State;
use cs_core::validate::{INTENT, OUTCOME, PROJECT_NAME, REASON, cut};
use serde::Serialize;

/// A session that a notice is about.
#[derive(Clone, Debug, Serialize)]
pub struct Subject {
    pub reason: Reason,
    /// The seat, if the notice is about the agent in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// Empty if the agent in a seat has no session, or the notice is about none.
    pub session_id: String,
    pub project: String,
    pub project_name: String,
    pub intent: String,
    pub agent: String,
    pub claude_session_id: Option<String>,
    pub state: State,
    pub state_reason: String,
    /// The same in words for people; empty if the title says it all.
    #[serde(skip)]
    pub why: String,
    /// The agent's last message, if its turn is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub said: Option<String>,
    pub since: String,
    /// The percentage that is reported: of the context, a limit or a budget.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<u8>,
    /// The terminal in which its conversation runs, in words for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    pub cwd: Option<String>,
    /// What is measured, if it is about a limit, a budget or a plan.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub measured: Option<Measured>,
    /// The name under which it is noted that the notice was sent, if it is about no session.
    #[serde(skip)]
    pub mark: Option<String>,
}

/// A limit, a budget or a planned start, and how much of it is used.
#[derive(Clone, Debug, Serialize)]
pub struct Measured {
    /// The limit, such as `claude-five_hour`; of a budget or a start, what people read.
    pub limit: String,
    /// Percent.
    pub used: Option<f64>,
    /// When the window or the period ends, or when work is to begin.
    pub resets_at: String,
}

impl Subject {
    /// A subject that is about no session; `mark` is the name under which it is noted.
    pub fn apart(reason: Reason, mark: String, since: Instant) -> Self {
        Subject {
            reason,
            agent_id: None,
            session_id: String::new(),
            project: String::new(),
            project_name: String::new(),
            intent: String::new(),
            agent: String::new(),
            claude_session_id: None,
            state: State::Unknown,
            state_reason: String::new(),
            why: String::new(),
            said: None,
            since: clock::stamp(since),
            level: None,
            place: None,
            cwd: None,
            measured: None,
            mark: Some(mark),
        }
    }

    /// The id under which it is noted that the notice was sent: a seat outlives its sessions, and what is about no session
    /// has a name.
    pub fn key(&self) -> &str {
        if let Some(mark) = &self.mark {
            return mark;
        }
        let is_of_seat = matches!(self.reason, Reason::AgentSpawned | Reason::AgentEnded) || self.session_id.is_empty();
        self.agent_id.as_deref().filter(|_| is_of_seat).unwrap_or(&self.session_id)
    }

    /// Makes its texts safe to show and to send.
    pub fn cleaned(mut self) -> Self {
        self.project_name = clean(&self.project_name, PROJECT_NAME);
        self.intent = clean(&self.intent, INTENT);
        self.state_reason = clean(&self.state_reason, REASON);
        self.why = clean(&self.why, REASON);
        self.said = self.said.map(|said| clean(&said, OUTCOME));
        self.place = self.place.map(|place| clean(&place, REASON));
        self
    }
}

/// A notice about one session that is due.
#[derive(Clone, Debug)]
pub struct Due {
    pub subject: Subject,
    /// The title, after the project's name.
    pub headline: String,
    /// Whether one notice is enough: it is not repeated after the cooldown.
    pub once: bool,
    /// A line of ours at the end, if a person wants one.
    pub quip: Option<String>,
}

impl Due {
    /// The same with texts that are safe to show and to send.
    pub fn cleaned(self) -> Self {
        Due { subject: self.subject.cleaned(), ..self }
    }
}

/// Makes a text one line of at most `limit` characters, without secrets and control characters.
pub fn clean(text: &str, limit: usize) -> String {
    sanitize(&cut(text, limit))
}
