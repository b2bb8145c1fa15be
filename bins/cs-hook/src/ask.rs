//! PermissionRequest and Notification: the agent waits for the user.

use agents::hook_call::HookCall;
use cs_core::change::Change;
use cs_core::ending;
use cs_core::error::Result;
use cs_core::id::SessionId;
use cs_core::live::Live;
use cs_core::record::Status;
use cs_core::store::NoteSync;
use cs_core::validate;

/// Maximum number of characters of the question.
const WHAT: usize = 200;

pub fn on_permission_request(hook: &HookCall) -> Result<()> {
    let what = question(hook);
    let key = hook.payload.tool_key();
    change(hook, |live| note_question(hook, live, &what, key.clone()))
}

/// Notes in the conversation's file that the agent, or a subagent, waits for the user.
fn note_question(hook: &HookCall, live: &mut Live, what: &str, key: Option<String>) {
    match hook.payload.agent_id.as_deref() {
        Some(helper) => live.helper_asked(helper, what, key, hook.now),
        None => {
            live.went_on(hook.now);
            live.asked(what, key, hook.now);
        }
    }
}

/// The text of the dialog: the question, or the tool and what it wants to do.
fn question(hook: &HookCall) -> String {
    let (payload, input) = (&hook.payload, &hook.payload.input);
    let tool = payload.tool_name.as_deref().unwrap_or("a tool");
    let subject = input.command.as_deref().or(input.file_path.as_deref());
    let text = match (&input.question, subject) {
        (Some(question), _) => format!("answer: {question}"),
        (None, Some(subject)) => format!("permission for {tool}: {subject}"),
        (None, None) => format!("permission for {tool}"),
    };
    validate::cut(&text, WHAT)
}

pub fn on_notification(hook: &HookCall) -> Result<()> {
    let message = hook.payload.message.as_deref().unwrap_or("an answer");
    let message = validate::cut(message, WHAT);
    match hook.payload.notification_type.as_deref() {
        // This comes seconds after the request, which said more.
        Some("permission_prompt") => change(hook, |live| {
            if live.open_question().is_none() {
                note_question(hook, live, &message, None);
            }
        }),
        Some("elicitation_dialog" | "elicitation_url_dialog" | "agent_needs_input") => {
            change(hook, |live| note_question(hook, live, &message, None))
        }
        Some("elicitation_complete" | "elicitation_response") => change(hook, |live| match &hook.payload.agent_id {
            Some(helper) => live.questions.retain(|question| question.agent != *helper),
            None => live.answered(hook.now),
        }),
        // Nobody typed for a minute: the turn is over, even if no Stop was reported.
        Some("idle_prompt") if !hook.is_from_subagent() => change(hook, |live| {
            let background = live.background_tasks.unwrap_or(0);
            let error = live.error.clone();
            live.turn_ended(background, error.as_deref(), hook.now);
        }),
        // Older clients send no type.
        None => change(hook, |live| note_question(hook, live, &message, None)),
        Some(_) => Ok(()),
    }
}

/// Applies a change to the conversation's file, and updates what the record says it waits for.
pub fn change(hook: &HookCall, apply: impl Fn(&mut Live)) -> Result<()> {
    let lock = hook.lock();
    let Some(mut live) = hook.live(&lock)? else { return hook.store.drop_live(&hook.uuid) };
    recall(hook, &mut live)?;
    apply(&mut live);
    let shown = show(hook, &mut live);
    hook.store.write_live(&hook.uuid, &live)?;
    shown
}

/// Restores from the record what the conversation waits for, if its file was lost.
pub fn recall(hook: &HookCall, live: &mut Live) -> Result<()> {
    if live.source.is_some() || live.session_id.is_some() {
        return Ok(());
    }
    let Some(record) = hook.session(live)?.and_then(|id| hook.store.session(&id).ok()) else { return Ok(()) };
    let Some(what) = record.awaiting_action.as_deref().filter(|_| record.status == Status::Active) else {
        return Ok(());
    };
    live.asked(what, None, hook.now);
    live.awaiting = true;
    // We no longer know who asked. In a record that a person edits, the text is kept as that person's request and shown
    // again after the dialog.
    live.requested = Some(what.to_string()).filter(|_| ending::is_of_people(&record));
    Ok(())
}

/// Whether the conversation waited for this tool call, although the call's key was not noted.
pub fn is_answered(hook: &HookCall, live: &Live) -> bool {
    live.waiting_key.is_none() && live.waiting_for.as_ref() == Some(&question(hook))
}

/// Updates the record's awaiting_action to what the conversation waits for.
pub fn show(hook: &HookCall, live: &mut Live) -> Result<()> {
    if live.open_question().is_none() && !live.awaiting {
        return Ok(());
    }
    let Some(id) = hook.session(live)? else { return Ok(()) };
    if live.open_question().is_some() && !live.awaiting && live.requested.is_none() {
        live.requested = asked_by_person(hook, &id);
    }
    let what = live.open_question().map(str::to_string).or(live.requested.clone());
    hook.record_change(&id, Change::Waits { what }, NoteSync::Later)?;
    live.awaiting = live.open_question().is_some();
    Ok(())
}

/// The request that a person put into the record while the conversation's file was missing. It is shown again after the
/// dialog.
fn asked_by_person(hook: &HookCall, id: &SessionId) -> Option<String> {
    let record = hook.store.session(id).ok().filter(ending::is_of_people)?;
    record.awaiting_action
}
