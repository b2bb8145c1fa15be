//! Owns who is told about what happens to a seat: its parent, and the senders of messages that nobody will read. Must
//! stay true: each end of a conversation is told once, whoever sees it first; a seat that has ended is told nothing.

use crate::draft::Draft;
use crate::inbox::Inbox;
use crate::message::{Kind, Message};
use crate::seat::{NOT_STARTED, Seat, SeatStatus};
use crate::sender::Sender;
use crate::store::Seats;
use cs_core::clock::{self, Instant};
use cs_core::error::Result;
use cs_core::id::SeatId;
use cs_core::validate;

/// Who ended a seat whose client ended by itself.
pub const CLIENT: &str = "client";
/// Maximum number of characters of what ended a seat.
const ENDED_BY: usize = 200;

impl Seats {
    /// Tells the parent of a seat something, if it wants to know; a second report with the same `key` is not sent.
    pub fn tell_parent(&self, seat: &Seat, text: &str, key: Option<&str>, now: Instant) -> Result<()> {
        let Some(parent) = seat.parent_seat().filter(|_| seat.tells) else { return Ok(()) };
        let draft = Draft::report(Sender::seat(seat), text)?;
        self.tell(parent, key.map_or(Ok(draft.clone()), |key| draft.clone().with_key(key))?, now)
    }

    /// Records that the client of a seat ended, and tells its parent and those whose messages were not delivered. `None`
    /// if the seat has another conversation by now, or was ended before. `how` is replaced if somebody is killing it
    /// ([`Seats::kills`]).
    pub fn end(&self, id: &SeatId, uuid: Option<&str>, how: &str, now: Instant) -> Result<Option<Seat>> {
        self.end_by(CLIENT, id, uuid, how, now)
    }

    /// Records that the client of a seat could not be started, and tells the same ones; `why` is the error.
    pub fn fail(&self, id: &SeatId, uuid: Option<&str>, why: &str, now: Instant) -> Result<Option<Seat>> {
        let by = validate::cut(&format!("{NOT_STARTED}{why}"), ENDED_BY);
        self.end_by(&by, id, uuid, &format!("could not be started: {}", validate::cut(why, ENDED_BY)), now)
    }

    fn end_by(&self, by: &str, id: &SeatId, uuid: Option<&str>, how: &str, now: Instant) -> Result<Option<Seat>> {
        let mut was_open = false;
        let seat = self.update(id, |seat| {
            was_open = seat.status.is_open() && seat.claude_session_id.as_deref() == uuid;
            if was_open {
                let killer = seat.ended_by.take();
                seat.status = if killer.is_some() { SeatStatus::Killed } else { SeatStatus::Ended };
                seat.ended_at = Some(clock::stamp(now));
                seat.ended_by = killer.or_else(|| Some(by.to_string()));
            }
            Ok(())
        })?;
        if !was_open {
            return Ok(None);
        }
        let undelivered = Inbox::of(self.home(), id, self.wait()).fail_all("the recipient ended", now);
        // A conversation that was restored ends once more.
        let key = format!("end {} {}", uuid.unwrap_or_default(), seat.pid_started.as_deref().unwrap_or_default());
        let killed = (seat.status == SeatStatus::Killed).then(|| self.killed_by(&seat));
        let told =
            self.tell_parent(&seat, &format!("{} {}.", seat.name, killed.as_deref().unwrap_or(how)), Some(&key), now);
        self.tell_senders(&seat, &undelivered?, now)?;
        told.map(|()| Some(seat))
    }

    /// Notes who is about to end the client of a seat, so that the client's own last hook says who did; `None` takes it
    /// back.
    pub fn kills(&self, id: &SeatId, by: Option<&str>) -> Result<Seat> {
        self.update(id, |seat| {
            if seat.status.is_open() {
                seat.ended_by = by.map(str::to_string);
            }
            Ok(())
        })
    }

    /// How a killed seat ended, in words that follow its name.
    fn killed_by(&self, seat: &Seat) -> String {
        let by = seat.ended_by.as_deref().unwrap_or(CLIENT);
        let other = SeatId::parse(by).ok().and_then(|id| self.seat(&id).ok());
        let by = other
            .map_or_else(|| if by == "user" { "the user".to_string() } else { by.to_string() }, |seat| seat.title());
        format!("was killed by {by}")
    }

    /// Tells the senders of messages to a seat that they were not delivered.
    pub fn tell_senders(&self, seat: &Seat, failed: &[Message], now: Instant) -> Result<()> {
        let failed = || failed.iter().filter(|message| message.kind != Kind::Report);
        let mut senders: Vec<&str> = failed().filter_map(|message| message.from.agent_id.as_deref()).collect();
        senders.sort_unstable();
        senders.dedup();
        for sender in senders {
            let theirs = failed().filter(|message| message.from.agent_id.as_deref() == Some(sender));
            let ids: Vec<&str> = theirs.map(|message| message.message_id.as_str()).collect();
            let text = format!("{} ended and did not get your messages {}.", seat.title(), ids.join(", "));
            self.tell(sender, Draft::report(Sender::system(), &text)?, now)?;
        }
        Ok(())
    }

    fn tell(&self, id: &str, draft: Draft, now: Instant) -> Result<()> {
        let id = SeatId::parse(id)?;
        // A seat that was removed is told nothing either.
        match self.seat(&id) {
            Ok(seat) if seat.status.is_open() => Inbox::of(self.home(), &id, self.wait()).send(draft, now).map(drop),
            _ => Ok(()),
        }
    }
}
