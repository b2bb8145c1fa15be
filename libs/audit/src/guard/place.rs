//! Owns where a call happens, as far as it is known: without its work tree nothing about its files can be proven.

use cs_core::git;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Where a call happens.
#[derive(Clone, Debug)]
pub struct Place {
    /// The directory in which the command runs, with all links resolved.
    pub cwd: PathBuf,
    /// The top of its work tree, with all links resolved.
    pub top: PathBuf,
    /// The directories of programs, as in `PATH`.
    pub path: OsString,
}

impl Place {
    /// Where a client calls a tool that works in `cwd`. `None` if that is no directory of a work tree, or if the work
    /// tree contains the home directory; or if `cd` looks in other directories, too (`CDPATH`).
    pub fn of(cwd: Option<&str>) -> Option<Place> {
        let cwd = Path::new(cwd?);
        if !cwd.is_absolute() || std::env::var_os("CDPATH").is_some() {
            return None;
        }
        let cwd = cwd.canonicalize().ok().filter(|cwd| cwd.is_dir())?;
        let top = git::find(&cwd)?.worktree_root.canonicalize().ok()?;
        let home = std::env::var_os("HOME").and_then(|home| Path::new(&home).canonicalize().ok());
        let is_wide = top.parent().is_none() || home.is_none_or(|home| home.starts_with(&top));
        let path = std::env::var_os("PATH").unwrap_or_default();
        (!is_wide && cwd.starts_with(&top)).then_some(Place { cwd, top, path })
    }

    /// Whether there is a program of this name, which cannot change the directory of the shell that calls it.
    pub(super) fn has_program(&self, name: &str) -> bool {
        std::env::split_paths(&self.path).any(|dir| dir.is_absolute() && dir.join(name).is_file())
    }
}
