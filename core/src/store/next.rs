//! Owns `next/<uuid>.txt`: what a conversation without a seat is told at its next prompt, and `next/<uuid>.untold`: that it
//! ended before. Must stay true: a text is told at least once: it is removed only after it was handed over; nothing that was
//! added meanwhile is removed with it; one that waited when the conversation ended is not told when it is resumed.

use super::Store;
use crate::error::{Error, Result};
use crate::file::{self, Durability};
use crate::id::Uuid;
use crate::lock::{self, Lock};
use crate::paths::Home;

/// How many UTF-16 units wait for a conversation at most: Claude Code moves a context of more than 10,000 characters into a
/// file.
pub const NEXT_UNITS: usize = 9000;
/// How many bytes these have at most.
const BYTES: usize = 3 * NEXT_UNITS;

/// What became of a text for a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It waits for the next prompt.
    Waits,
    /// It was told, or there was none.
    Told,
    /// The conversation ended before.
    Untold,
}

impl Store {
    /// Adds a text to what a conversation is told at its next prompt.
    pub fn add_next(&self, uuid: &Uuid, text: &str) -> Result<()> {
        let path = self.home.next(uuid);
        file::make_dir(&self.home.next_dir())?;
        let lock = self.lock_next(uuid)?;
        let mut all = waiting(file::read_at_most(&path, BYTES)?);
        if !all.is_empty() {
            all.push_str("\n\n");
        }
        all.push_str(text);
        if all.encode_utf16().count() > NEXT_UNITS {
            let text =
                format!("at most {NEXT_UNITS} characters wait for a conversation; it is told them at its next prompt");
            return Err(Error::Limited(text));
        }
        lock.confirm()?;
        file::remove(&self.home.untold(uuid))?;
        file::replace(&path, all.as_bytes(), Durability::Synced)
    }

    /// Hands over what a conversation is to be told, if there is something, and removes it then.
    pub fn take_next(&self, uuid: &Uuid, tell: impl FnOnce(&str) -> Result<()>) -> Result<()> {
        let path = self.home.next(uuid);
        if !path.exists() {
            return Ok(());
        }
        let lock = self.lock_next(uuid)?;
        let Some(bytes) = file::read_at_most(&path, BYTES)? else { return Ok(()) };
        tell(&String::from_utf8_lossy(&bytes))?;
        lock.confirm()?;
        file::remove(&path)?;
        lock.remove()
    }

    /// What became of a text for a conversation.
    pub fn next_of(&self, uuid: &Uuid) -> Next {
        match (self.home.next(uuid).exists(), self.home.untold(uuid).exists()) {
            (true, _) => Next::Waits,
            (false, true) => Next::Untold,
            (false, false) => Next::Told,
        }
    }

    /// Notes that a conversation, or its process, ended before it was told what waits for it.
    pub fn expire_next(&self, uuid: &Uuid) -> Result<()> {
        let path = self.home.next(uuid);
        if !path.exists() {
            return Ok(());
        }
        let lock = self.lock_next(uuid)?;
        if path.exists() {
            file::replace(&self.home.untold(uuid), b"", Durability::Disposable)?;
            lock.confirm()?;
            file::remove(&path)?;
        }
        lock.remove()
    }

    /// Forgets that a conversation was not told something, after the sender was told so.
    pub fn forget_untold(&self, uuid: &Uuid) -> Result<()> {
        file::remove(&self.home.untold(uuid))
    }

    fn lock_next(&self, uuid: &Uuid) -> Result<Lock> {
        lock::acquire(&Home::lock_of(&self.home.next(uuid)), self.wait)
    }
}

fn waiting(bytes: Option<Vec<u8>>) -> String {
    String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned()
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
        assert_eq!(store.next_of(&uuid), Next::Waits, "it was not told");
        let mut told = String::new();
        store
            .take_next(&uuid, |text| {
                told = text.to_string();
                Ok(())
            })
            .unwrap();
        assert_eq!(told, "first\n\nsecond");
        assert_eq!(store.next_of(&uuid), Next::Told);
        let long = "é".repeat(NEXT_UNITS);
        store.add_next(&uuid, &long).unwrap();
        assert!(matches!(store.add_next(&uuid, "more"), Err(Error::Limited(_))));
    }

    #[test]
    fn what_waits_at_the_end_is_not_told_later() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::for_people(Home::at(dir.path().join("dashboard")), Witness::NONE);
        let uuid = Uuid::parse("11111111-2222-4333-8444-555555555555").unwrap();
        store.expire_next(&uuid).unwrap();
        assert_eq!(store.next_of(&uuid), Next::Told, "nothing waited");
        store.add_next(&uuid, "too late").unwrap();
        store.expire_next(&uuid).unwrap();
        assert_eq!(store.next_of(&uuid), Next::Untold);
        store.take_next(&uuid, |_| panic!("it ended before")).unwrap();
        store.add_next(&uuid, "after it was resumed").unwrap();
        assert_eq!(store.next_of(&uuid), Next::Waits);
        store.expire_next(&uuid).unwrap();
        store.forget_untold(&uuid).unwrap();
        assert_eq!(store.next_of(&uuid), Next::Told);
    }
}
