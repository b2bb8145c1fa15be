//! Owns finding a program by its name: in the folder of this program, or in the folders of PATH that are absolute. A
//! relative one would let the current directory decide what runs.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// The first executable file of this name on PATH.
pub fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).filter(|dir| dir.is_absolute()).map(|dir| dir.join(name)).find(|file| is_program(file))
}

/// The folder of this program, links resolved.
pub fn own_folder() -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?;
    Some(program.canonicalize().unwrap_or(program).parent()?.to_path_buf())
}

/// Another of our programs: the one beside this program, else the one on PATH.
pub fn sibling(name: &str) -> Option<PathBuf> {
    let beside = own_folder().map(|folder| folder.join(name));
    beside.filter(|path| is_program(path)).or_else(|| on_path(name))
}

/// Whether there is an executable file.
pub fn is_program(path: &Path) -> bool {
    path.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}
