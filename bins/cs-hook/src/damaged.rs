//! A record that cannot be understood must not silence its conversation: it is set aside, and the conversation goes on
//! in another session, which says so.

use crate::{prompt, session_of};
use cs_core::error::{Error, Result};
use cs_core::git;
use cs_core::id::SessionId;
use cs_core::intake::{self, Intake};
use cs_core::live::Live;
use cs_core::record::Session;
use std::path::Path;

/// The session of the conversation, or in place of one whose record is damaged another one.
pub fn session(intake: &Intake, live: &mut Live) -> Result<Option<Session>> {
    let Some(id) = session_of(live) else { return Ok(None) };
    match intake.store.session(&id) {
        Err(Error::Corrupt { reason, .. }) => replace(intake, live, &id, &reason).map(Some),
        Err(Error::Missing(_)) => Ok(None),
        other => other.map(Some),
    }
}

fn replace(intake: &Intake, live: &mut Live, id: &SessionId, reason: &str) -> Result<Session> {
    let to = intake.store.set_aside(id, reason, "cs-hook", intake.now)?;
    let trouble = format!("{id} is damaged ({reason}) and was set aside as {}", to.display());
    intake::log(&intake.store.home, "cs-hook", &trouble);
    let known = intake.store.remembered(id);
    live.project_slug = live.project_slug.take().or(known.as_ref().map(|known| known.project_slug.clone()));
    let intent = known.map(|known| known.intent).filter(|_| live.capture).unwrap_or_default();
    let checkout = git::find(Path::new(&live.cwd));
    let session = prompt::create(intake, live, &intent, checkout.as_ref(), None)?;
    let new = intake.store.continue_damaged(id, &session, &to, intake.now)?;
    live.session_id = Some(new.session_id.clone());
    Ok(new)
}
