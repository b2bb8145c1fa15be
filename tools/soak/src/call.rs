//! The effect of a system call on files: its kind, and the path it concerns.
//!
//! Only as much as needed to stop a program before each step that is visible on disk, and to make calls fail that may
//! fail. Any other call is [`Kind::Other`].

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// The kind of work that a call does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Opens for reading only.
    Open,
    /// Opens for writing, perhaps creating the file.
    Create,
    Read,
    Write,
    Sync,
    Close,
    Stat,
    /// Of an open file.
    StatOpened,
    List,
    Lock,
    Rename,
    Link,
    Unlink,
    MakeDir,
    Exit,
    Other,
}

impl Kind {
    /// Whether other programs may see a change after the call.
    fn is_a_step(self) -> bool {
        use Kind::*;
        matches!(self, Create | Write | Rename | Link | Unlink | MakeDir)
    }
}

/// A system call that is about to be made.
#[derive(Clone, Debug)]
pub struct Call {
    pid: libc::pid_t,
    number: i64,
    arguments: [u64; 6],
}

/// Where a call has the path that it concerns.
enum Place {
    /// The argument is an open file.
    Fd(usize),
    /// The argument points to the path.
    Text(usize),
}

impl Call {
    /// The call of process `pid`, which is stopped right before it.
    pub fn new(pid: libc::pid_t, number: i64, arguments: [u64; 6]) -> Call {
        Call { pid, number, arguments }
    }

    /// The kind of the call.
    pub fn kind(&self) -> Kind {
        self.known().0
    }

    /// Whether the folder's contents may be different after the call.
    pub fn is_a_step_in(&self, folder: &Path) -> bool {
        self.kind().is_a_step() && self.path().is_some_and(|path| path.starts_with(folder))
    }

    /// The path that it concerns; `None` if it does not concern a path.
    pub fn path(&self) -> Option<PathBuf> {
        match self.known().1? {
            Place::Fd(n) => fs::read_link(format!("/proc/{}/fd/{}", self.pid, self.arguments[n])).ok(),
            Place::Text(n) => self.text(self.arguments[n]).map(PathBuf::from),
        }
    }

    fn text(&self, at: u64) -> Option<String> {
        let memory = File::open(format!("/proc/{}/mem", self.pid)).ok()?;
        let mut bytes = [0; 512];
        let count = memory.read_at(&mut bytes, at).ok()?;
        let end = bytes[..count].iter().position(|byte| *byte == 0)?;
        Some(String::from_utf8_lossy(&bytes[..end]).into_owned())
    }

    fn opens(&self, flags: usize) -> Kind {
        let writes = (libc::O_WRONLY | libc::O_RDWR | libc::O_CREAT) as u64;
        if self.arguments[flags] & writes == 0 { Kind::Open } else { Kind::Create }
    }

    fn known(&self) -> (Kind, Option<Place>) {
        use Place::{Fd, Text};
        let (kind, place) = match self.number {
            libc::SYS_openat => (self.opens(2), Text(1)),
            libc::SYS_read | libc::SYS_pread64 => (Kind::Read, Fd(0)),
            libc::SYS_write | libc::SYS_pwrite64 | libc::SYS_writev => (Kind::Write, Fd(0)),
            libc::SYS_fsync | libc::SYS_fdatasync => (Kind::Sync, Fd(0)),
            libc::SYS_close => (Kind::Close, Fd(0)),
            libc::SYS_statx if self.arguments[1] != 0 && self.text(self.arguments[1]) == Some(String::new()) => {
                (Kind::StatOpened, Fd(0))
            }
            libc::SYS_statx => (Kind::Stat, Text(1)),
            libc::SYS_fstat => (Kind::StatOpened, Fd(0)),
            libc::SYS_faccessat => (Kind::Stat, Text(1)),
            libc::SYS_getdents64 => (Kind::List, Fd(0)),
            libc::SYS_flock => (Kind::Lock, Fd(0)),
            libc::SYS_renameat | libc::SYS_renameat2 => (Kind::Rename, Text(3)),
            libc::SYS_linkat => (Kind::Link, Text(3)),
            libc::SYS_unlinkat => (Kind::Unlink, Text(1)),
            libc::SYS_mkdirat => (Kind::MakeDir, Text(1)),
            libc::SYS_exit_group | libc::SYS_exit => return (Kind::Exit, None),
            other => return old_name(other, |flags| self.opens(flags)),
        };
        (kind, Some(place))
    }
}

/// Calls that newer processor architectures no longer have.
#[cfg(target_arch = "x86_64")]
fn old_name(number: i64, opens: impl Fn(usize) -> Kind) -> (Kind, Option<Place>) {
    use Place::Text;
    let (kind, place) = match number {
        libc::SYS_open => (opens(1), Text(0)),
        libc::SYS_stat | libc::SYS_lstat | libc::SYS_access => (Kind::Stat, Text(0)),
        libc::SYS_newfstatat => (Kind::Stat, Text(1)),
        libc::SYS_rename => (Kind::Rename, Text(1)),
        libc::SYS_link => (Kind::Link, Text(1)),
        libc::SYS_unlink | libc::SYS_rmdir => (Kind::Unlink, Text(0)),
        libc::SYS_mkdir => (Kind::MakeDir, Text(0)),
        _ => return (Kind::Other, None),
    };
    (kind, Some(place))
}

#[cfg(not(target_arch = "x86_64"))]
fn old_name(_number: i64, _opens: impl Fn(usize) -> Kind) -> (Kind, Option<Place>) {
    (Kind::Other, None)
}
