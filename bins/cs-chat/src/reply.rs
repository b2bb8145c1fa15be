//! Owns how a person in a chat is answered: in pieces that fit, the first one as an answer to the message, buttons below the
//! last one.

use crate::bot::{Fault, Key, Manner};
use crate::desk::Desk;
use crate::leaving::Leaving;
use chat::Message;
use chat::store::Place;

/// What is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The text.
    pub text: Leaving,
    /// Buttons below it.
    pub keys: Vec<Key>,
}

impl From<Leaving> for Reply {
    fn from(text: Leaving) -> Reply {
        Reply { text, keys: Vec::new() }
    }
}

/// Where a message stands.
pub fn place(message: &Message) -> Place {
    Place { chat: message.chat, topic: message.topic }
}

impl Desk<'_> {
    /// Answers a message with a text of ours.
    pub fn reply(&self, message: &Message, text: &str) -> Result<(), Fault> {
        self.answer(message, &Reply::from(self.guard.text(text))).map(drop)
    }

    /// Answers a message; returns the number of the last one that was sent.
    pub fn answer(&self, message: &Message, reply: &Reply) -> Result<Option<i64>, Fault> {
        let pieces = reply.text.pieces();
        let mut sent = None;
        for (at, piece) in pieces.iter().enumerate() {
            let is_last = at + 1 == pieces.len();
            let manner = Manner {
                is_silent: at > 0,
                answers: Some(message.id).filter(|_| at == 0),
                keys: if is_last { reply.keys.clone() } else { Vec::new() },
            };
            sent = Some(self.bot.send(place(message), piece, &manner)?);
        }
        Ok(sent)
    }
}
