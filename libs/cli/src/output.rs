//! Owns where a file of output may be written: one atomic write. Must stay true: a file that the program did not write is
//! replaced only with `--force`; one that is not a regular file, or is in the data directory, never.

use cs_core::error::{Error, Result};
use cs_core::file::Staged;
use cs_core::paths::Home;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// How much of a file is looked at to see who wrote it.
const HEAD: u64 = 4096;

/// Who writes a file, and what it may replace.
#[derive(Clone, Copy)]
pub struct Output<'o> {
    /// The data directory, where only the store writes.
    pub home: &'o Home,
    /// The program.
    pub program: &'o str,
    /// Whether a file that begins so was written by the program. An empty file counts as its own.
    pub is_own: &'o dyn Fn(&str) -> bool,
    /// Whether files of others are replaced.
    pub force: bool,
}

impl Output<'_> {
    /// Whether there is a file that may be replaced; fails if nothing may be written there.
    pub fn check(&self, path: &Path) -> Result<bool> {
        check_outside(self.home, path)?;
        check_folder(path)?;
        match head(path)? {
            Some(head) if !self.force && !head.is_empty() && !(self.is_own)(&head) => Err(self.foreign(path)),
            head => Ok(head.is_some()),
        }
    }

    /// Puts a file in its place; `is_there` is what [`Output::check`] said.
    pub fn put(&self, path: &Path, staged: Staged, is_there: bool) -> Result<()> {
        match is_there {
            true => staged.replace(),
            false if staged.create()? => Ok(()),
            false => Err(self.foreign(path)),
        }
    }

    fn foreign(&self, path: &Path) -> Error {
        let Output { program, .. } = self;
        Error::Refused(format!("{} exists, and {program} did not write it; --force replaces it", path.display()))
    }
}

/// Opens a file without waiting; a symbolic link is refused.
pub fn open(path: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    let options = options.read(true).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK);
    options.open(path).map_err(|error| Error::io(path, "open", error))
}

/// The first bytes of a regular file; `None` if there is no file.
pub fn head(path: &Path) -> Result<Option<String>> {
    let refused = |what: &str| Error::Refused(format!("{} is {what}; only files are written", path.display()));
    match std::fs::symlink_metadata(path) {
        Ok(meta) if meta.is_symlink() => return Err(refused("a symbolic link")),
        Ok(meta) if meta.is_dir() => return Err(refused("a folder")),
        Ok(meta) if !meta.is_file() => return Err(refused("not a regular file")),
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::io(path, "inspect", error)),
    }
    let mut bytes = Vec::new();
    open(path)?.take(HEAD).read_to_end(&mut bytes).map_err(|error| Error::io(path, "read", error))?;
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}

/// Refuses a path in the data directory. For a path that does not exist yet, its nearest existing folder counts.
pub fn check_outside(home: &Home, path: &Path) -> Result<()> {
    let absolute = std::path::absolute(path).map_err(|error| Error::io(path, "find", error))?;
    let nearest = absolute.ancestors().find_map(|place| place.canonicalize().ok());
    match (home.root().canonicalize(), nearest) {
        (Ok(root), Some(place)) if place.starts_with(&root) => {
            Err(Error::Refused(format!("{} is in the data directory; write somewhere else", path.display())))
        }
        _ => Ok(()),
    }
}

/// Checks that the file's folder exists, so that a mistyped one is not created.
fn check_folder(path: &Path) -> Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::metadata(parent).map(drop).map_err(|error| match error.kind() {
        ErrorKind::NotFound => {
            let folder = parent.display();
            Error::Missing(format!("there is no folder {folder}; mkdir -p {folder} makes it"))
        }
        _ => Error::io(parent, "write in", error),
    })
}
