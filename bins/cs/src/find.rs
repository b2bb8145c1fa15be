//! Owns where programs are: in the folder of this one, links resolved, else on PATH; and running one of them.

use crate::map;
use cli::describe::{DESCRIBE, Description};
pub use cli::programs::{own_folder, sibling as program};
use cs_core::Error;
use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

/// What a program prints when it is run with these words, without input and without its errors.
pub fn printed(name: &str, words: &[&str]) -> Option<Vec<u8>> {
    let mut command = Command::new(program(name)?);
    command.args(words).stdin(Stdio::null()).stderr(Stdio::null());
    command.output().ok().map(|output| output.stdout)
}

/// What a program says about its arguments; `None` if it is not one of those that do.
pub fn described(name: &str) -> Option<Description> {
    let row = map::of_people().find(|row| row.name == name && name != crate::PROGRAM)?;
    Description::parse(&String::from_utf8_lossy(&printed(row.name, &[DESCRIBE])?))
}

/// Replaces this process. Returns only if that fails.
pub fn become_program(path: &Path, words: &[OsString]) -> Error {
    let error = Command::new(path).args(words).exec();
    Error::io(path, "run", error)
}
