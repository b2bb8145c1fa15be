//! Owns whether there is something at a path, and what an error of that question means to its callers.

use crate::error::{Error, Result};
use std::path::Path;

/// Whether there is something at this path.
pub(super) fn is_present(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok()
}

/// Whether there is nothing at this path. On an error both are false, and the next operation reports it.
pub(super) fn is_absent(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound)
}

/// Whether there is something at this path, if the system says so.
pub(super) fn exists(path: &Path) -> Result<bool> {
    match std::fs::symlink_metadata(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(Error::io(path, "inspect", error)),
    }
}
