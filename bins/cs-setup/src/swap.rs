//! Owns reading and replacing a file of another program. Must stay true: the file has the old bytes or the new ones,
//! never a part of them; its mode and owner stay; a symbolic link stays, and its target is written; a read-only file is
//! not changed; text that others write at the same time is kept (see `put`).

pub mod access;
mod lease;
mod put;

use cs_core::error::{Error, Result};
use cs_core::open;
use std::fs::{self, File, Metadata, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::time::Duration;

use lease::{Kind, Lease};
use put::{Put, Staged};

/// Maximum number of bytes of a file that are read.
const BYTES: usize = 10 * 1024 * 1024;
/// First characters of the name of a file that is being written.
const TEMP_PREFIX: &str = ".cs-setup-";
/// Temporary files that are older than this are left over, because no write takes so long.
const LEFT_OVER: Duration = Duration::from_secs(60);
/// How often, and how long each time, to wait for another program that is writing.
const MOMENTS: usize = 500;
const MOMENT: Duration = Duration::from_millis(1);
/// How often to retry a change if other programs write the file.
const TRIES: u32 = 40;

/// A file as it was when it was read.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The path as given.
    pub path: PathBuf,
    /// The path of the file itself, with links resolved.
    target: PathBuf,
    /// Its text; `None` if there is no file.
    pub text: Option<String>,
    meta: Option<Metadata>,
}

/// Reads a file, which may be missing.
pub fn look(path: &Path) -> Result<Seen> {
    let target = resolve(path)?;
    let seen = |text, meta| Ok(Seen { path: path.to_path_buf(), target: target.clone(), text, meta });
    let file = match open(&target) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return seen(None, None),
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => {
            return Err(Error::corrupt(path, open::IRREGULAR));
        }
        Err(error) => return Err(Error::io(path, "open", error)),
    };
    let (bytes, meta) = undisturbed(&file).map_err(|error| Error::io(path, "read", error))?;
    if bytes.len() > BYTES {
        return Err(Error::corrupt(path, format!("it has more than {BYTES} bytes, which is too much to read")));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        Error::corrupt(path, format!("byte {} is not valid UTF-8", error.utf8_error().valid_up_to() + 1))
    })?;
    seen(Some(text), Some(meta))
}

/// Opens a file; waits while another program holds it exclusively, as we do in `put`.
fn open(target: &Path) -> io::Result<File> {
    for _ in 0..MOMENTS {
        match open::foreign(target) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => std::thread::sleep(MOMENT),
            other => return other,
        }
    }
    open::foreign(target)
}

/// Reads a file and its identity while no program writes it, because some programs first truncate a file and then write.
fn undisturbed(file: &File) -> io::Result<(Vec<u8>, Metadata)> {
    let lease = (0..MOMENTS).find_map(|_| {
        let lease = Lease::take(file, Kind::Write);
        if lease.is_none() {
            std::thread::sleep(MOMENT);
        }
        lease
    });
    let mut bytes = Vec::new();
    file.take(BYTES as u64 + 1).read_to_end(&mut bytes)?;
    drop(lease);
    Ok((bytes, file.metadata()?))
}

/// The first bytes of another program's file that will only be read. Links are followed.
pub fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.take(BYTES as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Resolves all links; the last one may point to a missing file.
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

/// The backup of a file that did not exist. It is not JSON, so that nobody takes it for settings.
pub const NO_FILE: &str = "there was no file here before cs-setup wrote one\n";

impl Seen {
    /// Whether the file is missing, or contains only blanks.
    pub fn is_blank(&self) -> bool {
        self.text.as_deref().is_none_or(|text| text.trim().is_empty())
    }

    /// Fails now, as `replace` would later, if the file or its directory cannot be written.
    pub fn check_writable(&self) -> Result<()> {
        if self.meta.as_ref().is_some_and(|meta| meta.mode() & 0o200 == 0) {
            let error = io::Error::new(io::ErrorKind::PermissionDenied, "it is read-only; chmod u+w changes that");
            return Err(Error::io(&self.path, "write", error));
        }
        let dir = self.dir();
        let existing = dir.ancestors().find(|dir| dir.exists()).unwrap_or(dir);
        access::check_writable(existing)
    }

    /// How many other names (hard links) the file has.
    pub fn other_names(&self) -> u64 {
        self.meta.as_ref().map_or(0, |meta| meta.nlink().saturating_sub(1))
    }

    /// Replaces the file's text. A new file is readable by this user only. `Contended` if another program has changed the
    /// file since it was read; then that version stays.
    pub fn replace(&self, text: &str) -> Result<()> {
        self.check_writable()?;
        let temp = self.stage(&self.target, text)?;
        let put = match self.seen() {
            Some(seen) => Staged { temp, target: &self.target, text, seen }.replace(),
            None => match temp.persist_noclobber(&self.target) {
                Err(failed) if failed.error.kind() == io::ErrorKind::AlreadyExists => Ok(Put::Changed),
                Err(failed) => Err(failed.error),
                Ok(_) => Ok(Put::Written),
            },
        };
        self.settle(put.map_err(|error| Error::io(&self.path, "replace", error))?)
    }

    /// Removes the file, but not a link to it. `Contended` as in `replace`.
    pub fn remove(&self) -> Result<()> {
        let Some(seen) = self.seen() else { return Ok(()) };
        let temp = self.stage(&self.target, "")?;
        let put = Staged { temp, target: &self.target, text: "", seen }.remove();
        self.settle(put.map_err(|error| Error::io(&self.path, "remove", error))?)
    }

    fn seen(&self) -> Option<(&str, &Metadata)> {
        self.text.as_deref().zip(self.meta.as_ref())
    }

    /// The path of the backup, which exists while our entries are in the file: beside the path as given, not beside the
    /// target of a link.
    pub fn backup_path(&self) -> PathBuf {
        let mut name = self.path.file_name().unwrap_or_default().to_os_string();
        name.push(".cs-backup");
        self.path.with_file_name(name)
    }

    /// Writes `text` as the backup, or that there was no file.
    pub fn back_up_original(&self, text: Option<&str>) -> Result<()> {
        self.back_up(Some(text.unwrap_or(NO_FILE)))
    }

    /// Writes `text` as the backup; `None` removes it.
    pub fn back_up(&self, text: Option<&str>) -> Result<()> {
        let path = self.backup_path();
        let Some(text) = text else {
            return match fs::remove_file(&path) {
                Ok(()) => cs_core::file::sync_dir(path.parent().unwrap_or(&path)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
                Err(error) => Err(Error::io(&path, "remove", error)),
            };
        };
        let temp = self.stage(&path, text)?;
        temp.persist(&path).map_err(|failed| Error::io(&path, "replace", failed.error))?;
        cs_core::file::sync_dir(path.parent().unwrap_or(&path))
    }

    /// The backup's text.
    pub fn backup(&self) -> Result<Option<String>> {
        look(&self.backup_path()).map(|seen| seen.text)
    }

    fn dir(&self) -> &Path {
        self.target.parent().unwrap_or(Path::new("/"))
    }

    fn stage(&self, path: &Path, text: &str) -> Result<tempfile::NamedTempFile> {
        if text.len() > BYTES {
            return Err(Error::Refused(format!("{} would have more than {BYTES} bytes", path.display())));
        }
        let dir = path.parent().unwrap_or(Path::new("/"));
        cs_core::file::make_dir(dir)?;
        let backup = self.backup()?;
        let known = [Some(text), self.text.as_deref(), backup.as_deref()];
        sweep(dir, &known.into_iter().flatten().collect::<Vec<_>>());
        let temp = tempfile::Builder::new().prefix(TEMP_PREFIX).tempfile_in(dir);
        let mut temp = temp.map_err(|error| Error::io(dir, "write in", error))?;
        temp.write_all(text.as_bytes()).map_err(|error| Error::io(path, "write", error))?;
        if let Some(meta) = &self.meta {
            let mode = Permissions::from_mode(meta.mode() & 0o7777);
            temp.as_file().set_permissions(mode).map_err(|error| Error::io(path, "write", error))?;
            // Only root can do this, and only root must: other accounts own the file already.
            let _ = chown(temp.path(), Some(meta.uid()), Some(meta.gid()));
        }
        temp.as_file().sync_all().map_err(|error| Error::io(path, "sync", error))?;
        Ok(temp)
    }

    fn settle(&self, put: Put) -> Result<()> {
        let kept = match put {
            Put::Written => {
                let synced = File::open(self.dir()).and_then(|dir| dir.sync_all());
                return synced.map_err(|error| Error::io(self.dir(), "sync", error));
            }
            Put::Changed => None,
            Put::Kept(path) => Some(path),
        };
        Err(Error::Contended { path: self.path.clone(), kept })
    }
}

/// Retries an attempt that is `Contended`.
pub fn persist<T>(mut attempt: impl FnMut() -> Result<T>) -> Result<T> {
    for n in 1..TRIES {
        match attempt() {
            Err(Error::Contended { kept: None, .. }) => std::thread::sleep(MOMENT * n),
            other => return other,
        }
    }
    attempt()
}

/// Removes the temporary files of killed runs, if their text is known: a file with another text may be the version of
/// another program that had just been exchanged.
fn sweep(dir: &Path, known: &[&str]) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    for entry in entries.flatten() {
        let is_ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(TEMP_PREFIX));
        let age = |entry: &fs::DirEntry| entry.metadata().ok()?.modified().ok()?.elapsed().ok();
        let is_known = |entry: &fs::DirEntry| {
            bytes(&entry.path())
                .is_ok_and(|bytes| bytes.is_empty() || known.iter().any(|text| text.as_bytes() == bytes))
        };
        if is_ours && age(&entry).is_some_and(|age| age > LEFT_OVER) && is_known(&entry) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_file_that_is_written_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("settings.json");
        let (most, more) = ("x".repeat(BYTES), "x".repeat(BYTES + 1));
        for text in ["short", &most] {
            look(&path).unwrap().replace(text).unwrap();
            assert_eq!(look(&path).unwrap().text.as_deref(), Some(text));
        }
        let seen = look(&path).unwrap();
        assert!(matches!(seen.replace(&more), Err(Error::Refused(_))));
        assert!(matches!(seen.back_up(Some(&more)), Err(Error::Refused(_))));
        assert_eq!(look(&path).unwrap().text.as_deref(), Some(most.as_str()), "it stays");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "nothing is left over");
    }
}
