//! PostToolUse and PostToolUseFailure: the files, commits and tasks of a call that ended, and the end of waiting for
//! that call. An event that arrives after the conversation's end is still recorded.

use crate::commits::{self, WorkTree};
use crate::{PROGRAM, ask, elsewhere};
use agents::Agent;
use agents::Event;
use agents::hook_call::HookCall;
use cs_core::change::{Change, Tasks, ToolEnded};
use cs_core::error::Result;
use cs_core::id::SessionId;
use cs_core::live::Live;
use cs_core::store::NoteSync;
use cs_core::task;
use std::path::Path;

pub fn on_tool_end(hook: &HookCall) -> Result<()> {
    let lock = hook.lock();
    let (id, own_tree) = match hook.live(&lock)? {
        Some(mut live) => {
            let id = live_on(hook, &mut live)?;
            if let Some(id) = id.as_ref().filter(|_| live.has_moved) {
                elsewhere::on_new_directory(hook, id, &live.cwd)?;
            }
            (id, WorkTree::of(&live, hook))
        }
        None => {
            hook.store.drop_live(&hook.uuid)?;
            let ended = hook.store.ended(&hook.uuid)?;
            let own_tree = ended.as_ref().map(|ended| WorkTree::of(ended, hook)).unwrap_or_default();
            (ended.as_ref().and_then(Live::session), own_tree)
        }
    };
    drop(lock);
    id.map_or(Ok(()), |id| record(hook, &id, &own_tree))
}

/// Updates the conversation's file and returns its session. A subagent's call changes nothing in the file, unless the
/// conversation waited for it.
fn live_on(hook: &HookCall, live: &mut Live) -> Result<Option<SessionId>> {
    ask::recall(hook, live)?;
    let before = live.clone();
    match (hook.payload.tool_key(), hook.payload.agent_id.as_deref()) {
        (Some(key), Some(helper)) => live.helper_tool_ended(helper, &key),
        (Some(_), None) if ask::is_answered(hook, live) => live.answered(hook.now),
        (Some(key), None) => live.tool_ended(&key, hook.now),
        (None, _) => {}
    }
    let is_settled = live.open_question().is_none() || live.open_question() != before.open_question();
    let shown = if is_settled { ask::show(hook, live) } else { Ok(()) };
    let id = match hook.session(live)? {
        // The conversation has no session yet: its prompt was not reported.
        None if changes_something(hook) => Some(hook.store.begin_unprompted(&hook.uuid, live, PROGRAM, hook.now)?),
        known => known,
    };
    if !hook.is_from_subagent() || *live != before {
        hook.store.write_live(&hook.uuid, live)?;
    }
    shown.map(|()| id)
}

/// Whether the call changed a file or the agent's list, or may have made a commit.
fn changes_something(hook: &HookCall) -> bool {
    let is_done = hook.payload.event() == Some(Event::PostToolUse);
    (is_done && (!files(hook).is_empty() || tasks(hook).is_some())) || commits::may_commit(hook)
}

fn record(hook: &HookCall, id: &SessionId, own_tree: &WorkTree) -> Result<()> {
    let commits = commits::find_made(hook, id, own_tree);
    for (other, commits) in commits::find_made_elsewhere(hook, id, own_tree, &commits) {
        elsewhere::note_commits(hook, id, &other, &commits)?;
    }
    // A failed tool changed no file, but commits made before it failed stay.
    let is_done = hook.payload.event() == Some(Event::PostToolUse);
    let files = if is_done { files(hook) } else { Vec::new() };
    let tasks = if is_done { tasks(hook) } else { None };
    if files.is_empty() && commits.is_empty() && tasks.is_none() {
        return Ok(());
    }
    // Claude Code does not wait for this hook; Codex does.
    let sync = if hook.payload.agent() == Some(Agent::Codex) { NoteSync::Later } else { NoteSync::Synced };
    hook.record_change(id, Change::ToolEnded(ToolEnded { files, commits, tasks }), sync)?;
    if sync == NoteSync::Synced { hook.store.fold_when_due(id, hook.now) } else { Ok(()) }
}

/// Changed files, as absolute paths if the directory is known.
fn files(hook: &HookCall) -> Vec<String> {
    let cwd = Path::new(hook.payload.cwd.as_deref().unwrap_or_default());
    let absolute = |file: &String| cwd.join(file).to_string_lossy().into_owned();
    hook.payload.files_changed().iter().map(absolute).collect()
}

fn is_task_tool(hook: &HookCall) -> bool {
    let tool = hook.payload.tool_name.as_deref();
    !hook.is_from_subagent() && matches!(tool, Some("TodoWrite" | "TaskCreate" | "TaskUpdate" | "update_plan"))
}

/// The change that the tool made to the agent's own list.
fn tasks(hook: &HookCall) -> Option<Tasks> {
    if !is_task_tool(hook) {
        return None;
    }
    let (input, response) = (&hook.payload.input, &hook.payload.response);
    let conversation = hook.uuid.to_string();
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
