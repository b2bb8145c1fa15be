//! Owns the waiting: which process may wait, what ends it, and when it looks again. Must stay true: the pipe is opened
//! before the queue is looked at, so that no message falls between; the queue is looked at before each sleep.

use crate::family::{DOUBTS, Family};
use crate::state;
use agents::Event;
use agents::hook_call::HookCall;
use cs_core::clock::{self, Instant};
use cs_core::error::Result;
use cs_core::id::{SeatId, Uuid};
use cs_core::lock::Lock;
use cs_core::process::{self, Process};
use cs_core::stdin;
use cs_core::store::Store;
use seats::{Channel, Inbox, Message, Seat, Seats};
use std::fs::File;
use std::io::Read;
use std::os::unix::process::parent_id;
use std::time::Duration;

/// How often it looks whether the client and the children still run.
const LOOKS: Duration = Duration::from_secs(30);
/// How soon it looks again while messages wait that may not be delivered yet: no hook tells it when a turn is over.
const SOON: Duration = Duration::from_millis(500);
/// How long it tries to take the place of the waiter of the conversation before, and how often.
const TAKES_OVER: (Duration, Duration) = (Duration::from_secs(5), Duration::from_millis(20));

/// The process that waits for the messages of a seat.
pub struct Waiter {
    store: Store,
    seats: Seats,
    id: SeatId,
    uuid: Uuid,
    client: Process,
    parent: u32,
    inbox: Inbox,
    pipe: File,
    family: Family,
    _lock: Lock,
}

impl Waiter {
    /// Begins to wait for the conversation; `None` if it is not that of a seat, or if another process waits already. At
    /// the start of a conversation, the seat's file may not name it yet, and the waiter of the one before may still run.
    pub fn begin(hook: &HookCall) -> Result<Option<Self>> {
        let is_start = hook.payload.event() == Some(Event::SessionStart);
        let (patience, pause) = TAKES_OVER;
        let begun = std::time::Instant::now();
        loop {
            if let Some(waiter) = Self::try_begin(hook)? {
                return Ok(Some(waiter));
            }
            if !is_start || begun.elapsed() >= patience || !has_client(hook) {
                return Ok(None);
            }
            std::thread::sleep(pause);
        }
    }

    fn try_begin(hook: &HookCall) -> Result<Option<Self>> {
        let seats = Seats::of(&hook.store);
        let (Some(seat), Some(client)) = (seats.own()?, hook.caller()) else { return Ok(None) };
        if !seat.is_client(&client) || !is_of(&seat, &hook.uuid) {
            return Ok(None);
        }
        let id = SeatId::parse(&seat.agent_id)?;
        let inbox = Inbox::of(&hook.store.home, &id, hook.store.wait);
        let Some(lock) = inbox.waiter_lock()? else { return Ok(None) };
        let pipe = inbox.open_wake()?;
        let family = Family::new(&id);
        let (store, uuid, parent) = (hook.store.clone(), hook.uuid.clone(), parent_id());
        Ok(Some(Waiter { store, seats, id, uuid, client, parent, inbox, pipe, family, _lock: lock }))
    }

    /// Waits. Returns the messages with which the client is to be woken, and their inbox; `None` if there is nothing to
    /// wait for any more.
    pub fn wait(mut self) -> Result<Option<(Vec<Message>, Inbox)>> {
        loop {
            let now = clock::now();
            if !is_of(&self.seats.seat(&self.id)?, &self.uuid) {
                return Ok(None);
            }
            if !self.has_client() {
                return self.report_end().map(|()| None);
            }
            // An error with a child, or with one look at the queue, is not the end of the waiting.
            let doubts = self.log(|waiter| waiter.family.look(&waiter.seats, &waiter.store, now)).unwrap_or_default();
            if let Some(messages) = self.log(|waiter| waiter.take(now)).flatten() {
                return Ok(Some((messages, self.inbox)));
            }
            let pause = self.pause(doubts, now);
            self.sleep(pause);
        }
    }

    /// What may be delivered now.
    fn take(&mut self, now: Instant) -> Result<Option<Vec<Message>>> {
        if self.inbox.count_waiting()? == 0 {
            return Ok(None);
        }
        let Some(want) = state::wanted(&self.store, &self.uuid, &self.client, now)? else { return Ok(None) };
        let messages = self.inbox.take(want, Channel::Wake, self.uuid.as_str(), None, now)?;
        Ok(Some(messages).filter(|messages| !messages.is_empty()))
    }

    fn log<T>(&mut self, run: impl FnOnce(&mut Self) -> Result<T>) -> Option<T> {
        let done = run(self);
        let log = |error| cs_core::hook_log::log(&self.store.home, crate::PROGRAM, &format!("{error}"));
        done.map_err(log).ok()
    }

    /// How long to sleep.
    fn pause(&self, doubts: bool, now: Instant) -> Duration {
        let longest = if doubts { DOUBTS } else { LOOKS };
        let waiting = self.inbox.waiting().unwrap_or_default();
        if waiting.iter().any(|message| message.is_due(now)) {
            return SOON;
        }
        let due = waiting.iter().filter_map(|message| message.next_due(now)).min();
        let until_due = due.map_or(longest, |at| (at - now).to_std().unwrap_or_default());
        longest.min(until_due.max(Duration::from_millis(1)))
    }

    fn sleep(&mut self, pause: Duration) {
        if stdin::is_readable_within(&self.pipe, pause) {
            let _ = self.pipe.read(&mut [0; 64]);
        }
    }

    fn has_client(&self) -> bool {
        parent_id() == self.parent && process::is_alive(&self.client) != Some(false)
    }

    /// The client ended. If no hook reported that, and no other client was started in the seat, this is the end of it.
    fn report_end(&self) -> Result<()> {
        if process::is_alive(&self.client) != Some(false) {
            return Ok(());
        }
        std::thread::sleep(DOUBTS);
        let (seat, now) = (self.seats.seat(&self.id)?, clock::now());
        let how = self.seats.how_gone(&seat, now);
        how.map_or(Ok(()), |how| self.seats.end(&self.id, Some(self.uuid.as_str()), how, now).map(drop))
    }
}

fn has_client(hook: &HookCall) -> bool {
    hook.caller().is_some_and(|client| process::is_alive(&client) != Some(false))
}

/// Whether the seat is open and this conversation takes place in it.
fn is_of(seat: &Seat, uuid: &Uuid) -> bool {
    seat.status.is_open() && seat.claude_session_id.as_deref() == Some(uuid.as_str())
}
