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
    if intake.store.owns(&record, &found) { Ok(()) } else { note(intake, id, &record, &found) }
}
