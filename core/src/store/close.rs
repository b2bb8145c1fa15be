//! Owns the end of conversations: reported by SessionEnd, or because their process is gone. Must stay true: evidence is
//! checked again under the locks (conversation, then session); if it is unknown whether a process runs, it is not gone.

use super::sweep::{Run, SweepAction};
use super::{NoteSync, Store};
use crate::change::{Change, Ended};
use crate::clock::{self, Instant};
use crate::ending::{self, BY_CLEANUP, Ending};
use crate::error::{Error, Result};
use crate::id::{SessionId, Uuid};
use crate::live::Live;
use crate::lock::Lock;
use crate::process::{self, Condition, Process};
use crate::record::Status;

impl Store {
    /// Ends a conversation: its session as `ending` says and with `note` in its timeline, and moves its file to
    /// `ended/`. Needs the conversation's lock. If the disk refuses, the conversation stays, and its state reports that
    /// its process is gone. Returns the session's id, if there is one.
    pub fn end_conversation(
        &self,
        uuid: &Uuid,
        mut live: Live,
        ending: &Ending,
        note: Option<&str>,
    ) -> Result<Option<SessionId>> {
        let id = self.session_id_of(&live, uuid)?;
        let message = live.last_message.clone();
        let (asked, dialog) = (live.was_asked(), live.awaiting);
        // Without a live file, the record knows more about the last turn.
        let midway = ending.midway.map(|_| live.is_midway());
        let ending = Ending { message: message.as_deref(), asked, dialog, midway, ..*ending };
        let change = Change::Ended(Ended::of(&ending, note, self.audit_head()));
        let closed = id.as_ref().map(|id| self.record_change(id, change, ending.now, NoteSync::Synced)).transpose();
        live.session_id = id.as_ref().map(SessionId::to_string);
        if let Err(Error::Io { .. }) = closed {
            self.write_live(uuid, &live)?;
            return closed.map(|_| None);
        }
        self.end_live(uuid, &mut live, ending.now)?;
        // All that must be is done; a text that waits is only told too late.
        let expired = self.expire_next(uuid);
        closed.and(expired).map(|()| id)
    }

    /// The session of a conversation; searched for if the first hook ran in the middle of it.
    fn session_id_of(&self, live: &Live, uuid: &Uuid) -> Result<Option<SessionId>> {
        match live.session() {
            Some(id) => Ok(Some(id)),
            None if live.source.is_none() => self.conversation(uuid),
            None => Ok(None),
        }
    }

    /// Conversations whose process is gone.
    pub fn gone(&self) -> Result<Vec<Uuid>> {
        let lives = self.all_live()?;
        Ok(lives.iter().filter(|live| is_alive(live) == Some(false)).filter_map(uuid_of).collect())
    }

    /// Ends a conversation whose process is gone, as its SessionEnd would have. `None` if the process is no longer
    /// gone.
    pub fn close_gone(&self, uuid: &Uuid, run: Run, now: Instant) -> Result<Option<SweepAction>> {
        if run == Run::Real {
            self.assign_notes(uuid, true, "cs-cleanup", now)?;
        }
        let lock = self.conversation_lock(uuid, run)?;
        let done = match self.live(uuid)? {
            Some(live) if is_alive(&live) == Some(false) => self.end_gone(uuid, live, run, now).map(Some),
            _ => Ok(None),
        };
        self.release(lock, uuid)?;
        done
    }

    fn end_gone(&self, uuid: &Uuid, live: Live, run: Run, now: Instant) -> Result<SweepAction> {
        let setting = self.config().hooks.session_end;
        let heard_at = clock::parse(&live.last_event_at);
        let ago = heard_at.map_or_else(|| "at an unknown time".into(), |at| clock::ago(at, now));
        let seen_at = heard_at.filter(|at| clock::is_credible(*at, now));
        let reason = format!("process {} ended without SessionEnd; {} {ago}", live.pid.unwrap_or(0), live.last_event);
        let note = format!("closed by cs-cleanup: {reason}");
        let why = "the conversation's process ended";
        let (attended, asked, dialog, midway) =
            (!live.unattended, live.was_asked(), live.awaiting, Some(live.is_midway()));
        let by = BY_CLEANUP;
        let ending = Ending { setting, attended, why, message: None, asked, dialog, midway, by, seen_at, now };
        let id = self.session_id_of(&live, uuid)?.filter(|id| !self.has_another(id, uuid));
        let before = id.as_ref().and_then(|id| self.session(id).ok()).filter(|record| record.status == Status::Active);
        let after = match (run, before) {
            (_, None) if run == Run::Real => {
                self.end_live(uuid, &mut live.clone(), now)?;
                None
            }
            (Run::Real, Some(_)) => {
                let ended = self.end_conversation(uuid, live, &ending, Some(&note))?;
                ended.map(|id| self.session(&id)).transpose()?
            }
            (Run::Dry, Some(mut record)) => ending::finish(&mut record, &ending, None).map(|()| Some(record))?,
            (_, None) => None,
        };
        let closed = after.filter(|record| record.ended_by.as_deref() == Some(BY_CLEANUP));
        let action = closed.map_or("ended", |record| record.status.as_str());
        Ok(SweepAction {
            session_id: id,
            claude_session_id: Some(uuid.clone()),
            ..SweepAction::new(action, reason, run)
        })
    }

    /// Whether another conversation, which may be running, has the same session.
    fn has_another(&self, id: &SessionId, uuid: &Uuid) -> bool {
        let lives = self.all_live().unwrap_or_default();
        let mut others = lives.iter().filter(|live| live.claude_session_id != uuid.as_str());
        others.any(|live| live.session().as_ref() == Some(id) && is_alive(live) != Some(false))
    }

    /// The lock of a conversation; `None` in a dry run.
    pub(super) fn conversation_lock(&self, uuid: &Uuid, run: Run) -> Result<Option<Lock>> {
        match run {
            Run::Dry => Ok(None),
            Run::Real => self.lock_live(uuid).map(Some),
        }
    }

    /// Releases the lock of a conversation. If the live file is gone, the lock file is removed as well.
    pub(super) fn release(&self, lock: Option<Lock>, uuid: &Uuid) -> Result<()> {
        match lock {
            Some(lock) if super::is_absent(&self.home.live(uuid)) => lock.remove(),
            _ => Ok(()),
        }
    }
}

pub(super) fn uuid_of(live: &Live) -> Option<Uuid> {
    Uuid::parse(&live.claude_session_id).ok()
}

/// Whether a process has the conversation open; `None` if unknown.
pub fn is_alive(live: &Live) -> Option<bool> {
    runner(live).as_ref().and_then(process::is_alive)
}

/// The process that has the conversation: the one whose hooks ran last, or if that is gone another window.
pub fn runner(live: &Live) -> Option<Process> {
    runner_now(live).map(|(process, _)| process)
}

/// The same, and its state: the system is asked once.
pub(crate) fn runner_now(live: &Live) -> Option<(Process, Condition)> {
    let of = |process: Process| {
        let condition = process::condition(&process);
        (process, condition)
    };
    let last = of(live.process()?);
    if last.1 != Condition::Ended {
        return Some(last);
    }
    let mut others = live.windows().map(of);
    Some(others.find(|(_, condition)| matches!(condition, Condition::Runs | Condition::Suspended)).unwrap_or(last))
}

/// Whether a process that has the session is running.
pub(super) fn is_running(id: &str, lives: &[Live]) -> bool {
    lives.iter().any(|live| live.session_id.as_deref() == Some(id) && is_alive(live) == Some(true))
}
