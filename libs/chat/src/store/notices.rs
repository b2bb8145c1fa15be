//! Owns `chat/notices.json`: which message of a chat tells of what, so that an answer to it finds its way and it can be
//! edited when it is over.

use super::Stored;
use cs_core::clock::{self, Instant, TimeDelta};
use cs_core::keeps_unknown;
use cs_core::unknown::Unknown;
use serde::{Deserialize, Serialize};

/// How many are remembered, and how long.
const MOST: usize = 500;
const DAYS: i64 = 14;

/// What a message tells of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// The session's id; empty if it has none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub session: String,
    /// The conversation's id; empty if none is known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub conversation: String,
    /// The seat's id; empty if it is in none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub agent: String,
    /// Why: a reason of `cs-notify`, or `mirror`; of our answer to what was sent `queued`, or `sent:` or `read:` and the
    /// message's id.
    #[serde(default)]
    pub reason: String,
    /// Since when: with the reason it identifies the question.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub since: String,
    /// Which limit, budget or planned start; empty if it is about none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub limit: String,
    /// The percentage that is told: a higher one is told again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<u64>,
}

/// A message that was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// The chat.
    pub chat: i64,
    /// The topic in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<i64>,
    /// The number of the message; 0 while it is being sent.
    pub message: i64,
    /// What it tells of.
    pub about: About,
    /// Its text as it was sent, to which is added what became of it.
    pub text: String,
    /// When it was sent: RFC 3339, UTC.
    pub at: String,
    /// When it was over; absent while it is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<String>,
}

/// The messages that were sent, the oldest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub struct Notices {
    /// The messages.
    #[serde(default)]
    pub notices: Vec<Notice>,
    /// Fields that this program does not know; written back unchanged.
    #[serde(flatten, skip_deserializing)]
    pub unknown: Unknown,
}

keeps_unknown!(Notices);

impl Stored for Notices {
    const NAME: &'static str = "notices.json";
}

impl Notices {
    /// The one with this number in a chat.
    pub fn find(&self, chat: i64, message: i64) -> Option<&Notice> {
        self.notices.iter().rev().find(|notice| notice.chat == chat && notice.message == message)
    }

    /// The open one that tells of the same.
    pub fn open(&self, chat: i64, about: &About) -> Option<&Notice> {
        self.notices
            .iter()
            .rev()
            .find(|notice| notice.closed_at.is_none() && notice.chat == chat && notice.about == *about)
    }

    /// Adds one, and drops those that are too old or too many.
    pub fn add(&mut self, notice: Notice, now: Instant) {
        self.notices.push(notice);
        let oldest = clock::stamp(now - TimeDelta::days(DAYS));
        self.notices.retain(|notice| notice.at >= oldest);
        let over = self.notices.len().saturating_sub(MOST);
        self.notices.drain(..over);
    }

    /// Notes that a message is over.
    pub fn close(&mut self, chat: i64, message: i64, now: Instant) {
        let is_it = |notice: &&mut Notice| notice.chat == chat && notice.message == message;
        if let Some(notice) = self.notices.iter_mut().find(is_it) {
            notice.closed_at = Some(clock::stamp(now));
        }
    }

    /// Forgets a message that was deleted.
    pub fn forget(&mut self, chat: i64, message: i64) {
        self.notices.retain(|notice| !(notice.chat == chat && notice.message == message));
    }
}
