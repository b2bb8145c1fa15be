//! Owns that a conversation is opened once at a time: whoever opens it takes the lock `live/<uuid>.open.lock`, and the
//! client that takes its place inherits the lock. Must stay true: the lock says something only until the client has
//! reported an event, because a program that the client started may hold it longer.

use super::Store;
use crate::error::{Error, Result};
use crate::id::Uuid;
use crate::lock::{self, Lock};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// Who opens a conversation.
#[derive(Debug)]
pub enum Opening {
    /// This process, which holds the lock.
    Ours(Lock),
    /// This process. The lock is left over from a client that reported events since it was opened.
    LeftOver,
    /// Another process, whose client has not reported anything yet.
    Theirs,
}

impl Store {
    /// Begins to open a conversation. The caller must look afterwards whether it runs meanwhile.
    pub fn begin_opening(&self, uuid: &Uuid) -> Result<Opening> {
        let path = self.home.open_lock(uuid);
        let opening = match lock::acquire(&path, Duration::ZERO) {
            Ok(lock) => Opening::Ours(lock),
            Err(Error::Busy(_)) if self.has_reported_since(uuid, &path) => Opening::LeftOver,
            Err(Error::Busy(_)) => return Ok(Opening::Theirs),
            Err(error) => return Err(error),
        };
        let touch = |file: std::fs::File| file.set_modified(SystemTime::now());
        let touched = std::fs::OpenOptions::new().write(true).open(&path).and_then(touch);
        touched.map_err(|error| Error::io(&path, "touch", error)).map(|()| opening)
    }

    /// Whether an event of the conversation was recorded after the lock was taken.
    fn has_reported_since(&self, uuid: &Uuid, lock: &Path) -> bool {
        let time = |path: &Path| std::fs::symlink_metadata(path).and_then(|meta| meta.modified()).ok();
        let files = [self.home.live(uuid), self.home.ended(uuid)];
        time(lock).is_some_and(|taken| files.iter().filter_map(|path| time(path)).any(|event| event > taken))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paths::Home;
    use crate::witness::Witness;

    #[test]
    fn a_lock_counts_until_the_client_has_reported_an_event() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::for_people(Home::at(dir.path().to_path_buf()), Witness::NONE);
        let uuid = Uuid::parse("e998145e-4e5d-40c9-a3a6-681ad5bd51c9").unwrap();
        let first = store.begin_opening(&uuid).unwrap();
        assert!(matches!(first, Opening::Ours(_)));
        assert!(matches!(store.begin_opening(&uuid).unwrap(), Opening::Theirs));
        std::thread::sleep(Duration::from_millis(20));
        std::fs::write(store.home.live(&uuid), "").unwrap();
        assert!(matches!(store.begin_opening(&uuid).unwrap(), Opening::LeftOver));
        assert!(matches!(store.begin_opening(&uuid).unwrap(), Opening::Theirs), "that one has not reported anything");
        drop(first);
        assert!(matches!(store.begin_opening(&uuid).unwrap(), Opening::Ours(_)));
    }
}
