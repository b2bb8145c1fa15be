//! Owns the wire format of a session record: these structs are what `FORMAT.md` describes.
//! Must stay true: unknown fields survive at every level, a missing or null list reads as empty,
//! and `read` migrates every older version in memory. Deliberately absent: files, clocks, rules.

use serde::{Deserialize, Deserializer, Serialize};
use std::borrow::Cow;

pub use crate::unknown::Unknown;
use crate::unknown::keeps_unknown;

/// The version that this program writes.
pub const SCHEMA_VERSION: u64 = 4;

/// The agent of a record without this field. The word is part of the format: the first versions knew only this agent.
pub const UNSAID_AGENT: &str = "claude-code";

/// The status of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The session is not over.
    Active,
    /// The session has ended and may be resumed.
    Parked,
    /// The session has ended for good.
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

    /// The status with this word on the wire.
    pub fn named(word: &str) -> Option<Status> {
        [Status::Active, Status::Parked, Status::Completed].into_iter().find(|status| status.as_str() == word)
    }
}

/// The status of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskStatus {
    /// Not started.
    Pending,
    /// In progress.
    InProgress,
    /// Done.
    Completed,
    /// Will not be done; does not count.
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

/// An event that a person or a program added, in the order of the file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub struct Event {
    /// Instant, RFC 3339.
    #[serde(default)]
    pub timestamp: String,
    /// At most 2000 characters.
    #[serde(default)]
    pub message: String,
    /// Fields that this program does not know; written back unchanged.
    #[serde(flatten, skip_deserializing)]
    pub unknown: Unknown,
}

/// Something that a hook saw: a prompt, a question, an answer, a failure (see `timeline`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub struct Moment {
    /// Instant, RFC 3339, UTC.
    #[serde(default)]
    pub at: String,
    /// `prompt`, `question`, `answer`, `failure`, `commit`, `parked` or `completed`.
    #[serde(default)]
    pub kind: String,
    /// At most 500 characters; empty if texts of the conversation are not stored.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// Fields that this program does not know; written back unchanged.
    #[serde(flatten, skip_deserializing)]
    pub unknown: Unknown,
}

/// A commit made during the session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub struct Commit {
    /// 4 to 40 hexadecimal digits.
    #[serde(default)]
    pub sha: String,
    /// The subject line, at most 500 characters.
    #[serde(default)]
    pub message: String,
    /// Fields that this program does not know; written back unchanged.
    #[serde(flatten, skip_deserializing)]
    pub unknown: Unknown,
}

/// A piece of work inside a session. `agent_key` marks a task that mirrors the agent's own list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub struct Task {
    /// `t` and 8 hexadecimal digits.
    pub id: String,
    /// At most 300 characters.
    pub subject: String,
    /// Its status.
    pub status: TaskStatus,
    /// Instant, RFC 3339.
    #[serde(default)]
    pub added_at: String,
    /// Instant of the last change, RFC 3339.
    #[serde(default)]
    pub updated_at: String,
    /// The task's number in the agent's list, or `list:` and a hash of its text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_key: Option<String>,
    /// `person` on a mirrored task that a person has changed; the agent's list no longer changes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_by: Option<String>,
    /// Who works on it: an agent's seat, `claude:` and a conversation's id, or `user`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed_by: Option<String>,
    /// Instant when it was claimed, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed_at: Option<String>,
    /// Fields that this program does not know; written back unchanged.
    #[serde(flatten, skip_deserializing)]
    pub unknown: Unknown,
}

/// The end that a session had before it was reopened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub struct Reopened {
    /// Instant when it was reopened, RFC 3339, UTC.
    pub at: String,
    /// Hash of the reopened record, by which a later change is noticed.
    pub mark: String,
    /// `parked` or `completed`.
    pub status: Status,
    /// As in the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<String>,
    /// As in the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_by: Option<String>,
    /// As in the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// As in the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parked_reason: Option<String>,
    /// As in the record.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub next_steps: Vec<String>,
    /// Fields that this program does not know; written back unchanged.
    #[serde(flatten, skip_deserializing)]
    pub unknown: Unknown,
}

keeps_unknown!(Reopened);

/// The last line of the log of tools when the conversation ended.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub struct AuditHead {
    /// Name of its file: `2026-11-21.jsonl`.
    #[serde(default)]
    pub file: String,
    /// Its number.
    #[serde(default)]
    pub seq: u64,
    /// Its hash: 64 hexadecimal digits.
    #[serde(default)]
    pub hash: String,
    /// Fields that this program does not know; written back unchanged.
    #[serde(flatten, skip_deserializing)]
    pub unknown: Unknown,
}

keeps_unknown!(AuditHead);

impl AuditHead {
    /// More lines than any log has. A number that no log reaches would end the log.
    const MOST: u64 = 1 << 53;
    /// Maximum length of a file's name.
    const NAME: usize = 20;
    /// Number of digits of a hash.
    const DIGITS: usize = 64;

    /// Whether a file can have this name, and a line this number and this hash.
    pub fn is_possible(file: &str, seq: u64, hash: &str) -> bool {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let is_of_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-.".contains(&byte);
        file.len() <= Self::NAME
            && file.bytes().all(is_of_name)
            && (1..Self::MOST).contains(&seq)
            && hash.len() == Self::DIGITS
            && hash.bytes().all(is_digit)
    }
}

/// One session, as in `sessions/<id>.json`. Instants are RFC 3339 texts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub struct Session {
    /// `sess_<UTC minute>_<4 hex>`, the same as the file's name.
    pub session_id: String,
    /// Slug of its project.
    pub project_slug: String,
    /// Whether it is active, parked or completed.
    pub status: Status,
    /// Its purpose, at most 500 characters.
    pub intent: String,
    /// Entry of the project's roadmap.
    #[serde(default)]
    pub roadmap_ref: Option<String>,
    /// Instant, RFC 3339.
    #[serde(default, deserialize_with = "or_default")]
    pub started_at: String,
    /// Last sign of life that was written down, RFC 3339.
    #[serde(default, deserialize_with = "or_default")]
    pub last_heartbeat: String,
    /// Instant when it was parked or completed, RFC 3339.
    #[serde(default)]
    pub ended_at: Option<String>,
    /// Its result, at most 1000 characters.
    #[serde(default)]
    pub outcome: Option<String>,
    /// Why it was parked, at most 500 characters.
    #[serde(default)]
    pub parked_reason: Option<String>,
    /// Its present activity, at most 300 characters.
    #[serde(default)]
    pub current_activity: Option<String>,
    /// The action that the user is needed for, at most 500 characters.
    #[serde(default)]
    pub awaiting_action: Option<String>,
    /// Notes of people and programs, oldest first.
    #[serde(default, deserialize_with = "or_default")]
    pub events: Vec<Event>,
    /// Empty when unknown.
    #[serde(default, deserialize_with = "or_default")]
    pub git_branch: String,
    /// Absolute path of the work tree's root; since version 3.
    #[serde(default)]
    pub worktree_root: Option<String>,
    /// The agent's conversation, a UUID; since version 4.
    #[serde(default)]
    pub claude_session_id: Option<String>,
    /// Paths, relative to the work tree if they are inside it.
    #[serde(default, deserialize_with = "or_default")]
    pub files_changed: Vec<String>,
    /// At most 500, one for each first seven digits.
    #[serde(default, deserialize_with = "or_default")]
    pub commits: Vec<Commit>,
    /// Each text once, at most 500 characters each.
    #[serde(default, deserialize_with = "or_default")]
    pub decisions: Vec<String>,
    /// Each text once, at most 500 characters each.
    #[serde(default, deserialize_with = "or_default")]
    pub open_questions: Vec<String>,
    /// At most three, at most 500 characters each.
    #[serde(default, deserialize_with = "or_default")]
    pub next_steps: Vec<String>,
    /// In the order in which they were added; since version 2.
    #[serde(default, deserialize_with = "or_default")]
    pub tasks: Vec<Task>,
    /// 1 when absent in the file; see [`SCHEMA_VERSION`].
    #[serde(default = "first_version")]
    pub schema_version: u64,
    /// The agent: `claude-code`, also when absent, or `codex`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// `hook` or `cleanup` if no person ended the session, so that its conversation may reopen it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_by: Option<String>,
    /// `hook` while only hooks have written the record. If absent, a person may have written in it and no timer
    /// deletes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written_by: Option<String>,
    /// Source of the intent; see [`crate::namer::Namer`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent_by: Option<String>,
    /// The session that this one continues.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resumed_from: Option<String>,
    /// The session that continues this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resumed_as: Option<String>,
    /// First line of the agent's last message. It becomes the outcome when the session ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_message: Option<String>,
    /// Prompts, questions, answers and other facts that hooks saw, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "or_default")]
    pub history: Vec<Moment>,
    /// Roots of work trees of other repositories in which the conversation has worked.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "or_default")]
    pub also_in: Vec<String>,
    /// What it was before it was reopened, until it ends again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reopened: Option<Box<Reopened>>,
    /// The seat in which the conversation works: `agent_<UTC minute>_<4 hex>`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// The session of the agent that spawned this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_session_id: Option<String>,
    /// The last line of the log of tools when its conversation last ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audit_head: Option<Box<AuditHead>>,
    /// Token of the notes that the record already contains (see `store/spool.rs`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folded: Option<String>,
    /// Fields that this program does not know; written back unchanged.
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
    /// Reads a record of any version and migrates it, in memory, to the current one. Fields that older versions lack
    /// (tasks, worktree_root, claude_session_id) read as empty. A newer version keeps its number, so it is never
    /// written.
    pub fn read(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        let mut session: Session = serde_json::from_slice(bytes)?;
        session.schema_version = session.schema_version.max(SCHEMA_VERSION);
        Ok(session)
    }

    /// The record without unknown fields of these names, for output that adds keys of the same names: no key may occur
    /// twice.
    pub fn without(&self, keys: &[&str]) -> Cow<'_, Session> {
        if self.unknown.is_empty() || !keys.iter().any(|key| self.unknown.contains_key(key)) {
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

    /// The word of the agent whose conversation this is.
    pub fn agent(&self) -> &str {
        self.agent.as_deref().unwrap_or(UNSAID_AGENT)
    }

    /// The numbers of completed tasks, and of all tasks except skipped ones.
    pub fn task_progress(&self) -> (usize, usize) {
        let done = self.tasks.iter().filter(|task| task.status == TaskStatus::Completed).count();
        let skipped = self.tasks.iter().filter(|task| task.status == TaskStatus::Skipped).count();
        (done, self.tasks.len() - skipped)
    }
}
