//! A lock that a test holds, as any other program would.

use std::fs::File;
use std::os::fd::AsRawFd;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// A lock of FORMAT.md (Writing, 6), held until this is dropped.
#[derive(Debug)]
pub struct Held(File);

impl Held {
    /// Takes the lock, made if it is not there, and waits for whoever has it. Panics when the system refuses.
    #[must_use]
    pub fn take(path: &Path) -> Held {
        loop {
            let held = Held(File::options().create(true).append(true).open(path).expect("it can be opened"));
            held.flock(libc::LOCK_EX);
            if path.symlink_metadata().is_ok_and(|named| named.ino() == held.inode()) {
                return held;
            }
        }
    }

    /// The number of the file that is locked.
    #[must_use]
    pub fn inode(&self) -> u64 {
        self.0.metadata().expect("it is open").ino()
    }

    fn flock(&self, operation: i32) {
        // SAFETY: flock only takes numbers.
        assert_eq!(unsafe { libc::flock(self.0.as_raw_fd(), operation) }, 0);
    }
}

/// Unlocks, and does not only close: a program that another test is just starting has a copy of the descriptor until
/// its own code begins, and the lock would live on with it.
impl Drop for Held {
    fn drop(&mut self) {
        self.flock(libc::LOCK_UN);
    }
}
