//! Owns keeping others from opening a file for a moment. Linux has leases for that (fcntl(2), F_SETLEASE): a program
//! that opens a leased file waits until its holder releases it, or dies. Elsewhere, and on disks without leases,
//! nothing is held: [`Lease::is_held`] is then false, and the caller must check the file again.

use std::fs::File;
use std::io;

/// The kinds of access that others must not have in the meantime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Open it for writing. The file must be open for reading only.
    Write,
    /// Open it at all. Nobody else may have it open.
    Open,
}

/// A file that was asked for; let go when it is dropped, because the file is closed then.
#[derive(Debug)]
pub struct Lease<'f> {
    file: &'f File,
    kind: Kind,
    is_held: bool,
}

impl<'f> Lease<'f> {
    /// Asks for a file; `None` if somebody has it open in a way that this excludes.
    pub fn take(file: &'f File, kind: Kind) -> Option<Self> {
        match system::set(file, kind) {
            Ok(()) => Some(Lease { file, kind, is_held: true }),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => None,
            Err(_) => Some(Lease { file, kind, is_held: false }),
        }
    }

    /// Whether others are kept from the file.
    pub fn is_held(&self) -> bool {
        self.is_held
    }

    /// Whether somebody waits for the file.
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

    /// By include/uapi/asm-generic/fcntl.h, which the libc crate leaves out.
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
        // SAFETY: fcntl with these commands takes and gives numbers only.
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
