//! Owns detecting changes of a file or directory without reading it.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// Two changes within this time may have the same stamp, because the clocks of file systems are coarse.
const TICK: Duration = Duration::from_millis(50);

/// A version of a file or directory.
#[derive(Clone, Copy, Debug)]
pub struct Stamp {
    inode: u64,
    modified: (i64, i64),
    length: u64,
    /// Whether the last change was so long ago that a further one would have another stamp.
    is_settled: bool,
}

impl Stamp {
    /// The present stamp of a path; `None` if it does not exist.
    pub fn of(path: &Path) -> Option<Self> {
        let meta = std::fs::symlink_metadata(path).ok()?;
        let now = SystemTime::now();
        // The same applies to a file system whose clock is ahead of ours.
        let age = meta.modified().ok().map(|at| now.duration_since(at).unwrap_or_else(|error| error.duration()));
        Some(Stamp {
            inode: meta.ino(),
            modified: (meta.mtime(), meta.mtime_nsec()),
            length: meta.len(),
            is_settled: age.is_some_and(|age| age > TICK),
        })
    }

    /// Whether this earlier stamp proves that nothing has changed until `now`.
    pub fn still_is(&self, now: &Stamp) -> bool {
        self.is_settled && self.looks_like(now)
    }

    /// Whether both stamps are equal, which does not exclude a change within a tick.
    pub fn looks_like(&self, now: &Stamp) -> bool {
        (self.inode, self.modified, self.length) == (now.inode, now.modified, now.length)
    }
}

/// [`Stamp::still_is`] for paths that may not exist.
pub fn unchanged(before: Option<&Stamp>, now: Option<&Stamp>) -> bool {
    match (before, now) {
        (Some(before), Some(now)) => before.still_is(now),
        (None, None) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_noticed_however_soon_it_comes() {
        let dir = std::env::temp_dir().join(format!("cs-stamp-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let before = Stamp::of(&dir).unwrap();
        std::fs::write(dir.join("a"), "x").unwrap();
        std::fs::rename(dir.join("a"), dir.join("b")).unwrap();
        assert!(!before.still_is(&Stamp::of(&dir).unwrap()));
        std::thread::sleep(TICK * 2);
        let settled = Stamp::of(&dir).unwrap();
        assert!(settled.still_is(&Stamp::of(&dir).unwrap()));
        std::fs::remove_dir_all(&dir).unwrap();
        assert!(!unchanged(Some(&settled), Stamp::of(&dir).as_ref()));
    }
}
