//! A conversation that works in another repository than its session's. Must stay true: the session keeps its project,
//! work tree and branch; the other repository and the commits there are noted.

use agents::hook_call::HookCall;
use cs_core::change::{Change, NewCommit};
use cs_core::error::Result;
use cs_core::git::{self, Checkout};
use cs_core::id::SessionId;
use cs_core::live::Live;
use cs_core::record::Session;
use cs_core::store::NoteSync;
use std::path::Path;

/// Notes, once, that the conversation also works in another repository.
pub fn note(hook: &HookCall, id: &SessionId, record: &Session, other: &Path) -> Result<()> {
    let worktree_root = other.to_string_lossy().into_owned();
    let is_noted = record.also_in.contains(&worktree_root);
    if is_noted { Ok(()) } else { hook.record_change(id, Change::AlsoIn { worktree_root }, NoteSync::Later) }
}

/// Handles a change of the conversation's directory during a turn.
pub fn on_new_directory(hook: &HookCall, id: &SessionId, cwd: &str) -> Result<()> {
    let Some(found) = git::find(Path::new(cwd)) else { return Ok(()) };
    let record = hook.store.session(id)?;
    if hook.store.is_own(&record, &found) { Ok(()) } else { note(hook, id, &record, &found.worktree_root) }
}

/// Handles a conversation that was opened again, perhaps in another directory: its session keeps its work tree.
pub fn on_reopening(hook: &HookCall, live: &mut Live, checkout: Option<&Checkout>) -> Result<()> {
    let Some(id) = live.session() else { return Ok(()) };
    // The next prompt handles a damaged record.
    let Ok(record) = hook.store.session(&id) else { return Ok(()) };
    if checkout.is_some_and(|found| hook.store.is_own(&record, found)) {
        return Ok(());
    }
    live.worktree_root.clone_from(&record.worktree_root);
    checkout.map_or(Ok(()), |other| note(hook, &id, &record, &other.worktree_root))
}

/// Notes commits made in another repository, which do not count as the session's own.
pub fn note_commits(hook: &HookCall, id: &SessionId, other: &Path, commits: &[NewCommit]) -> Result<()> {
    let worktree_root = other.to_string_lossy();
    commits.iter().try_for_each(|commit| {
        let NewCommit { sha, message, .. } = commit.clone();
        let worktree_root = worktree_root.clone().into_owned();
        hook.record_change(id, Change::AlsoCommitted { worktree_root, sha, message }, NoteSync::Later)
    })
}
