//! Owns reading and replacing a file that belongs to somebody else. Must stay true: it holds the
//! old bytes or the new ones, never half; its mode and owner stay; a symbolic link stays and its
//! target is written; a file that was changed since it was read, or that is read-only, is left.

use cs_core::error::{Error, Result};
use cs_core::open;
use std::fs::{self, Metadata, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Most bytes of a file that are read.
const BYTES: usize = 10 * 1024 * 1024;
/// First characters of the name of a file that is being written.
const TEMP_PREFIX: &str = ".cs-setup-";
/// Longer than this no write takes.
const LEFT_OVER: Duration = Duration::from_secs(60);

/// A file as it was when it was looked at.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The file as it is called.
    pub path: PathBuf,
    /// The file itself, behind all links.
    target: PathBuf,
    /// What it holds; `None` where there is no file.
    pub text: Option<String>,
    meta: Option<Metadata>,
}

/// Looks at a file; one that is not there is seen as such.
pub fn look(path: &Path) -> Result<Seen> {
    let target = resolve(path)?;
    let seen = |text, meta| Ok(Seen { path: path.to_path_buf(), target: target.clone(), text, meta });
    let meta = match fs::metadata(&target) {
        Ok(meta) => meta,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return seen(None, None),
        Err(error) => return Err(Error::io(path, "inspect", error)),
    };
    if !meta.is_file() {
        return Err(Error::corrupt(path, open::IRREGULAR));
    }
    if meta.len() > BYTES as u64 {
        return Err(Error::corrupt(path, format!("it has {} bytes, at most {BYTES} are read", meta.len())));
    }
    let bytes = bytes(&target).map_err(|error| Error::io(path, "read", error))?;
    let text = String::from_utf8(bytes)
        .map_err(|error| Error::corrupt(path, format!("byte {} is no UTF-8", error.utf8_error().valid_up_to() + 1)))?;
    seen(Some(text), Some(meta))
}

/// The first bytes of somebody else's file, for what is only looked at. Links are followed.
pub fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    open::foreign_bytes(path, BYTES)
}

/// The file behind all links; the last one may point to nothing.
fn resolve(path: &Path) -> Result<PathBuf> {
    let mut target = path.to_path_buf();
    for _ in 0..40 {
        match fs::read_link(&target) {
            Ok(next) => target = target.parent().unwrap_or(Path::new("/")).join(next),
            Err(_) => return Ok(target),
        }
    }
    Err(Error::io(path, "follow", io::Error::other("too many symbolic links")))
}

impl Seen {
    /// Whether there is a file that holds anything but blanks.
    pub fn is_blank(&self) -> bool {
        self.text.as_deref().is_none_or(|text| text.trim().is_empty())
    }

    /// Says now what `replace` would say later: that the file or its directory cannot be written.
    pub fn check_writable(&self) -> Result<()> {
        if self.meta.as_ref().is_some_and(|meta| meta.mode() & 0o200 == 0) {
            let error = io::Error::new(io::ErrorKind::PermissionDenied, "it is read-only; chmod u+w changes that");
            return Err(Error::io(&self.path, "write", error));
        }
        let dir = self.dir();
        let existing = dir.ancestors().find(|dir| dir.exists()).unwrap_or(dir);
        tempfile::Builder::new()
            .prefix(TEMP_PREFIX)
            .tempfile_in(existing)
            .map(drop)
            .map_err(|error| Error::io(existing, "write in", error))
    }

    /// Gives the file this text. Where there was none, it is for this user only.
    pub fn replace(&self, text: &str) -> Result<()> {
        self.check_writable()?;
        let temp = self.stage(&self.target, text)?;
        self.check_unchanged()?;
        temp.persist(&self.target).map_err(|failed| Error::io(&self.path, "replace", failed.error))?;
        self.settle()
    }

    /// Removes the file (not a link to it).
    pub fn remove(&self) -> Result<()> {
        self.check_unchanged()?;
        fs::remove_file(&self.target).map_err(|error| Error::io(&self.path, "remove", error))?;
        self.settle()
    }

    /// Where the text from before is kept while our entries are in the file: beside the file as it
    /// is called, not beside what a link points to.
    pub fn backup_path(&self) -> PathBuf {
        let mut name = self.path.file_name().unwrap_or_default().to_os_string();
        name.push(".cs-backup");
        self.path.with_file_name(name)
    }

    /// Keeps `text` as the backup; `None` removes it. No backup means: there was no file.
    pub fn back_up(&self, text: Option<&str>) -> Result<()> {
        let path = self.backup_path();
        let Some(text) = text else {
            return match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::io(&path, "remove", error)),
                _ => Ok(()),
            };
        };
        let temp = self.stage(&path, text)?;
        temp.persist(&path).map(drop).map_err(|failed| Error::io(&path, "replace", failed.error))
    }

    /// The backup's text.
    pub fn backup(&self) -> Result<Option<String>> {
        look(&self.backup_path()).map(|seen| seen.text)
    }

    fn dir(&self) -> &Path {
        self.target.parent().unwrap_or(Path::new("/"))
    }

    fn stage(&self, path: &Path, text: &str) -> Result<tempfile::NamedTempFile> {
        let dir = path.parent().unwrap_or(Path::new("/"));
        cs_core::file::make_dir(dir)?;
        sweep(dir);
        let temp = tempfile::Builder::new().prefix(TEMP_PREFIX).tempfile_in(dir);
        let mut temp = temp.map_err(|error| Error::io(dir, "write in", error))?;
        temp.write_all(text.as_bytes()).map_err(|error| Error::io(path, "write", error))?;
        if let Some(meta) = &self.meta {
            let mode = Permissions::from_mode(meta.mode() & 0o7777);
            temp.as_file().set_permissions(mode).map_err(|error| Error::io(path, "write", error))?;
            // Only root can, and only root must: for everybody else it is theirs already.
            let _ = chown(temp.path(), Some(meta.uid()), Some(meta.gid()));
        }
        temp.as_file().sync_all().map_err(|error| Error::io(path, "sync", error))?;
        Ok(temp)
    }

    fn check_unchanged(&self) -> Result<()> {
        if look(&self.path)?.text == self.text {
            return Ok(());
        }
        Err(Error::Refused(format!("{} was changed by somebody else just now; run this again", self.path.display())))
    }

    fn settle(&self) -> Result<()> {
        let synced = fs::File::open(self.dir()).and_then(|dir| dir.sync_all());
        synced.map_err(|error| Error::io(self.dir(), "sync", error))
    }
}

/// Removes what a killed run left in a directory.
fn sweep(dir: &Path) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    for entry in entries.flatten() {
        let is_ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(TEMP_PREFIX));
        let age = |entry: &fs::DirEntry| entry.metadata().ok()?.modified().ok()?.elapsed().ok();
        if is_ours && age(&entry).is_some_and(|age| age > LEFT_OVER) {
            let _ = fs::remove_file(entry.path());
        }
    }
}
