//! Owns the way of a message through its recipient's inbox: `new/` → `cur/` → `read/`, or `failed/`. Must stay true: a
//! message is acknowledged after it is on disk; it leaves `new/` before it is handed over; it is handed over twice only
//! if nothing proved that it was read, and then says so. All changes happen under the inbox's lock. What hooks change is
//! not synced: after a power failure a message comes twice rather than never. What people change is.

mod files;
mod folder;
mod search;
mod wake;
mod way;

use crate::draft::{self, Draft};
use crate::limits;
use crate::message::{Channel, Kind, Message, State, id_of, message_id};
use crate::queue::{self, Want};
use cs_core::clock::{self, Instant};
use cs_core::error::{Error, Result};
use cs_core::file::Durability;
use cs_core::id::SeatId;
use cs_core::lock::{self, Lock};
use cs_core::paths::Home;
use files::Files;
use folder::Folder;
use std::time::Duration;

/// The messages of a seat.
#[derive(Clone, Debug)]
pub struct Inbox {
    files: Files,
    seat: SeatId,
    wait: Duration,
}

/// A message that was sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Sent {
    /// The message.
    pub message: Message,
    /// Whether it was stored now; `false` if the sender's key names an earlier one.
    pub is_new: bool,
}

impl Inbox {
    /// The inbox of a seat; `wait` is how long to wait for its lock.
    pub fn of(home: &Home, seat: &SeatId, wait: Duration) -> Self {
        Inbox { files: Files::at(home.inbox(seat)), seat: seat.clone(), wait }
    }

    /// Stores a message and wakes the waiter. A message with the key of an earlier one is not stored; a message above
    /// one of the [`limits`] is `Limited`.
    pub fn send(&self, draft: Draft, now: Instant) -> Result<Sent> {
        limits::hops(draft.hops)?;
        let lock = self.lock()?;
        let last = self.files.last_number()?;
        if let Some(message) = self.with_key(&draft, last)? {
            return Ok(Sent { message, is_new: false });
        }
        self.expire(now)?;
        limits::waiting(self.files.count(Folder::New)?)?;
        if draft.kind != Kind::Report {
            limits::burst(&draft.from.word(), self.files.newest(last), now)?;
        }
        let message = self.store(draft, self.files.next_number(last)?, &lock, now)?;
        drop(lock);
        self.wake();
        Ok(Sent { message, is_new: true })
    }

    /// The message that an earlier call stored with the key of the draft.
    fn with_key(&self, draft: &Draft, last: u64) -> Result<Option<Message>> {
        let find = |key| self.files.with_key(key, &draft.from.word(), draft.kind, last);
        draft.key.as_deref().map(find).transpose().map(Option::flatten)
    }

    fn store(&self, draft: Draft, number: u64, lock: &Lock, now: Instant) -> Result<Message> {
        lock.confirm()?;
        self.files.set_last_number(number)?;
        let id = id_of(number);
        let (text, file) = match &draft.file {
            None => (draft.text.clone(), None),
            Some(file) => {
                let path = self.files.enclose(&id, file)?.to_string_lossy().into_owned();
                let text = format!("Read the file {path} ({} bytes, a copy of {}).", file.text.len(), file.name);
                (text, Some(path))
            }
        };
        let message = draft.stored(id, &self.seat, text, file, now);
        self.files.create(&message)?;
        Ok(message)
    }

    /// Moves the messages that are to be delivered now to `cur/`, and returns them in order: at most 8,000 characters,
    /// but at least one message. `channel` is the way on which the caller hands them to the client next.
    pub fn take(
        &self,
        want: Want,
        channel: Channel,
        conversation: &str,
        turn: Option<&str>,
        now: Instant,
    ) -> Result<Vec<Message>> {
        if self.files.count(Folder::New)? == 0 {
            return Ok(Vec::new());
        }
        let lock = self.lock()?;
        let on_their_way = self.files.readable(Folder::Cur)?.into_iter().filter(|message| message.is_on_its_way(now));
        let waiting = queue::not_before(self.expire(now)?, on_their_way.collect(), channel);
        let chosen = queue::batch(waiting, want, now);
        lock.confirm()?;
        let delivered = |message: Message| Message {
            state: State::Delivered,
            delivered_at: Some(clock::stamp(now)),
            channel: Some(channel),
            claude_session_id: Some(conversation.to_string()).filter(|uuid| !uuid.is_empty()),
            turn: turn.map(str::to_string),
            ..message
        };
        let delivered = chosen.into_iter().map(delivered).collect();
        self.files.shift(Folder::New, Folder::Cur, delivered, Durability::Disposable)
    }

    /// Moves what was delivered to the conversation to `read/`, because a later event proves that its client took it, if
    /// it was handed over at all ([`Inbox::handed_over`]). Returns how many. What the client keeps for later comes as a
    /// prompt of its own, which alone proves it.
    pub fn mark_read(&self, conversation: &str, now: Instant) -> Result<usize> {
        let is_read = |message: &Message| message.is_proved_by(conversation) && !message.is_on_its_way(now);
        self.mark_read_if(is_read, now)
    }

    /// The same for those that were delivered and for which `is_read` returns true.
    pub fn mark_read_if(&self, is_read: impl Fn(&Message) -> bool, now: Instant) -> Result<usize> {
        self.shift_if(Folder::Cur, Folder::Read, is_read, |message| read_at(message, now)).map(|moved| moved.len())
    }

    /// Puts what was delivered to the conversation, but not proved to have been read, back into the queue, once; it
    /// then says that it comes again. Returns how many.
    pub fn redeliver(&self, conversation: &str, now: Instant) -> Result<usize> {
        // What is in its own queue comes from there.
        self.put_back(|message| message.may_be_of(conversation) && message.channel != Some(Channel::Queue), now)
    }

    /// The same for what was delivered to any other conversation of the seat, which is over.
    pub fn redeliver_others(&self, conversation: &str, now: Instant) -> Result<usize> {
        self.put_back(|message| message.claude_session_id.as_deref() != Some(conversation), now)
    }

    fn put_back(&self, is_meant: impl Fn(&Message) -> bool, now: Instant) -> Result<usize> {
        let once_more = |message: Message| Message { state: State::Queued, again: true, ..message };
        let is_meant = |message: &Message| !message.again && !message.is_expired(now) && is_meant(message);
        self.shift_if(Folder::Cur, Folder::New, is_meant, once_more).map(|moved| moved.len())
    }

    /// Messages that wait for their delivery, in order of their numbers.
    pub fn waiting(&self) -> Result<Vec<Message>> {
        self.files.readable(Folder::New)
    }

    /// How many there are. Reads no message.
    pub fn count_waiting(&self) -> Result<usize> {
        self.files.count(Folder::New)
    }

    /// Messages that were delivered, but not proved to have been read.
    pub fn unread(&self) -> Result<Vec<Message>> {
        self.files.readable(Folder::Cur)
    }

    /// All messages, in order of their numbers; damaged ones are left out.
    pub fn all(&self) -> Result<Vec<Message>> {
        self.all_and_errors().map(|(all, _)| all)
    }

    /// All messages, and the errors of those that cannot be read.
    pub fn all_and_errors(&self) -> Result<(Vec<Message>, Vec<Error>)> {
        self.files.all()
    }

    /// The message with this id.
    pub fn find(&self, id: &str) -> Result<Message> {
        self.files.find(&message_id(id)?).map(|(_, message)| message)
    }

    /// Confirms a message for its recipient. One that still waits is not delivered any more.
    pub fn ack(&self, id: &str, now: Instant) -> Result<Message> {
        self.confirm(id, None, now)
    }

    /// Confirms a message with an answer, for a sender without an inbox: the user, or a conversation without a seat.
    pub fn answer(&self, id: &str, text: &str, now: Instant) -> Result<Message> {
        self.confirm(id, Some(draft::text("answer", text)?), now)
    }

    fn confirm(&self, id: &str, answer: Option<String>, now: Instant) -> Result<Message> {
        let id = message_id(id)?;
        let _lock = self.lock_existing(&id)?;
        let (folder, message) = self.files.find(&id)?;
        match message.state {
            State::Acked if answer.is_none() => return Ok(message),
            State::Failed => return Err(refused(&message, "cannot be confirmed")),
            State::Queued | State::Delivered | State::Read | State::Acked => {}
        }
        let at = Some(clock::stamp(now));
        let confirmed = Message {
            state: State::Acked,
            delivered_at: message.delivered_at.clone().or(at.clone()),
            channel: message.channel.or(Some(Channel::Command)),
            read_at: message.read_at.clone().or(at.clone()),
            acked_at: message.acked_at.clone().or(at),
            answer: answer.or(message.answer.clone()),
            ..message
        };
        self.move_one(folder, Folder::Read, confirmed)
    }

    /// Puts back what was taken, but not handed over, as if it had never been taken.
    pub fn give_back(&self, taken: &[Message]) -> Result<()> {
        let lock = self.lock()?;
        let mut there = self.files.usable(Folder::Cur)?;
        there.retain(|message| taken.iter().any(|taken| taken.message_id == message.message_id));
        lock.confirm()?;
        self.files.take_back(Folder::Cur, Folder::New, &there)
    }

    /// The highest number of a message so far; 0 without any.
    pub fn last_number(&self) -> Result<u64> {
        self.files.last_number()
    }

    /// The messages with higher numbers, whatever became of them.
    pub fn newer_than(&self, number: u64) -> Result<Vec<Message>> {
        self.files.newer_than(number)
    }

    /// Cancels a message that still waits; `by` says who does it.
    pub fn cancel(&self, id: &str, by: &str, now: Instant) -> Result<Message> {
        let id = message_id(id)?;
        let _lock = self.lock_existing(&id)?;
        let (folder, message) = self.files.find(&id)?;
        if message.state != State::Queued {
            return Err(refused(&message, "cannot be cancelled"));
        }
        self.move_one(folder, Folder::Failed, failed(message, &format!("cancelled by {by}"), now))
    }

    /// Fails everything that waits, because the seat ended, and returns it, so that its senders can be told.
    pub fn fail_all(&self, reason: &str, now: Instant) -> Result<Vec<Message>> {
        let failed = self.shift_if(Folder::New, Folder::Failed, |_| true, |message| failed(message, reason, now))?;
        // Their senders are told in any case.
        let _ = failed.first().map(|_| self.files.sync(Folder::New, Folder::Failed));
        Ok(failed)
    }

    /// Fails what has expired, and returns what waits. The caller holds the lock.
    fn expire(&self, now: Instant) -> Result<Vec<Message>> {
        let usable = self.files.usable(Folder::New)?.into_iter();
        let (expired, waiting): (Vec<Message>, Vec<Message>) = usable.partition(|message| message.is_expired(now));
        let failed = expired.into_iter().map(|message| failed(message, "it expired", now)).collect();
        self.files.shift(Folder::New, Folder::Failed, failed, Durability::Disposable)?;
        Ok(waiting)
    }

    fn shift_if(
        &self,
        from: Folder,
        to: Folder,
        is_meant: impl Fn(&Message) -> bool,
        change: impl Fn(Message) -> Message,
    ) -> Result<Vec<Message>> {
        if self.files.count(from)? == 0 {
            return Ok(Vec::new());
        }
        let lock = self.lock()?;
        let meant: Vec<Message> = self.files.usable(from)?.into_iter().filter(is_meant).collect();
        lock.confirm()?;
        self.files.shift(from, to, meant.into_iter().map(change).collect(), Durability::Disposable)
    }

    /// Moves a message for a person, who may rely on it afterwards.
    fn move_one(&self, from: Folder, to: Folder, message: Message) -> Result<Message> {
        let moved = self.files.shift(from, to, vec![message.clone()], Durability::Synced)?;
        self.files.sync(from, to)?;
        moved.into_iter().next().ok_or_else(|| Error::Missing(format!("no message {}", message.full_id())))
    }

    fn lock(&self) -> Result<Lock> {
        lock::acquire(&self.files.lock(), self.wait)
    }

    /// The lock, but only if there is such a message: no directory is made for one that does not exist.
    fn lock_existing(&self, id: &str) -> Result<Lock> {
        self.files.find(id)?;
        self.lock()
    }
}

fn read_at(message: Message, now: Instant) -> Message {
    Message { state: State::Read, read_at: Some(clock::stamp(now)), ..message }
}

fn failed(message: Message, reason: &str, now: Instant) -> Message {
    Message { state: State::Failed, failed_at: Some(clock::stamp(now)), reason: Some(reason.to_string()), ..message }
}

fn refused(message: &Message, what: &str) -> Error {
    Error::Refused(format!("{} {what}: it is {}", message.full_id(), message.state.as_str()))
}

#[cfg(test)]
#[path = "inbox/tests.rs"]
pub(crate) mod tests;
