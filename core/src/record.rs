//! Owns the wire format of a session record: these structs are what `FORMAT.md` describes.
//! Must stay true: unknown fields survive at every level, a missing or null list reads as empty,
//! and `read` migrates every older version in memory. Deliberately absent: files, clocks, rules.

use serde::{Deserialize, Deserializer, Serialize};
use std::borrow::Cow;

pub use crate::unknown::Unknown;
use crate::unknown::keeps_unknown;

/// The version that this program writes.
pub const SCHEMA_VERSION: u64 = 4;

/// The agent of a record that names none. The word is part of the format: it is the agent that was the only one before
/// records named it.
pub const UNSAID_AGENT: &str = "claude-code";

/// Where a session is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Active,
    Parked,
    Completed,
}

impl Status {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Active => "active",
            Status::Parked => "parked",
            Status::Completed => "completed",
        }
    }

    /// The status that this word on the wire is.
    pub fn named(word: &str) -> Option<Status> {
        [Status::Active, Status::Parked, Status::Completed].into_iter().find(|status| status.as_str() == word)
    }
}

/// Where a task is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskStatus {
    Pending,
    InProgress,
    Completed,
    Skipped,
}

impl TaskStatus {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            TaskStatus::Pending => "pending",
            TaskStatus::InProgress => "in_progress",
            TaskStatus::Completed => "completed",
            TaskStatus::Skipped => "skipped",
        }
    }

    /// Whether there is still something to do.
    pub fn is_open(self) -> bool {
        matches!(self, TaskStatus::Pending | TaskStatus::InProgress)
    }
}

/// Something that happened, in the order of the file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub struct Event {
    #[serde(default)]
    pub timestamp: String,
    #[serde(default)]
    pub message: String,
    #[serde(flatten, skip_deserializing)]
    pub unknown: Unknown,
}

/// Something that hooks saw, with its time: a prompt, a question, an answer, a failure (see `timeline`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub struct Moment {
    #[serde(default)]
    pub at: String,
    #[serde(default)]
    pub kind: String,
    /// Empty where texts of the conversation are not stored.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    #[serde(flatten, skip_deserializing)]
    pub unknown: Unknown,
}

/// A commit made during the session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub struct Commit {
    #[serde(default)]
    pub sha: String,
    #[serde(default)]
    pub message: String,
    #[serde(flatten, skip_deserializing)]
    pub unknown: Unknown,
}

/// A piece of work inside a session. `agent_key` marks a task that mirrors the agent's own list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub struct Task {
    pub id: String,
    pub subject: String,
    pub status: TaskStatus,
    #[serde(default)]
    pub added_at: String,
    #[serde(default)]
    pub updated_at: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_key: Option<String>,
    /// `person` on a task of the agent's list that a person has changed: then the list changes it no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_by: Option<String>,
    #[serde(flatten, skip_deserializing)]
    pub unknown: Unknown,
}

/// One session, as it stands in `sessions/<id>.json`. Instants are RFC 3339 texts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub struct Session {
    pub session_id: String,
    pub project_slug: String,
    pub status: Status,
    pub intent: String,
    #[serde(default)]
    pub roadmap_ref: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub started_at: String,
    #[serde(default, deserialize_with = "or_default")]
    pub last_heartbeat: String,
    #[serde(default)]
    pub ended_at: Option<String>,
    #[serde(default)]
    pub outcome: Option<String>,
    #[serde(default)]
    pub parked_reason: Option<String>,
    #[serde(default)]
    pub current_activity: Option<String>,
    #[serde(default)]
    pub awaiting_action: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub events: Vec<Event>,
    #[serde(default, deserialize_with = "or_default")]
    pub git_branch: String,
    #[serde(default)]
    pub worktree_root: Option<String>,
    #[serde(default)]
    pub claude_session_id: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub files_changed: Vec<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub commits: Vec<Commit>,
    #[serde(default, deserialize_with = "or_default")]
    pub decisions: Vec<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub open_questions: Vec<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub next_steps: Vec<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub tasks: Vec<Task>,
    #[serde(default = "first_version")]
    pub schema_version: u64,
    /// `claude-code` when absent; `codex`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// `hook` when this tool itself ended the session, so that it may reopen it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_by: Option<String>,
    /// `hook` while only hooks have written the record. Absent: it is a person's, and no timer deletes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written_by: Option<String>,
    /// Who said what it is for; see [`crate::naming::Namer`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent_by: Option<String>,
    /// The session that this one continues.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resumed_from: Option<String>,
    /// The session that continues this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resumed_as: Option<String>,
    /// First line of what the agent said last; the outcome, if the session ends so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_message: Option<String>,
    /// What hooks saw, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "or_default")]
    pub history: Vec<Moment>,
    /// Roots of work trees of other repositories in which it works, too.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "or_default")]
    pub also_in: Vec<String>,
    /// Which notes of hooks are in the record already (see `store/spool.rs`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folded: Option<String>,
    #[serde(flatten, skip_deserializing)]
    pub unknown: Unknown,
}

keeps_unknown!(Event, Moment, Commit, Task, Session);

fn first_version() -> u64 {
    1
}

fn or_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(from: D) -> Result<T, D::Error> {
    Ok(Option::<T>::deserialize(from)?.unwrap_or_default())
}

impl Session {
    /// Reads a record of any version and brings it, in memory, to the current one. What older
    /// versions lack (tasks, worktree_root, claude_session_id) reads as empty, which is its meaning.
    /// A newer version keeps its number, so that nobody writes it.
    pub fn read(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        let mut session: Session = serde_json::from_slice(bytes)?;
        session.schema_version = session.schema_version.max(SCHEMA_VERSION);
        Ok(session)
    }

    /// The record as far as it has no unknown field of these names: for who shows it with such keys of their own,
    /// because no key may stand twice.
    pub fn without(&self, keys: &[&str]) -> Cow<'_, Session> {
        if !keys.iter().any(|key| self.unknown.contains_key(key)) {
            return Cow::Borrowed(self);
        }
        let mut session = self.clone();
        session.unknown.retain(|key, _| !keys.contains(&key.as_str()));
        Cow::Owned(session)
    }

    /// The bytes on disk: indented JSON and a final newline, as the Python tool writes them.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    /// Which program's conversation this is.
    pub fn agent(&self) -> &str {
        self.agent.as_deref().unwrap_or(UNSAID_AGENT)
    }

    /// Tasks that are done, and all that count (skipped ones do not).
    pub fn task_progress(&self) -> (usize, usize) {
        let done = self.tasks.iter().filter(|task| task.status == TaskStatus::Completed).count();
        let skipped = self.tasks.iter().filter(|task| task.status == TaskStatus::Skipped).count();
        (done, self.tasks.len() - skipped)
    }
}
