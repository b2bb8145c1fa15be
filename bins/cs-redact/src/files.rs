//! Owns reading the files that are named, and all that are in folders. Must stay true: links in a folder are not followed;
//! what is no regular file is never opened in a way that waits.

use cli::Outcome;
use cs_core::error::{Error, Result};
use std::fs::{self, OpenOptions};
use std::io::Read as _;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Largest file that is read.
const LARGEST: u64 = 256 * 1024 * 1024;
/// The folder of git, which has what is committed in a form in which nothing is found.
const GIT: &str = ".git";

/// A file and its content.
pub type Read = Result<(PathBuf, Vec<u8>)>;

/// Reads a file, or all in a folder, in the order of their names.
pub fn each(path: &Path, take: &mut impl FnMut(Read) -> Outcome<()>) -> Outcome<()> {
    match fs::metadata(path) {
        Ok(meta) if meta.is_dir() => folder(path, take),
        Ok(_) => take(read(path, 0).map(|bytes| (path.to_path_buf(), bytes))),
        Err(error) => take(Err(Error::io(path, "open", error))),
    }
}

fn folder(dir: &Path, take: &mut impl FnMut(Read) -> Outcome<()>) -> Outcome<()> {
    let listed = fs::read_dir(dir).and_then(Iterator::collect::<std::io::Result<Vec<_>>>);
    let mut entries = match listed {
        Ok(entries) => entries,
        Err(error) => return take(Err(Error::io(dir, "list", error))),
    };
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && entry.file_name() != GIT => folder(&path, take)?,
            Ok(kind) if kind.is_file() => take(read(&path, libc::O_NOFOLLOW).map(|bytes| (path, bytes)))?,
            Ok(_) => {}
            Err(error) => take(Err(Error::io(&path, "inspect", error)))?,
        }
    }
    Ok(())
}

fn read(path: &Path, flags: i32) -> Result<Vec<u8>> {
    let failed = |doing: &'static str| move |error| Error::io(path, doing, error);
    let mut options = OpenOptions::new();
    let file = options.read(true).custom_flags(flags | libc::O_NONBLOCK).open(path).map_err(failed("open"))?;
    let meta = file.metadata().map_err(failed("inspect"))?;
    if !meta.is_file() {
        return Err(Error::Invalid(format!("{} is not a regular file", path.display())));
    }
    if meta.len() > LARGEST {
        let most = LARGEST / (1024 * 1024);
        return Err(Error::Invalid(format!("{} is larger than {most} MiB; check it in parts", path.display())));
    }
    let mut bytes = Vec::new();
    file.take(LARGEST).read_to_end(&mut bytes).map_err(failed("read"))?;
    Ok(bytes)
}
