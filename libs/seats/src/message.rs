//! Owns the wire format of a message, `inbox/<agent id>/<directory>/<message id>.json`. Must stay true: the file is never
//! written again; the directory decides the state. Deliberately absent: files and clocks, and the wire format of how far
//! it has come (`inbox/way.rs`), although its fields are here.

use crate::sender::Sender;
use cs_core::clock::{self, Instant, TimeDelta};
use cs_core::error::{Error, Result};
use cs_core::keeps_unknown;
use cs_core::unknown::Unknown;
use serde::{Deserialize, Serialize};

/// The version of messages that this program writes.
pub const VERSION: u64 = 1;

/// How soon a message is to reach its recipient.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// At the end of the recipient's turn.
    #[default]
    Sequential,
    /// After the recipient's next tool call.
    Important,
    /// At once: the recipient is interrupted.
    Urgent,
}

/// What a message is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Written by its sender.
    #[default]
    Message,
    /// Made by these programs: what a child's turn came to, or that something happened to it.
    Report,
}

/// How far a message has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It waits for its delivery.
    Queued,
    /// It was handed to the recipient's client.
    Delivered,
    /// A later event of the recipient proves that the client took it.
    Read,
    /// The recipient confirmed it.
    Acked,
    /// It will not be delivered: it expired, was cancelled, or its recipient ended.
    Failed,
}

impl State {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            State::Queued => "queued",
            State::Delivered => "delivered",
            State::Read => "read",
            State::Acked => "acked",
            State::Failed => "failed",
        }
    }
}

impl Mode {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Mode::Sequential => "sequential",
            Mode::Important => "important",
            Mode::Urgent => "urgent",
        }
    }
}

/// How a message was delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// A hook at the end of a turn, which continues it.
    Stop,
    /// A hook after a tool call.
    Tool,
    /// A hook at a prompt.
    Prompt,
    /// The waiter, which woke the client.
    Wake,
    /// The queue of Codex.
    Queue,
    /// A new client in the same pane.
    Respawn,
    /// The recipient read it by `cs-message`.
    Command,
}

/// How soon the prompt follows with which a waiter wakes an idle agent, at the latest.
const KEPT: TimeDelta = TimeDelta::seconds(3);

/// A message. Instants are RFC 3339 texts in UTC.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub struct Message {
    /// `m` and the message's number among those of its recipient, at least six digits; the same as the file's name.
    pub message_id: String,
    /// The recipient's seat.
    pub to: String,
    /// Who sent it.
    pub from: Sender,
    /// What it is.
    #[serde(default)]
    pub kind: Kind,
    /// How soon it is to be delivered.
    #[serde(default)]
    pub mode: Mode,
    /// How far it has come. Not in the file.
    #[serde(default = "queued", skip_serializing)]
    pub state: State,
    /// At most 8,000 characters, secrets masked, no control characters except newline and tab.
    pub text: String,
    /// Absolute path of the copy of a file that was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The sender's key, by which a repeated call finds the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The message that it answers: `<agent id>/<message id>`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<String>,
    /// Length of the chain of answers that led to it; 0 for a message that answers none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub hops: u32,
    /// When it was stored.
    pub sent_at: String,
    /// It is not delivered before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<String>,
    /// It is not delivered from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    /// When it was handed over, the last time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered_at: Option<String>,
    /// How it was handed over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
    /// To which conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claude_session_id: Option<String>,
    /// In which turn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn: Option<String>,
    /// Whether it is delivered a second time, because nothing proved that the first time was enough.
    #[serde(default, skip_serializing_if = "is_false")]
    pub again: bool,
    /// When it was proved to have been read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_at: Option<String>,
    /// When the recipient confirmed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acked_at: Option<String>,
    /// What the recipient answered to a sender without an inbox.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// When it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed_at: Option<String>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Whether the client got the answer with which it was handed over, the last time.
    #[serde(skip)]
    pub was_handed: bool,
    /// 1, see [`VERSION`].
    pub schema_version: u64,
    /// Fields that this program does not know.
    #[serde(flatten, skip_deserializing)]
    pub unknown: Unknown,
}

keeps_unknown!(Message);

fn queued() -> State {
    State::Queued
}

fn is_zero(value: &u32) -> bool {
    *value == 0
}

fn is_false(value: &bool) -> bool {
    !*value
}

impl Message {
    /// Its number among the messages of its recipient.
    pub fn seq(&self) -> u64 {
        number(&self.message_id).unwrap_or_default()
    }

    /// Its name wherever messages of several recipients are named: `<agent id>/<message id>`.
    pub fn full_id(&self) -> String {
        format!("{}/{}", self.to, self.message_id)
    }

    /// Whether its time has come.
    pub fn is_due(&self, now: Instant) -> bool {
        self.not_before_at().is_none_or(|at| at <= now)
    }

    /// Whether its time has passed.
    pub fn is_expired(&self, now: Instant) -> bool {
        self.expires_at.as_deref().and_then(clock::parse).is_some_and(|at| at <= now)
    }

    /// The next time at which something happens to it by itself.
    pub fn next_due(&self, now: Instant) -> Option<Instant> {
        let expires = self.expires_at.as_deref().and_then(clock::parse);
        [self.not_before_at().filter(|at| *at > now), expires].into_iter().flatten().min()
    }

    /// Whether the client may still keep it, until its turn ends: what is in Codex's own queue, and what woke an agent
    /// that seemed idle while its turn went on.
    pub fn is_on_its_way(&self, now: Instant) -> bool {
        let is_new = || self.delivered_at.as_deref().and_then(clock::parse).is_none_or(|at| now - at < KEPT);
        match self.channel {
            Some(Channel::Queue) => true,
            Some(Channel::Wake) => self.mode == Mode::Sequential && is_new(),
            _ => false,
        }
    }

    /// Whether it was handed to the client of this conversation. If it is not known to which one, as after a power
    /// failure, it may have been any.
    pub fn may_be_of(&self, conversation: &str) -> bool {
        self.claude_session_id.as_deref().is_none_or(|uuid| uuid == conversation)
    }

    /// Whether a later event of this conversation proves that its client took it: it was handed over at all, in a way on
    /// which it is not kept for later.
    pub(crate) fn is_proved_by(&self, conversation: &str) -> bool {
        let needs_note = matches!(self.channel, Some(Channel::Stop | Channel::Tool | Channel::Prompt | Channel::Wake));
        let is_of = self.claude_session_id.as_deref() == Some(conversation);
        is_of && self.channel != Some(Channel::Queue) && (!needs_note || self.was_handed)
    }

    fn not_before_at(&self) -> Option<Instant> {
        self.not_before.as_deref().and_then(clock::parse)
    }
}

/// No inbox ever has so many messages; this number, or a higher one, is not ours.
pub(crate) const HIGHEST: u64 = 1_000_000_000_000_000;

/// The id of a message's number.
pub(crate) fn id_of(number: u64) -> String {
    format!("m{number:06}")
}

/// The number in an id, if it is written as [`id_of`] writes it.
pub(crate) fn number(id: &str) -> Option<u64> {
    let number = id.strip_prefix('m')?.parse().ok()?;
    (id_of(number) == id && number < HIGHEST).then_some(number)
}

/// Checks the id of a message: `m000012`.
pub fn message_id(text: &str) -> Result<String> {
    match number(text) {
        Some(_) => Ok(text.to_string()),
        None => Err(Error::Invalid(format!("not a message's id: {text:?}; an id looks like m000012"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_one_spelling() {
        assert_eq!((id_of(12), id_of(1_234_567)), ("m000012".into(), "m1234567".into()));
        assert_eq!((number("m000012"), number("m1234567")), (Some(12), Some(1_234_567)));
        for bad in ["", "m", "m12", "m0000012", "m+00012", "x000012", "m00001a", "m000012.json", "../m000012"] {
            assert!(message_id(bad).is_err(), "{bad:?}");
        }
    }
}
