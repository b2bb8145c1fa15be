//! A record that cannot be understood must not silence its conversation: it is set aside, and the conversation goes on
//! in another session, which says so.

use crate::{prompt, session_of};
use cs_core::error::{Error, Result};
use cs_core::git;
use cs_core::intake::{self, Intake};
use cs_core::live::Live;
use std::path::Path;

/// Gives the conversation another session if the record of its own is damaged.
pub fn replace(intake: &Intake, live: &mut Live) -> Result<()> {
    let Some(id) = session_of(live) else { return Ok(()) };
    let reason = match intake.store.session(&id) {
        Err(Error::Corrupt { reason, .. }) => reason,
        _ => return Ok(()),
    };
    let to = intake.store.set_aside(&id, &reason, "cs-hook", intake.now)?;
    let trouble = format!("{id} is damaged ({reason}) and was set aside as {}", to.display());
    intake::log(&intake.store.home, "cs-hook", &trouble);
    let known = intake.store.remembered(&id);
    live.project_slug = live.project_slug.take().or(known.as_ref().map(|known| known.project_slug.clone()));
    let intent = known.map(|known| known.intent).filter(|_| live.capture).unwrap_or_default();
    let checkout = git::find(Path::new(&live.cwd));
    let session = prompt::create(intake, live, &intent, checkout.as_ref())?;
    let new = intake.store.continue_damaged(&id, &session, &to, intake.now)?;
    live.session_id = Some(new.session_id);
    Ok(())
}
