//! Owns who watches a conversation until a notice about it is due: at most one process, which holds the lock
//! `notify/<uuid>.lock`. Must stay true: an event that comes while the watcher ends is not missed. Its hook first sets
//! the time of the lock's file and then tries the lock; the watcher first releases the lock and then looks at the time.

use super::Store;
use crate::error::{Error, Result};
use crate::file;
use crate::id::Uuid;
use crate::lock::{self, Lock};
use std::fs::OpenOptions;
use std::time::{Duration, SystemTime};

impl Store {
    /// Leaves word that something happened in the conversation. Returns the lock if nobody watches it: then the caller
    /// must.
    pub fn call_watcher(&self, uuid: &Uuid) -> Result<Option<Lock>> {
        let path = self.home.watch_lock(uuid);
        let file = file::open_own(&path, OpenOptions::new().read(true).write(true))?;
        file.set_modified(SystemTime::now()).map_err(|error| Error::io(&path, "touch", error))?;
        self.take_watch(uuid)
    }

    /// When something last happened in the conversation, by the system's clock.
    pub fn last_call(&self, uuid: &Uuid) -> Result<SystemTime> {
        let path = self.home.watch_lock(uuid);
        let modified = std::fs::symlink_metadata(&path).and_then(|meta| meta.modified());
        modified.map_err(|error| Error::io(&path, "inspect", error))
    }

    /// Stops watching, unless something happened after `seen`: then the lock is taken again, if it is free.
    pub fn end_watch(&self, uuid: &Uuid, lock: Lock, seen: SystemTime) -> Result<Option<Lock>> {
        lock.release()?;
        if self.last_call(uuid)? == seen { Ok(None) } else { self.take_watch(uuid) }
    }

    fn take_watch(&self, uuid: &Uuid) -> Result<Option<Lock>> {
        match lock::acquire(&self.home.watch_lock(uuid), Duration::ZERO) {
            Ok(lock) => Ok(Some(lock)),
            Err(Error::Busy(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::id::Uuid;
    use crate::paths::Home;
    use crate::store::Store;
    use crate::witness::Witness;

    #[test]
    fn one_process_watches_and_hears_of_what_happens_while_it_ends() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::for_hooks(Home::at(dir.path().to_path_buf()), Witness::NONE);
        let uuid = Uuid::parse("e998145e-4e5d-40c9-a3a6-681ad5bd51c9").unwrap();
        let lock = store.call_watcher(&uuid).unwrap().unwrap();
        let seen = store.last_call(&uuid).unwrap();
        assert!(store.call_watcher(&uuid).unwrap().is_none(), "somebody watches");
        let lock = store.end_watch(&uuid, lock, seen).unwrap().expect("something happened meanwhile");
        let seen = store.last_call(&uuid).unwrap();
        assert!(store.end_watch(&uuid, lock, seen).unwrap().is_none(), "nothing happened");
        assert!(store.call_watcher(&uuid).unwrap().is_some(), "nobody watches");
    }

    #[test]
    fn a_lock_that_was_passed_on_holds_until_it_is_released() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::for_hooks(Home::at(dir.path().to_path_buf()), Witness::NONE);
        let uuid = Uuid::parse("e998145e-4e5d-40c9-a3a6-681ad5bd51c9").unwrap();
        let file = store.call_watcher(&uuid).unwrap().unwrap().into_file();
        let other = file.try_clone().unwrap();
        let lock = crate::lock::Lock::inherited(file, &store.home.watch_lock(&uuid)).unwrap();
        assert!(store.call_watcher(&uuid).unwrap().is_none());
        lock.release().unwrap();
        assert!(store.call_watcher(&uuid).unwrap().is_some(), "although another number of the file is open");
        drop(other);
    }
}
