//! Owns the session of a conversation that begins in a seat: it is stored before the client starts, so that the hooks of
//! the client find it. Must stay true: its intent is masked, and says nothing if prompts are not to be stored.

use crate::Context;
use crate::failure::Outcome;
use agents::launch;
use cs_core::id::{SessionId, Slug};
use cs_core::record::Session;
use cs_core::session::{self, Start};
use cs_core::{git, store, validate};
use seats::Seat;
use std::path::Path;

/// Stores the session of a conversation that begins in a seat.
pub fn begin_session(context: &Context, seat: &Seat, prompt: &str) -> Outcome<Session> {
    let slug = Slug::parse(seat.project_slug.as_deref().unwrap_or_default())?;
    let is_stored = context.store.config().hooks.capture_prompts;
    let line = prompt.lines().map(str::trim).find(|line| !line.is_empty() && *line != launch::GUARD);
    let line = line
        .filter(|_| is_stored)
        .map(|line| validate::cut(line, validate::INTENT_OF_PROMPT))
        .filter(|line| !line.is_empty());
    let checkout = git::find(Path::new(&seat.cwd));
    let start = Start {
        intent: line.unwrap_or_else(|| session::unsaid_intent(slug.as_str())),
        git_branch: checkout.as_ref().and_then(store::branch),
        worktree_root: Some(seat.worktree_root.clone().unwrap_or_else(|| seat.cwd.clone())),
        claude_session_id: seat.claude_session_id.clone(),
        agent_id: Some(seat.agent_id.clone()),
        parent_session_id: context.store.parent_session(&seat.agent_id),
        ..Start::default()
    };
    Ok(context.store.create(&slug, start, |_| Ok(()), context.now)?)
}

/// Removes the session that was stored for a client that could not be started, unless something happened in it. Returns
/// whether it was removed.
pub fn forget(context: &Context, session: Option<&Session>) -> bool {
    let id = session.and_then(|session| SessionId::parse(&session.session_id).ok());
    let (Some(session), Some(id)) = (session, id) else { return false };
    context.store.forget_when(&id, context.now, |now| now == session).unwrap_or(false)
}
