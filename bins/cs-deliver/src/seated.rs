//! Owns the seat of the client that calls: whether there is one, and what its file says about the conversation in it. Must
//! stay true: late events of a conversation that left the seat change nothing.

use agents::Agent;
use agents::hook_call::HookCall;
use cs_core::error::{Error, Result};
use cs_core::id::SeatId;
use cs_core::live::Live;
use cs_core::process::Process;
use seats::{Channel, Inbox, Leases, Message, Seat, SeatStatus, Seats, Want};
use std::time::Duration;

/// A call by the client of a seat.
pub struct Seated<'a> {
    pub hook: &'a HookCall,
    pub seats: Seats,
    pub id: SeatId,
    pub seat: Seat,
    pub inbox: Inbox,
    pub agent: Agent,
    caller: Process,
}

impl<'a> Seated<'a> {
    /// The seat of the caller; `None` if it has none, or if the event is a late one of an earlier conversation.
    pub fn find(hook: &'a HookCall) -> Result<Option<Self>> {
        let seats = Seats::of(&hook.store);
        let (Some(seat), Some(caller)) = (seats.own()?, hook.caller()) else { return Ok(None) };
        let is_replaced = seat.is_replaced(&caller);
        if !(is_replaced || seat.is_client(&caller)) || seat.status == SeatStatus::Killed {
            return Ok(None);
        }
        let id = SeatId::parse(&seat.agent_id)?;
        let inbox = Inbox::of(&hook.store.home, &id, hook.store.wait);
        let agent = hook.payload.agent().or(Agent::of_word(&seat.agent)).unwrap_or(Agent::Claude);
        let mut seated = Seated { hook, seats, id, seat, inbox, agent, caller };
        if (is_replaced || seated.is_over()) && !seated.goes_on()? {
            return Ok(None);
        }
        if seated.is_news() && !seated.ends() {
            seated.seat = seated.enter()?;
        }
        Ok(Some(seated))
    }

    pub fn uuid(&self) -> &str {
        self.hook.uuid.as_str()
    }

    fn starts(&self) -> bool {
        self.hook.payload.event() == Some(agents::Event::SessionStart)
    }

    fn ends(&self) -> bool {
        self.hook.payload.event() == Some(agents::Event::SessionEnd)
    }

    /// Whether another conversation took the place of this one.
    fn is_over(&self) -> bool {
        let is_present = self.seat.claude_session_id.as_deref() == Some(self.uuid());
        !is_present && !self.starts() && self.seat.conversations.iter().any(|known| known == self.uuid())
    }

    /// Whether this conversation goes on, although the seat's file names another one: a program that was to replace the
    /// client by another one was killed before it did so.
    fn goes_on(&mut self) -> Result<bool> {
        let is_left = |seat: &Seat| !matches!(seat.status, SeatStatus::Running | SeatStatus::Killed);
        if self.ends() || !is_left(&self.seat) {
            return Ok(false);
        }
        let _lock = match self.seats.replacing(&self.id, Duration::ZERO) {
            Err(Error::Busy(_)) => return Ok(false),
            lock => lock?,
        };
        // It may have replaced the client just now.
        self.seat = self.seats.seat(&self.id)?;
        if !is_left(&self.seat) || !(self.seat.is_client(&self.caller) || self.seat.is_replaced(&self.caller)) {
            return Ok(false);
        }
        self.seat = self.enter()?;
        Ok(true)
    }

    /// Whether the seat's file does not know this client or this conversation yet.
    fn is_news(&self) -> bool {
        let seat = &self.seat;
        seat.status != SeatStatus::Running
            || seat.claude_session_id.as_deref() != Some(self.uuid())
            || !seat.process().is_some_and(|own| own.is(&self.caller))
    }

    /// Notes in the seat's file that this client runs this conversation.
    fn enter(&self) -> Result<Seat> {
        let uuid = self.uuid();
        if !self.seat.status.is_open() {
            Leases::drop_of(&self.hook.store, &self.id, self.hook.now)?;
        }
        self.seats.update(&self.id, |seat| {
            let is_another = seat.claude_session_id.as_deref() != Some(uuid);
            if is_another {
                seat.session_id = None;
            }
            if is_another || seat.conversations.is_empty() {
                seat.begin_conversation(uuid);
            }
            seat.pid = Some(self.caller.pid);
            seat.pid_started = Some(self.caller.started.clone());
            seat.take_host(&self.caller);
            seat.status = SeatStatus::Running;
            if let Some(tmux) = seat.tmux.as_mut() {
                tmux.replaced = false;
            }
            (seat.ended_at, seat.ended_by) = (None, None);
            Ok(())
        })
    }

    /// A conversation begins: what an earlier one got, but perhaps did not read, waits again. The waiter of an earlier
    /// one is woken, so that it sees that it is over.
    pub fn begin(&self) -> Result<()> {
        let again = self.inbox.redeliver_others(self.uuid(), self.hook.now);
        self.inbox.wake();
        again.map(drop)
    }

    /// Takes messages for the conversation out of the queue.
    pub fn take(&self, want: Want, channel: Channel) -> Result<Vec<Message>> {
        self.inbox.take(want, channel, self.uuid(), self.turn(), self.hook.now)
    }

    pub fn turn(&self) -> Option<&str> {
        self.hook.payload.prompt_id.as_deref()
    }

    /// The conversation's file.
    pub fn live(&self) -> Result<Option<Live>> {
        self.hook.store.live(&self.hook.uuid)
    }

    /// Notes the session of the conversation, once it has one.
    pub fn note_session(&self) -> Result<()> {
        match self.seat.session_id {
            Some(_) => Ok(()),
            None => self.live()?.map_or(Ok(()), |live| self.note_session_of(&live)),
        }
    }

    /// The same for a conversation whose file was read.
    pub fn note_session_of(&self, live: &Live) -> Result<()> {
        if live.session_id.is_none() || live.session_id == self.seat.session_id {
            return Ok(());
        }
        let change = |seat: &mut Seat| {
            seat.session_id.clone_from(&live.session_id);
            seat.project_slug = live.project_slug.clone().or(seat.project_slug.take());
            Ok(())
        };
        self.seats.update(&self.id, change).map(drop)
    }
}
