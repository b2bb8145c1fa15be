//! Owns where programs are: in the folder of this one, links resolved, else on PATH; and becoming one of them.

use cli::programs;
use cs_core::Error;
use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder of this program.
pub fn own_folder() -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?;
    Some(program.canonicalize().unwrap_or(program).parent()?.to_path_buf())
}

/// The program with this name, such as `cs-session`.
pub fn program(name: &str) -> Option<PathBuf> {
    let beside = own_folder().map(|folder| folder.join(name)).filter(|file| programs::is_program(file));
    beside.or_else(|| programs::on_path(name))
}

/// Replaces this process. Returns only if that fails.
pub fn become_program(path: &Path, words: &[OsString]) -> Error {
    let error = Command::new(path).args(words).exec();
    Error::io(path, "run", error)
}
