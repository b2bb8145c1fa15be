//! A conversation that its client moved to the background continues in another process under another id. There is a
//! SessionEnd, then a SessionStart of a fork with `CLAUDE_JOB_DIR` in its environment, and the turn continues without a
//! prompt (Claude Code 2.1.332). So its session is created at SessionStart: a successor of the session that has just
//! ended in the same directory, if there is one. Must stay true: a person's fork, which has no job, is not a move.

use crate::{begin, continuation};
use agents::hook_call::{self, HookCall};
use cs_core::clock;
use cs_core::error::{Error, Result};
use cs_core::git::Checkout;
use cs_core::live::{Activity, Live};
use cs_core::open;
use cs_core::patch::Patch;
use cs_core::record::Session;
use cs_core::validate::INTENT_OF_PROMPT;
use std::path::{Path, PathBuf};

/// An end counts as part of a move if it came at most this long before the start, in milliseconds.
const MOVED: i64 = 2000;
/// The same limit if a turn was running: the client may have much to do before it moves.
const MOVED_IN_A_TURN: i64 = 10_000;
/// Maximum number of bytes of the client's own file about a job.
const JOB_BYTES: usize = 256 * 1024;

/// Creates the session of a conversation that was moved to the background.
pub fn on_start(hook: &HookCall, live: &mut Live, checkout: Option<&Checkout>) -> Result<()> {
    let Some(job) = job_dir().filter(|_| live.source.as_deref() == Some("fork") && live.session_id.is_none()) else {
        return Ok(());
    };
    let before = hook.store.just_ended(|ended| is_moved(ended, live, hook))?;
    let known = before.as_ref().and_then(Live::session);
    let known = known.map(|id| Error::lasting(hook.store.session(&id))).transpose()?.flatten();
    let session = match known {
        Some(known) => continuation::create_successor(hook, live, known, checkout)?,
        None => create_for_job(hook, live, &job, checkout)?,
    };
    if before.is_some_and(|ended| ended.is_in_turn()) {
        (live.state, live.since) = (Activity::Working, clock::stamp(hook.now));
    }
    live.session_id = Some(session.session_id);
    live.project_slug = Some(session.project_slug);
    Ok(())
}

fn job_dir() -> Option<PathBuf> {
    std::env::var_os("CLAUDE_JOB_DIR").filter(|dir| !dir.is_empty()).map(PathBuf::from)
}

fn is_moved(ended: &Live, live: &Live, hook: &HookCall) -> bool {
    let most = if ended.is_in_turn() { MOVED_IN_A_TURN } else { MOVED };
    let ended_at = ended.ended_at.as_deref().and_then(clock::parse);
    let is_soon = ended_at.is_some_and(|at| (0..most).contains(&(hook.now - at).num_milliseconds()));
    is_soon && ended.cwd == live.cwd && ended.claude_session_id != live.claude_session_id
}

/// Creates the session of a job whose previous conversation is unknown. The client's file about the job has its purpose.
fn create_for_job(hook: &HookCall, live: &Live, job: &Path, checkout: Option<&Checkout>) -> Result<Session> {
    let bytes = open::foreign_bytes(&job.join("state.json"), JOB_BYTES).unwrap_or_default();
    let intent = Patch::of(&bytes).ok().and_then(|state| state.text("intent")).filter(|_| live.capture);
    let text = hook_call::first_line(&intent.unwrap_or_default(), INTENT_OF_PROMPT);
    hook.store.expect_a_session(&hook.uuid, live)?;
    begin::create_session(hook, live, &text, checkout, None)
}
