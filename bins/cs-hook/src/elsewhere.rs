//! A conversation that works in another repository than its session's own one. Must stay true: the session stays in its
//! project, in its work tree and on its branch; that it works elsewhere, too, is noted.

use cs_core::change::Change;
use cs_core::error::Result;
use cs_core::git::{self, Checkout};
use cs_core::id::SessionId;
use cs_core::intake::Intake;
use cs_core::record::Session;
use cs_core::store::Noted;
use std::path::Path;

/// Whether a checkout is of the session's own repository: the one whose work tree the record names, else the one
/// that its project is registered with.
pub fn is_own(intake: &Intake, record: &Session, found: &Checkout) -> bool {
    let Some(root) = record.worktree_root.as_deref().map(Path::new) else { return true };
    if root == found.worktree_root {
        return true;
    }
    match git::checkout_at(root) {
        Some(own) => own.main_root == found.main_root,
        // A work tree that is gone, or a directory outside of any repository.
        None => intake.store.config().slug_of(&found.main_root.to_string_lossy()) == Some(record.project_slug.as_str()),
    }
}

/// Notes, once, that the conversation works in another repository, too.
pub fn note(intake: &Intake, id: &SessionId, record: &Session, other: &Checkout) -> Result<()> {
    let worktree_root = other.worktree_root.to_string_lossy().into_owned();
    let is_noted = record.also_in.contains(&worktree_root);
    if is_noted { Ok(()) } else { intake.tell(id, Change::AlsoIn { worktree_root }, Noted::Soon) }
}

/// The conversation has gone into another directory in the middle of a turn.
pub fn gone_to(intake: &Intake, id: &SessionId, cwd: &str) -> Result<()> {
    let Some(found) = git::find(Path::new(cwd)) else { return Ok(()) };
    let record = intake.store.session(id)?;
    if is_own(intake, &record, &found) { Ok(()) } else { note(intake, id, &record, &found) }
}
