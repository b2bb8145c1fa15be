//! Owns copying bytes of a client's file. Must stay true: a copy is a file of its own, shared blocks aside; what was
//! copied before is never written again; after an error the copy is as it was before.

use crate::read::open_file;
use cs_core::error::{Error, Result};
use cs_core::file;
use cs_core::hex::hex;
use sha2::{Digest, Sha256};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

/// How many bytes are read at a time.
const ROOM: usize = 256 * 1024;

/// Bytes that were copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// How many the copy has now.
    pub bytes: u64,
    /// SHA-256 of all of them.
    pub sha256: String,
}

/// Copies the first `size` bytes of a file to a new one, whose name no other copy has.
pub fn whole(from: &mut File, size: u64, to: &Path) -> Result<Copied> {
    let copied = new_file(from, size, to);
    if copied.is_err() {
        let _ = file::remove(to);
    }
    copied
}

/// Whether a file may be written there: nothing is there, or what a killed program has copied from the same file. Of
/// anything else it is not known who wants it.
pub fn is_free(to: &Path, from: &File) -> Result<bool> {
    let failed = |error| Error::io(to, "inspect", error);
    let meta = match to.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        meta => meta.map_err(failed)?,
    };
    Ok(meta.is_file() && are_alike(from, &open_file(to).map_err(failed)?, meta.len()).map_err(failed)?)
}

fn new_file(from: &mut File, size: u64, to: &Path) -> Result<Copied> {
    let failed = |error| Error::io(to, "write", error);
    file::remove(to)?;
    let mut copy = file::open_own(to, OpenOptions::new().read(true).write(true))?;
    let copied = match clone_blocks(from, &copy) {
        true => {
            // The client may have written more meanwhile, or less.
            let size = size.min(copy.metadata().map_err(failed)?.len());
            copy.set_len(size).map_err(failed)?;
            hash(&mut copy, size, Sha256::new(), None)
        }
        false => from.seek(SeekFrom::Start(0)).and_then(|_| hash(from, size, Sha256::new(), Some(&mut copy))),
    };
    let copied = copied.map_err(failed)?;
    copy.sync_data().map_err(|error| Error::io(to, "sync", error))?;
    Ok(copied)
}

/// What became of a copy when its origin changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Appended {
    /// It has what is new. The number of bytes may be as before.
    Grown(Copied),
    /// The origin has other bytes now than those that were copied.
    Rewritten,
    /// The copy is not as it was written.
    Damaged,
}

/// Appends what is new in a file of `size` bytes to its copy, of which `known` is noted.
pub fn append(from: &mut File, size: u64, to: &Path, known: &Copied) -> Result<Appended> {
    file::own_dir(to)?;
    let failed = |error| Error::io(to, "append to", error);
    let opened = cs_core::open::unlinked(to, OpenOptions::new().read(true).append(true));
    let mut copy = match opened {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Appended::Damaged),
        opened => opened.map_err(failed)?,
    };
    let mut origin = Sha256::new();
    let begin = from.seek(SeekFrom::Start(0)).and_then(|_| update(from, known.bytes, &mut origin, None));
    let is_beginning = |count, state: &Sha256| count == known.bytes && hex(&state.clone().finalize()) == known.sha256;
    if size < known.bytes || !is_beginning(begin.map_err(failed)?, &origin) {
        return Ok(Appended::Rewritten);
    }
    let mut state = Sha256::new();
    let before = update(&mut copy, known.bytes, &mut state, None).map_err(failed)?;
    if !is_beginning(before, &state) {
        return Ok(Appended::Damaged);
    }
    if copy.metadata().map_err(failed)?.len() > known.bytes {
        // A program was killed before it noted what it had copied.
        copy.set_len(known.bytes).map_err(failed)?;
    }
    if size == known.bytes {
        return Ok(Appended::Grown(known.clone()));
    }
    from.seek(SeekFrom::Start(known.bytes)).map_err(failed)?;
    let more = size - known.bytes;
    let added = hash(from, more, state, Some(&mut copy)).and_then(|added| copy.sync_data().map(|()| added));
    match added {
        Ok(added) => Ok(Appended::Grown(Copied { bytes: known.bytes + added.bytes, ..added })),
        Err(error) => {
            let _ = copy.set_len(known.bytes);
            Err(failed(error))
        }
    }
}

/// Whether both files begin with the same bytes, so many of them.
fn are_alike(from: &File, copy: &File, count: u64) -> io::Result<bool> {
    let (mut one, mut other) = (vec![0; ROOM], vec![0; ROOM]);
    let mut at = 0;
    while at < count {
        let part = usize::try_from((count - at).min(ROOM as u64)).unwrap_or(ROOM);
        let (Some(one), Some(other)) = (one.get_mut(..part), other.get_mut(..part)) else { return Ok(false) };
        match from.read_exact_at(one, at).and_then(|()| copy.read_exact_at(other, at)) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(false),
            read => read?,
        }
        if one != other {
            return Ok(false);
        }
        at += part as u64;
    }
    Ok(true)
}

/// SHA-256 of the first bytes of a copy, and how many there are of them.
pub fn checksum(path: &Path, most: u64) -> Result<Copied> {
    let failed = |error| Error::io(path, "read", error);
    let mut from = crate::read::open(path).map_err(failed)?;
    hash(&mut from, most, Sha256::new(), None).map_err(failed)
}

/// Copies a copy, decompressed, to a writer.
pub fn give(path: &Path, most: u64, to: &mut impl Write) -> Result<Copied> {
    let failed = |error| Error::io(path, "copy", error);
    let mut from = crate::read::open(path).map_err(failed)?;
    hash(&mut from, most, Sha256::new(), Some(to)).map_err(failed)
}

/// Number of bytes of the file of a copy.
pub fn size(path: &Path) -> Result<u64> {
    let failed = |error| Error::io(path, "inspect", error);
    Ok(open_file(path).map_err(failed)?.metadata().map_err(failed)?.len())
}

fn hash(from: &mut impl Read, most: u64, mut state: Sha256, to: Option<&mut dyn Write>) -> io::Result<Copied> {
    let bytes = update(from, most, &mut state, to)?;
    Ok(Copied { bytes, sha256: hex(&state.finalize()) })
}

/// Reads at most so many bytes into the state, and writes them. Returns how many there were.
fn update(from: &mut impl Read, most: u64, state: &mut Sha256, mut to: Option<&mut dyn Write>) -> io::Result<u64> {
    let mut room = vec![0; ROOM.min(usize::try_from(most).unwrap_or(ROOM)).max(1)];
    let (mut from, mut done) = (from.take(most), 0);
    loop {
        let count = match from.read(&mut room) {
            Ok(0) => return Ok(done),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            read => read?,
        };
        let bytes = room.get(..count).unwrap_or_default();
        state.update(bytes);
        if let Some(to) = &mut to {
            to.write_all(bytes)?;
        }
        done += count as u64;
    }
}

/// Lets the new file share the blocks of the old one, where the file system can do that; `false` if nothing was done.
#[cfg(target_os = "linux")]
#[allow(unsafe_code, reason = "ioctl_ficlone(2)")]
fn clone_blocks(from: &File, to: &File) -> bool {
    use std::os::fd::AsRawFd;
    // SAFETY: both descriptors are open, and the call takes no pointers.
    unsafe { libc::ioctl(to.as_raw_fd(), libc::FICLONE as _, from.as_raw_fd()) == 0 }
}

/// APFS clones by name only, which `std::fs::copy` would do; a plain copy is as safe.
#[cfg(not(target_os = "linux"))]
fn clone_blocks(_from: &File, _to: &File) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn sum(bytes: &[u8]) -> Copied {
        Copied { bytes: bytes.len() as u64, sha256: chain::digest(bytes) }
    }

    /// An origin with these bytes, and its copy.
    fn scene(bytes: &[u8]) -> (tempfile::TempDir, std::path::PathBuf, std::path::PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let (origin, copy) = (dir.path().join("origin"), dir.path().join("copy"));
        fs::write(&origin, bytes).unwrap();
        let mut from = File::open(&origin).unwrap();
        assert_eq!(whole(&mut from, bytes.len() as u64, &copy).unwrap(), sum(bytes));
        (dir, origin, copy)
    }

    fn appended(origin: &Path, copy: &Path, known: &Copied) -> Appended {
        let mut from = File::open(origin).unwrap();
        let size = from.metadata().unwrap().len();
        append(&mut from, size, copy, known).unwrap()
    }

    #[test]
    fn a_copy_grows_by_what_is_new() {
        let old = vec![b'a'; 600_000];
        let (_dir, origin, copy) = scene(&old);
        let new = [&old[..], b"and more"].concat();
        fs::write(&origin, &new).unwrap();
        // What a killed program had copied and not noted is copied again.
        fs::write(&copy, [&old[..], b"an"].concat()).unwrap();
        assert_eq!(appended(&origin, &copy, &sum(&old)), Appended::Grown(sum(&new)));
        assert_eq!(fs::read(&copy).unwrap(), new);
        assert_eq!(appended(&origin, &copy, &sum(&new)), Appended::Grown(sum(&new)), "nothing is new");
    }

    #[test]
    fn a_log_that_was_written_anew_is_noticed() {
        let old: Vec<u8> = (0..600_000_u32).map(|n| n as u8).collect();
        let (_dir, origin, copy) = scene(&old);
        for at in [0, 1_500, 300_001, 599_999] {
            let mut new = old.clone();
            new[at] ^= 1;
            fs::write(&origin, &new).unwrap();
            assert_eq!(appended(&origin, &copy, &sum(&old)), Appended::Rewritten, "{at}");
            fs::write(&origin, [&new[..], b"and more"].concat()).unwrap();
            assert_eq!(appended(&origin, &copy, &sum(&old)), Appended::Rewritten, "{at}, and it has grown");
        }
        fs::write(&origin, &old[..599_999]).unwrap();
        assert_eq!(appended(&origin, &copy, &sum(&old)), Appended::Rewritten, "it is shorter");
        assert_eq!(fs::read(&copy).unwrap(), old);
    }

    #[test]
    fn only_what_a_killed_program_had_copied_is_in_nobodys_way() {
        let (_dir, origin, copy) = scene(&[b'a'; 300_000]);
        let is_free = || is_free(&copy, &File::open(&origin).unwrap()).unwrap();
        for (there, expected) in [(300_000, true), (299_999, true), (0, true), (300_001, false)] {
            fs::write(&copy, vec![b'a'; there]).unwrap();
            assert_eq!(is_free(), expected, "{there}");
        }
        fs::write(&copy, b"aaab").unwrap();
        assert!(!is_free());
        fs::remove_file(&copy).unwrap();
        assert!(is_free());
        std::os::unix::fs::symlink(&origin, &copy).unwrap();
        assert!(!is_free());
    }

    #[test]
    fn a_damaged_copy_is_not_appended_to() {
        let (_dir, origin, copy) = scene(&[b'a'; 100_000]);
        fs::write(&origin, [b'a'; 100_001]).unwrap();
        let mut damaged = vec![b'a'; 100_000];
        damaged[70_001] = b'b';
        fs::write(&copy, &damaged).unwrap();
        assert_eq!(appended(&origin, &copy, &sum(&[b'a'; 100_000])), Appended::Damaged);
        fs::remove_file(&copy).unwrap();
        assert_eq!(appended(&origin, &copy, &sum(&[b'a'; 100_000])), Appended::Damaged);
    }
}
