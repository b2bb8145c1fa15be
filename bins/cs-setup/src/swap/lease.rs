//! Owns keeping other programs from opening a file for a moment, with leases of Linux (fcntl(2), F_SETLEASE): a program
//! that opens a leased file waits until the holder releases the lease or ends. On other systems, and on disks without
//! leases, [`Lease::is_held`] is false, and the caller must check the file again.

use std::fs::File;
use std::io;

/// The kinds of access that a lease excludes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Open it for writing. The file must be open for reading only.
    Write,
    /// Open it at all. Nobody else may have it open.
    Open,
}

/// A lease on a file, which is released when it is dropped.
#[derive(Debug)]
pub struct Lease<'f> {
    file: &'f File,
    kind: Kind,
    is_held: bool,
}

impl<'f> Lease<'f> {
    /// Takes a lease; `None` if another program has the file open with an access that it excludes.
    pub fn take(file: &'f File, kind: Kind) -> Option<Self> {
        match system::set(file, kind) {
            Ok(()) => Some(Lease { file, kind, is_held: true }),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => None,
            Err(_) => Some(Lease { file, kind, is_held: false }),
        }
    }

    /// Whether the lease keeps others from the file.
    pub fn is_held(&self) -> bool {
        self.is_held
    }

    /// Whether another program waits for the file.
    pub fn is_wanted(&self) -> bool {
        self.is_held && !system::is_whole(self.file, self.kind)
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        if self.is_held {
            system::release(self.file);
        }
    }
}

#[cfg(target_os = "linux")]
mod system {
    use super::Kind;
    use std::fs::File;
    use std::io;
    use std::os::fd::AsRawFd;

    /// From include/uapi/asm-generic/fcntl.h; the libc crate does not have it.
    const F_SETSIG: libc::c_int = 10;

    fn word(kind: Kind) -> libc::c_int {
        match kind {
            Kind::Write => libc::F_RDLCK,
            Kind::Open => libc::F_WRLCK,
        }
    }

    #[allow(unsafe_code, reason = "fcntl(2)")]
    pub fn set(file: &File, kind: Kind) -> io::Result<()> {
        // A signal informs the holder that another program waits. It is ignored by default.
        // SAFETY: fcntl with these commands takes and returns only numbers.
        let done = unsafe {
            libc::fcntl(file.as_raw_fd(), F_SETSIG, libc::SIGURG);
            libc::fcntl(file.as_raw_fd(), libc::F_SETLEASE, word(kind))
        };
        if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
    }

    #[allow(unsafe_code, reason = "fcntl(2)")]
    pub fn is_whole(file: &File, kind: Kind) -> bool {
        // SAFETY: as above.
        unsafe { libc::fcntl(file.as_raw_fd(), libc::F_GETLEASE) == word(kind) }
    }

    #[allow(unsafe_code, reason = "fcntl(2)")]
    pub fn release(file: &File) {
        // SAFETY: as above.
        unsafe { libc::fcntl(file.as_raw_fd(), libc::F_SETLEASE, libc::F_UNLCK) };
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use super::Kind;
    use std::fs::File;
    use std::io;

    pub fn set(_file: &File, _kind: Kind) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub fn is_whole(_file: &File, _kind: Kind) -> bool {
        true
    }

    pub fn release(_file: &File) {}
}
