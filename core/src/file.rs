//! Owns the only two ways to access a file: a bounded read that refuses links, and an atomic write.
//! Must stay true: a reader sees the old bytes or the new ones, never a mixture; nothing outside
//! the named directory is opened through a symbolic link; files are 0600 and directories 0700.
//! One file is written in place, the index (see `store::slots`): it is read with [`read_unchanged`].

mod dir;
mod several;
mod staged;

pub use dir::{count, make_dir, make_dirs, own_dir, real_dir, stems, sync_dir, sync_disk};
pub use several::OwnDir;
pub use staged::{Staged, begin, replace, stage, stage_elsewhere, stage_written};

use crate::error::{Error, Result};
use crate::open;
use crate::validate::FILE_BYTES;
use crate::weight;
use dir::folder_of;
use staged::settle;
use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
#[cfg(any(target_os = "linux", target_os = "macos"))]
use std::{ffi::CString, os::unix::ffi::OsStrExt};

/// Prefix of the names of files that are being written; one that remains was left by a killed program.
pub const TEMP_PREFIX: &str = ".tmp-";

/// The reason why a symbolic link in the data directory is refused.
const LINK: &str = "it is a symbolic link, which is never followed here";

/// The guarantee that a write gives after a power failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// The new bytes: the file is synced before it gets its name, and its directory afterwards.
    Synced,
    /// For caches: perhaps the old bytes, perhaps a damaged file.
    Disposable,
}

/// The bytes of a regular file of at most 10 MiB whose values do not weigh too much (see [`weight`]); `None` if there
/// is none.
pub fn read(path: &Path) -> Result<Option<Vec<u8>>> {
    own_dir(path)?;
    read_elsewhere(path)
}

/// The same outside the data directory, where the user decides which directories are links.
pub fn read_elsewhere(path: &Path) -> Result<Option<Vec<u8>>> {
    let bytes = read_bytes(path, FILE_BYTES)?;
    if bytes.as_deref().is_some_and(weight::is_too_heavy) {
        return Err(Error::corrupt(path, weight::HEAVY));
    }
    Ok(bytes)
}

/// Whether [`read`] accepts these bytes. What it refuses must not be written.
pub fn can_be_read(bytes: &[u8]) -> bool {
    bytes.len() <= FILE_BYTES && !weight::is_too_heavy(bytes)
}

/// The bytes of a regular file of at most `most` bytes, for content that is not parsed into values.
pub fn read_at_most(path: &Path, most: usize) -> Result<Option<Vec<u8>>> {
    own_dir(path)?;
    read_bytes(path, most)
}

/// The first `head` bytes and the last `tail` bytes of a regular file, which do not overlap: of a small file they are all.
/// One of more than [`FILE_BYTES`] is refused, as [`read_at_most`] does.
pub fn ends(path: &Path, head: usize, tail: usize) -> Result<Option<[Vec<u8>; 2]>> {
    own_dir(path)?;
    let Some(file) = open_to_read(path)? else { return Ok(None) };
    let size = size_of(&file, path, FILE_BYTES)?;
    let head = head.min(size);
    let part = |from: usize, to: usize| {
        let mut bytes = vec![0; to.saturating_sub(from)];
        let read = file.read_exact_at(&mut bytes, from as u64);
        read.map(|()| bytes).map_err(|error| Error::io(path, "read", error))
    };
    Ok(Some([part(0, head)?, part(size.saturating_sub(tail).max(head), size)?]))
}

/// Like [`read_at_most`], for a file that may be changed meanwhile: `None` if it was.
pub fn read_unchanged(path: &Path, most: usize) -> Result<Option<Option<Vec<u8>>>> {
    own_dir(path)?;
    let Some(file) = open_to_read(path)? else { return Ok(Some(None)) };
    let before = state(&file, path)?;
    let bytes = read_open(&file, path, most)?;
    Ok((state(&file, path)? == before).then_some(Some(bytes)))
}

/// What differs after a change: the size and time of the file.
fn state(file: &File, path: &Path) -> Result<(u64, i64, i64)> {
    let meta = file.metadata().map_err(|error| Error::io(path, "inspect", error))?;
    Ok((meta.len(), meta.mtime(), meta.mtime_nsec()))
}

fn read_bytes(path: &Path, most: usize) -> Result<Option<Vec<u8>>> {
    open_to_read(path)?.map(|file| read_open(&file, path, most)).transpose()
}

fn open_to_read(path: &Path) -> Result<Option<File>> {
    let file = match OpenOptions::new().read(true).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK).open(path) {
        Ok(file) => file,
        Err(error) if is_absent(&error) => return Ok(None),
        Err(error) if error.raw_os_error() == Some(libc::ELOOP) => return Err(Error::corrupt(path, LINK)),
        // A socket, or a device without a driver.
        Err(error) if matches!(error.raw_os_error(), Some(libc::ENXIO | libc::EOPNOTSUPP | libc::ENODEV)) => {
            return Err(Error::corrupt(path, open::IRREGULAR));
        }
        Err(error) => return Err(Error::io(path, "open", error)),
    };
    Ok(Some(file))
}

/// The size of a regular file of at most `most` bytes.
fn size_of(file: &File, path: &Path, most: usize) -> Result<usize> {
    let meta = file.metadata().map_err(|error| Error::io(path, "inspect", error))?;
    if !meta.is_file() {
        return Err(Error::corrupt(path, open::IRREGULAR));
    }
    let size = usize::try_from(meta.len()).unwrap_or(usize::MAX);
    if size > most {
        return Err(Error::corrupt(path, format!("it has {size} bytes, at most {most} are read")));
    }
    Ok(size)
}

/// One part in this many is reserved after the content, so that one more line in a large index needs no reallocation.
const ROOM: usize = 256;

fn read_open(mut file: &File, path: &Path, most: usize) -> Result<Vec<u8>> {
    let size = size_of(file, path, most)?;
    // The file's size is enough: files are replaced, not written to, except the index (see `read_unchanged`).
    let mut bytes = vec![0; size + size / ROOM];
    bytes.truncate(size);
    let mut filled = 0;
    while let Some(room) = bytes.get_mut(filled..).filter(|room| !room.is_empty()) {
        match file.read(room) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Error::io(path, "read", error)),
        }
    }
    bytes.truncate(filled);
    Ok(bytes)
}

/// Exchanges the names of two files; `false` if that cannot be done (a missing file, or a system without this call).
/// A rename over an existing file makes ext4 write the new bytes out at once, in case they were not synced
/// (`auto_da_alloc`, ext4(5)), which takes a third of a millisecond; an exchange does not.
#[cfg(any(target_os = "linux", target_os = "macos"))]
#[allow(unsafe_code, reason = "renameat2(2), renamex_np(2)")]
pub fn exchange(from: &Path, to: &Path) -> bool {
    let text = |path: &Path| CString::new(path.as_os_str().as_bytes()).ok();
    let (Some(from), Some(to)) = (text(from), text(to)) else { return false };
    // SAFETY: both pointers are to texts that end in NUL and outlive the call.
    #[cfg(target_os = "macos")]
    let done = unsafe { libc::renamex_np(from.as_ptr(), to.as_ptr(), libc::RENAME_SWAP) };
    // SAFETY: as above.
    #[cfg(target_os = "linux")]
    let done = unsafe {
        libc::syscall(
            libc::SYS_renameat2,
            libc::AT_FDCWD,
            from.as_ptr(),
            libc::AT_FDCWD,
            to.as_ptr(),
            libc::RENAME_EXCHANGE,
        )
    };
    done == 0
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
pub fn exchange(_from: &Path, _to: &Path) -> bool {
    false
}

/// Renames a file on the same disk in one step; `false`, without a change, if something has the new name. The directory
/// is created if needed, and must not be a link.
pub fn move_new(from: &Path, to: &Path) -> Result<bool> {
    own_dir(from)?;
    real_dir(folder_of(to))?;
    match rename_new(from, to) {
        Ok(()) => {
            settle(to, Durability::Synced)?;
            settle(from, Durability::Synced).map(|()| true)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(Error::io(to, "move to", error)),
    }
}

#[cfg(any(target_os = "linux", target_os = "macos"))]
#[allow(unsafe_code, reason = "renameat2(2), renamex_np(2)")]
fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    let text = |path: &Path| CString::new(path.as_os_str().as_bytes()).map_err(io::Error::from);
    let (old, new) = (text(from)?, text(to)?);
    // SAFETY: both pointers are to texts that end in NUL and outlive the call.
    #[cfg(target_os = "linux")]
    let done = unsafe {
        let flags = libc::RENAME_NOREPLACE;
        libc::syscall(libc::SYS_renameat2, libc::AT_FDCWD, old.as_ptr(), libc::AT_FDCWD, new.as_ptr(), flags) == 0
    };
    // SAFETY: as above.
    #[cfg(target_os = "macos")]
    let done = unsafe { libc::renamex_np(old.as_ptr(), new.as_ptr(), libc::RENAME_EXCL) == 0 };
    let error = io::Error::last_os_error();
    match error.raw_os_error() {
        _ if done => Ok(()),
        Some(libc::EINVAL | libc::ENOSYS | libc::ENOTSUP) => link_new(from, to),
        _ => Err(error),
    }
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    link_new(from, to)
}

/// For disks that cannot do it in one step: a program that is killed in between leaves one file with two names, which
/// can be distinguished from two files.
fn link_new(from: &Path, to: &Path) -> io::Result<()> {
    std::fs::hard_link(from, to)?;
    std::fs::remove_file(from)
}

/// Removes a file; a missing one is no error.
pub fn remove(path: &Path) -> Result<()> {
    own_dir(path)?;
    match std::fs::remove_file(path) {
        Err(error) if !is_absent(&error) => Err(Error::io(path, "remove", error)),
        _ => Ok(()),
    }
}

/// Makes a file or directory accessible for this user only; `false` if it already is, or is neither.
pub fn narrow(path: &Path) -> Result<bool> {
    let file = match OpenOptions::new().read(true).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK).open(path) {
        Ok(file) => file,
        Err(error) if is_absent(&error) || error.raw_os_error() == Some(libc::ELOOP) => return Ok(false),
        Err(error) => return Err(Error::io(path, "open", error)),
    };
    let meta = file.metadata().map_err(|error| Error::io(path, "inspect", error))?;
    let mode = meta.permissions().mode() & 0o777;
    if mode & 0o077 == 0 || !(meta.is_file() || meta.is_dir()) {
        return Ok(false);
    }
    let narrowed = file.set_permissions(Permissions::from_mode(mode & 0o700));
    narrowed.map(|()| true).map_err(|error| Error::io(path, "change the mode of", error))
}

/// The last bytes of a file of any size.
pub fn tail(path: &Path, most: u64) -> Result<Vec<u8>> {
    tail_of(&open_tail(path)?, path, most)
}

/// Like [`tail`], for a file that may be changed meanwhile: `None` if it was.
pub fn tail_unchanged(path: &Path, most: u64) -> Result<Option<Vec<u8>>> {
    let file = open_tail(path)?;
    let before = state(&file, path)?;
    let bytes = tail_of(&file, path, most)?;
    Ok((state(&file, path)? == before).then_some(bytes))
}

fn open_tail(path: &Path) -> Result<File> {
    own_dir(path)?;
    open::unlinked(path, OpenOptions::new().read(true)).map_err(|error| Error::io(path, "read", error))
}

fn tail_of(mut file: &File, path: &Path, most: u64) -> Result<Vec<u8>> {
    let failed = |error| Error::io(path, "read", error);
    let size = file.metadata().map_err(failed)?.len();
    file.seek(SeekFrom::Start(size.saturating_sub(most))).map_err(failed)?;
    let mut bytes = Vec::with_capacity(usize::try_from(size.min(most)).unwrap_or_default());
    file.take(most).read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

/// Truncates a file, which stays the same file for processes that have it open.
pub fn empty(path: &Path) -> Result<()> {
    own_dir(path)?;
    let failed = |error| Error::io(path, "empty", error);
    let file = open::unlinked(path, OpenOptions::new().write(true)).map_err(failed)?;
    file.set_len(0).map_err(failed)
}

/// Opens a file for locking or appending; creates it and its directory if needed.
pub fn open_own(path: &Path, options: &mut OpenOptions) -> Result<File> {
    own_dir(path)?;
    open_or_make(path, options)
}

fn open_or_make(path: &Path, options: &mut OpenOptions) -> Result<File> {
    let options = options.create(true).mode(0o600);
    match open::unlinked(path, options) {
        Err(error) if is_absent(&error) => {
            make_dir(folder_of(path))?;
            open::unlinked(path, options).map_err(|error| Error::io(path, "open", error))
        }
        Err(error) => Err(Error::io(path, "open", error)),
        Ok(file) => Ok(file),
    }
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_read_is_read_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        let list = |values: usize| format!("[{}0]", "0,".repeat(values));
        let text = |bytes: usize| "x".repeat(bytes);
        let most = weight::MAX_WEIGHT - 1;
        for (content, fits) in
            [(list(most), true), (list(most + 1), false), (text(FILE_BYTES), true), (text(FILE_BYTES + 1), false)]
        {
            std::fs::write(&path, &content).unwrap();
            assert_eq!((can_be_read(content.as_bytes()), read(&path).is_ok()), (fits, fits), "{}", content.len());
        }
    }
}
