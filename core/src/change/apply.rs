//! Owns how a change alters a record. Must stay true: a change may be applied twice and late; one that no longer fits is
//! ignored.

use super::{Change, Ended, NewCommit, Prompted, Tasks, ToolEnded, TurnEnded};
use crate::clock::{self, Instant};
use crate::continuation;
use crate::ending::{self, Ending};
use crate::error::Result;
use crate::id::{SessionId, Uuid};
use crate::naming;
use crate::record::{Session, Status};
use crate::session;
use crate::task::{self, Report};
use crate::timeline::{self, FAILURE, PROMPT};
use std::path::Path;

impl Change {
    /// Changes the record. Ignores what no longer fits (the session has ended, a list is full).
    pub fn apply(&self, record: &mut Session, now: Instant) -> Result<()> {
        let is_active = record.status == Status::Active;
        match self {
            Change::Prompted(prompted) if is_active => prompt(record, prompted, now),
            Change::Waits { what } if is_active => {
                session::waits_for(record, what.as_deref(), now);
            }
            Change::TurnEnded(turn) => turn_ended(record, turn, now),
            Change::ToolEnded(tool) => tool_ended(record, tool, now),
            Change::Happened { message } => session::event_once(record, message, now)?,
            Change::Titled(title) => naming::name(record, title),
            Change::AlsoIn { worktree_root } => session::also_in(record, worktree_root, now),
            Change::AlsoCommitted { worktree_root, sha, message } => {
                session::also_committed(record, sha, worktree_root, message, now);
            }
            Change::Ended(ended) => {
                if is_active {
                    ended.finish(record, now)?;
                }
                ended.vouch(record);
            }
            Change::Reopened if continuation::may_reopen(record) => session::reopen(record, now),
            Change::Adopted { conversation } if record.claude_session_id.is_none() => {
                record.claude_session_id = Some(Uuid::parse(conversation)?.to_string());
                session::beat(record, now);
            }
            // A session that is active or has a successor gets no other one.
            Change::ResumedAs { successor } if session::may_resume(record).is_ok() => {
                session::resumed_as(record, SessionId::parse(successor)?.as_str(), now)?;
            }
            Change::SaidLate { message, instead_of } => {
                ending::add_late_message(record, message.as_deref(), instead_of.as_deref(), now)?;
            }
            _ => {}
        }
        Ok(())
    }
}

impl Ended {
    /// The record vouches for the log up to here. A late change does not replace a later line.
    fn vouch(&self, record: &mut Session) {
        let known = record.audit_head.as_ref().map_or(0, |head| head.seq);
        if let Some(head) = self.audit_head.as_ref().filter(|head| head.seq > known) {
            record.audit_head = Some(head.clone());
        }
    }

    fn finish(&self, record: &mut Session, now: Instant) -> Result<()> {
        let ending = Ending {
            setting: self.setting,
            attended: self.attended,
            why: &self.why,
            message: self.message.as_deref(),
            asked: self.asked,
            dialog: self.dialog,
            midway: self.midway,
            by: &self.by,
            seen_at: self.seen_at.as_deref().and_then(clock::parse),
            now,
        };
        ending::finish(record, &ending, self.note.as_deref())
    }
}

fn prompt(record: &mut Session, prompted: &Prompted, now: Instant) {
    timeline::add_moment(record, PROMPT, prompted.text.as_deref().unwrap_or_default(), now);
    record.awaiting_action = None;
    // The last message answered the previous prompt.
    record.last_message = None;
    if let Some(text) = &prompted.text {
        record.current_activity = Some(text.clone());
        if prompted.is_intent {
            record.intent.clone_from(text);
        }
    }
    if let Some(root) = &prompted.worktree_root {
        record.git_branch = prompted.git_branch.clone().unwrap_or_default();
        record.worktree_root = Some(root.clone());
    }
    session::beat(record, now);
}

/// Records the end of a turn. A failure is recorded even if the session has ended.
fn turn_ended(record: &mut Session, turn: &TurnEnded, now: Instant) {
    turn.failed.iter().for_each(|why| timeline::add_moment(record, FAILURE, why, now));
    if record.status != Status::Active {
        return;
    }
    if turn.last_message.is_some() {
        record.last_message.clone_from(&turn.last_message);
    }
    if turn.is_answered {
        record.awaiting_action.clone_from(&turn.requested);
    }
    session::beat(record, now);
}

fn tool_ended(record: &mut Session, tool: &ToolEnded, now: Instant) {
    for file in &tool.files {
        let shown = relative(file, record.worktree_root.as_deref());
        session::file_changed(record, &shown);
    }
    for NewCommit { sha, message, replaces } in &tool.commits {
        // If the list is full, the other changes still apply.
        let _ = match replaces {
            Some(old) => session::amended_commit(record, old, sha, message, now),
            None => session::commit(record, sha, message, now),
        };
    }
    match &tool.tasks {
        Some(Tasks::List { conversation, list }) => {
            if let Ok(uuid) = Uuid::parse(conversation) {
                task::mirror_list(record, &uuid, list, now);
            }
        }
        Some(Tasks::One { conversation, key, subject, from, to }) => {
            if let Ok(uuid) = Uuid::parse(conversation) {
                let report = Report { key, subject: subject.as_deref(), from: *from, to: *to };
                task::mirror(record, &uuid, &report, now);
            }
        }
        None => {}
    }
    session::beat(record, now);
}

/// A changed file as the record shows it: relative to the work tree if it is inside.
fn relative(file: &str, root: Option<&str>) -> String {
    let path = Path::new(file);
    let inside = root.and_then(|root| path.strip_prefix(root).ok());
    inside.unwrap_or(path).to_string_lossy().into_owned()
}
