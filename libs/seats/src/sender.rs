//! Owns who sent a message: the user, an agent in a seat, a conversation without a seat, or these programs. Must stay
//! true: the order of a sender's messages, its limits and its keys are those of one [`Sender::word`].

use crate::caller::Caller;
use crate::seat::Seat;
use cs_core::keeps_unknown;
use cs_core::unknown::Unknown;
use cs_core::who;
use serde::{Deserialize, Serialize};

/// What kind of sender it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SenderKind {
    /// The person, by `cs-message`.
    User,
    /// An agent in a seat.
    Agent,
    /// A conversation without a seat.
    Conversation,
    /// One of these programs.
    System,
}

/// The word of `cs-chat` in [`Sender::by`].
pub const TELEGRAM: &str = "telegram";

/// Who sent a message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub struct Sender {
    /// What kind of sender it is.
    pub kind: SenderKind,
    /// The seat of an agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// The conversation without a seat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claude_session_id: Option<String>,
    /// The seat's name, or the conversation's title, when the message was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// By what the person sent it, if not by `cs-message`: `telegram`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Fields that this program does not know; written back unchanged.
    #[serde(flatten, skip_deserializing)]
    pub unknown: Unknown,
}

keeps_unknown!(Sender);

impl Sender {
    /// The person.
    pub fn user() -> Self {
        Self::of_kind(SenderKind::User)
    }

    /// The person, by a chat in Telegram.
    pub fn by_telegram() -> Self {
        Sender { by: Some(TELEGRAM.into()), ..Self::user() }
    }

    /// One of these programs.
    pub fn system() -> Self {
        Self::of_kind(SenderKind::System)
    }

    /// The agent in a seat.
    pub fn seat(seat: &Seat) -> Self {
        let (agent_id, name) = (Some(seat.agent_id.clone()), Some(seat.name.clone()));
        Sender { agent_id, name, ..Self::of_kind(SenderKind::Agent) }
    }

    /// A conversation without a seat, and its title if it has one.
    pub fn conversation(uuid: &str, title: Option<&str>) -> Self {
        let (claude_session_id, name) = (Some(uuid.to_string()), title.map(str::to_string));
        Sender { claude_session_id, name, ..Self::of_kind(SenderKind::Conversation) }
    }

    /// The caller of a program; `title` is that of a conversation without a seat.
    pub fn caller(caller: &Caller, title: Option<&str>) -> Self {
        match caller {
            Caller::Person => Self::user(),
            Caller::Seat(seat) => Self::seat(seat),
            Caller::Conversation(uuid) => Self::conversation(uuid, title),
        }
    }

    fn of_kind(kind: SenderKind) -> Self {
        Sender { kind, agent_id: None, claude_session_id: None, name: None, by: None, unknown: Unknown::new() }
    }

    /// Identifies the sender: `user`, the seat's id, `claude:` and the conversation's id, or `system`.
    pub fn word(&self) -> String {
        match (self.kind, &self.agent_id, &self.claude_session_id) {
            (SenderKind::User, ..) => who::USER.into(),
            (SenderKind::Agent, Some(id), _) => id.clone(),
            (SenderKind::Conversation, _, Some(uuid)) => who::word_of(uuid),
            _ => "system".into(),
        }
    }

    /// Names the sender for people and agents: `builder (agent_20261129T1134_1f0c)`, `the user, by cs-message`.
    pub fn title(&self) -> String {
        match (self.kind, &self.name) {
            (SenderKind::User, _) if self.by.as_deref() == Some(TELEGRAM) => "the user, by Telegram".into(),
            (SenderKind::User, _) => "the user, by cs-message".into(),
            (SenderKind::System, _) => "claude-sessions".into(),
            (_, None) => self.word(),
            (_, Some(name)) => format!("{name} ({})", self.word()),
        }
    }
}
