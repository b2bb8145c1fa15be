//! Owns where texts may go that are not redacted. Must stay true: never into a git work tree, also not through links, and not through
//! the shell's `>` where the system says which file standard output is.

use cs_core::Error;
use cs_core::error::Result;
use std::path::{Path, PathBuf};

/// Fails if a file at this path would be in a git work tree. For a path that does not exist yet, its nearest existing
/// folder counts.
pub fn check(path: &Path) -> Result<()> {
    let absolute = std::path::absolute(path).map_err(|error| Error::io(path, "find", error))?;
    let real = absolute.ancestors().find_map(|place| place.canonicalize().ok()).unwrap_or(absolute);
    match real.ancestors().find(|folder| is_work_tree(folder)) {
        Some(tree) => Err(Error::Refused(format!(
            "{} is in the git work tree {}, where raw texts are never written",
            path.display(),
            tree.display()
        ))),
        None => Ok(()),
    }
}

/// The same for the file that standard output is, if it is one.
pub fn check_stdout() -> Result<()> {
    match std::fs::read_link("/proc/self/fd/1") {
        Ok(path) if path.is_absolute() && path.is_file() => check(&path),
        _ => Ok(()),
    }
}

/// Whether a folder is the top of a work tree: it has a `.git`, whatever that is, or git was told so.
fn is_work_tree(folder: &Path) -> bool {
    let is_named = || {
        let named = std::env::var_os("GIT_WORK_TREE").map(PathBuf::from);
        named.and_then(|named| named.canonicalize().ok()).is_some_and(|named| named == folder)
    };
    folder.join(".git").symlink_metadata().is_ok() || is_named()
}
