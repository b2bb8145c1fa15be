//! Owns how a session gets the name of its conversation: from a hook, or from the client's registry, which has a new
//! name (`/rename`) before any hook does. Must stay true: a known name is written only once; the name of an agent's seat,
//! which its client reports as if a person had given it, is no name of the session.

use super::{Caches, Store};
use crate::change::Change;
use crate::clock::{self, Instant};
use crate::error::Result;
use crate::id::{SeatId, SessionId, Uuid};
use crate::live::Live;
use crate::naming::Title;
use crate::store::NoteSync;

impl Store {
    /// Stores the name that a person gave to a conversation, if it is new. The caller writes the conversation's
    /// file.
    pub fn name_session(&self, live: &mut Live, title: Option<Title>, now: Instant) -> Result<()> {
        let news = title.filter(|title| live.capture && live.title.as_ref() != Some(&title.text));
        let Some((title, id)) = news.zip(live.session()) else { return Ok(()) };
        if !(title.renamed && self.is_name_of_seat(&id, &title.text)) {
            self.record_change(&id, Change::Titled(title.clone()), now, NoteSync::Later)?;
        }
        live.title = Some(title.text);
        Ok(())
    }

    /// Whether a name is that of the seat in which the session's conversation takes place, or made from it.
    fn is_name_of_seat(&self, id: &SessionId, name: &str) -> bool {
        let seat = || SeatId::parse(&self.session(id).ok()?.agent_id?).ok();
        let seated = seat().and_then(|seat| self.seated(&seat).ok().flatten());
        seated.and_then(|seated| seated.name).is_some_and(|own| is_made_from(name, &own))
    }

    /// Updates the names of sessions of running conversations from their clients. A name is not urgent: what is locked
    /// or cannot be written is left to the next program.
    pub fn update_names(&self, lives: &mut [Live]) {
        if self.caches != Caches::Kept {
            return;
        }
        let hook = Store::for_hooks(self.home.clone(), self.witness);
        for live in lives.iter_mut().filter(|live| live.capture && live.session_id.is_some()) {
            let title = (self.witness.given_name)(live).filter(|title| live.title.as_ref() != Some(&title.text));
            if title.is_some() {
                let _ = hook.update_name(live, title);
            }
        }
    }

    /// Stores the conversation's last name when it ends, if its client still reports one.
    pub fn store_last_name(&self, live: &mut Live, now: Instant) -> Result<()> {
        let title = (self.witness.given_name)(live);
        self.name_session(live, title, now)
    }

    fn update_name(&self, known: &mut Live, title: Option<Title>) -> Result<()> {
        let uuid = Uuid::parse(&known.claude_session_id)?;
        let _lock = self.lock_live(&uuid)?;
        if let Some(mut live) = self.live(&uuid)? {
            self.name_session(&mut live, title, clock::now())?;
            self.write_live(&uuid, &live)?;
            *known = live;
        }
        Ok(())
    }
}

/// Whether a client has this name from another one: the same, or with two words after it, which Claude Code adds to a name
/// that another conversation has (`na-ancient-bunny`, 2.1.332).
fn is_made_from(name: &str, given: &str) -> bool {
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
    let added = |rest: &str| rest.split('-').count() == 3 && rest.split('-').skip(1).all(is_word);
    name.strip_prefix(given).is_some_and(|rest| rest.is_empty() || (rest.starts_with('-') && added(rest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_made_from_a_seats_is_told_from_one_that_a_person_gave() {
        for made in ["na", "na-ancient-bunny"] {
            assert!(is_made_from(made, "na"), "{made}");
        }
        for given in ["nadia", "na-login", "na-ancient-bunny-2", "na-Ancient-bunny", "na--bunny", "login", ""] {
            assert!(!is_made_from(given, "na"), "{given}");
        }
    }
}
