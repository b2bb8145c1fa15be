//! Owns becoming another program.

use cs_core::Error;
use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

/// Replaces this process. Returns only if that fails.
pub fn become_program(path: &Path, words: &[OsString]) -> Error {
    let error = Command::new(path).args(words).exec();
    Error::io(path, "run", error)
}
