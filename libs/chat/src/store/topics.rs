//! Owns `chat/threads.json`: which topic of a chat belongs to which project, agent or session. Must stay true: two programs
//! at once never make two topics for one, since who makes one holds the lock of this file.

use super::Stored;
use cs_core::clock::{self, Instant, TimeDelta};
use cs_core::keeps_unknown;
use cs_core::unknown::Unknown;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A topic of a chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The chat.
    pub chat: i64,
    /// The topic in it; `None` is the general one.
    pub topic: Option<i64>,
}

/// The topics of one chat.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfChat {
    /// By whom it is for: `project:<slug>`, `agent:<agent id>`, `session:<session id>`.
    #[serde(default)]
    pub topics: BTreeMap<String, i64>,
    /// Which of them a person chose with `/follow`.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub followed: BTreeSet<String>,
    /// When this chat refused to make a topic; RFC 3339, UTC. It is asked again after a day, since what a bot may do, and
    /// what a chat is, can change.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub refused_at: String,
}

/// How long a chat that refused a topic is not asked again.
const PLAIN: TimeDelta = TimeDelta::days(1);

impl OfChat {
    /// Whether everything goes into the chat itself.
    pub fn is_plain(&self, now: Instant) -> bool {
        clock::parse(&self.refused_at).is_some_and(|at| (TimeDelta::zero()..PLAIN).contains(&(now - at)))
    }
}

/// The topics of all chats, by the number of the chat.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub struct Topics {
    /// By the number of the chat.
    #[serde(default)]
    pub chats: BTreeMap<String, OfChat>,
    /// Fields that this program does not know; written back unchanged.
    #[serde(flatten, skip_deserializing)]
    pub unknown: Unknown,
}

keeps_unknown!(Topics);

impl Stored for Topics {
    const NAME: &'static str = "threads.json";
}

impl Topics {
    /// The topics of a chat.
    pub fn of(&self, chat: i64) -> Option<&OfChat> {
        self.chats.get(&chat.to_string())
    }

    /// The same, to change them.
    pub fn of_mut(&mut self, chat: i64) -> &mut OfChat {
        self.chats.entry(chat.to_string()).or_default()
    }

    /// The topic of the first of these keys that has one.
    pub fn find(&self, chat: i64, keys: &[String]) -> Option<i64> {
        let of_chat = self.of(chat)?;
        keys.iter().find_map(|key| of_chat.topics.get(key).copied())
    }

    /// Whose topic it is: those that a person chose first.
    pub fn owners(&self, place: Place) -> Vec<&str> {
        let (Some(of_chat), Some(topic)) = (self.of(place.chat), place.topic) else { return Vec::new() };
        let mut owners: Vec<&str> =
            of_chat.topics.iter().filter(|(_, known)| **known == topic).map(|(key, _)| key.as_str()).collect();
        owners.sort_by_key(|key| !of_chat.followed.contains(*key));
        owners
    }

    /// Notes that a person chose this topic for one, and for no other that was chosen before. Notices of those still come
    /// here, until they get a topic of their own.
    pub fn follow(&mut self, chat: i64, topic: i64, key: String) {
        let OfChat { topics, followed, .. } = self.of_mut(chat);
        followed.retain(|other| topics.get(other) != Some(&topic));
        topics.insert(key.clone(), topic);
        followed.insert(key);
    }

    /// Forgets a topic that was deleted.
    pub fn forget(&mut self, place: Place) {
        let of_chat = self.of_mut(place.chat);
        of_chat.topics.retain(|_, topic| Some(*topic) != place.topic);
        let OfChat { topics, followed, .. } = of_chat;
        followed.retain(|key| topics.contains_key(key));
    }
}
