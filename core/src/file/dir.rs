//! Owns directories: creating them durably, refusing links to them, listing their names.
//! Must stay true: a directory is for this user only, and its name is synced before anything in it counts as stored.

use super::{LINK, is_absent};
use crate::error::{Error, Result};
use crate::paths;
use std::ffi::{CStr, CString, c_int};
use std::fs::{DirBuilder, OpenOptions};
use std::io;
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

/// The directory that contains a path.
pub(super) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Syncs the names in a directory. An error of a file system that cannot sync directories (some network and FUSE ones
/// return EINVAL) is ignored.
pub fn sync_dir(dir: &Path) -> Result<()> {
    sync(dir).map_err(|error| Error::io(dir, "sync", error))
}

fn sync(dir: &Path) -> io::Result<()> {
    let open = OpenOptions::new().read(true).custom_flags(libc::O_DIRECTORY).open(dir);
    match open.and_then(|dir| dir.sync_all()) {
        Err(error) if error.raw_os_error() != Some(libc::EINVAL) => Err(error),
        _ => Ok(()),
    }
}

/// Syncs all of the disk that a directory is on, which takes less time than syncing many files; `false` if the system
/// cannot do that.
#[cfg(target_os = "linux")]
#[allow(unsafe_code, reason = "syncfs(2)")]
pub fn sync_disk(dir: &Path) -> Result<bool> {
    let open = OpenOptions::new().read(true).custom_flags(libc::O_DIRECTORY).open(dir);
    let open = open.map_err(|error| Error::io(dir, "sync", error))?;
    // SAFETY: the call takes no pointers, and the descriptor is open.
    match unsafe { libc::syncfs(std::os::fd::AsRawFd::as_raw_fd(&open)) } {
        0 => Ok(true),
        _ => Err(Error::io(dir, "sync", io::Error::last_os_error())),
    }
}

#[cfg(not(target_os = "linux"))]
pub fn sync_disk(_dir: &Path) -> Result<bool> {
    Ok(false)
}

/// Creates a directory and its parents, for this user only. Each new name is synced: if the name of a directory were
/// lost, the synced files in it would be lost as well.
pub fn make_dir(dir: &Path) -> Result<()> {
    make_all(dir).map_err(|error| Error::io(dir, "create", error))
}

fn make_all(dir: &Path) -> io::Result<()> {
    if dir.is_dir() {
        return Ok(());
    }
    make_all(folder_of(dir))?;
    match DirBuilder::new().mode(0o700).create(dir) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => match dir.is_dir() {
            true => Ok(()),
            false => Err(io::Error::from_raw_os_error(libc::ENOTDIR)),
        },
        Err(error) => Err(error),
        Ok(()) => sync(folder_of(dir)),
    }
}

/// Creates several directories inside one. Their names are synced together.
pub fn make_dirs(parent: &Path, names: &[&str]) -> Result<()> {
    make_dir(parent)?;
    for dir in names.iter().map(|name| parent.join(name)) {
        match DirBuilder::new().mode(0o700).create(&dir) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(Error::io(&dir, "create", error));
            }
            _ => {}
        }
    }
    sync_dir(parent)
}

/// Creates a directory if needed; refuses a link to one, through which files would be written somewhere else.
pub fn real_dir(dir: &Path) -> Result<()> {
    make_dir(dir)?;
    if dir.is_symlink() {
        let text =
            format!("{} is a symbolic link, and no file is moved through one: make it a directory", dir.display());
        return Err(Error::Refused(text));
    }
    Ok(())
}

/// Refuses a file of the data directory whose directory is a symbolic link, through which another directory would be
/// read or written. The data directory itself may be a link, see [`crate::paths::Home::from_env`].
pub fn own_dir(path: &Path) -> Result<()> {
    match paths::dirs_of(path).find(|dir| dir.is_symlink()) {
        Some(dir) => Err(Error::corrupt(dir, format!("{LINK}; make it a directory"))),
        None => Ok(()),
    }
}

/// How many entries of a directory have a name that fits; 0 if the directory is missing.
pub fn count(dir: &Path, fits: impl Fn(&str) -> bool) -> Result<usize> {
    own_dir(&dir.join("_"))?;
    let mut count = 0;
    each_name(dir, |name| count += usize::from(fits(name)))?;
    Ok(count)
}

/// Names of the entries of a directory that end in `suffix`, unordered, without the suffix; none if the directory is
/// missing.
pub fn stems(dir: &Path, suffix: &str) -> Result<Vec<String>> {
    own_dir(&dir.join("_"))?;
    stems_in(dir, suffix)
}

/// The same for a directory that was checked.
pub(super) fn stems_in(dir: &Path, suffix: &str) -> Result<Vec<String>> {
    let mut stems = Vec::new();
    each_name(dir, |name| stems.extend(name.strip_suffix(suffix).map(str::to_string)))?;
    Ok(stems)
}

/// The stems that fit of the regular files that were changed last, at most `most`, the newest first. Each is looked at by
/// its name in the open directory, which costs a third of looking at its path.
pub(super) fn newest_in(dir: &Path, suffix: &str, fits: impl Fn(&str) -> bool, most: usize) -> Result<Vec<String>> {
    let (mut files, mut failed) = (Vec::new(), None);
    each_entry(dir, |open, name| {
        let text = name.to_str().ok().and_then(|name| name.strip_suffix(suffix)).filter(|stem| fits(stem));
        let Some(stem) = text else { return };
        match changed_at(open, name) {
            Ok(at) => files.extend(at.map(|at| (at, stem.to_string()))),
            Err(error) => failed = failed.take().or_else(|| Some((dir.join(stem), error))),
        }
    })?;
    if let Some((path, error)) = failed {
        return Err(Error::io(&path, "look at", error));
    }
    if files.len() > most {
        files.select_nth_unstable_by(most, |a, b| b.cmp(a));
        files.truncate(most);
    }
    files.sort_unstable_by(|a, b| b.cmp(a));
    Ok(files.into_iter().map(|(_, stem)| stem).collect())
}

/// When a regular file in an open directory was changed last, seconds and nanoseconds; `None` for other kinds, and if it is
/// gone.
#[allow(unsafe_code, reason = "fstatat(2)")]
fn changed_at(open: c_int, name: &CStr) -> io::Result<Option<(i64, i64)>> {
    let mut meta = MaybeUninit::<libc::stat>::uninit();
    // SAFETY: the name ends in NUL, and there is room for the answer, which is there unless the call failed.
    let meta = unsafe {
        match libc::fstatat(open, name.as_ptr(), meta.as_mut_ptr(), libc::AT_SYMLINK_NOFOLLOW) {
            0 => meta.assume_init(),
            _ => match io::Error::last_os_error() {
                error if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                error => return Err(error),
            },
        }
    };
    let is_file = meta.st_mode & libc::S_IFMT == libc::S_IFREG;
    Ok(is_file.then_some((meta.st_mtime, meta.st_mtime_nsec)))
}

#[cfg(target_os = "linux")]
use libc::__errno_location as errno;
#[cfg(not(target_os = "linux"))]
use libc::__error as errno;

/// Passes each name in a directory that is valid UTF-8 to `see`. A store has tens of thousands of them, and copying each
/// would cost more than all else that a list does.
fn each_name(dir: &Path, mut see: impl FnMut(&str)) -> Result<()> {
    each_entry(dir, |_, name| name.to_str().into_iter().filter(|name| !matches!(*name, "." | "..")).for_each(&mut see))
}

/// Passes each name in a directory to `see`, and the open directory.
#[allow(unsafe_code, reason = "opendir(3), dirfd(3), readdir(3)")]
fn each_entry(dir: &Path, mut see: impl FnMut(c_int, &CStr)) -> Result<()> {
    let failed = |error| Error::io(dir, "list", error);
    let path = CString::new(dir.as_os_str().as_bytes()).map_err(|error| failed(error.into()))?;
    // SAFETY: the path ends in NUL and outlives the call.
    let open = unsafe { libc::opendir(path.as_ptr()) };
    if open.is_null() {
        let error = io::Error::last_os_error();
        return if is_absent(&error) { Ok(()) } else { Err(failed(error)) };
    }
    // SAFETY: it is open.
    let number = unsafe { libc::dirfd(open) };
    loop {
        // SAFETY: errno is of this thread, and says at the end whether there was an error; the directory is open; the name
        // of an entry ends in NUL and holds until the next call.
        let name = unsafe {
            *errno() = 0;
            let entry = libc::readdir(open);
            if entry.is_null() { None } else { Some(CStr::from_ptr((&raw const (*entry).d_name).cast())) }
        };
        match name {
            Some(name) => see(number, name),
            None => break,
        }
    }
    let error = io::Error::last_os_error();
    // SAFETY: it is open, and not used any more.
    unsafe { libc::closedir(open) };
    if error.raw_os_error() == Some(0) { Ok(()) } else { Err(failed(error)) }
}
