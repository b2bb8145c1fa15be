//! Owns access to several files of one directory of ours. Must stay true: the directory, and those above it, are checked
//! once for all of them to be no links; what is appended is there whole, or its error is returned.

use super::dir::{newest_in, stems_in};
use super::{Durability, is_absent, make_dir, open_or_make, own_dir, read_bytes, read_elsewhere, sync_dir};
use crate::error::{Error, Result};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::PathBuf;

/// A directory of the data directory that is no link. It may be missing.
#[derive(Debug)]
pub struct OwnDir(PathBuf);

impl OwnDir {
    /// Refuses a link.
    pub fn checked(dir: PathBuf) -> Result<Self> {
        own_dir(&dir.join("_")).map(|()| OwnDir(dir))
    }

    /// The path of a file in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// The names in it that end in `suffix`, as [`super::stems`] returns them.
    pub fn stems(&self, suffix: &str) -> Result<Vec<String>> {
        stems_in(&self.0, suffix)
    }

    /// The stems that fit of the regular files with this suffix that were changed last, at most `most`, the newest first.
    pub fn newest(&self, suffix: &str, fits: impl Fn(&str) -> bool, most: usize) -> Result<Vec<String>> {
        newest_in(&self.0, suffix, fits, most)
    }

    /// The bytes of a file, as [`super::read`] returns them.
    pub fn read(&self, name: &str) -> Result<Option<Vec<u8>>> {
        read_elsewhere(&self.path(name))
    }

    /// The bytes of a file, as [`super::read_at_most`] returns them.
    pub fn read_at_most(&self, name: &str, most: usize) -> Result<Option<Vec<u8>>> {
        read_bytes(&self.path(name), most)
    }

    /// Opens a file, as [`super::open_own`] does; it and the directory are created if needed.
    pub fn open(&self, name: &str, options: &mut OpenOptions) -> Result<File> {
        open_or_make(&self.path(name), options)
    }

    /// Appends bytes to a file in one system call. The file and the directory are created if needed.
    pub fn append(&self, name: &str, bytes: &[u8], durability: Durability) -> Result<()> {
        let path = self.path(name);
        let mut file = open_or_make(&path, OpenOptions::new().append(true))?;
        file.write_all(bytes).map_err(|error| Error::io(&path, "write", error))?;
        if durability == Durability::Synced {
            file.sync_data().map_err(|error| Error::io(&path, "sync", error))?;
            // The program that created the file may not have synced its name.
            self.sync()?;
        }
        Ok(())
    }

    /// Moves a file to another directory on the same disk, in one step; it replaces what has its name there. The other
    /// directory is created if needed. Not synced, see [`OwnDir::sync`].
    pub fn give(&self, name: &str, to: &OwnDir) -> Result<()> {
        let (old, new) = (self.path(name), to.path(name));
        let moved = match std::fs::rename(&old, &new) {
            Err(error) if is_absent(&error) => {
                make_dir(&to.0)?;
                std::fs::rename(&old, &new)
            }
            moved => moved,
        };
        moved.map_err(|error| Error::io(&new, "move to", error))
    }

    /// Syncs the names in it.
    pub fn sync(&self) -> Result<()> {
        sync_dir(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_file_grows_by_whole_parts_and_moves_in_one_step() {
        let root = tempfile::tempdir().unwrap();
        let dir = |name: &str| OwnDir::checked(root.path().join(name)).unwrap();
        let (from, to) = (dir("a/b"), dir("c"));
        assert_eq!(from.read("x").unwrap(), None);
        from.append("x", b"one", Durability::Disposable).unwrap();
        from.append("x", b"two", Durability::Synced).unwrap();
        fs::create_dir(root.path().join("c")).unwrap();
        fs::write(to.path("x"), "old").unwrap();
        from.give("x", &to).unwrap();
        assert_eq!((from.read("x").unwrap(), to.read("x").unwrap()), (None, Some(b"onetwo".to_vec())));
        assert!(matches!(from.give("x", &to), Err(Error::Io { .. })));
        to.give("x", &dir("d")).unwrap();
        assert!(dir("d").read_at_most("x", 5).is_err() && dir("d").read_at_most("x", 6).unwrap().is_some());
    }
}
