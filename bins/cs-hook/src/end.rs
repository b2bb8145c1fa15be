//! SessionEnd: the conversation is over. Its session is parked while tasks are open and somebody may
//! come back to them, else completed; one that never asked anything leaves nothing behind.

use crate::session_of;
use cs_core::config::SessionEnd;
use cs_core::error::{Error, Result};
use cs_core::id::SessionId;
use cs_core::intake::Intake;
use cs_core::live::Live;
use cs_core::record::{Session, Status};
use cs_core::session::{self, Completion};
use cs_core::{clock, validate};

pub fn ended(intake: &Intake) -> Result<()> {
    let _lock = intake.store.lock_live(&intake.uuid)?;
    let known = intake.store.live(&intake.uuid)?;
    if known.is_none() && intake.has_just_ended()? {
        return intake.store.drop_live(&intake.uuid);
    }
    let mut live = intake.noted(known.unwrap_or_else(|| Live::new(intake.uuid.as_str(), intake.now)));
    let id = match session_of(&live) {
        Some(id) => Some(id),
        None if live.source.is_none() => intake.store.conversation(&intake.uuid)?,
        None => None,
    };
    let closed = match &id {
        Some(id) => close(intake, id, &live),
        None => Ok(()),
    };
    live.session_id = id.map(String::from);
    if let Err(Error::Busy(_) | Error::Io { .. }) = closed {
        // Not closed and not forgotten: the state will say that its process is gone.
        intake.store.write_live(&intake.uuid, &live)?;
        return closed;
    }
    intake.store.end_live(&intake.uuid, &mut live, intake.now)?;
    closed
}

fn close(intake: &Intake, id: &SessionId, live: &Live) -> Result<()> {
    let setting = intake.store.config_for_hooks().hooks().session_end;
    intake.store.update(id, intake.now, |record| {
        if record.status != Status::Active {
            return Ok(());
        }
        record.last_heartbeat = clock::stamp(intake.now);
        finish(record, setting, live.last_message.as_deref(), intake.now)
    })?;
    Ok(())
}

/// Ends a session as its conversation ended. Steps that are left stay with it either way.
fn finish(record: &mut Session, setting: SessionEnd, message: Option<&str>, now: clock::Instant) -> Result<()> {
    let open: Vec<&str> =
        record.tasks.iter().filter(|task| task.status.is_open()).map(|task| task.subject.as_str()).collect();
    let steps: Vec<String> = open.iter().take(validate::NEXT_STEPS).map(|subject| subject.to_string()).collect();
    let count = open.len();
    let parks = match setting {
        SessionEnd::Keep => {
            record.awaiting_action = None;
            return Ok(());
        }
        SessionEnd::Park => true,
        SessionEnd::Complete => false,
        SessionEnd::Auto => count > 0 && is_attended(),
    };
    if parks {
        let left = match count {
            0 => String::new(),
            1 => " with 1 open task".to_string(),
            more => format!(" with {more} open tasks"),
        };
        session::park(record, &format!("the conversation ended{left}"), &steps, now)?;
    } else {
        let done = Completion { outcome: message.map(str::to_string), next_steps: steps, ..Completion::default() };
        session::complete(record, &done, now)?;
    }
    record.ended_by = Some("hook".to_string());
    Ok(())
}

/// Whether a person had the conversation, who may come back to it. Newer clients say so; before,
/// the ways to run one from a program had names of their own (`sdk-cli` is `claude -p`).
fn is_attended() -> bool {
    match std::env::var("CLAUDE_CODE_SESSION_ATTENDED") {
        Ok(word) => word != "0",
        Err(_) => !std::env::var("CLAUDE_CODE_ENTRYPOINT").is_ok_and(|name| name.starts_with("sdk")),
    }
}
