//! Owns the changes that hooks make to a session, as values: each [`Change`] can be stored as one line and applied to
//! the record later, by the next program that holds the record's lock. Must stay true: a change may be applied twice,
//! and late changes reach ended sessions too. Deliberately absent: the disk (see `store/spool.rs`), changes by people.

mod apply;
mod note;

pub use note::{Note, read_notes};

use crate::clock;
use crate::config::SessionEnd;
use crate::ending::Ending;
use crate::naming::Title;
use crate::record::{AuditHead, TaskStatus};
use crate::validate;
use serde::{Deserialize, Serialize};

/// Something that happened to a session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Change {
    /// A prompt was sent.
    Prompted(Prompted),
    /// The agent waits for the user; `None`: it no longer waits.
    Waits {
        /// The question, or what needs permission; for people.
        what: Option<String>,
    },
    /// The turn is over.
    TurnEnded(TurnEnded),
    /// A tool call ended.
    ToolEnded(ToolEnded),
    /// An event for the timeline.
    Happened {
        /// Text of the event.
        message: String,
    },
    /// The conversation also works in another repository.
    AlsoIn {
        /// Absolute path of the root.
        worktree_root: String,
    },
    /// The conversation made a commit in another repository.
    AlsoCommitted {
        /// Absolute path of the other work tree's root.
        worktree_root: String,
        /// 4 to 40 hexadecimal digits.
        sha: String,
        /// The subject line.
        message: String,
    },
    /// The client or a person in the client named the conversation.
    Titled(Title),
    /// The conversation is over.
    Ended(Ended),
    /// The conversation continues after its end.
    Reopened,
    /// A conversation continues a session that had no conversation.
    Adopted {
        /// The agent's conversation, a UUID.
        conversation: String,
    },
    /// Another session continues this one.
    ResumedAs {
        /// Session id of the successor.
        successor: String,
    },
    /// The end of the last turn was reported after the end of the conversation, which had stored `instead_of` as the
    /// agent's last message.
    SaidLate {
        /// First line of the agent's last message.
        message: Option<String>,
        /// The message that the end of the conversation stored as the outcome.
        instead_of: Option<String>,
    },
}

/// A prompt: its first line, and where the conversation works.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Prompted {
    /// First line of the prompt; absent if prompts are not stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Empty without a branch; absent outside a repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub git_branch: Option<String>,
    /// Absolute path of the work tree's root; absent outside a repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worktree_root: Option<String>,
    /// Whether the prompt becomes the intent, because it says more than the present one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_intent: bool,
}

/// The end of a turn.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TurnEnded {
    /// First line of the agent's last message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_message: Option<String>,
    /// Whether the record shows a question of the agent that is answered now.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_answered: bool,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
    /// Text of `request-action`, which stays in the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested: Option<String>,
}

/// The end of a tool call.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ToolEnded {
    /// Changed files, as absolute paths if the directory is known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
    /// Commits that were made, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commits: Vec<NewCommit>,
    /// Changes in the agent's own task list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tasks: Option<Tasks>,
}

impl ToolEnded {
    fn bound(&mut self) {
        self.files.truncate(validate::FILES);
        self.files.iter_mut().for_each(|file| *file = validate::file_name(file));
        self.commits.truncate(validate::COMMITS);
        let bound = |commit: &mut NewCommit| commit.message = validate::cut(&commit.message, validate::COMMIT_MESSAGE);
        self.commits.iter_mut().for_each(bound);
        match &mut self.tasks {
            Some(Tasks::List { list, .. }) => {
                list.truncate(validate::MIRRORED_TASKS);
                list.iter_mut().for_each(|(text, _)| *text = validate::cut(text, validate::TASK_SUBJECT));
            }
            Some(Tasks::One { key, subject, .. }) => {
                *key = validate::cut(key, validate::TASK_KEY);
                *subject = subject.take().map(|subject| validate::cut(&subject, validate::TASK_SUBJECT));
            }
            None => {}
        }
    }
}

/// A commit that was made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NewCommit {
    /// 4 to 40 hexadecimal digits.
    pub sha: String,
    /// The subject line.
    pub message: String,
    /// Name of the commit that was amended and no longer counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<String>,
}

/// A change of the agent's own task list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tasks {
    /// The whole list.
    List {
        /// The agent's conversation, a UUID.
        conversation: String,
        /// Subjects and statuses, in the agent's order.
        list: Vec<(String, TaskStatus)>,
    },
    /// One task of the list.
    One {
        /// The agent's conversation, a UUID.
        conversation: String,
        /// The task's number in the agent's list.
        key: String,
        /// Its text, if the event has it.
        subject: Option<String>,
        /// Its status before, if the event has it.
        from: Option<TaskStatus>,
        /// Its status now, if the event has it.
        to: Option<TaskStatus>,
    },
}

/// The end of a conversation; see [`Ending`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ended {
    /// The configured rule for ends of conversations.
    pub setting: SessionEnd,
    /// Whether a person may come back to the conversation.
    pub attended: bool,
    /// Beginning of a parked session's reason: `the conversation ended`.
    pub why: String,
    /// The agent's last message, if the record may not have it.
    #[serde(default)]
    pub message: Option<String>,
    /// Whether anything may have been asked in the conversation.
    pub asked: bool,
    /// Whether `awaiting_action` of the record is a question of the agent, which a hook wrote.
    pub dialog: bool,
    /// Whether a turn was running; absent: derived from the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub midway: Option<bool>,
    /// `hook` or `cleanup`; becomes `ended_by` in the record.
    pub by: String,
    /// Last sign of life, RFC 3339, UTC.
    #[serde(default)]
    pub seen_at: Option<String>,
    /// Text for the timeline if this ends the session.
    #[serde(default)]
    pub note: Option<String>,
    /// The last line of the log of tools.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audit_head: Option<Box<AuditHead>>,
}

impl Ended {
    /// Copies an ending, a note for the timeline, and the end of the log of tools.
    pub fn of(ending: &Ending, note: Option<&str>, audit_head: Option<AuditHead>) -> Self {
        Ended {
            setting: ending.setting,
            attended: ending.attended,
            why: ending.why.to_string(),
            message: ending.message.map(str::to_string),
            asked: ending.asked,
            dialog: ending.dialog,
            midway: ending.midway,
            by: ending.by.to_string(),
            seen_at: ending.seen_at.map(clock::stamp),
            note: note.map(str::to_string),
            audit_head: audit_head.map(Box::new),
        }
    }
}

impl Change {
    /// Masks the change's texts and cuts them to the limits of the record.
    pub fn bounded(mut self) -> Self {
        let cut = |text: &mut Option<String>, limit| *text = text.take().map(|text| validate::cut(&text, limit));
        match &mut self {
            Change::Prompted(prompted) => {
                cut(&mut prompted.text, validate::ACTIVITY);
                cut(&mut prompted.git_branch, validate::BRANCH);
            }
            Change::Waits { what } => cut(what, validate::REASON),
            Change::TurnEnded(turn) => {
                cut(&mut turn.last_message, validate::OUTCOME);
                cut(&mut turn.requested, validate::REASON);
                cut(&mut turn.failed, validate::MOMENT);
            }
            Change::ToolEnded(tool) => tool.bound(),
            Change::Happened { message } => *message = validate::cut(message, validate::EVENT),
            Change::Titled(title) => title.text = title.stored(),
            Change::AlsoIn { worktree_root } => *worktree_root = validate::file_name(worktree_root),
            Change::AlsoCommitted { worktree_root, message, .. } => {
                *worktree_root = validate::file_name(worktree_root);
                *message = validate::cut(message, validate::COMMIT_MESSAGE);
            }
            Change::Ended(ended) => {
                cut(&mut ended.message, validate::OUTCOME);
                cut(&mut ended.note, validate::EVENT);
            }
            Change::SaidLate { message, .. } => cut(message, validate::OUTCOME),
            Change::Reopened | Change::Adopted { .. } | Change::ResumedAs { .. } => {}
        }
        self
    }

    /// Whether the change looks at older events of the record than the newest.
    pub fn needs_events(&self) -> bool {
        match self {
            Change::Prompted(_) | Change::Waits { .. } | Change::TurnEnded(_) | Change::ToolEnded(_) => false,
            Change::Happened { .. } | Change::Titled(_) | Change::AlsoIn { .. } => false,
            Change::AlsoCommitted { .. } | Change::Ended(_) | Change::SaidLate { .. } => true,
            Change::Reopened | Change::Adopted { .. } | Change::ResumedAs { .. } => true,
        }
    }

    /// The names, in notes, of the changes that only the beginning or the end of a conversation makes.
    pub const OF_LIFE: [&str; 4] = ["ended", "reopened", "adopted", "resumed_as"];

    /// Whether the change concerns fields in the index or the end of the session. Such changes are written to the
    /// record at once if possible.
    pub fn must_be_stored(&self) -> bool {
        match self {
            Change::Ended(_) | Change::Reopened | Change::Adopted { .. } | Change::ResumedAs { .. } => true,
            Change::Prompted(prompted) => prompted.is_intent,
            Change::Titled(_) => true,
            _ => false,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A change of each kind, in the order of the variants.
    pub fn one_of_each() -> Vec<Change> {
        let text = || "Fix it".to_string();
        let some = || Some(text());
        let ending = Ending {
            setting: SessionEnd::Park,
            attended: true,
            why: "the conversation ended",
            message: Some("done"),
            asked: true,
            dialog: false,
            midway: None,
            now: clock::parse("2026-11-21T03:00:00Z").unwrap(),
            by: "claude",
            seen_at: None,
        };
        let commits = vec![NewCommit { sha: "1a2b3c4".into(), message: text(), replaces: None }];
        let all = vec![
            Change::Prompted(Prompted { text: some(), is_intent: true, ..Prompted::default() }),
            Change::Waits { what: some() },
            Change::TurnEnded(TurnEnded { last_message: some(), failed: some(), ..TurnEnded::default() }),
            Change::ToolEnded(ToolEnded { files: vec!["/w/a.rs".into()], commits, tasks: None }),
            Change::Happened { message: text() },
            Change::AlsoIn { worktree_root: "/w/other".into() },
            Change::AlsoCommitted { worktree_root: "/w/other".into(), sha: "1a2b3c4".into(), message: text() },
            Change::Titled(Title { text: text(), renamed: true, may_echo: false }),
            Change::Ended(Ended::of(&ending, Some("the client stopped"), None)),
            Change::Reopened,
            Change::Adopted { conversation: "e998145e-4e5d-40c9-a3a6-681ad5bd51c9".into() },
            Change::ResumedAs { successor: "sess_20261121T0337_ca5d".into() },
            Change::SaidLate { message: some(), instead_of: None },
        ];
        assert!(all.iter().enumerate().all(|(n, change)| number(change) == n));
        all
    }

    /// A new variant needs its example above.
    fn number(change: &Change) -> usize {
        match change {
            Change::Prompted(_) => 0,
            Change::Waits { .. } => 1,
            Change::TurnEnded(_) => 2,
            Change::ToolEnded(_) => 3,
            Change::Happened { .. } => 4,
            Change::AlsoIn { .. } => 5,
            Change::AlsoCommitted { .. } => 6,
            Change::Titled(_) => 7,
            Change::Ended(_) => 8,
            Change::Reopened => 9,
            Change::Adopted { .. } => 10,
            Change::ResumedAs { .. } => 11,
            Change::SaidLate { .. } => 12,
        }
    }

    #[test]
    fn the_changes_that_begin_or_end_a_conversation_are_found_by_their_names() {
        for change in one_of_each() {
            let named = serde_json::to_value(&change).unwrap()["change"].as_str().unwrap().to_string();
            let is_of_life = change.must_be_stored() && !matches!(change, Change::Prompted(_) | Change::Titled(_));
            assert_eq!(Change::OF_LIFE.contains(&named.as_str()), is_of_life, "{named}");
        }
    }
}
