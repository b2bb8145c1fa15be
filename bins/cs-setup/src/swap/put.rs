//! Owns replacing another program's file, which that program may write at the same moment, by a rename or in place.
//! Must stay true: no version of the file is lost. The two files are exchanged; the old one is then checked, and put back
//! if it is not the version that was read. With leases no program sees our text before that check: a program that opens
//! the file waits, and gets the final text. Without leases a program may read our text in that moment and write a version
//! without the edit that came before it; then one of both versions is kept as a copy.

use super::lease::{Kind, Lease};
use cs_core::{file, open};
use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::NamedTempFile;

/// How long to wait for programs that are about to open the old file and, without leases, for those that are writing it.
const SETTLING: [Duration; 2] = [Duration::from_millis(2), Duration::from_millis(20)];
/// How often to put versions of others back, if another one appears each time.
const TURNS: usize = 1000;
/// How long another program may keep our text open before it is final, in milliseconds.
const PATIENCE: usize = 1000;
/// Maximum number of copies beside one file.
const COPIES: usize = 100;

/// The result of a write.
#[derive(Debug, PartialEq, Eq)]
pub enum Put {
    /// Our text is in place.
    Written,
    /// Another program wrote first; its version stays.
    Changed,
    /// Another program wrote first; an older version, which it may not have seen, is kept in this file.
    Kept(PathBuf),
}

/// A text in a temporary file beside the one that it will replace.
#[derive(Debug)]
pub struct Staged<'s> {
    pub temp: NamedTempFile,
    pub target: &'s Path,
    /// The staged text.
    pub text: &'s str,
    /// The text that was read, and the identity of its file.
    pub seen: (&'s str, &'s Metadata),
}

/// The identity of a file: its device and inode.
type Id = (u64, u64);

fn id(meta: &Metadata) -> Id {
    (meta.dev(), meta.ino())
}

fn id_at(path: &Path) -> io::Result<Id> {
    fs::symlink_metadata(path).map(|meta| id(&meta))
}

impl Staged<'_> {
    /// Exchanges the two files.
    pub fn replace(self) -> io::Result<Put> {
        let ours = self.temp.as_file().try_clone()?;
        let lease = Lease::take(&ours, Kind::Open);
        if !self.stands_at(self.target) {
            return Ok(Put::Changed);
        }
        if !file::exchange(self.temp.path(), self.target) {
            drop(lease);
            return self.rename();
        }
        if self.is_certain()? {
            return Ok(Put::Written);
        }
        self.give_back(&ours, lease)
    }

    /// Removes the file; the staged text is not used.
    pub fn remove(self) -> io::Result<Put> {
        if !self.stands_at(self.target) {
            return Ok(Put::Changed);
        }
        fs::rename(self.target, self.temp.path())?;
        if self.is_certain()? {
            return Ok(Put::Written);
        }
        match fs::hard_link(self.temp.path(), self.target) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => self.keep(),
            other => other.map(|()| Put::Changed),
        }
    }

    /// Replaces the file on systems that cannot exchange names. Another program could still write between the check and
    /// the rename.
    fn rename(self) -> io::Result<Put> {
        if !self.stands_at(self.target) {
            return Ok(Put::Changed);
        }
        self.temp.persist(self.target).map_err(|failed| failed.error)?;
        Ok(Put::Written)
    }

    /// Whether the file at this path is the version that was read.
    fn stands_at(&self, path: &Path) -> bool {
        let (text, meta) = self.seen;
        id_at(path).is_ok_and(|found| found == id(meta))
            && open::foreign(path).is_ok_and(|mut file| holds(&mut file, text))
    }

    /// Whether the old file is the version that was read and stays so, because no program has it open for writing or is
    /// about to.
    fn is_certain(&self) -> io::Result<bool> {
        let out = open::foreign(self.temp.path())?;
        let Some(lease) = Lease::take(&out, Kind::Write) else { return Ok(false) };
        if !self.stands_at(self.temp.path()) {
            return Ok(false);
        }
        let dir = self.target.parent().unwrap_or(Path::new("/"));
        File::open(dir)?.sync_all()?;
        let [held, not_held] = SETTLING;
        std::thread::sleep(if lease.is_held() { held } else { not_held });
        Ok(!lease.is_wanted() && (lease.is_held() || self.stands_at(self.temp.path())))
    }

    /// Puts the old file back.
    fn give_back(self, ours: &File, lease: Option<Lease>) -> io::Result<Put> {
        let (own, lease_held) = (id(&ours.metadata()?), lease.as_ref().is_some_and(Lease::is_held));
        self.push(own)?;
        // A program that waits for our file must find the current text in it.
        if id_at(self.temp.path())? == own && lease.as_ref().is_some_and(Lease::is_wanted) {
            let (before, standing) = (fs::read(self.target)?, id_at(self.target)?);
            fill(ours, &before)?;
            drop(lease);
            if was_written(ours, &before)? {
                self.push(standing)?;
            }
        }
        // Our file can be dropped if no other program could write it, or if it still has our text.
        let was_alone = lease_held || open::foreign(self.temp.path()).is_ok_and(|mut file| holds(&mut file, self.text));
        match id_at(self.temp.path())? == own && was_alone {
            true => Ok(Put::Changed),
            false => self.keep(),
        }
    }

    /// Exchanges the temporary file with the target. The file that comes back must be `put`, which we put there; any other
    /// one was written meanwhile, is newer, and is put back in turn.
    fn push(&self, mut put: Id) -> io::Result<()> {
        for _ in 0..TURNS {
            let given = id_at(self.temp.path())?;
            if !file::exchange(self.temp.path(), self.target) {
                // Somebody has removed the file.
                match fs::hard_link(self.temp.path(), self.target) {
                    Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
                    other => return other,
                }
            }
            if id_at(self.temp.path())? == put {
                return Ok(());
            }
            put = given;
        }
        self.keep_copy().map(drop)
    }

    fn keep(&self) -> io::Result<Put> {
        self.keep_copy().map(Put::Kept)
    }

    /// Keeps the temporary file under another name, beside the target.
    fn keep_copy(&self) -> io::Result<PathBuf> {
        for n in 1..=COPIES {
            let mut name = self.target.file_name().unwrap_or_default().to_os_string();
            name.push(if n == 1 { ".cs-kept".to_string() } else { format!(".cs-kept.{n}") });
            let copy = self.target.with_file_name(name);
            match fs::hard_link(self.temp.path(), &copy) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                other => return other.map(|()| copy),
            }
        }
        Err(io::Error::other(format!("{COPIES} backup copies are beside it; remove some")))
    }
}

/// Whether a file contains exactly this text.
fn holds(file: &mut File, text: &str) -> bool {
    let mut bytes = Vec::with_capacity(text.len() + 1);
    file.take(text.len() as u64 + 1).read_to_end(&mut bytes).is_ok() && bytes == text.as_bytes()
}

fn fill(mut file: &File, bytes: &[u8]) -> io::Result<()> {
    file.set_len(0)?;
    file.seek(SeekFrom::Start(0))?;
    file.write_all(bytes)
}

/// Whether another program wrote into our file. Waits until all programs that opened it have closed it.
fn was_written(mut ours: &File, filled: &[u8]) -> io::Result<bool> {
    for _ in 0..PATIENCE {
        std::thread::sleep(Duration::from_millis(1));
        if let Some(_alone) = Lease::take(ours, Kind::Open) {
            break;
        }
    }
    let mut bytes = Vec::new();
    ours.seek(SeekFrom::Start(0))?;
    ours.read_to_end(&mut bytes)?;
    Ok(bytes != filled)
}
