//! Owns what a call of a tool looks like to a reader of the log: its attempt, what the guard did and its result
//! together.

use crate::entry::{Bytes, Input, Said};
use rules::Kind as Verdict;
use serde::Serialize;

/// How a call ended, as far as there is evidence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It succeeded.
    Done,
    /// It ran and failed.
    Failed,
    /// It was not run: a person, the client or the guard refused it.
    Denied,
    /// A person interrupted it.
    Interrupted,
    /// It runs now.
    Running,
    /// Its conversation waits for a person, who may have to allow it.
    Waiting,
    /// Nothing tells.
    #[default]
    Unknown,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Outcome; 7] = [
        Outcome::Done,
        Outcome::Failed,
        Outcome::Denied,
        Outcome::Interrupted,
        Outcome::Running,
        Outcome::Waiting,
        Outcome::Unknown,
    ];

    /// Its word in tables and in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Outcome::Done => "done",
            Outcome::Failed => "failed",
            Outcome::Denied => "denied",
            Outcome::Interrupted => "interrupted",
            Outcome::Running => "running",
            Outcome::Waiting => "waiting",
            Outcome::Unknown => "unknown",
        }
    }
}

/// A call of a tool.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Call {
    /// When it was attempted, or when its result came if no attempt was logged; RFC 3339, UTC.
    pub at: String,
    /// The call's id; absent if the client reported none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_use_id: Option<String>,
    /// The conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claude_session_id: Option<String>,
    /// The client's word; absent means Claude Code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// The seat in which the agent works.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_seat: Option<String>,
    /// The subagent; absent for the conversation itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// The subagent's type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_type: Option<String>,
    /// The tool.
    pub tool: String,
    /// What it was called with.
    pub input: Input,
    /// What the call is about: the words of the worst verdict, or the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// What the rules said.
    pub verdicts: Vec<Said>,
    /// What the guard did: `ask` or `deny`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<String>,
    /// How it ended.
    pub outcome: Outcome,
    /// How long it took, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ms: Option<u64>,
    /// Sizes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<Bytes>,
    /// Where the conversation works.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cwd: Option<String>,
    /// The slug of its project.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// The number of its first line in the log; 0 if it was read from a transcript.
    pub seq: u64,
}

impl Call {
    /// Whether the rules said this about it.
    pub fn has(&self, verdict: Verdict) -> bool {
        self.verdicts.iter().any(|said| said.verdict == verdict.word())
    }

    /// The worst severity, 0 without a verdict.
    pub fn severity(&self) -> u8 {
        self.verdicts.iter().map(|said| said.severity).max().unwrap_or_default()
    }

    /// Whether its tool changes files.
    pub fn is_edit(&self) -> bool {
        matches!(self.tool.as_str(), "Edit" | "Write" | "MultiEdit" | "NotebookEdit" | "apply_patch")
    }

    /// What it did, in one text: its command, its file, or nothing.
    pub fn subject(&self) -> &str {
        self.input.command.as_deref().or(self.input.path.as_deref()).unwrap_or_default()
    }
}

/// A subagent of a conversation.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Subagent {
    /// Its id.
    pub agent_id: String,
    /// Its type, such as `general-purpose`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_type: Option<String>,
    /// What it was called for, in a few words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
    /// When it began; RFC 3339, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub began: Option<String>,
    /// When it ended; absent while it runs, or if nothing tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<String>,
    /// Whether it runs now, as far as its conversation's client tells.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_running: bool,
    /// How many calls it made.
    pub calls: u64,
}

/// What calls come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Sums {
    /// All calls.
    pub calls: u64,
    /// Those that ran and failed.
    pub failed: u64,
    /// Those that were not run.
    pub denied: u64,
    /// Destructive ones that were attempted.
    pub destructive: u64,
    /// Destructive ones that the guard asked about.
    pub destructive_asked: u64,
    /// Destructive ones that were not run.
    pub destructive_denied: u64,
    /// Those that touch secrets.
    pub sensitive: u64,
    /// Those that install software.
    pub install: u64,
    /// Those with another user's rights.
    pub privilege: u64,
    /// Those that do not show what they run.
    pub opaque: u64,
}

impl Sums {
    /// The sums of these calls.
    pub fn of(calls: &[Call]) -> Self {
        let mut sums = Sums::default();
        calls.iter().for_each(|call| sums.add(call));
        sums
    }

    /// Adds a call.
    pub fn add(&mut self, call: &Call) {
        let is_denied = call.outcome == Outcome::Denied;
        self.calls += 1;
        self.failed += u64::from(call.outcome == Outcome::Failed);
        self.denied += u64::from(is_denied);
        self.sensitive += u64::from(call.has(Verdict::Sensitive));
        self.install += u64::from(call.has(Verdict::Install));
        self.privilege += u64::from(call.has(Verdict::Privilege));
        self.opaque += u64::from(call.has(Verdict::Opaque));
        if call.has(Verdict::Destructive) {
            self.destructive += 1;
            self.destructive_asked += u64::from(call.decision.as_deref() == Some("ask"));
            self.destructive_denied += u64::from(is_denied);
        }
    }
}
