//! Owns locking: one exclusive flock on a `.lock` file, with a deadline.
//! Must stay true: the holder of a `Lock` holds the file that has that name now; the file that it waited for may
//! have been unlinked (the Python tool does that after every release), so the inode is
//! compared after locking. Order: conversation, session, agent, inbox, lease, index, project, config, audit,
//! marks, redactions; never back.

use crate::error::{Error, Result};
use crate::file;
use crate::open;
use fs2::FileExt;
use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::os::fd::IntoRawFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long hooks wait: Claude Code is waiting for them.
pub const HOOK_WAIT: Duration = Duration::from_millis(100);
/// How long commands of people wait.
pub const PERSON_WAIT: Duration = Duration::from_secs(5);

/// A held lock; dropping it releases it.
#[derive(Debug)]
pub struct Lock {
    file: File,
    path: PathBuf,
}

impl Lock {
    /// Must be called right before the rename that the lock protects: `Busy` if the lock's file lost its name. The
    /// Python tool removes the file just after its release, which may be just after we got the lock; then another
    /// program may hold a lock of that name, and what we read may be outdated.
    pub fn confirm(&self) -> Result<()> {
        if is_current(&self.file, &self.path)? { Ok(()) } else { Err(Error::Busy(self.path.clone())) }
    }
}

impl Lock {
    /// Removes the lock's file and releases the lock. This is safe: a program that waits for this file sees, when it
    /// gets the lock, that the name is gone or belongs to another file, and tries that one.
    pub fn remove(self) -> Result<()> {
        if is_current(&self.file, &self.path)? { file::remove(&self.path) } else { Ok(()) }
    }

    /// The locked file, for a process that we start and that is to hold the lock after us: a flock belongs to the open
    /// file, not to the process that took it.
    pub fn into_file(self) -> File {
        self.file
    }

    /// Lets the program that takes the place of this one hold the lock after us.
    #[allow(unsafe_code, reason = "fcntl(2)")]
    pub fn hand_over(self) -> Result<()> {
        let fd = self.file.into_raw_fd();
        // SAFETY: the call takes no pointers, and the descriptor is ours and open.
        match unsafe { libc::fcntl(fd, libc::F_SETFD, 0) } {
            -1 => Err(Error::io(&self.path, "hand over", std::io::Error::last_os_error())),
            _ => Ok(()),
        }
    }

    /// The lock of which the process that started us gave us the file. `Busy` if the file has lost its name.
    pub fn inherited(file: File, path: &Path) -> Result<Self> {
        let lock = Lock { file, path: path.to_path_buf() };
        lock.confirm()?;
        Ok(lock)
    }

    /// Releases the lock, even if the file is also open under another number, such as standard input.
    pub fn release(self) -> Result<()> {
        FileExt::unlock(&self.file).map_err(|error| Error::io(&self.path, "unlock", error))
    }
}

/// Takes the lock at `path` if the file exists and no process holds it; never creates the file.
pub fn try_existing(path: &Path) -> Result<Option<Lock>> {
    file::own_dir(path)?;
    let file = match open::unlinked(path, OpenOptions::new().read(true).write(true)) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::io(path, "open", error)),
    };
    match FileExt::try_lock_exclusive(&file) {
        Ok(()) if is_current(&file, path)? => Ok(Some(Lock { file, path: path.to_path_buf() })),
        Ok(()) => Ok(None),
        Err(error) if is_contended(&error) => Ok(None),
        Err(error) => Err(Error::io(path, "lock", error)),
    }
}

/// Like [`try_existing`], but waits for the lock; `None` if there is no such file.
pub fn try_existing_within(path: &Path, wait: Duration) -> Result<Option<Lock>> {
    let deadline = Instant::now() + wait;
    loop {
        match try_existing(path)? {
            Some(lock) => return Ok(Some(lock)),
            None if std::fs::symlink_metadata(path).is_err_and(|error| error.kind() == ErrorKind::NotFound) => {
                return Ok(None);
            }
            None if Instant::now() >= deadline => return Err(Error::Busy(path.to_path_buf())),
            None => std::thread::sleep(Duration::from_micros(200)),
        }
    }
}

/// Opens the file at `path`, created if needed, with a shared lock: a program that renames the file and then locks it
/// exclusively knows that no other program still writes to it. The lock is held until the file is closed.
pub fn open_shared(path: &Path, options: &mut OpenOptions, wait: Duration) -> Result<File> {
    let deadline = Instant::now() + wait;
    loop {
        let file = file::open_own(path, options)?;
        if share(&file, path)? {
            return Ok(file);
        }
        // The file is being set aside, or was a moment ago.
        if Instant::now() >= deadline {
            return Err(Error::Busy(path.to_path_buf()));
        }
        std::thread::yield_now();
    }
}

/// `false` if another program holds the lock exclusively, or if the file has lost its name.
fn share(file: &File, path: &Path) -> Result<bool> {
    match FileExt::try_lock_shared(file) {
        Ok(()) => is_current(file, path),
        Err(error) if is_contended(&error) => Ok(false),
        // A disk without locks: no program can hold one, so none renames the file.
        Err(error) if matches!(error.raw_os_error(), Some(libc::ENOLCK | libc::ENOSYS | libc::EOPNOTSUPP)) => Ok(true),
        Err(error) => Err(Error::io(path, "lock", error)),
    }
}

/// Takes the lock at `path`, or returns `Busy` after `wait`.
pub fn acquire(path: &Path, wait: Duration) -> Result<Lock> {
    let deadline = Instant::now() + wait;
    let mut pause = Duration::from_micros(200);
    loop {
        let file = file::open_own(path, OpenOptions::new().read(true).write(true))?;
        match FileExt::try_lock_exclusive(&file) {
            Ok(()) if is_current(&file, path)? => return Ok(Lock { file, path: path.to_path_buf() }),
            // Another program removed it, or this disk reports two inodes for one file: then it will never match.
            Ok(()) => {}
            Err(error) if is_contended(&error) => {}
            Err(error) => return Err(Error::io(path, "lock", error)),
        }
        if Instant::now() >= deadline {
            return Err(Error::Busy(path.to_path_buf()));
        }
        std::thread::sleep(pause.min(deadline.saturating_duration_since(Instant::now())));
        pause = (pause * 2).min(Duration::from_millis(3));
    }
}

fn is_contended(error: &std::io::Error) -> bool {
    error.raw_os_error() == fs2::lock_contended_error().raw_os_error()
}

fn is_current(file: &File, path: &Path) -> Result<bool> {
    let failed = |error| Error::io(path, "inspect", error);
    let held = file.metadata().map_err(failed)?;
    match std::fs::symlink_metadata(path) {
        Ok(named) => Ok(held.ino() == named.ino() && held.dev() == named.dev()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(failed(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_held_lock_is_busy_and_an_unlinked_one_is_not_shared() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.lock");
        let held = acquire(&path, HOOK_WAIT).unwrap();
        assert!(matches!(acquire(&path, Duration::from_millis(5)), Err(Error::Busy(_))));
        std::fs::remove_file(&path).unwrap();
        let second = acquire(&path, HOOK_WAIT).unwrap();
        drop(held);
        assert!(matches!(acquire(&path, Duration::from_millis(5)), Err(Error::Busy(_))));
        second.confirm().unwrap();
        std::fs::remove_file(&path).unwrap();
        assert!(matches!(second.confirm(), Err(Error::Busy(_))), "it says so when its file is gone");
        drop(second);
        acquire(&path, HOOK_WAIT).unwrap();
    }

    #[test]
    fn a_held_lock_is_not_removed_and_a_removed_one_is_not_shared() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.lock");
        assert!(try_existing(&path).unwrap().is_none() && !path.exists());
        let held = acquire(&path, HOOK_WAIT).unwrap();
        assert!(try_existing(&path).unwrap().is_none());
        drop(held);
        let ours = try_existing(&path).unwrap().unwrap();
        let waiting = std::thread::spawn({
            let path = path.clone();
            move || acquire(&path, PERSON_WAIT).unwrap()
        });
        std::thread::sleep(Duration::from_millis(20));
        ours.remove().unwrap();
        let theirs = waiting.join().unwrap();
        theirs.confirm().unwrap();
        assert!(matches!(acquire(&path, Duration::from_millis(5)), Err(Error::Busy(_))));
        std::fs::remove_file(&path).unwrap();
        let other = acquire(&path, HOOK_WAIT).unwrap();
        theirs.remove().unwrap();
        other.confirm().unwrap();
    }

    #[test]
    fn a_symbolic_link_is_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.lock");
        std::os::unix::fs::symlink(dir.path().join("elsewhere"), &path).unwrap();
        assert!(matches!(acquire(&path, HOOK_WAIT), Err(Error::Io { .. })));
        assert!(!dir.path().join("elsewhere").exists());
    }
}
