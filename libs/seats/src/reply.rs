//! Owns where the reply to a message is: in the inbox of the agent that asked, or, for who has no inbox, in the message.

use crate::inbox::Inbox;
use crate::message::Message;
use cs_core::clock::Instant;
use cs_core::error::{Error, Result};

/// The inbox in which a reply arrives.
#[derive(Debug)]
pub struct Replies {
    own: Option<(Inbox, u64)>,
}

impl Replies {
    /// Begins to look, before the message is sent. `own` is the inbox of the sender, if it has one.
    pub fn begin(own: Option<Inbox>) -> Result<Self> {
        let own = own.map(|own| own.last_number().map(|last| (own, last))).transpose()?;
        Ok(Replies { own })
    }

    /// The reply to this message, as it is now. A reply in an inbox is confirmed: whoever asks here reads it.
    pub fn find(&self, sent: &Message, now: Instant) -> Result<Option<Message>> {
        let Some((own, last)) = &self.own else { return Ok(sent.answer.is_some().then(|| sent.clone())) };
        let id = sent.full_id();
        let reply = own.newer_than(*last)?.into_iter().find(|reply| reply.reply_to.as_deref() == Some(&*id));
        let Some(reply) = reply else { return Ok(None) };
        match own.ack(&reply.message_id, now) {
            Ok(acked) => Ok(Some(acked)),
            Err(Error::Refused(_)) => Ok(Some(reply)),
            Err(error) => Err(error),
        }
    }
}
