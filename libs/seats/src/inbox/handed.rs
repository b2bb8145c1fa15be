//! Owns which delivered messages were really handed to the client. A hook that is killed between the move to `cur/` and the
//! end of its answer, or that cannot write its answer, leaves no note here, so no later event proves that those were
//! read: they come once again. The file is not synced: after a power failure a message comes twice rather than never.

use super::Inbox;
use super::files::Folder;
use crate::message::{Channel, Message};
use cs_core::error::{Error, Result};
use cs_core::file;
use std::fs::OpenOptions;
use std::io::Write;

/// Maximum number of bytes that are read: one line for each message of a few batches.
const LONGEST: usize = 64 * 1024;

impl Inbox {
    /// Notes that the client got these messages: their answer was written.
    pub fn handed_over(&self, messages: &[Message]) -> Result<()> {
        if messages.is_empty() {
            return Ok(());
        }
        let path = self.files.handed();
        let lines: String = messages.iter().map(|message| line(message) + "\n").collect();
        let mut file = file::open_own(&path, OpenOptions::new().append(true))?;
        file.write_all(lines.as_bytes()).map_err(|error| Error::io(&path, "write", error))
    }

    /// Which messages may count as read when a later event of their conversation comes. The caller holds the lock.
    pub(super) fn read_handed(&self) -> Result<impl Fn(&Message) -> bool + use<>> {
        let bytes = file::read_at_most(&self.files.handed(), LONGEST)?.unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Ok(move |message: &Message| {
            let by_hook =
                matches!(message.channel, Some(Channel::Stop | Channel::Tool | Channel::Prompt | Channel::Wake));
            let noted = line(message);
            !by_hook || text.lines().any(|line| line == noted)
        })
    }

    /// Forgets the notes when nothing is left to prove. The caller holds the lock.
    pub(super) fn forget_handed(&self) -> Result<()> {
        match self.files.count(Folder::Cur)? {
            0 => file::remove(&self.files.handed()),
            _ => Ok(()),
        }
    }
}

/// One delivery of one message.
fn line(message: &Message) -> String {
    format!("{} {}", message.message_id, message.delivered_at.as_deref().unwrap_or_default())
}
