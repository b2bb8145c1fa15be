//! Owns what a conversation's file consists of: the questions of its subagents, and what continued its turn.

use serde::{Deserialize, Serialize};

/// A question that a subagent asks the user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Question {
    /// The subagent's id (`agent_id`).
    pub agent: String,
    /// The question or the reason for waiting, in words for people.
    pub what: String,
    /// Key of the tool call; see [`Live::waiting_key`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Instant of the question, RFC 3339, UTC.
    pub at: String,
}

/// A message that continued a turn at its end. It holds until the next prompt, or until a turn ends without a message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Continued {
    /// The newest message that did.
    pub message: String,
    /// Fingerprint of the Stop at which the turn went on.
    pub stop: String,
    /// How many times in a row messages continued the turn.
    pub times: u32,
}
