//! Owns writing several files at once. Must stay true: each is synced as if it were written alone, and one that fails
//! spoils no other. They are synced at the same time, because a journal stores ten files almost as soon as one: ten
//! messages took 28 ms on a busy disk one after the other, and take 2 ms.

use super::{Durability, Staged, stage};
use crate::error::{Error, Result};
use std::path::PathBuf;
use std::thread;

/// How many files are synced at the same time.
const AT_ONCE: usize = 16;
/// The stack of a thread that only syncs a file.
const STACK: usize = 64 * 1024;

/// Writes the bytes beside each path, synced, as [`stage`] does for one.
pub fn stage_many(files: Vec<(PathBuf, Vec<u8>)>) -> Vec<Result<Staged>> {
    let staged = files.into_iter().map(|(path, bytes)| stage(&path, &bytes, Durability::Disposable));
    let staged: Vec<Result<Staged>> = staged.collect();
    let mut synced = Vec::with_capacity(staged.len());
    for some in staged.chunks(AT_ONCE) {
        synced.extend(sync_all(some));
    }
    staged.into_iter().zip(synced).map(|(staged, synced)| synced.and(staged.map(Staged::synced))).collect()
}

/// Syncs files at the same time; what was not written needs no sync.
fn sync_all(files: &[Result<Staged>]) -> Vec<Result<()>> {
    let sync = |staged: &Result<Staged>| staged.as_ref().map_or(Ok(()), Staged::sync);
    thread::scope(|scope| {
        let begin = |staged| thread::Builder::new().stack_size(STACK).spawn_scoped(scope, move || sync(staged)).ok();
        // The last one is synced here: a single file needs no thread.
        let others = files.len().saturating_sub(1);
        let running: Vec<_> = files.iter().take(others).map(begin).collect();
        let last: Vec<_> = files.iter().skip(others).map(sync).collect();
        // Where no more threads may be made, this one does it.
        let end = |(thread, staged): (Option<thread::ScopedJoinHandle<Result<()>>>, _)| match thread {
            Some(thread) => thread.join().unwrap_or_else(|_| Err(Error::Refused("a file was not synced".into()))),
            None => sync(staged),
        };
        running.into_iter().zip(files).map(end).chain(last).collect()
    })
}

impl Staged {
    fn sync(&self) -> Result<()> {
        self.temp.as_file().sync_data().map_err(|error| Error::io(&self.path, "sync", error))
    }

    fn synced(self) -> Self {
        Staged { durability: Durability::Synced, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn each_file_is_written_and_one_that_fails_spoils_no_other() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("file"), "").unwrap();
        let path = |n: usize| match n {
            7 => dir.path().join("file/7"),
            n => dir.path().join(format!("{n}")),
        };
        for count in [0, 1, 2, AT_ONCE, 3 * AT_ONCE + 1] {
            let files = (0..count).map(|n| (path(n), n.to_string().into_bytes())).collect();
            for (n, staged) in stage_many(files).into_iter().enumerate() {
                assert_eq!(staged.and_then(Staged::place).is_ok(), n != 7, "{n} of {count}");
                let read = fs::read_to_string(path(n)).ok();
                assert_eq!(read, Some(n.to_string()).filter(|_| n != 7), "{n} of {count}");
            }
        }
        assert!(fs::read_dir(dir.path()).unwrap().count() <= 3 * AT_ONCE + 1, "a temporary file is left");
    }
}
