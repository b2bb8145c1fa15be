//! A lock that a test holds, as any other program would.

use std::fs::File;
use std::os::fd::AsRawFd;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// A lock of FORMAT.md (Writing, 6), held until this is dropped.
#[derive(Debug)]
pub struct Held(File);

impl Held {
    /// Waits for the lock and takes it; creates its file if needed. Panics if the system refuses.
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

    /// The inode number of the locked file.
    #[must_use]
    pub fn inode(&self) -> u64 {
        self.0.metadata().expect("it is open").ino()
    }

    fn flock(&self, operation: i32) {
        // SAFETY: flock only takes numbers.
        assert_eq!(unsafe { libc::flock(self.0.as_raw_fd(), operation) }, 0);
    }
}

/// Unlocks explicitly. Closing is not enough: a program that another test is starting holds a copy of the descriptor
/// until its exec, and the lock with it.
impl Drop for Held {
    fn drop(&mut self) {
        self.flock(libc::LOCK_UN);
    }
}
