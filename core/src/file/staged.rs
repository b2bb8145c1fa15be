//! Owns the atomic write: bytes get a temporary name, and then their own in one step.
//! Must stay true: a file that is left under a temporary name was left by a killed program.

use super::dir::folder_of;
use super::{Durability, TEMP_PREFIX, exchange, is_absent, make_dir, own_dir, sync_dir};
use crate::error::{Error, Result};
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Bytes under a temporary name.
#[derive(Debug)]
pub struct Staged {
    temp: tempfile::NamedTempFile,
    path: PathBuf,
    durability: Durability,
}

impl Staged {
    /// Waits until the bytes are on the disk, for those of [`begin`].
    pub fn sync(&self) -> Result<()> {
        self.temp.as_file().sync_data().map_err(|error| Error::io(&self.path, "sync", error))
    }

    /// Moves the file to its path, replacing what is there.
    pub fn replace(self) -> Result<()> {
        // The old file then has the temporary name, and is removed with it.
        if self.durability == Durability::Disposable && exchange(self.temp.path(), &self.path) {
            return Ok(());
        }
        self.temp.persist(&self.path).map_err(|failed| Error::io(&self.path, "replace", failed.error))?;
        settle(&self.path, self.durability)
    }

    /// Moves the file to its path, unless something is there: then returns `Ok(false)` and changes nothing.
    pub fn create(self) -> Result<bool> {
        match self.temp.persist_noclobber(&self.path) {
            Ok(_) => settle(&self.path, self.durability).map(|()| true),
            Err(failed) if failed.error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(failed) => Err(Error::io(&self.path, "create", failed.error)),
        }
    }
}

/// Syncs the directory of a new file if its durability requires that.
pub(super) fn settle(path: &Path, durability: Durability) -> Result<()> {
    match durability {
        Durability::Synced => sync_dir(folder_of(path)),
        Durability::Disposable => Ok(()),
    }
}

/// Writes the bytes beside `path`, under a temporary name that is removed if they are not used.
pub fn stage(path: &Path, bytes: &[u8], durability: Durability) -> Result<Staged> {
    own_dir(path)?;
    stage_elsewhere(path, bytes, durability)
}

/// The same outside the data directory, where the user decides which directories are links.
pub fn stage_elsewhere(path: &Path, bytes: &[u8], durability: Durability) -> Result<Staged> {
    stage_written(path, durability, &mut |to| to.write_all(bytes))
}

/// The same with what `write` writes, which need not be in memory at once.
pub fn stage_written(
    path: &Path,
    durability: Durability,
    write: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>,
) -> Result<Staged> {
    let staged = Staged { temp: write_temp(path, write)?, path: path.to_path_buf(), durability };
    if durability == Durability::Synced {
        staged.sync()?;
    }
    Ok(staged)
}

/// Like [`stage`], but the bytes, in parts, are only on their way to the disk: [`Staged::sync`] must be called before they
/// get their name. What is synced in between, a disk may store in the same step, which takes half the time.
pub fn begin(path: &Path, parts: &[&[u8]]) -> Result<Staged> {
    own_dir(path)?;
    let temp = write_temp(path, &mut |to| parts.iter().try_for_each(|part| to.write_all(part)))?;
    begin_sync(temp.as_file());
    Ok(Staged { temp, path: path.to_path_buf(), durability: Durability::Synced })
}

/// Has the system begin to write out a file, if it can. Nothing depends on it.
#[cfg(target_os = "linux")]
#[allow(unsafe_code, reason = "sync_file_range(2)")]
fn begin_sync(file: &File) {
    let fd = std::os::fd::AsRawFd::as_raw_fd(file);
    // SAFETY: the call takes no pointers, and the descriptor is open.
    unsafe { libc::sync_file_range(fd, 0, 0, libc::SYNC_FILE_RANGE_WRITE) };
}

#[cfg(not(target_os = "linux"))]
fn begin_sync(_file: &File) {}

/// Replaces the content of `path` in one step.
pub fn replace(path: &Path, bytes: &[u8], durability: Durability) -> Result<()> {
    stage(path, bytes, durability)?.replace()
}

fn write_temp(path: &Path, write: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>) -> Result<tempfile::NamedTempFile> {
    let dir = folder_of(path);
    let mut temp = match temp_in(dir) {
        Err(error) if is_absent(&error) => {
            make_dir(dir)?;
            temp_in(dir)
        }
        other => other,
    }
    .map_err(|error| Error::io(dir, "write in", error))?;
    write(&mut temp).map_err(|error| Error::io(path, "write", error))?;
    Ok(temp)
}

fn temp_in(dir: &Path) -> io::Result<tempfile::NamedTempFile> {
    tempfile::Builder::new().prefix(TEMP_PREFIX).tempfile_in(dir)
}
