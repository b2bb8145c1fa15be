//! Owns the pipe `wake`, by which a sender wakes the process that waits for messages. Must stay true: a sender never
//! waits and needs no waiter; only a pipe of this user is opened, never through a link.

use super::Inbox;
use cs_core::error::{Error, Result};
use cs_core::file;
use cs_core::lock::{self, Lock};
use cs_core::stdin;
use std::ffi::CString;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::time::Duration;

impl Inbox {
    /// Wakes the process that waits for messages, if there is one. Whatever fails is no error: the message is stored,
    /// and the waiter looks into the inbox from time to time.
    pub fn wake(&self) {
        let path = self.files.pipe();
        let may_open = || file::own_dir(&path).is_ok();
        // Without a reader, opening fails (ENXIO); a full pipe wakes as well.
        let opened = may_open().then(|| open(&path, OpenOptions::new().write(true)).ok()).flatten();
        let _ = opened.map(|mut pipe| pipe.write(b"\n"));
    }

    /// Whether a process waits for messages. Its lock is not asked: a waiter that begins now would find it taken.
    pub fn has_waiter(&self) -> bool {
        let path = self.files.pipe();
        file::own_dir(&path).is_ok() && open(&path, OpenOptions::new().write(true)).is_ok()
    }

    /// Whether the process that waits has noticed all that was written to wake it. One that was stopped does not.
    pub fn is_heard(&self) -> bool {
        let opened = open(&self.files.pipe(), OpenOptions::new().read(true));
        opened.is_ok_and(|pipe| !stdin::is_readable_within(&pipe, Duration::ZERO))
    }

    /// Opens the pipe for its waiter, and makes it if needed. Open it, then look into the inbox, then poll.
    pub fn open_wake(&self) -> Result<File> {
        let path = self.files.pipe();
        file::make_dir(path.parent().unwrap_or(Path::new(".")))?;
        file::own_dir(&path)?;
        // Also for writing: a pipe without writers would always be readable.
        if let Ok(pipe) = open(&path, OpenOptions::new().read(true).write(true)) {
            return Ok(pipe);
        }
        // What has this name is no pipe of ours, or there is nothing.
        file::remove(&path)?;
        make(&path).map_err(|error| Error::io(&path, "create", error))?;
        open(&path, OpenOptions::new().read(true).write(true)).map_err(|error| Error::io(&path, "open", error))
    }

    /// The lock of the process that waits for messages; `None` if another one holds it.
    pub fn waiter_lock(&self) -> Result<Option<Lock>> {
        match lock::acquire(&self.files.waiter_lock(), Duration::ZERO) {
            Ok(lock) => Ok(Some(lock)),
            Err(Error::Busy(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The same lock for a sender that hands messages over itself, to a client without a waiter. Waits for it.
    pub fn hand_over_lock(&self) -> Result<Lock> {
        lock::acquire(&self.files.waiter_lock(), self.wait)
    }
}

/// Opens a pipe of this user.
fn open(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    let pipe = options.custom_flags(libc::O_NONBLOCK | libc::O_NOFOLLOW | libc::O_NOCTTY).open(path)?;
    let meta = pipe.metadata()?;
    // SAFETY: the call takes nothing and cannot fail.
    #[allow(unsafe_code, reason = "geteuid(2)")]
    let user = unsafe { libc::geteuid() };
    match meta.file_type().is_fifo() && meta.uid() == user {
        true => Ok(pipe),
        false => Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a pipe of this user")),
    }
}

#[allow(unsafe_code, reason = "mkfifo(3)")]
fn make(path: &Path) -> io::Result<()> {
    let name = CString::new(path.as_os_str().as_bytes()).map_err(io::Error::from)?;
    // SAFETY: the pointer is to a text that ends in NUL and outlives the call.
    match unsafe { libc::mkfifo(name.as_ptr(), 0o600) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

#[cfg(test)]
mod tests {
    use crate::inbox::tests::inbox;
    use std::fs;
    use std::io::{ErrorKind, Read};

    #[test]
    fn a_waiter_is_woken_and_without_one_nothing_happens() {
        let dir = tempfile::tempdir().unwrap();
        let inbox = inbox(dir.path());
        inbox.wake();
        assert!(!inbox.has_waiter());
        let mut pipe = inbox.open_wake().unwrap();
        assert!(inbox.has_waiter());
        let mut byte = [0; 8];
        assert_eq!(pipe.read(&mut byte).unwrap_err().kind(), ErrorKind::WouldBlock);
        assert!(inbox.is_heard());
        inbox.wake();
        inbox.wake();
        assert!(!inbox.is_heard());
        assert_eq!(pipe.read(&mut byte).unwrap(), 2);
        assert!(inbox.is_heard());
        let held = inbox.waiter_lock().unwrap().unwrap();
        assert!(inbox.waiter_lock().unwrap().is_none());
        drop(held);
        assert!(inbox.waiter_lock().unwrap().is_some());
    }

    #[test]
    fn what_is_no_pipe_is_made_anew_and_never_written_to() {
        let dir = tempfile::tempdir().unwrap();
        let inbox = inbox(dir.path());
        drop(inbox.open_wake().unwrap());
        let (path, other) = (inbox.files.pipe(), dir.path().join("other"));
        let put_link = || std::os::unix::fs::symlink(&other, &path).unwrap();
        for put in [&(|| fs::write(&path, "kept").unwrap()) as &dyn Fn(), &put_link] {
            fs::remove_file(&path).unwrap();
            fs::write(&other, "kept").unwrap();
            put();
            inbox.wake();
            assert_eq!(fs::read_to_string(&path).unwrap(), "kept");
            let mut pipe = inbox.open_wake().unwrap();
            inbox.wake();
            assert_eq!(pipe.read(&mut [0; 8]).unwrap(), 1);
            assert_eq!(fs::read_to_string(&other).unwrap(), "kept");
        }
    }
}
