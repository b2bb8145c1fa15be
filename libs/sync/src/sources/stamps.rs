//! Owns what a source's stamp says of a file: its size, when it was written, and which file it is. Must stay true: nothing
//! is opened.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// The words for a file; `-` if there is none.
pub fn of_file(path: &Path) -> String {
    std::fs::symlink_metadata(path).map_or_else(
        |_| "-".to_string(),
        |meta| format!("{}.{}.{:09}.{}", meta.len(), meta.mtime(), meta.mtime_nsec(), meta.ino()),
    )
}
