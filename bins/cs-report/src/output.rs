//! Owns `-o FILE` and `--output-dir`: one atomic write for each file. Must stay true: a file that `cs-report` did not write
//! is replaced only with `--force`; one that is not a regular file, or is in the data directory, never. Its own files are
//! recognized by their head. An empty file counts as its own.

use cs_core::Error;
use cs_core::error::Result;
use cs_core::file::{self, Durability};
use cs_core::paths::Home;
use reports::Made;
use std::fs::{File, OpenOptions};
use std::io::{BufReader, ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// The mark is within this many bytes, also behind the longest first record of CSV.
const HEAD: u64 = 4096;

/// Writes a report. A file that has the same report already, made at another time, stays as it is.
pub fn write(home: &Home, path: &Path, made: &mut Made, force: bool) -> Result<()> {
    check_outside(home, path)?;
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::metadata(parent).map(drop).map_err(|error| match error.kind() {
        ErrorKind::NotFound => {
            let folder = parent.display();
            Error::Missing(format!("there is no folder {folder}; mkdir -p {folder} makes it"))
        }
        _ => Error::io(parent, "write in", error),
    })?;
    let is_there = match head(path)? {
        Some(head) if !force && !is_own(&head) => return Err(foreign(path)),
        head => head.is_some(),
    };
    if is_there && made.is_same(&mut BufReader::new(open(path)?)).map_err(|error| Error::io(path, "read", error))? {
        return Ok(());
    }
    let staged = file::stage_written(path, Durability::Synced, &mut |out| made.write(out))?;
    if is_there {
        return staged.replace();
    }
    if staged.create()? { Ok(()) } else { Err(foreign(path)) }
}

fn foreign(path: &Path) -> Error {
    Error::Refused(format!("{} exists, and cs-report did not write it; --force replaces it", path.display()))
}

/// The first bytes of a regular file; `None` if there is no file.
fn head(path: &Path) -> Result<Option<String>> {
    match std::fs::symlink_metadata(path) {
        Ok(meta) if meta.is_file() => {}
        Ok(_) => return Err(Error::Refused(format!("{} is not a regular file", path.display()))),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::io(path, "inspect", error)),
    }
    let mut bytes = Vec::new();
    open(path)?.take(HEAD).read_to_end(&mut bytes).map_err(|error| Error::io(path, "read", error))?;
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}

fn open(path: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    let options = options.read(true).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK);
    options.open(path).map_err(|error| Error::io(path, "open", error))
}

fn is_own(head: &str) -> bool {
    head.is_empty() || head.lines().take(2).any(|line| line.contains(reports::MARK))
}

/// Makes the folder for reports.
pub fn make_folder(home: &Home, folder: &Path) -> Result<()> {
    check_outside(home, folder)?;
    file::make_dir(folder)
}

/// Refuses a path in the data directory, where only the store writes.
fn check_outside(home: &Home, path: &Path) -> Result<()> {
    let absolute = std::path::absolute(path).map_err(|error| Error::io(path, "find", error))?;
    let nearest = absolute.ancestors().find_map(|place| place.canonicalize().ok());
    match (home.root().canonicalize(), nearest) {
        (Ok(root), Some(place)) if place.starts_with(&root) => {
            Err(Error::Refused(format!("{} is in the data directory; write somewhere else", path.display())))
        }
        _ => Ok(()),
    }
}
