//! Owns `chat/state.json`: how the last poll ended, who was not let in, and until when only what is
//! loud is told.

use super::Stored;
use cs_core::clock::{self, Instant};
use cs_core::file::Durability;
use cs_core::keeps_unknown;
use cs_core::unknown::Unknown;
use serde::{Deserialize, Serialize};

/// What is known of the polling.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub struct State {
    /// When updates were last fetched: RFC 3339, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub polled_at: Option<String>,
    /// What went wrong at the last try; absent if nothing did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The name of the bot, by which commands in a group are addressed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bot_name: Option<String>,
    /// Seconds by which this machine's clock is ahead of the server's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_ahead: Option<i64>,
    /// Number of messages of people or in chats that are not allowed; none of them was answered.
    #[serde(default)]
    pub strangers: u64,
    /// When the last one came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stranger_at: Option<String>,
    /// Until when only what is loud is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quiet_until: Option<String>,
    /// The message whose button to end an agent was pressed last: `CHAT:MESSAGE`. It works once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pressed: Option<String>,
    /// Fields that this program does not know; written back unchanged.
    #[serde(flatten, skip_deserializing)]
    pub unknown: Unknown,
}

keeps_unknown!(State);

impl Stored for State {
    const NAME: &'static str = "state.json";
    const DURABILITY: Durability = Durability::Disposable;
}

impl State {
    /// Whether only what is loud is told at this time.
    pub fn is_quiet(&self, now: Instant) -> bool {
        self.quiet_until.as_deref().and_then(clock::parse).is_some_and(|until| now < until)
    }
}
