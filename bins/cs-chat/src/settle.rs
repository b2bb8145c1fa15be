//! Owns what is done between polls: editing messages whose matter is over ("answered 14:03"), and sending turns that
//! ended. Must stay true: what is not known to be over stays as it is; a message that was deleted is forgotten; one process
//! at a time does it, so that no turn is sent twice.

use crate::bot::LONGEST_POLL;
use crate::desk::Desk;
use crate::failed::Failed;
use crate::mirror;
use crate::receipts;
use crate::who::{self, Who};
use chat::Mirror;
use chat::store::{self, Notice, Notices, Stored};
use cs_core::clock::{self, Instant, TimeDelta};
use cs_core::error::Error;

/// How soon what is open is looked at, in seconds.
const SOON: u64 = 10;

/// A question of the same state that began at most so much later is the same one.
const SAME: TimeDelta = TimeDelta::seconds(1);

/// Edits all that are over. Without open messages nothing is read. Does nothing while another process does it.
pub fn settle(desk: &Desk) -> Result<(), Failed> {
    let home = &desk.store.home;
    let open = || -> Result<Vec<Notice>, Error> {
        let notices = Notices::read(home)?.notices;
        Ok(notices.into_iter().filter(|one| one.closed_at.is_none() && one.message != 0).collect())
    };
    if desk.settings.mirror == Mirror::Off && open()?.is_empty() {
        return Ok(());
    }
    let _only = match store::only_settler(home) {
        Err(Error::Busy(_)) => return Ok(()),
        only => only?,
    };
    let open = open()?;
    let now = clock::now();
    let Ok(all) = who::all(desk.store, now) else { return Ok(()) };
    let (receipts, open): (Vec<Notice>, Vec<Notice>) = open.into_iter().partition(receipts::is_one);
    receipts::settle(desk, &receipts, now)?;
    for notice in open {
        let Some((word, at)) = over(&notice, &all, now) else { continue };
        let is_there = receipts::edit(desk, &notice, &receipts::of(desk, &notice, word, at, None))?;
        Notices::change(home, |notices| {
            match is_there {
                true => notices.close(notice.chat, notice.message, now),
                false => notices.forget(notice.chat, notice.message),
            }
            (true, ())
        })?;
    }
    mirror::mirror(desk, &all, now)
}

/// How many seconds a poll may wait so that what is open is looked at soon enough.
pub fn wait_at_most(desk: &Desk) -> u64 {
    let has_open = || {
        let notices = Notices::read(&desk.store.home).unwrap_or_default();
        notices.notices.iter().any(|notice| notice.closed_at.is_none())
    };
    if desk.settings.mirror != Mirror::Off || has_open() { SOON } else { LONGEST_POLL }
}

/// What became of that of which a message tells, and when; `None` while it is so.
fn over(notice: &Notice, all: &[Who], now: Instant) -> Option<(&'static str, Instant)> {
    let about = &notice.about;
    let same = |own: &str, other: &str| !own.is_empty() && own == other;
    let is_it =
        |who: &&Who| same(&who.session, &about.session) || (about.session.is_empty() && same(&who.agent, &about.agent));
    let Some(who) = all.iter().find(is_it) else { return Some(("over", now)) };
    let began = clock::parse(&about.since);
    let is_later = || began.zip(who.since).is_some_and(|(began, since)| since - began > SAME);
    let at = who.since.filter(|_| is_later()).unwrap_or(now);
    match about.reason.as_str() {
        "waiting" => (who.state != "waiting" || is_later()).then_some(("answered", at)),
        "stale" | "parked" => (who.state != about.reason).then_some(("over", at)),
        _ => (is_later() && matches!(who.state.as_str(), "working" | "waiting" | "background"))
            .then_some(("went on", at)),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use chat::store::About;

    fn notice(reason: &str, since: &str) -> Notice {
        let about = About { session: "s".into(), reason: reason.into(), since: since.into(), ..About::default() };
        Notice { chat: 1, topic: None, message: 2, about, text: "x".into(), at: since.into(), closed_at: None }
    }

    #[test]
    fn a_question_is_over_when_the_state_says_so() {
        let at = |text: &str| clock::parse(text).unwrap();
        let now = at("2026-12-01T10:05:00Z");
        let who = |state: &str, since: &str| {
            vec![Who { session: "s".into(), state: state.into(), since: clock::parse(since), ..Who::default() }]
        };
        let asked = notice("waiting", "2026-12-01T10:00:00Z");
        assert_eq!(over(&asked, &who("waiting", "2026-12-01T10:00:00Z"), now), None);
        let worked = over(&asked, &who("working", "2026-12-01T10:03:00Z"), now);
        assert_eq!(worked, Some(("answered", at("2026-12-01T10:03:00Z"))));
        assert_eq!(
            over(&asked, &who("waiting", "2026-12-01T10:04:00Z"), now).unwrap().0,
            "answered",
            "another question"
        );
        assert_eq!(over(&asked, &[], now).unwrap().0, "over");
        let failed = notice("failed", "2026-12-01T10:00:00Z");
        assert_eq!(over(&failed, &who("idle", "2026-12-01T10:00:00Z"), now), None);
        assert_eq!(over(&failed, &who("working", "2026-12-01T10:01:00Z"), now).unwrap().0, "went on");
        assert_eq!(over(&notice("parked", ""), &who("parked", ""), now), None);
    }
}
