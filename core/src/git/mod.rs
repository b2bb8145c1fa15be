//! Reads the facts of a git checkout from its files only.
//!
//! Owns the knowledge of git's layout that finding a checkout takes: `.git` as a directory or as a
//! file with `gitdir: PATH`, `commondir` in a linked work tree, `HEAD`. The source is
//! gitrepository-layout(5). The other modules read further: [`object`] a commit, [`reflog`] what
//! moved HEAD, [`head`] where HEAD points, `config` one value, [`command`] whether a command line
//! commits, [`made`] which commits a command made, [`identity`] by what the repository is known elsewhere.
//!
//! Must stay true: git is never run, nothing is written, every read is bounded, and only
//! regular files are read (a FIFO would block). A directory without a repository costs one system
//! call per ancestor.
//!
//! Deliberately absent: the environment (`GIT_DIR` and its kin), `core.worktree` but that of a
//! submodule with linked work trees, the rest of the configuration, and the search for a bare repository around the directory
//! itself: without a work tree there is no checkout.

pub mod command;
mod config;
pub mod head;
pub mod identity;
pub mod made;
pub mod object;
mod read;
pub mod reflog;

use crate::dirs;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

/// No file read here is longer in a sane repository; a path ends at 4096 bytes.
const READ_LIMIT: u64 = 4096;
/// Where the main work tree of a submodule lies.
const MAIN: config::Key = config::Key { section: "core", of: "", name: "worktree" };

/// Where a directory stands in git's eyes. Paths are real ones: absolute, without `.`, `..` and symbolic links.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkout {
    /// The top of the work tree that holds the directory.
    pub worktree_root: PathBuf,
    /// The directory that all work trees share: the top of the main work
    /// tree, the folder whose `.git` file names the repository, or the
    /// repository itself when it is bare. A submodule is a
    /// repository of its own and names its own work tree.
    pub main_root: PathBuf,
    /// The branch; with a detached HEAD the first 7 hexadecimal digits of the
    /// commit; `None` when HEAD cannot be read or understood.
    pub branch: Option<String>,
    /// The directory with this work tree's own HEAD.
    pub git_dir: PathBuf,
}

/// The checkout that holds `dir`, or `None` outside of any. A `.git` that is no
/// repository is passed over, and the search goes on above it.
#[must_use]
pub fn find(dir: &Path) -> Option<Checkout> {
    real(dir)?.ancestors().find_map(at)
}

/// The checkout whose work tree has its top at `root`.
#[must_use]
pub fn checkout_at(root: &Path) -> Option<Checkout> {
    at(&real(root)?)
}

/// The one name of a folder that may have several; of one that is gone, as much of it as is there. `None` for a path
/// of another system that is not here (`C:\src`): it would seem to lie in the current directory.
#[must_use]
pub fn real(dir: &Path) -> Option<PathBuf> {
    let dir = std::path::absolute(dirs::here(dir)?).ok()?;
    let there = dir.ancestors().find_map(|above| Some((fs::canonicalize(above).ok()?, dir.strip_prefix(above).ok()?)));
    Some(there.map_or_else(|| normalise(&dir), |(above, rest)| normalise(&above.join(rest))))
}

/// The same at a real path.
fn at(root: &Path) -> Option<Checkout> {
    let git_dir = git_dir(root)?;
    let head = git_dir.join("HEAD");
    if !fs::metadata(&head).ok()?.is_file() {
        return None;
    }
    Some(Checkout {
        worktree_root: root.to_path_buf(),
        main_root: main_root(root, &git_dir),
        branch: read_start(&head).and_then(|text| branch(&text)),
        git_dir,
    })
}

/// The directory with this work tree's own HEAD.
fn git_dir(root: &Path) -> Option<PathBuf> {
    let entry = root.join(".git");
    let kind = fs::metadata(&entry).ok()?;
    if kind.is_dir() {
        return Some(entry);
    }
    let text = kind.is_file().then(|| read_start(&entry)).flatten()?;
    let target = path_in(text.strip_prefix(b"gitdir: ")?)?;
    real(&root.join(target))
}

/// `git_dir` is `root/.git` unless the work tree is linked, a submodule, or has
/// its repository elsewhere; only a linked one has `commondir`.
fn main_root(root: &Path, git_dir: &Path) -> PathBuf {
    if git_dir.parent() == Some(root) {
        return root.to_path_buf();
    }
    common_dir(git_dir).map_or_else(|| root.to_path_buf(), around)
}

/// The folder of which a repository is: its main work tree, or the one that was made to hold a bare repository and
/// its work trees; else the repository itself.
fn around(common: PathBuf) -> PathBuf {
    let is_named = |name: &str| common.file_name() == Some(OsStr::new(name));
    let parent = common.parent();
    match parent {
        Some(parent) if is_named(".git") => parent.to_path_buf(),
        Some(parent) if self::git_dir(parent).as_ref() == Some(&common) => parent.to_path_buf(),
        // A submodule's work tree lies elsewhere.
        _ => match config::value(&common, &MAIN).and_then(|tree| real(&common.join(tree))) {
            Some(tree) if self::git_dir(&tree).as_ref() == Some(&common) => tree,
            _ => match parent {
                Some(parent) if is_named(".bare") && !parent.join(".git").exists() => parent.to_path_buf(),
                _ => common,
            },
        },
    }
}

/// The directory that a linked work tree shares with the others: objects and branches.
fn common_dir(git_dir: &Path) -> Option<PathBuf> {
    let file = git_dir.join("commondir");
    let text = if file.is_file() { read_start(&file) } else { None };
    real(&git_dir.join(text.as_deref().and_then(path_in)?))
}

fn branch(head: &[u8]) -> Option<String> {
    let head = head.split(|&byte| byte == b'\n').next()?.trim_ascii();
    let name = match head.strip_prefix(b"ref:") {
        Some(name) => name.trim_ascii_start().strip_prefix(b"refs/heads/")?,
        None if is_name(head) => head.get(..7)?,
        None => return None,
    };
    let name = String::from_utf8_lossy(name);
    // With reftable, HEAD is a stub that says `.invalid`. Control characters
    // are not allowed in a branch name, and must not reach a terminal.
    let sane = !name.is_empty() && name != ".invalid" && !name.contains(char::is_control);
    sane.then(|| name.into_owned())
}

/// Whether this is the whole name of an object: SHA-1 or SHA-256.
fn is_name(text: &[u8]) -> bool {
    matches!(text.len(), 40 | 64) && text.iter().all(u8::is_ascii_hexdigit)
}

/// The path that a file of git's holds; it may have blanks at its ends.
fn path_in(text: &[u8]) -> Option<&Path> {
    let last = text.iter().rposition(|byte| !matches!(byte, b'\n' | b'\r'))?;
    Some(Path::new(OsStr::from_bytes(text.get(..=last)?)))
}

fn read_start(path: &Path) -> Option<Vec<u8>> {
    read::start_of(path, READ_LIMIT)
}

fn normalise(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            // At the root this does nothing, which is what `/..` means.
            Component::ParentDir => {
                clean.pop();
            }
            _ => clean.push(part),
        }
    }
    clean
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
mod tests;
