//! Owns where the log ends: the place of its last line, also after lines that are torn or damaged. Must stay true: the
//! cost does not depend on the size of the log; damaged lines are counted as `verify` counts them.

use crate::link::{self, Link};
use cs_core::error::{Error, Result};
use cs_core::{file, open};
use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// How much of a file's end is read: first the usual length of a few lines, then more than any line of ours has.
const STEPS: [u64; 3] = [4 * 1024, 64 * 1024, LONGEST as u64];
/// Longer than any line. Of a longer one, which is not ours, only the end is looked at.
pub const LONGEST: usize = 1024 * 1024;
/// How many files without a line of ours are looked at, from the newest one back.
const FILES: usize = 10;

/// The end of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct End {
    /// How many lines there are after the last one of ours.
    damaged: u64,
    /// The last line of ours.
    ours: Option<Link>,
    /// The hash of the last line, whatever it is; `None` in an empty file.
    hash: Option<String>,
    /// Whether the last line has no end.
    is_torn: bool,
}

/// The end of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Last {
    /// The last line. A torn or damaged line counts as one: its hash is that of its bytes.
    pub link: Link,
    /// Whether the last line of the newest file has no end.
    pub is_torn: bool,
}

/// The end of the log of which these are the files, oldest first; `None` without a line.
pub fn of_files(files: &[PathBuf]) -> Result<Option<Last>> {
    let mut files = files.iter().rev();
    match files.next() {
        None => Ok(None),
        Some(newest) => {
            let file = open(newest)?;
            let size = size_of(&file, newest)?;
            of_log(&file, size, newest, files)
        }
    }
}

/// The same if the newest file is open already; `older` are the others, newest first.
pub fn of_log<'p>(
    newest: &File,
    size: u64,
    path: &Path,
    older: impl Iterator<Item = &'p PathBuf>,
) -> Result<Option<Last>> {
    let mut found = end_of(newest, size, path)?;
    for path in older.take(FILES) {
        if found.ours.is_some() {
            break;
        }
        let file = open(path)?;
        let end = end_of(&file, size_of(&file, path)?, path)?;
        let (hash, damaged) = (found.hash.or(end.hash), found.damaged + end.damaged);
        found = End { damaged, ours: end.ours, hash, is_torn: found.is_torn };
    }
    let End { damaged, ours, hash, is_torn } = found;
    let Some(hash) = hash else { return Ok(None) };
    let link = match ours {
        Some(link) if damaged == 0 => link,
        ours => Link { seq: ours.map_or(0, |link| link.seq).saturating_add(damaged), hash },
    };
    Ok(Some(Last { link, is_torn }))
}

/// The last bytes of the log, in its order: those of the newest file, and if it is small those of the one before it.
pub fn bytes(files: &[PathBuf], most: u64) -> Result<Vec<u8>> {
    let mut found: Vec<u8> = Vec::new();
    for path in files.iter().rev().take(2) {
        let room = most.saturating_sub(found.len() as u64);
        let mut before = if room == 0 { Vec::new() } else { file::tail(path, room)? };
        before.append(&mut found);
        found = before;
    }
    Ok(found)
}

fn open(path: &Path) -> Result<File> {
    file::own_dir(path)?;
    open::unlinked(path, OpenOptions::new().read(true)).map_err(|error| Error::io(path, "open", error))
}

fn size_of(file: &File, path: &Path) -> Result<u64> {
    Ok(file.metadata().map_err(|error| Error::io(path, "inspect", error))?.len())
}

fn end_of(file: &File, size: u64, path: &Path) -> Result<End> {
    let mut end = End::default();
    for step in STEPS {
        let count = step.min(size);
        let mut bytes = vec![0; usize::try_from(count).unwrap_or(LONGEST)];
        file.read_exact_at(&mut bytes, size - count).map_err(|error| Error::io(path, "read", error))?;
        end = of_bytes(&bytes);
        if end.ours.is_some() || count == size {
            break;
        }
    }
    Ok(end)
}

fn of_bytes(bytes: &[u8]) -> End {
    if bytes.is_empty() {
        return End::default();
    }
    let whole = bytes.strip_suffix(b"\n");
    let mut end = End { is_torn: whole.is_none(), ..End::default() };
    for line in whole.unwrap_or(bytes).rsplit(|byte| *byte == b'\n') {
        let ours = link::parts(line).map(|parts| Link { seq: parts.seq, hash: parts.hash.to_string() });
        end.hash = end.hash.or_else(|| ours.is_none().then(|| link::digest(line)).or(ours.clone().map(|our| our.hash)));
        if ours.is_some() {
            end.ours = ours;
            break;
        }
        end.damaged += 1;
    }
    end
}
