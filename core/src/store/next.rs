//! Owns `next/<uuid>.txt`: what a conversation without a seat is told at its next prompt. Must stay true: a text is told at
//! least once: it is removed only after it was handed over; nothing that was added meanwhile is removed with it.

use super::Store;
use crate::error::{Error, Result};
use crate::file::{self, Durability};
use crate::id::Uuid;
use crate::lock::{self, Lock};
use crate::paths::Home;

/// How many bytes wait for a conversation at most: Claude Code moves a context of more than 10,000 characters into a file.
pub const NEXT_BYTES: usize = 8000;

impl Store {
    /// Adds a text to what a conversation is told at its next prompt.
    pub fn add_next(&self, uuid: &Uuid, text: &str) -> Result<()> {
        let path = self.home.next(uuid);
        file::make_dir(&self.home.next_dir())?;
        let lock = self.lock_next(uuid)?;
        let mut bytes = file::read_at_most(&path, NEXT_BYTES)?.unwrap_or_default();
        if !bytes.is_empty() {
            bytes.extend_from_slice(b"\n\n");
        }
        bytes.extend_from_slice(text.as_bytes());
        if bytes.len() > NEXT_BYTES {
            let text =
                format!("at most {NEXT_BYTES} bytes wait for a conversation; it is told them at its next prompt");
            return Err(Error::Limited(text));
        }
        lock.confirm()?;
        file::replace(&path, &bytes, Durability::Synced)
    }

    /// Hands over what a conversation is to be told, if there is something, and removes it then.
    pub fn take_next(&self, uuid: &Uuid, tell: impl FnOnce(&str) -> Result<()>) -> Result<()> {
        let path = self.home.next(uuid);
        if !path.exists() {
            return Ok(());
        }
        let lock = self.lock_next(uuid)?;
        let Some(bytes) = file::read_at_most(&path, NEXT_BYTES)? else { return Ok(()) };
        tell(&String::from_utf8_lossy(&bytes))?;
        lock.confirm()?;
        file::remove(&path)?;
        lock.remove()
    }

    /// Whether something waits for a conversation.
    pub fn has_next(&self, uuid: &Uuid) -> bool {
        self.home.next(uuid).exists()
    }

    /// Removes what waits for a conversation that will have no prompt; returns whether there was something.
    pub fn drop_next(&self, uuid: &Uuid) -> Result<bool> {
        let path = self.home.next(uuid);
        if !path.exists() {
            return Ok(false);
        }
        let lock = self.lock_next(uuid)?;
        file::remove(&path)?;
        lock.remove().map(|()| true)
    }

    fn lock_next(&self, uuid: &Uuid) -> Result<Lock> {
        lock::acquire(&Home::lock_of(&self.home.next(uuid)), self.wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::witness::Witness;

    #[test]
    fn texts_wait_until_they_are_told() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::for_people(Home::at(dir.path().join("dashboard")), Witness::NONE);
        let uuid = Uuid::parse("11111111-2222-4333-8444-555555555555").unwrap();
        store.take_next(&uuid, |_| panic!("nothing waits")).unwrap();
        store.add_next(&uuid, "first").unwrap();
        store.add_next(&uuid, "second").unwrap();
        assert!(store.take_next(&uuid, |_| Err(Error::Invalid("the pipe is closed".into()))).is_err());
        assert!(store.has_next(&uuid), "it was not told");
        let mut told = String::new();
        store
            .take_next(&uuid, |text| {
                told = text.to_string();
                Ok(())
            })
            .unwrap();
        assert_eq!(told, "first\n\nsecond");
        assert!(!store.has_next(&uuid) && !store.drop_next(&uuid).unwrap());
        let long = "x".repeat(NEXT_BYTES);
        store.add_next(&uuid, &long).unwrap();
        assert!(matches!(store.add_next(&uuid, "more"), Err(Error::Limited(_))));
        assert!(store.drop_next(&uuid).unwrap());
    }
}
