//! PostToolUse and PostToolUseFailure: files, commits and tasks of a call that ended, and the end
//! of waiting for that call. Late news of an ended conversation still reaches its record.

use crate::commits::{self, Place};
use crate::{PROGRAM, ask, elsewhere, session_of};
use cs_core::change::{Change, Tasks, ToolEnded};
use cs_core::error::Result;
use cs_core::id::SessionId;
use cs_core::intake::Intake;
use cs_core::live::Live;
use cs_core::store::Noted;
use cs_core::task;
use std::path::Path;

pub fn ended(intake: &Intake) -> Result<()> {
    let lock = intake.lock();
    let (id, place) = match intake.live(&lock)? {
        Some(mut live) => {
            let id = live_on(intake, &mut live)?;
            if let Some(id) = id.as_ref().filter(|_| live.has_moved) {
                elsewhere::gone_to(intake, id, &live.cwd)?;
            }
            (id, Place::of(&live, intake))
        }
        None => {
            intake.store.drop_live(&intake.uuid)?;
            let ended = intake.store.ended(&intake.uuid)?;
            let place = ended.as_ref().map(|ended| Place::of(ended, intake)).unwrap_or_default();
            (ended.as_ref().and_then(session_of), place)
        }
    };
    drop(lock);
    id.map_or(Ok(()), |id| record(intake, &id, &place))
}

/// Brings the conversation's file in step; its session. A helper's call that nobody waited for changes nothing in it.
fn live_on(intake: &Intake, live: &mut Live) -> Result<Option<SessionId>> {
    ask::recall(intake, live)?;
    let before = live.clone();
    match (intake.payload.tool_key(), intake.payload.agent_id.as_deref()) {
        (Some(key), Some(helper)) => live.helper_tool_ended(helper, &key),
        (Some(_), None) if ask::is_answered(intake, live) => live.answered(intake.now),
        (Some(key), None) => live.tool_ended(&key, intake.now),
        (None, _) => {}
    }
    let is_settled = live.wanted().is_none() || live.wanted() != before.wanted();
    let shown = if is_settled { ask::show(intake, live) } else { Ok(()) };
    let id = match intake.session(live)? {
        // Of its prompt nobody told.
        None if changes_something(intake) => {
            Some(intake.store.begin_unprompted(&intake.uuid, live, PROGRAM, intake.now)?)
        }
        known => known,
    };
    if !intake.is_from_subagent() || *live != before {
        intake.store.write_live(&intake.uuid, live)?;
    }
    shown.map(|()| id)
}

/// Whether the call changed a file or the agent's list, or may have made a commit.
fn changes_something(intake: &Intake) -> bool {
    let is_done = intake.payload.event.as_deref() == Some("PostToolUse");
    (is_done && (!files(intake).is_empty() || tasks(intake).is_some())) || commits::may_be_made(intake)
}

fn record(intake: &Intake, id: &SessionId, place: &Place) -> Result<()> {
    let commits = commits::made(intake, id, place);
    for (other, commits) in commits::made_elsewhere(intake, id, place, &commits) {
        elsewhere::committed(intake, id, &other, &commits)?;
    }
    // What failed changed no file, but what was committed before it failed stays.
    let is_done = intake.payload.event.as_deref() == Some("PostToolUse");
    let files = if is_done { files(intake) } else { Vec::new() };
    let tasks = if is_done { tasks(intake) } else { None };
    if files.is_empty() && commits.is_empty() && tasks.is_none() {
        return Ok(());
    }
    // Claude Code does not wait for this hook; Codex does.
    let noted = if intake.payload.is_codex() { Noted::Soon } else { Noted::Synced };
    intake.tell(id, Change::ToolEnded(ToolEnded { files, commits, tasks }), noted)?;
    if noted == Noted::Synced { intake.store.fold_when_due(id, intake.now) } else { Ok(()) }
}

/// Changed files, as absolute paths where that is known.
fn files(intake: &Intake) -> Vec<String> {
    let cwd = Path::new(intake.payload.cwd.as_deref().unwrap_or_default());
    let absolute = |file: &String| cwd.join(file).to_string_lossy().into_owned();
    intake.payload.files_changed().iter().map(absolute).collect()
}

fn is_task_tool(intake: &Intake) -> bool {
    let tool = intake.payload.tool_name.as_deref();
    !intake.is_from_subagent() && matches!(tool, Some("TodoWrite" | "TaskCreate" | "TaskUpdate" | "update_plan"))
}

/// What the tool did to the agent's own list.
fn tasks(intake: &Intake) -> Option<Tasks> {
    if !is_task_tool(intake) {
        return None;
    }
    let (input, response) = (&intake.payload.input, &intake.payload.response);
    let conversation = intake.uuid.to_string();
    let subject = input.subject.clone();
    let word = |word: &Option<String>| word.as_deref().and_then(task::agent_status);
    match (&input.list, &response.task.id, &input.task_id) {
        (Some(list), _, _) => {
            let item = |(text, status): &(String, String)| Some((text.clone(), task::agent_status(status)?));
            Some(Tasks::List { conversation, list: list.iter().filter_map(item).collect() })
        }
        (None, Some(key), _) => Some(Tasks::One { conversation, key: key.clone(), subject, from: None, to: None }),
        (None, None, Some(key)) => {
            let (from, to) = (word(&response.change.from), word(&input.status));
            Some(Tasks::One { conversation, key: key.clone(), subject, from, to })
        }
        _ => None,
    }
}
