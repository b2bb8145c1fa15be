//! Owns how bytes of a checkout are read: from a regular file, bounded, without blocking.
//!
//! Must stay true: a FIFO or a device does not block; below a git directory symbolic links are not
//! followed, so nothing outside of it is read; the number of path components is limited, and none is `..`.
//!
//! Deliberately absent: errors. A file that cannot be read counts as unknown, whatever the reason.

use std::ffi::CString;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom};
use std::os::fd::{AsRawFd, FromRawFd};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

/// Maximum number of components of a path below a git directory: the name of a branch has some.
const PARTS: usize = 32;

/// A file that is open for reading.
#[derive(Debug)]
pub struct Opened {
    file: File,
    /// Bytes.
    pub size: u64,
    pub inode: u64,
    /// When it was last written, in seconds since the epoch.
    pub modified_at: i64,
}

impl Opened {
    fn new(file: File) -> Option<Opened> {
        let meta = file.metadata().ok().filter(|meta| meta.is_file())?;
        Some(Opened { file, size: meta.len(), inode: meta.ino(), modified_at: meta.mtime() })
    }

    /// The bytes from `offset` on, at most `most`.
    pub fn bytes(&self, offset: u64, most: u64) -> Option<Vec<u8>> {
        let mut file = &self.file;
        if offset > 0 {
            file.seek(SeekFrom::Start(offset)).ok()?;
        }
        let mut bytes = Vec::new();
        file.take(most).read_to_end(&mut bytes).ok()?;
        Some(bytes)
    }
}

/// The first bytes of the file at `path`, at most `most`. Symbolic links in the path are followed.
pub fn start_of(path: &Path, most: u64) -> Option<Vec<u8>> {
    let file = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY).open(path).ok()?;
    Opened::new(file)?.bytes(0, most)
}

/// Opens the regular file `name` below the directory `dir`; no component of the name may be a link.
pub fn open_below(dir: &Path, name: &str) -> Option<Opened> {
    let (folders, file) = name.rsplit_once('/').map_or((None, name), |(folders, file)| (Some(folders), file));
    let mut at = OpenOptions::new().read(true).custom_flags(libc::O_DIRECTORY).open(dir).ok()?;
    for (n, part) in folders.into_iter().flat_map(|folders| folders.split('/')).enumerate() {
        if n == PARTS {
            return None;
        }
        at = open_part(&at, part, libc::O_DIRECTORY)?;
    }
    Opened::new(open_part(&at, file, 0)?)
}

#[allow(unsafe_code, reason = "openat(2)")]
fn open_part(dir: &File, part: &str, more: libc::c_int) -> Option<File> {
    if matches!(part, "" | "." | "..") {
        return None;
    }
    let part = CString::new(part).ok()?;
    let flags = libc::O_RDONLY | libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_NOCTTY | libc::O_CLOEXEC | more;
    // SAFETY: the text ends in NUL and outlives the call, and the descriptor is open.
    let descriptor = unsafe { libc::openat(dir.as_raw_fd(), part.as_ptr(), flags) };
    // SAFETY: the descriptor was just opened and has no other owner.
    (descriptor >= 0).then(|| unsafe { File::from_raw_fd(descriptor) })
}
