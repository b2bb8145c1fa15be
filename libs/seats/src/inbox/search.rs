//! Owns finding messages among those of all directories of an inbox. For readers with and without the lock.

use super::files::Files;
use super::folder::{FOLDERS, Folder};
use crate::message::{Kind, Message, id_of};
use cs_core::error::{Error, Result};
use cs_core::file;
use std::collections::BTreeSet;

/// Messages that are looked at for the limit of a minute, more than all senders may send in one, and for a key.
pub(super) const NEWEST: usize = 1000;
/// Messages that are looked at for the key of a report: the second report of the same event follows at once.
const REPORTS: usize = 100;

impl Files {
    /// All messages in order, and the errors of those that cannot be read.
    pub fn all(&self) -> Result<(Vec<Message>, Vec<Error>)> {
        let mut numbers = BTreeSet::new();
        // A message may go back to the first directory while the others are listed.
        for folder in FOLDERS.into_iter().chain([Folder::New]) {
            numbers.append(&mut self.numbers(folder)?);
        }
        let (mut all, mut errors) = (Vec::new(), Vec::new());
        for number in numbers {
            match self.find(&id_of(number)) {
                Ok((_, message)) => all.push(message),
                Err(Error::Missing(_)) => {}
                Err(error) => errors.push(error),
            }
        }
        Ok((all, errors))
    }

    /// The messages with higher numbers that can be read, in order.
    pub fn newer_than(&self, last: u64) -> Result<Vec<Message>> {
        let numbers = (last + 1)..=self.last_number()?;
        Ok(numbers.filter_map(|number| self.find(&id_of(number)).ok().map(|(_, message)| message)).collect())
    }

    /// The newest message of a sender with a key, among those from the number `last` downwards that are not too old
    /// for it: it is sought under the lock, for reports by hooks. What cannot be read fails, else the message would be
    /// stored twice; a damaged message has no key.
    pub fn with_key(&self, key: &str, sender: &str, kind: Kind, last: u64) -> Result<Option<Message>> {
        let sought = serde_json::to_vec(key).unwrap_or_default();
        let most = if kind == Kind::Report { REPORTS } else { NEWEST };
        for id in (1..=last).rev().take(most).map(id_of) {
            if !self.mentions(&id, &sought)? {
                continue;
            }
            match self.find_stored(&id) {
                Ok((_, message)) if message.key.as_deref() == Some(key) && message.from.word() == sender => {
                    return self.find(&id).map(|(_, message)| Some(message));
                }
                Err(error @ Error::Io { .. }) => return Err(error),
                _ => {}
            }
        }
        Ok(None)
    }

    /// Whether a message contains some bytes, in any directory; cheaper than to parse it.
    fn mentions(&self, id: &str, sought: &[u8]) -> Result<bool> {
        for folder in FOLDERS {
            match file::read(&self.path(folder, id)) {
                Ok(Some(bytes)) if bytes.windows(sought.len()).any(|part| part == sought) => return Ok(true),
                Err(error @ Error::Io { .. }) => return Err(error),
                _ => {}
            }
        }
        Ok(false)
    }

    /// The messages from a number downwards, as they were stored.
    pub fn newest(&self, last: u64) -> impl Iterator<Item = Message> {
        let numbers = (1..=last).rev().take(NEWEST);
        numbers.filter_map(|number| self.find_stored(&id_of(number)).ok().map(|(_, message)| message))
    }
}
