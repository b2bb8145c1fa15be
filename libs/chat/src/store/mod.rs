//! Owns `chat/`: what is remembered of chats between runs. Must stay true: a file is read and written under its lock and
//! replaced in one step; one that cannot be understood is an error, unless nothing depends on it: an offset that is lost
//! would carry out old messages again.

mod mirrored;
mod notices;
mod offset;
mod state;
mod topics;

pub use mirrored::Mirrored;
pub use notices::{About, Notice, Notices};
pub use offset::{Offset, Taken};
pub use state::State;
pub use topics::{Place, Topics};

use cs_core::error::{Error, Result};
use cs_core::file::{self, Durability};
use cs_core::lock::{self, Lock};
use cs_core::paths::Home;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::PathBuf;
use std::time::Duration;

/// How long to wait for a file's lock.
const WAIT: Duration = Duration::from_secs(5);

/// A file in `chat/`.
pub trait Stored: Default + Serialize + DeserializeOwned {
    /// Its name.
    const NAME: &'static str;
    /// Whether a change is on the disk when it is done.
    const DURABILITY: Durability = Durability::Synced;

    /// Its path.
    fn path(home: &Home) -> PathBuf {
        home.chat_dir().join(Self::NAME)
    }

    /// Reads it; the default if there is none.
    fn read(home: &Home) -> Result<Self> {
        let path = Self::path(home);
        let Some(bytes) = file::read(&path)? else { return Ok(Self::default()) };
        match serde_json::from_slice(&bytes) {
            // Such a file may be damaged after a power failure, and nothing depends on it.
            Err(_) if matches!(Self::DURABILITY, Durability::Disposable) => Ok(Self::default()),
            read => read.map_err(|error| Error::corrupt(&path, error.to_string())),
        }
    }

    /// Changes it under its lock; `change` returns whether something is to be written, and what the caller wants to know.
    fn change<T>(home: &Home, change: impl FnOnce(&mut Self) -> (bool, T)) -> Result<T> {
        let path = Self::path(home);
        file::make_dir(&home.chat_dir())?;
        let lock = lock::acquire(&Home::lock_of(&path), WAIT)?;
        let mut stored = Self::read(home)?;
        let (is_changed, told) = change(&mut stored);
        if is_changed {
            let mut bytes = serde_json::to_vec(&stored).map_err(|error| Error::corrupt(&path, error.to_string()))?;
            bytes.push(b'\n');
            lock.confirm()?;
            file::replace(&path, &bytes, Self::DURABILITY)?;
        }
        Ok(told)
    }
}

/// The only program that looks now at what is over and which turns ended, so that none is sent twice. `Busy` if another
/// process does.
pub fn only_settler(home: &Home) -> Result<Lock> {
    file::make_dir(&home.chat_dir())?;
    lock::acquire(&home.chat_dir().join("settle.lock"), Duration::ZERO)
}

/// The only poller of this machine: held while updates are fetched and carried out. `Busy` if another process is one.
pub fn only_poller(home: &Home) -> Result<Lock> {
    file::make_dir(&home.chat_dir())?;
    lock::acquire(&home.chat_dir().join("poll.lock"), Duration::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_store_knows_these_files() {
        let mut names = [Offset::NAME, State::NAME, Topics::NAME, Notices::NAME, Mirrored::NAME];
        let mut known = cs_core::paths::CHAT_FILES;
        names.sort_unstable();
        known.sort_unstable();
        assert_eq!(names, known);
    }
}
