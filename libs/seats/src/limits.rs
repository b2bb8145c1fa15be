//! Owns how long names and keys of agents may be, and how much may be sent. Must stay true: what is above a limit is refused before anything is stored.

use crate::message::{Kind, Message};
use cs_core::clock::{self, Instant, TimeDelta};
use cs_core::error::{Error, Result};

/// Characters of a message, and of the messages that are delivered at once.
pub const TEXT: usize = 8000;
/// Bytes of several messages that are delivered at once: of a longer text Codex shows a part and names a file with the
/// rest, at about 10,000 bytes, and Claude Code at 10,000 units of UTF-16, which are never more (see docs/AGENTS.md).
pub const BATCH_BYTES: usize = 9500;
/// Bytes of a file that is sent.
pub const FILE: usize = 64 * 1024;
/// Characters of a seat's name.
pub const NAME: usize = 60;
/// Characters of a key, by which a repeated message or spawn is found.
pub const KEY: usize = 200;
/// Messages that wait for one recipient.
pub const WAITING: usize = 100;
/// Messages of one sender to one recipient in a minute.
pub const BURST: usize = 20;
/// Answers to answers.
pub const HOPS: u32 = 8;

/// Refuses an answer at the end of a long chain: two agents that only thank each other would never stop.
pub(crate) fn hops(hops: u32) -> Result<()> {
    match hops {
        0..=HOPS => Ok(()),
        hops => Err(Error::Limited(format!("this is answer {hops} to an answer, at most {HOPS} are allowed"))),
    }
}

/// Refuses a message to a recipient for whom many are waiting.
pub(crate) fn waiting(count: usize) -> Result<()> {
    match count < WAITING {
        true => Ok(()),
        false => Err(Error::Limited(format!("{count} messages wait for this agent, at most {WAITING} are allowed"))),
    }
}

/// Refuses a message of `sender` ([`Sender::word`](crate::Sender::word)) after many of the same one. `newest` are the recipient's messages, the newest first; they are
/// read only as far as necessary. Reports are not counted: there is one for each turn.
pub(crate) fn burst(sender: &str, newest: impl Iterator<Item = Message>, now: Instant) -> Result<()> {
    let of_last_minute = newest.take_while(|message| !is_before(&message.sent_at, now));
    let is_counted =
        |message: &Message| message.kind != Kind::Report && message.from.word() == sender && is_until(message, now);
    match of_last_minute.filter(is_counted).take(BURST).count() {
        BURST => Err(Error::Limited(format!("{BURST} messages in a minute to this agent are the limit"))),
        _ => Ok(()),
    }
}

/// Whether it was sent more than a minute ago.
fn is_before(sent_at: &str, now: Instant) -> bool {
    clock::parse(sent_at).is_none_or(|at| now - at >= TimeDelta::minutes(1))
}

/// Whether it was sent until now. One that was sent while the clock was ahead says nothing about the last minute.
fn is_until(message: &Message, now: Instant) -> bool {
    clock::parse(&message.sent_at).is_some_and(|at| at <= now)
}
