//! Checks that files in the data directory can be written, locked and renamed, with a test file that is removed
//! afterwards. Some network and container file systems cannot lock, and some disks are full.

use super::Check;
use cs_core::error::{Error, Result};
use cs_core::file::{self, Durability, TEMP_PREFIX};
use cs_core::lock;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

/// The size of the test file, that of a small record: some full disks still take a few bytes.
const BYTES: usize = 64 * 1024;

/// Returns nothing if everything works.
pub fn check(root: &Path) -> Option<Check> {
    let own = |suffix: &str| root.join(format!("{TEMP_PREFIX}doctor-{}{suffix}", std::process::id()));
    let (first, second, lock) = (own(""), own("-renamed"), own(".lock"));
    let tried = attempt(&first, &second, &lock);
    for path in [&first, &second, &lock] {
        // This fails if the file could not be created.
        let _ = file::remove(path);
    }
    tried.err().map(|error| Check::bad("data", error.to_string(), fix(&error, root)))
}

fn attempt(first: &Path, second: &Path, lock: &Path) -> Result<()> {
    file::replace(first, &[b' '; BYTES], Durability::Synced)?;
    let held = lock::acquire(lock, Duration::ZERO)?;
    held.confirm()?;
    match file::move_new(first, second)? {
        true => file::replace(second, b" ", Durability::Disposable),
        false => Err(Error::Refused(format!("{} is taken", second.display()))),
    }
}

/// The fix for such a failure.
fn fix(error: &Error, root: &Path) -> String {
    let elsewhere = "set CS_HOME to a directory on a local disk, and move the data directory there";
    let Error::Io { source, doing, .. } = error else {
        return format!("check which other commands work in {}", root.display());
    };
    match source.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            "free some space on that disk; until then nothing is recorded".to_string()
        }
        ErrorKind::ReadOnlyFilesystem => format!("mount the disk read-write, or {elsewhere}"),
        ErrorKind::PermissionDenied => {
            format!("chmod u+rwx {}", crate::entries::shell_word(&root.to_string_lossy()))
        }
        _ if *doing == "lock" => format!("this file system cannot lock files (flock): {elsewhere}"),
        _ => format!("check the disk, or {elsewhere}"),
    }
}
