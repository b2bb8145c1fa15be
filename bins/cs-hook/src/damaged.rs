//! A damaged record must not stop the recording of its conversation: it is set aside, and the conversation continues in
//! another session, whose timeline reports it.

use crate::begin;
use agents::hook_call::HookCall;
use cs_core::error::{Error, Result};
use cs_core::git;
use cs_core::hook_log;
use cs_core::id::SessionId;
use cs_core::live::Live;
use cs_core::record::Session;
use std::path::Path;

/// Returns the session of the conversation, or a new one if its record is damaged.
pub fn session(hook: &HookCall, live: &mut Live) -> Result<Option<Session>> {
    let Some(id) = live.session() else { return Ok(None) };
    match hook.store.recent(&id) {
        Err(Error::Corrupt { reason, .. }) => replace(hook, live, &id, &reason).map(Some),
        Err(Error::Missing(_)) => Ok(None),
        other => other.map(Some),
    }
}

fn replace(hook: &HookCall, live: &mut Live, id: &SessionId, reason: &str) -> Result<Session> {
    let to = hook.store.set_aside(id, reason, "cs-hook", hook.now)?;
    let trouble = format!("{id} is damaged ({reason}) and was set aside as {}", to.display());
    hook_log::log(&hook.store.home, "cs-hook", &trouble);
    let known = hook.store.remembered(id);
    live.project_slug = live.project_slug.take().or(known.as_ref().map(|known| known.project_slug.clone()));
    let intent = known.map(|known| known.intent).filter(|_| live.capture).unwrap_or_default();
    let checkout = git::find(Path::new(&live.cwd));
    let session = begin::create_session(hook, live, &intent, checkout.as_ref(), None)?;
    let new = hook.store.continue_damaged(id, &session, &to, hook.now)?;
    live.session_id = Some(new.session_id.clone());
    Ok(new)
}
