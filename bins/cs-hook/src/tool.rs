//! PostToolUse and PostToolUseFailure: files, commits and tasks of a call that ended, and the end
//! of waiting for that call. Late news of an ended conversation still reaches its record.

use crate::{ask, commits, session_of};
use cs_core::error::{Error, Result};
use cs_core::id::SessionId;
use cs_core::intake::Intake;
use cs_core::live::Live;
use cs_core::record::{Session, TaskStatus};
use cs_core::task::{self, Report};
use cs_core::{redact, session};
use std::path::Path;

pub fn ended(intake: &Intake) -> Result<()> {
    let lock = intake.store.lock_live(&intake.uuid)?;
    let id = match intake.live()? {
        Some(mut live) => {
            live_on(intake, &mut live)?;
            session_of(&live)
        }
        None => {
            intake.store.drop_live(&intake.uuid)?;
            intake.store.ended(&intake.uuid)?.as_ref().and_then(session_of)
        }
    };
    drop(lock);
    match id {
        Some(id) => record(intake, &id),
        None => Ok(()),
    }
}

fn live_on(intake: &Intake, live: &mut Live) -> Result<()> {
    if let Some(key) = intake.payload.tool_key() {
        live.tool_ended(&key, intake.now);
    }
    let shown = if live.waiting_for.is_none() { ask::show(intake, live) } else { Ok(()) };
    intake.store.write_live(&intake.uuid, live)?;
    shown
}

fn record(intake: &Intake, id: &SessionId) -> Result<()> {
    if intake.payload.event.as_deref() != Some("PostToolUse") {
        return Ok(());
    }
    let files = intake.payload.files_changed();
    let commits = commits::made(intake);
    if files.is_empty() && commits.is_empty() && !is_task_tool(intake) {
        return Ok(());
    }
    intake.store.update(id, intake.now, |record| {
        for file in &files {
            let shown = relative(file, intake.payload.cwd.as_deref(), record.worktree_root.as_deref());
            session::file_changed(record, &shown);
        }
        for (sha, message) in &commits {
            match session::commit(record, sha, &redact::mask(message)) {
                // A full list is no reason to lose the rest.
                Err(Error::Refused(_)) | Ok(()) => {}
                Err(error) => return Err(error),
            }
        }
        tasks(intake, record);
        Ok(())
    })?;
    Ok(())
}

fn is_task_tool(intake: &Intake) -> bool {
    let tool = intake.payload.tool_name.as_deref();
    !intake.is_from_subagent() && matches!(tool, Some("TodoWrite" | "TaskCreate" | "TaskUpdate" | "update_plan"))
}

/// Mirrors what the tool did to the agent's own list.
fn tasks(intake: &Intake, record: &mut Session) {
    if !is_task_tool(intake) {
        return;
    }
    let (input, response) = (&intake.payload.input, &intake.payload.response);
    let subject = input.subject.as_deref().map(redact::mask);
    let word = |word: &Option<String>| word.as_deref().and_then(task::agent_status);
    let report = match (&input.list, &response.task.id, &input.task_id) {
        (Some(list), _, _) => {
            let list: Vec<(String, TaskStatus)> = list
                .iter()
                .filter_map(|(text, status)| Some((redact::mask(text).into_owned(), task::agent_status(status)?)))
                .collect();
            return task::mirror_list(record, &intake.uuid, &list, intake.now);
        }
        (None, Some(key), _) => Report { key, subject: subject.as_deref(), from: None, to: None },
        (None, None, Some(key)) => {
            Report { key, subject: subject.as_deref(), from: word(&response.change.from), to: word(&input.status) }
        }
        _ => return,
    };
    task::mirror(record, &intake.uuid, &report, intake.now);
}

/// A changed file as the record shows it: relative to the work tree where it lies inside.
fn relative(file: &str, cwd: Option<&str>, root: Option<&str>) -> String {
    let absolute = Path::new(cwd.unwrap_or_default()).join(file);
    let inside = root.and_then(|root| absolute.strip_prefix(root).ok());
    inside.unwrap_or(&absolute).to_string_lossy().into_owned()
}
