//! Owns `chat/offset.json`: which updates were taken, and which of them are being carried out. Must stay true: it is
//! written before any of them is carried out, so that none is ever carried out twice. Texts of messages are not in it.

use super::Stored;
use cs_core::keeps_unknown;
use cs_core::unknown::Unknown;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A message that was taken and is being carried out. If the program is killed meanwhile, the next one says so in the chat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// The number of the update.
    pub update: i64,
    /// The chat, the topic in it, and the number of the message there.
    pub chat: i64,
    /// The topic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<i64>,
    /// The message.
    pub message: i64,
    /// Seconds since 1970 when the person sent it.
    pub date: i64,
    /// Whether it is a button below this message that was pressed, perhaps long after the message was sent.
    #[serde(skip)]
    pub is_button: bool,
}

/// How far the updates of a bot were taken.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub struct Offset {
    /// The number of the bot: another bot counts anew.
    #[serde(default)]
    pub bot: String,
    /// The number of the next update; 0 if none was seen.
    #[serde(default)]
    pub next: i64,
    /// What is being carried out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub taken: Vec<Taken>,
    /// By the number of the chat, the highest number of a message that was taken.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub seen: BTreeMap<String, i64>,
    /// The same when the server last counted updates anew: these messages and those before are never carried out.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub barred: BTreeMap<String, i64>,
    /// Fields that this program does not know; written back unchanged.
    #[serde(flatten, skip_deserializing)]
    pub unknown: Unknown,
}

keeps_unknown!(Offset);

impl Stored for Offset {
    const NAME: &'static str = "offset.json";
}

impl Offset {
    /// The next update of this bot.
    pub fn of(&self, bot: &str) -> i64 {
        if self.bot == bot { self.next } else { 0 }
    }

    /// Notes that the server counts updates anew, from this number on. That is so if it gives out one before the number
    /// that was asked for: after a week without updates it chooses a random number (Bot API, `Update`), and asked for a
    /// number of the future it begins with the first that it has (tdlib, `TQueue::get`). A message that was taken already
    /// stays taken, by its number in the chat.
    pub fn count_anew(&mut self, first: i64) {
        self.next = first;
        self.barred.clone_from(&self.seen);
    }

    /// Notes that the update with this number, and those before, were taken, and the message that is carried out now;
    /// returns whether the update is new.
    pub fn take(&mut self, bot: &str, id: i64, message: Option<Taken>) -> bool {
        if id < self.of(bot) {
            return false;
        }
        if self.bot != bot {
            *self = Offset { bot: bot.to_string(), unknown: std::mem::take(&mut self.unknown), ..Offset::default() };
        }
        self.next = id.saturating_add(1);
        let Some(message) = message else { return true };
        if !message.is_button {
            let chat = message.chat.to_string();
            if self.barred.get(&chat).is_some_and(|barred| message.message <= *barred) {
                return false;
            }
            let seen = self.seen.entry(chat).or_insert(message.message);
            *seen = message.message.max(*seen);
        }
        self.taken.push(message);
        true
    }

    /// Notes that the message of an update was carried out.
    pub fn finish(&mut self, id: i64) {
        self.taken.retain(|taken| taken.update != id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_taken_twice_and_another_bot_counts_anew() {
        let mut offset = Offset::default();
        let taken = Taken { update: 7, chat: 1, topic: None, message: 2, date: 3, is_button: false };
        assert!(offset.take("1", 7, Some(taken)) && !offset.take("1", 7, None) && !offset.take("1", 5, None));
        assert_eq!((offset.of("1"), offset.of("2"), offset.taken.len()), (8, 0, 1));
        offset.finish(7);
        assert!(offset.taken.is_empty() && offset.take("2", 3, None));
    }

    #[test]
    fn a_server_that_counts_anew_is_followed_without_doing_anything_twice() {
        let message =
            |message: i64| Taken { update: message, chat: 1, topic: None, message, date: 3, is_button: false };
        let mut offset = Offset::default();
        assert!(offset.take("1", 900, Some(message(20))));
        offset.count_anew(5);
        assert!(!offset.take("1", 5, Some(message(19))) && !offset.take("1", 6, Some(message(20))), "taken before");
        assert!(offset.take("1", 7, Some(message(21))) && offset.of("1") == 8);
        assert!(offset.take("2", 7, Some(message(1))), "another bot has other messages");
        offset.count_anew(3);
        let button = Taken { is_button: true, ..message(1) };
        assert!(offset.take("2", 3, Some(button)), "a button may be old");
    }
}
