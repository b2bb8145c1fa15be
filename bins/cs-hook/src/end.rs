//! SessionEnd: the conversation is over. Its session is parked while tasks are open, else
//! completed; one that never asked anything leaves nothing behind.

use crate::session_of;
use cs_core::config::SessionEnd;
use cs_core::error::Result;
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
    intake.store.end_live(&intake.uuid, &mut live, intake.now)?;
    closed
}

fn close(intake: &Intake, id: &SessionId, live: &Live) -> Result<()> {
    let setting = intake.store.config().unwrap_or_default().hooks().session_end;
    intake.store.update(id, intake.now, |record| {
        if record.status != Status::Active {
            return Ok(());
        }
        record.last_heartbeat = clock::stamp(intake.now);
        finish(record, setting, live.last_message.as_deref(), intake.now)
    })?;
    Ok(())
}

/// Ends a session as its conversation ended.
fn finish(record: &mut Session, setting: SessionEnd, message: Option<&str>, now: clock::Instant) -> Result<()> {
    let open: Vec<String> =
        record.tasks.iter().filter(|task| task.status.is_open()).map(|task| task.subject.clone()).collect();
    let steps: Vec<String> = open.iter().take(validate::NEXT_STEPS).cloned().collect();
    let parks = setting == SessionEnd::Park || (setting == SessionEnd::Auto && !open.is_empty());
    if setting == SessionEnd::Keep {
        record.awaiting_action = None;
        return Ok(());
    } else if parks {
        let with = match open.len() {
            0 => String::new(),
            1 => " with 1 open task".to_string(),
            more => format!(" with {more} open tasks"),
        };
        session::park(record, &format!("the conversation ended{with}"), &steps, now)?;
    } else {
        let done = Completion { outcome: message.map(str::to_string), ..Completion::default() };
        session::complete(record, &done, now)?;
    }
    record.ended_by = Some("hook".to_string());
    Ok(())
}
