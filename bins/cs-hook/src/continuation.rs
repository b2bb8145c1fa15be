//! A conversation that continues after its session has ended, or as another conversation. Must stay true: the sessions
//! form one chain. The conversation continues in the session that `cs-session resume` created, in its own parked one, or
//! in a successor that names the previous one; a session that a person completed stays as it is.

use crate::begin;
use agents::hook_call::HookCall;
use cs_core::change::Change;
use cs_core::continuation::Continuation;
use cs_core::error::Result;
use cs_core::git::Checkout;
use cs_core::id::SessionId;
use cs_core::live::Live;
use cs_core::record::{Session, Status};
use cs_core::store::{NoteSync, Origin};

/// Handles SessionStart of a conversation that is open again. It gets its session back if that is active (a person may
/// have resumed it) or if only the end of the conversation had ended it. A session that a person parked or completed
/// waits for a prompt.
pub fn on_start(hook: &HookCall, live: &mut Live) -> Result<()> {
    let Some(id) = hook.store.conversation(&hook.uuid)? else { return Ok(()) };
    let (mut heir, continuation) = hook.store.heir(hook.store.session(&id)?, &hook.uuid)?;
    let is_open = match continuation {
        Continuation::Same => true,
        Continuation::Reopened => cs_core::ending::is_ours(&heir),
        Continuation::Successor | Continuation::Separate => false,
    };
    if is_open {
        heir = reactivate(hook, heir)?;
    }
    live.session_id = (is_open && heir.status == Status::Active).then_some(heir.session_id);
    live.project_slug = Some(heir.project_slug);
    Ok(())
}

/// Returns the session in which a turn of this session's conversation continues.
pub fn on_prompt(hook: &HookCall, live: &Live, known: Session, text: &str, at: Option<&Checkout>) -> Result<Session> {
    let (heir, continuation) = hook.store.heir(known, &hook.uuid)?;
    match continuation {
        Continuation::Same | Continuation::Reopened => reactivate(hook, heir),
        Continuation::Successor => create_from(hook, live, Origin { session: &heir, takes_over: true }, text, at),
        Continuation::Separate => create_from(hook, live, Origin { session: &heir, takes_over: false }, text, at),
    }
}

/// Creates a successor, in which another conversation continues the session.
pub fn create_successor(hook: &HookCall, live: &Live, known: Session, at: Option<&Checkout>) -> Result<Session> {
    let (heir, _) = hook.store.heir(known, &hook.uuid)?;
    create_from(hook, live, Origin { session: &heir, takes_over: true }, "", at)
}

fn create_from(hook: &HookCall, live: &Live, from: Origin, text: &str, at: Option<&Checkout>) -> Result<Session> {
    hook.store.expect_a_session(&hook.uuid, live)?;
    let successor = begin::create_session(hook, live, text, at, Some(from))?;
    link(hook, &successor)?;
    Ok(successor)
}

/// Notes the successor in the previous session, which may name it already, or be in the archive.
pub fn link(hook: &HookCall, successor: &Session) -> Result<()> {
    let before = successor.resumed_from.as_deref().and_then(|id| SessionId::parse(id).ok());
    let Some(id) = before.filter(|id| !hook.store.is_archived(id)) else { return Ok(()) };
    hook.record_change(&id, Change::ResumedAs { successor: successor.session_id.clone() }, NoteSync::Synced)
}

/// Makes the session active and assigns it to the conversation.
fn reactivate(hook: &HookCall, session: Session) -> Result<Session> {
    let id = SessionId::parse(&session.session_id)?;
    let mut changes = Vec::new();
    if session.status != Status::Active {
        changes.push(Change::Reopened);
    }
    if session.claude_session_id.is_none() {
        changes.push(Change::Adopted { conversation: hook.uuid.to_string() });
    }
    if changes.is_empty() {
        return Ok(session);
    }
    changes.into_iter().try_for_each(|change| hook.record_change(&id, change, NoteSync::Synced))?;
    hook.store.session(&id)
}
