//! Owns the key of a running dashboard, for changes (`--review`), and for everything where the system does not report who
//! owns a connection or with `--owner-only`: `serve/<port>.key`, 32 random bytes in hexadecimal.
//!
//! Must stay true: every start makes a new key, so that a program that had the port in between cannot know it. While the
//! server runs it holds `serve/<port>.lock`, so that the key is never sent to another program.

use crate::code;
use cs_core::Result;
use cs_core::file::{self, Durability};
use cs_core::lock::{self, HOOK_WAIT, Lock};
use cs_core::paths::Home;
use cs_core::random::secret;

/// The key of this server. Its files are removed when it is dropped.
#[derive(Debug)]
pub struct KeyFile {
    pub key: String,
    home: Home,
    port: u16,
    lock: Option<Lock>,
}

impl KeyFile {
    /// Creates a new key for the server that has this port.
    pub fn make(home: &Home, port: u16) -> Result<KeyFile> {
        file::real_dir(&home.serve_dir())?;
        let lock = lock::acquire(&home.serve_lock(port), HOOK_WAIT)?;
        code::remove_all(home, port);
        let (key, path) = (secret()?, home.serve_key(port));
        file::stage(&path, format!("{key}\n").as_bytes(), Durability::Disposable)?.replace()?;
        Ok(KeyFile { key, home: home.clone(), port, lock: Some(lock) })
    }
}

impl Drop for KeyFile {
    fn drop(&mut self) {
        // A key that cannot be removed is no longer valid.
        let files = [self.home.serve_key(self.port), self.home.serve_page(self.port)];
        files.iter().for_each(|path| drop(file::remove(path)));
        code::remove_all(&self.home, self.port);
        drop(self.lock.take().map(Lock::remove));
    }
}

/// The key of the server on this port; `None` if it requires no key, or is not running.
pub fn of_running(home: &Home, port: u16) -> Result<Option<String>> {
    let lock = home.serve_lock(port);
    if !lock.exists() || lock::try_existing(&lock)?.is_some() {
        return Ok(None);
    }
    let bytes = file::read(&home.serve_key(port))?;
    Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).trim().to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;

    #[test]
    fn a_key_file_exists_while_its_server_runs() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(dir.path());
        assert_eq!(of_running(&home, 1).unwrap(), None);
        let ours = KeyFile::make(&home, 1).unwrap();
        assert_eq!(of_running(&home, 1).unwrap().as_deref(), Some(ours.key.as_str()));
        assert_eq!(std::fs::metadata(home.serve_key(1)).unwrap().mode() & 0o777, 0o600);
        assert_eq!(std::fs::metadata(home.serve_dir()).unwrap().mode() & 0o777, 0o700);
        assert!(KeyFile::make(&home, 1).is_err(), "a port has one server");
        let key = ours.key.clone();
        std::fs::write(home.serve_page(1), "x").unwrap();
        code::make(&home, 1).unwrap();
        drop(ours);
        assert!(std::fs::read_dir(home.serve_dir()).unwrap().next().is_none(), "nothing stays");
        // Killed: the key stays, but its lock is free.
        std::fs::write(home.serve_key(1), &key).unwrap();
        std::fs::write(home.serve_lock(1), "").unwrap();
        assert_eq!(of_running(&home, 1).unwrap(), None);
        assert_ne!(KeyFile::make(&home, 1).unwrap().key, key);
    }
}
